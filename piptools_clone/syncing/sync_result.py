"""What came of a sync: the value that the caller gets, and what an observer hears of it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import TYPE_CHECKING

from piptools_clone.environment.installed import Distribution
from piptools_clone.environment.interpreter import Interpreter
from piptools_clone.environment.lookup import is_path
from piptools_clone.environment.usual_environment import spell_environment
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.observer import Observer
from piptools_clone.model.sync_request import SyncChange, SyncReport, SyncRequest, SyncResult
from piptools_clone.syncing.plan import Action, Plan, PlannedChange
from piptools_clone.syncing.sources.direct_url import recorded_hashes
from piptools_clone.syncing.wanted import pinned_version, spell

if TYPE_CHECKING:
    from piptools_clone.syncing.complete import Left
    from piptools_clone.syncing.stage import Staged
    from piptools_clone.syncing.transaction.apply import Applied
    from piptools_clone.wheels.wheel_cache import WheelCache


def planned_result(plan: Plan, interpreter: Interpreter) -> SyncResult:
    """Give the result of a sync that has changed nothing yet."""
    changes = tuple(_shown(change) for change in plan.changes)
    return SyncResult(changes, False, str(interpreter.prefix), (), interpreter.target.markers)


def describe(staged: Iterable[Staged], wheels: WheelCache) -> tuple[SyncReport, ...]:
    """Describe what was staged, for a report."""
    return tuple(_described(each, wheels) for each in staged)


def tell_plan(plan: Plan, request: SyncRequest, interpreter: Interpreter, observer: Observer) -> None:
    """Say which environment is meant, unless the user has named it, and what package managers keep in it.

    Where nothing is to be done, that is a detail.
    """
    tell = observer.note if plan.is_empty else observer.announce
    if not ((request.python and is_path(request.python)) or request.target or request.prefix):
        tell(spell_environment(str(interpreter.paths.purelib if request.user else interpreter.prefix)))
    for manager, names in sorted(_kept_for_managers(plan).items()):
        tell(f"Kept, since {manager} installed them: {', '.join(map(inert, names))}.")


def tell_applied(applied: Applied, observer: Observer) -> None:
    """Say what of the swap the plan did not show."""
    for path in applied.overwritten:
        observer.warn(f"replaced a file that no package owned: {inert(path, 500)}")
    for path in applied.spared:
        observer.warn(f"left alone, though a removed package recorded it: {inert(path, 500)}")
    for path in applied.hooks:
        observer.announce(f"Python will run this file whenever it starts: {inert(path, 500)}")


def tell_left_out(
    left_out: Mapping[str, Left], installed: Mapping[str, str], stays: Container[str | None], observer: Observer
) -> None:
    """Say of what the locks leave out as unsafe whether it was installed all the same.

    ``installed`` maps names of what was installed to versions, ``stays`` holds the names of what was kept.
    """
    for name, left in left_out.items():
        if name in installed:
            observer.announce(f"{name} {installed[name]} was installed as well: it {left.reason}.")
        elif name not in stays:
            observer.warn(
                f"{name} is not installed: it {left.reason}, and no hash is known for it; compile the lock with "
                "--allow-unsafe"
            )


def _kept_for_managers(plan: Plan) -> dict[str, list[str]]:
    """Map package managers to the names of what stays because they installed it, though no lock names it."""
    kept: dict[str, list[str]] = {}
    for change in plan.kept:
        for manager in {old.manager for old in change.old} - {""}:
            if change.new is None:
                kept.setdefault(manager, []).append(change.name or "")
    return kept


def _shown(change: PlannedChange) -> SyncChange:
    old = change.old[0] if change.old else None
    new = change.new
    version = pinned_version(new) if new and new.url is None else None
    target = "" if new is None else str(version) if version else spell(new)
    return SyncChange(
        str(change.action),
        change.name,
        inert(old.version) if old else "",
        target,
        spell(new) if new else "",
        _uninstalled(old, change),
        change.reason,
    )


def _uninstalled(old: Distribution | None, change: PlannedChange) -> str:
    """Spell what goes as pip-tools does: with its address when it came from an archive, if it goes for another."""
    if old is None or change.action in (Action.KEEP, Action.ADD):
        return ""
    origin = old.direct_url or {}
    sha256 = recorded_hashes(origin).get("sha256")
    if sha256:
        return f"{old.name} @ {inert(str(origin.get('url')), 500)}#sha256={inert(sha256)}"
    return old.name if change.action is Action.REMOVE else ""


def _described(staged: Staged, wheels: WheelCache) -> SyncReport:
    origin, incoming = staged.incoming.origin, staged.incoming
    info = origin.direct_url or origin.provenance
    pack = wheels.open(incoming.sha256, relaxed=incoming.relaxed)
    metadata = ""
    if pack is not None:
        with pack:
            metadata = pack.text(f"{pack.head.info}/METADATA")
    return SyncReport(incoming.name, staged.head.version, metadata, info, origin.direct_url is not None)
