"""What a sync does, from its first line to its last: plan, stage, swap."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from piptools_clone.environment.installed import Distribution
from piptools_clone.environment.own_names import NOTE
from piptools_clone.errors import EnvironmentFailure, interrupted_late
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.observer import Observer, SilentObserver
from piptools_clone.model.sync_request import SyncChange, SyncReport, SyncRequest, SyncResult
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.run.memo.installation import kind_of, make_installation
from piptools_clone.run.memo.sync_memo import Installation, Kind
from piptools_clone.run.memo.witness import recorded_names
from piptools_clone.run.refusals import check_managers, check_request, kept_for_managers
from piptools_clone.run.sync_session import Session
from piptools_clone.sync.complete import Present, check_complete, check_python
from piptools_clone.sync.plan import Action, Change, Plan
from piptools_clone.sync.preflight import check_place
from piptools_clone.sync.sources.direct_url import recorded_hashes
from piptools_clone.sync.stage import Staged
from piptools_clone.sync.transaction.apply import Applied, Exchange, apply_changes
from piptools_clone.sync.transaction.boot import boot_id, is_sure
from piptools_clone.sync.transaction.durability import Lost, find_lost, settle, take_back
from piptools_clone.sync.transaction.environment_lock import area_of, locked_area
from piptools_clone.sync.transaction.journal import State
from piptools_clone.sync.transaction.removal import check_removable
from piptools_clone.sync.wanted import pinned_version, spell
from piptools_clone.sync.write.scheme import scheme_of
from piptools_clone.sync.write.write_wheels import LinkMode

Confirm = Callable[[SyncResult], bool]


class _Done(NamedTuple):
    """A plan that was carried out, in an environment that was of a kind before."""

    plan: Plan
    staged: tuple[Staged, ...]
    applied: Applied
    kind: Kind | None


def sync(
    request: SyncRequest,
    *,
    observer: Observer | None = None,
    confirm: Confirm = lambda _: True,
    begun: Session | None = None,
) -> SyncResult:
    """Make an environment equal to its locks, or leave it as it was.

    ``confirm`` hears the plan when there is something to do, and says whether to do it.  ``begun`` is a session that
    has begun with this request and observer (see `sync.ahead`); it is closed here.  Raises the errors of
    `piptools_clone.errors`; whatever is raised, the environment is the old one.
    """
    observer = observer or SilentObserver()
    session = begun or Session(request, os.environ, observer)
    with interrupted_late(lambda: session.has_changed), session:
        _recover(session, observer)
        plan = session.plan()
        result = _result(plan, session)
        session.name_environment(changes=not plan.is_empty)
        _name_kept(plan, observer)
        if plan.is_empty:
            return result
        check_request(request, session, plan)
        if request.dry_run:
            staged = _prepare(plan, session, request)[1] if request.describes else []
            return result._replace(installed=tuple(_described(each, session) for each in staged))
        if not confirm(result):
            return result
        check_place(session.interpreter, request)
        done = _carry_out(plan, session, request, observer)
        _tell(done.applied, observer)
        _tell_left_out(done, session, observer)
        described = tuple(_described(each, session) for each in done.staged) if request.describes else ()
        installation, depends = _installation(done, session, request), session.depends()
        return result._replace(changed=True, installed=described, depends=depends, installation=installation)


def _carry_out(plan: Plan, session: Session, request: SyncRequest, observer: Observer) -> _Done:
    """Stage and swap; when another sync was quicker, plan again."""
    while True:
        plan, staged = _prepare(plan, session, request)
        session.site.mkdir(parents=True, exist_ok=True)
        with _locked(session, observer, session.worker.hold) as area:
            if session.plan() == plan:
                kind = kind_of(session.interpreter, (*recorded_names(os.listdir(session.site)),))
                return _Done(plan, tuple(staged), _apply(area, plan, staged, session, request), kind)
        plan = session.plan()


def _installation(done: _Done, session: Session, request: SyncRequest) -> Installation | None:
    depends = session.depends()
    if depends is None or done.kind is None or done.applied.overwritten or done.applied.hooks:
        return None
    return make_installation(request, done.plan, done.staged, done.kind, depends)


def _name_kept(plan: Plan, observer: Observer) -> None:
    """List what a package manager keeps in the environment; where nothing is to be done, as a detail."""
    for manager, names in sorted(kept_for_managers(plan).items()):
        text = f"Kept, since {manager} installed them: {', '.join(map(inert, names))}."
        (observer.note if plan.is_empty else observer.announce)(text)


def _prepare(plan: Plan, session: Session, request: SyncRequest) -> tuple[Plan, list[Staged]]:
    """Stage what a plan installs, and check that it can be carried out; nothing of the environment changes."""
    session.stage([change.new for change in plan.installing if change.new])
    plan = session.plan()  # names of direct references are known now
    check_managers(request, plan)
    staged = session.stage([change.new for change in plan.installing if change.new])
    check_removable(each for change in plan.changes if change.action is not Action.KEEP for each in change.old)
    _check_staged(plan, staged, session, request)
    return plan, staged


def _apply(area: str, plan: Plan, staged: list[Staged], session: Session, request: SyncRequest) -> Applied:
    gone = [each for change in plan.changes if change.action is not Action.KEEP for each in change.old]
    stays = [each for change in plan.kept for each in change.old]
    applied = apply_changes(
        area,
        session.interpreter,
        Exchange(gone, [each.incoming for each in staged], stays),
        session.wheels,
        link_mode=LinkMode(request.link_mode),
        compiles=request.compile_bytecode,
        boot=boot_id() if _is_for_us(request, session) else "",
        worker=session.worker,
        installed=session.tally.installed,
    )
    session.has_changed = True
    return applied


def _is_for_us(request: SyncRequest, session: Session) -> bool:
    """Whether this is a virtual environment, where a note may stay; any other folder may be packed up and sent away."""
    return session.interpreter.is_virtual and not (request.target or request.prefix or request.user)


def _recover(session: Session, observer: Observer) -> None:
    """Bring an environment in order that a killed sync or a power cut left; two looks where there is nothing to do."""
    if os.path.lexists(area_of(session.site)):
        with _locked(session, observer):
            pass
    if is_sure(os.fspath(session.site), boot_id()):
        return
    lost = find_lost(os.fspath(session.site), session.installed())
    try:
        with _locked(session, observer) as area:
            _look_after(area, lost, session, observer)
    except EnvironmentFailure:
        if lost.faults:
            raise  # all is well otherwise, and the next sync that may write here says so to the next


def _locked(
    session: Session, observer: Observer, share: Callable[[int], object] = lambda _: None
) -> AbstractContextManager[str]:
    roots = scheme_of(session.interpreter).folders
    return locked_area(session.site, roots, _waiting(observer), _recovered(observer), share)


def _look_after(area: str, lost: Lost, session: Session, observer: Observer) -> None:
    """Take back what a restart of the machine damaged, or make sure of it."""
    site = os.fspath(session.site)
    names = inert(", ".join(lost.faults), 500)
    if lost.faults and lost.proved:
        take_back(area, site, scheme_of(session.interpreter).folders)
        observer.announce(
            f"The machine stopped before the last sync was on the disk; it was undone, because of {names}."
        )
    elif os.path.lexists(os.path.join(site, NOTE)):
        settle(area, site)
        if lost.faults:
            observer.warn(f"not as they were installed: {names}; pip-sync --verify repairs them")


def _check_staged(plan: Plan, staged: list[Staged], session: Session, request: SyncRequest) -> None:
    target = session.interpreter.target
    for each in staged:
        check_python(each.incoming.name, each.head.requires_python, target)
    if not request.strict or request.force:
        return
    locked = [_present(each) for each in staged]
    locked += [_present_already(change.old[0], change) for change in plan.kept if change.new]
    others = [_present_already(change.old[0], change) for change in plan.kept if not change.new]
    check_complete(locked, others, target, left_out=session.left_out(session.installed()))


def _present(staged: Staged) -> Present:
    head = staged.head
    return Present(head.name, head.version, staged.requirement.extras, head.requires)


def _present_already(distribution: Distribution, change: Change) -> Present:
    extras = change.new.extras if change.new else ()
    return Present(distribution.name, distribution.version, extras, distribution.requires)


def _waiting(observer: Observer) -> Callable[[str], None]:
    return lambda process: observer.announce(
        f"Another pip-sync (process {inert(process)}) changes this environment; waiting."
    )


def _recovered(observer: Observer) -> Callable[[State], None]:
    def tell(state: State) -> None:
        if state is State.DONE:
            observer.announce("An interrupted sync of this environment was complete; its left-over files were removed.")
        else:
            observer.announce("An interrupted sync of this environment was undone.")

    return tell


def _tell(applied: Applied, observer: Observer) -> None:
    for path in applied.overwritten:
        observer.warn(f"replaced a file that no package owned: {inert(path, 500)}")
    for path in applied.spared:
        observer.warn(f"left alone, though a removed package recorded it: {inert(path, 500)}")
    for path in applied.hooks:
        observer.announce(f"Python will run this file whenever it starts: {inert(path, 500)}")


def _tell_left_out(done: _Done, session: Session, observer: Observer) -> None:
    """Say of what the locks leave out as unsafe whether it was installed all the same."""
    came = {each.incoming.name: each.head.version for each in done.staged}
    stays = {change.name for change in done.plan.kept}
    for name, left in session.left_out(session.installed()).items():
        if name in came:
            observer.announce(f"{name} {came[name]} was installed as well: it {left.reason}.")
        elif name not in stays:
            observer.warn(
                f"{name} is not installed: it {left.reason}, and no hash is known for it; compile the lock with "
                "--allow-unsafe"
            )


def _result(plan: Plan, session: Session) -> SyncResult:
    changes = tuple(_shown(change) for change in plan.changes)
    return SyncResult(changes, False, str(session.interpreter.prefix), (), session.interpreter.target.markers)


def _shown(change: Change) -> SyncChange:
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


def _uninstalled(old: Distribution | None, change: Change) -> str:
    """Spell what goes as pip-tools does: with its address when it came from an archive, if it goes for another."""
    if old is None or change.action in (Action.KEEP, Action.ADD):
        return ""
    origin = old.direct_url or {}
    sha256 = recorded_hashes(origin).get("sha256")
    if sha256:
        return f"{old.name} @ {inert(str(origin.get('url')), 500)}#sha256={inert(sha256)}"
    return old.name if change.action is Action.REMOVE else ""


def _described(staged: Staged, session: Session) -> SyncReport:
    origin, incoming = staged.incoming.origin, staged.incoming
    info = origin.direct_url or origin.provenance
    pack = session.wheels.open(incoming.sha256, relaxed=incoming.relaxed)
    metadata = ""
    if pack is not None:
        with pack:
            metadata = pack.text(f"{pack.head.info}/METADATA")
    return SyncReport(incoming.name, staged.head.version, metadata, info, origin.direct_url is not None)
