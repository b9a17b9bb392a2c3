"""What is refused before the first request and before anything is changed."""

from __future__ import annotations

from piptools_clone.errors import EnvironmentFailure, InputError
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.run.sync_session import Session
from piptools_clone.sync.plan import Action, Plan
from piptools_clone.sync.wanted import check_hashes, check_pinned


def check_request(request: SyncRequest, session: Session, plan: Plan) -> None:
    """Refuse what cannot or must not be done.  Raises `InputError` and `EnvironmentFailure`."""
    if not session.requirements and plan.removed and not request.allow_empty:
        number = "1 package" if len(plan.removed) == 1 else f"{len(plan.removed)} packages"
        raise InputError(
            f"{', '.join(map(inert, request.sources))}: nothing is pinned for this Python, "
            f"so {number} would be removed.",
            hint="if that is meant: --allow-empty",
        )
    check_managers(request, plan)
    check_hashes(session.requirements, required=session.requires_hashes)
    if request.strict and not request.force:
        own = set(session.requirements)
        check_pinned(change.new for change in plan.installing if change.new in own)


def check_managers(request: SyncRequest, plan: Plan) -> None:
    """Refuse to replace what a package manager such as conda has installed.  Raises `EnvironmentFailure`."""
    if request.break_system_packages:
        return
    changed = [change for change in plan.changes if change.action is not Action.KEEP]
    theirs = [(old, change) for change in changed for old in change.old if old.manager]
    if theirs:
        lines = "".join(
            f"\n  {old.name} {inert(old.version)}, by {old.manager}: {inert(change.reason)}, the lock says "
            f"{inert(str(change.new.url or change.new.specifier) if change.new else 'nothing')}"
            for old, change in theirs
        )
        raise EnvironmentFailure(
            f"The lock would replace what a package manager has installed:{lines}",
            hint="install what the lock says with that manager, take it out of the lock, or insist with "
            "--break-system-packages",
        )


def kept_for_managers(plan: Plan) -> dict[str, list[str]]:
    """Map package managers to the names of what stays because they installed it, though no lock names it."""
    kept: dict[str, list[str]] = {}
    for change in plan.kept:
        for manager in {old.manager for old in change.old} - {""}:
            if change.new is None:
                kept.setdefault(manager, []).append(change.name or "")
    return kept
