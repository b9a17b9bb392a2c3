"""What a sync does, from its first line to its last.

* ask for pages that will be needed          `run.sync_start`
* read the locks, find the environment       `run.sync_session`, `syncing.locks`, `syncing.environment_choice`
* mend what an earlier sync left behind      `syncing.transaction.recovery`
* plan                                       `syncing.plan`
* refuse what may not be done                `syncing.preflight`
* stage: fetch, verify, build, unpack        `syncing.stage`
* swap files, all or nothing                 `syncing.transaction.apply`
* tell what came of it                       `syncing.sync_result`
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from piptools_clone.errors import interrupted_late
from piptools_clone.model.sync_request import SyncRequest, SyncResult
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.process import loading
from piptools_clone.run.sync_start import SyncStart
from piptools_clone.syncing.transaction.durability import boot_id, is_settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from piptools_clone.model.observer import Observer
    from piptools_clone.run.memo.sync_memo import Depends, Installation, Kind
    from piptools_clone.run.sync_session import SyncSession
    from piptools_clone.syncing.plan import Plan
    from piptools_clone.syncing.stage import Staged
    from piptools_clone.syncing.transaction.apply import Applied

FOR_CHANGES = (
    "piptools_clone.syncing.transaction.apply",
    "piptools_clone.syncing.transaction.recovery",
    "piptools_clone.run.memo.installation",
)
"""What only a sync that changes something needs; it is loaded while files are on their way."""


class _Done(NamedTuple):
    """A plan that was carried out, in an environment that was of a kind before."""

    plan: Plan
    staged: list[Staged]
    applied: Applied
    kind: Kind | None


def sync(
    request: SyncRequest,
    *,
    observer: Observer | None = None,
    confirm: Callable[[SyncResult], bool] = lambda _: True,
    start: SyncStart | None = None,
) -> SyncResult:
    """Make an environment equal to its locks, or leave it as it was.

    ``confirm`` hears the plan when there is something to do, and says whether to do it.  ``start`` is this sync where
    it has begun before; it is closed.  Raises the errors of `piptools_clone.errors`; whatever is raised, the
    environment is the old one.
    """
    start = start or SyncStart(request, os.environ)
    with start.context as context:
        context.observer = observer or context.observer
        start.load()
        from piptools_clone.run.sync_session import SyncSession

        session = SyncSession(request, context, start.early)
        with interrupted_late(lambda: session.has_changed), session:
            return _sync(session, confirm)


def _sync(session: SyncSession, confirm: Callable[[SyncResult], bool]) -> SyncResult:
    """Plan, refuse, stage, swap and tell; the locks are read, and the environment is found."""
    from piptools_clone.syncing.preflight import check_place, check_request
    from piptools_clone.syncing.sync_result import describe, planned_result, tell_plan

    request = session.request
    _recover(session)
    plan = session.plan()
    result = planned_result(plan, session.interpreter)
    tell_plan(plan, request, session.interpreter, session.observer)
    if plan.is_empty:
        return result
    check_request(request, plan, session.requirements, requires_hashes=session.requires_hashes)
    if request.dry_run:
        staged = _stage(plan, session)[1] if request.describes else []
        return result._replace(installed=describe(staged, session.wheels))
    if not confirm(result):
        return result
    check_place(session.interpreter, request)
    session.begin(plan)
    loading.load(FOR_CHANGES, session.attend)
    done = _carry_out(plan, session)
    _tell(done, session)
    installed = describe(done.staged, session.wheels) if request.describes else ()
    depends = session.depends()
    installation = _installation(done, session, depends)
    return result._replace(changed=True, installed=installed, depends=depends, installation=installation)


def _recover(session: SyncSession) -> None:
    """Mend what a killed sync or a power cut left; two looks where there is nothing to do."""
    if not is_settled(os.fspath(session.site)):
        from piptools_clone.syncing.transaction.recovery import recover

        recover(session.interpreter, session.installed, session.observer)


def _carry_out(plan: Plan, session: SyncSession) -> _Done:
    """Stage and swap.

    While files were fetched another sync may have changed the environment; only under its lock is that certain.  So
    what is installed is looked at once more there, and if it is not what it was, all begins anew with another plan.
    """
    from piptools_clone.run.memo.installation import kind_of
    from piptools_clone.run.memo.witness import recorded_names
    from piptools_clone.syncing.transaction.recovery import locked

    while True:
        plan, staged = _stage(plan, session)
        session.site.mkdir(parents=True, exist_ok=True)
        with locked(session.interpreter, session.observer, session.worker.hold) as folder:
            now = session.plan()
            if now == plan:
                kind = kind_of(session.interpreter, (*recorded_names(os.listdir(session.site)),))
                return _Done(plan, staged, _swap(folder, plan, staged, session), kind)
        plan = now


def _stage(plan: Plan, session: SyncSession) -> tuple[Plan, list[Staged]]:
    """Stage what a plan installs, and check that it can be carried out; nothing of the environment changes.

    What comes may tell more than the locks do: the name of a direct reference, a need of what they leave out as unsafe.
    Then the plan is another one, and the rest is staged.
    """
    from piptools_clone.syncing.complete import check_python, check_whole
    from piptools_clone.syncing.preflight import check_managers
    from piptools_clone.syncing.transaction.removal import check_removable

    request, target = session.request, session.interpreter.target
    session.stage(plan)
    plan = session.plan()
    check_managers(request, plan)
    staged = session.stage(plan)
    check_removable(plan.gone)
    for each in staged:
        check_python(each.incoming.name, each.head.requires_python, target)
    if request.strict and not request.force:
        check_whole(plan, staged, target, left_out=session.left_out(session.installed()))
    return plan, staged


def _swap(folder: str, plan: Plan, staged: list[Staged], session: SyncSession) -> Applied:
    from piptools_clone.syncing.transaction.apply import Replacement, apply_changes
    from piptools_clone.syncing.write.write_wheels import LinkMode

    request, interpreter = session.request, session.interpreter
    stays = [each for change in plan.kept for each in change.old]
    # A note may stay in a virtual environment; any other folder may be packed up and sent away.
    may_leave_note = interpreter.is_virtual and not (request.target or request.prefix or request.user)
    applied = apply_changes(
        folder,
        interpreter,
        Replacement(plan.gone, [each.incoming for each in staged], stays),
        session.wheels,
        link_mode=LinkMode(request.link_mode),
        compiles=request.compile_bytecode,
        boot=boot_id() if may_leave_note else "",
        worker=session.worker,
        installed=session.counter.installed,
    )
    session.has_changed = True
    return applied


def _tell(done: _Done, session: SyncSession) -> None:
    from piptools_clone.syncing.sync_result import tell_applied, tell_left_out

    tell_applied(done.applied, session.observer)
    came = {each.incoming.name: each.head.version for each in done.staged}
    stays = {change.name for change in done.plan.kept}
    tell_left_out(session.left_out(session.installed()), came, stays, session.observer)


def _installation(done: _Done, session: SyncSession, depends: Depends | None) -> Installation | None:
    """What another fresh environment of the kind would take; None where that is not known."""
    from piptools_clone.run.memo import installation

    if depends is None or done.kind is None or done.applied.overwritten or done.applied.hooks:
        return None
    return installation.make_installation(session.request, done.plan, done.staged, done.kind, depends)
