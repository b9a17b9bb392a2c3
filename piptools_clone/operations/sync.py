"""What a sync does, from its first line to its last.

* read the locks, find the environment       `run.sync_session`, `sync.locks`, `sync.environment_choice`
* mend what an earlier sync left behind      `sync.transaction.recovery`
* plan                                       `sync.plan`
* refuse what may not be done                `sync.preflight`
* stage: fetch, verify, build, unpack        `sync.stage`
* swap files, all or nothing                 `sync.transaction.apply`
* tell what came of it                       `sync.sync_result`
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from piptools_clone.errors import interrupted_late
from piptools_clone.model.observer import Observer, SilentObserver
from piptools_clone.model.sync_request import SyncRequest, SyncResult
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.process import loading
from piptools_clone.run.context import RunContext
from piptools_clone.run.sync_session import SyncSession
from piptools_clone.sync.complete import check_python, check_whole
from piptools_clone.sync.plan import Action, Plan
from piptools_clone.sync.preflight import check_managers, check_place, check_request
from piptools_clone.sync.sync_result import describe, planned_result, tell_applied, tell_left_out, tell_plan
from piptools_clone.sync.transaction.durability import boot_id, is_settled

if TYPE_CHECKING:
    from piptools_clone.run.memo.sync_memo import Depends, Installation, Kind
    from piptools_clone.sync.early_wheels import EarlyWheels
    from piptools_clone.sync.stage import Staged
    from piptools_clone.sync.transaction.apply import Applied

FOR_CHANGES = (
    "piptools_clone.sync.transaction.apply",
    "piptools_clone.sync.transaction.recovery",
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
    context: RunContext | None = None,
    early: EarlyWheels | None = None,
) -> SyncResult:
    """Make an environment equal to its locks, or leave it as it was.

    ``confirm`` hears the plan when there is something to do, and says whether to do it.  ``context`` is that of a run
    that has begun, ``early`` are the requests that it has sent (see `early_sync`).  Raises the errors of
    `piptools_clone.errors`; whatever is raised, the environment is the old one.
    """
    context = context or RunContext(request, os.environ, observer or SilentObserver())
    observer = context.observer
    session = SyncSession(request, context, early)
    with interrupted_late(lambda: session.has_changed), session:
        _recover(session)
        plan = session.plan()
        result = planned_result(plan, session.interpreter)
        tell_plan(plan, request, session.interpreter, observer)
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
        from piptools_clone.sync.transaction.recovery import recover

        recover(session.interpreter, session.installed, session.observer)


def _carry_out(plan: Plan, session: SyncSession) -> _Done:
    """Stage and swap.

    While files were fetched another sync may have changed the environment; only under its lock is that certain.  So
    what is installed is looked at once more there, and if it is not what it was, all begins anew with another plan.
    """
    from piptools_clone.run.memo.installation import kind_of
    from piptools_clone.run.memo.witness import recorded_names
    from piptools_clone.sync.transaction.recovery import locked

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
    from piptools_clone.sync.transaction.removal import check_removable

    request, target = session.request, session.interpreter.target
    session.stage(plan)
    plan = session.plan()
    check_managers(request, plan)
    staged = session.stage(plan)
    check_removable(each for change in plan.changes if change.action is not Action.KEEP for each in change.old)
    for each in staged:
        check_python(each.incoming.name, each.head.requires_python, target)
    if request.strict and not request.force:
        check_whole(plan, staged, target, left_out=session.left_out(session.installed()))
    return plan, staged


def _swap(folder: str, plan: Plan, staged: list[Staged], session: SyncSession) -> Applied:
    from piptools_clone.sync.transaction.apply import Replacement, apply_changes
    from piptools_clone.sync.write.write_wheels import LinkMode

    request, interpreter = session.request, session.interpreter
    gone = [each for change in plan.changes if change.action is not Action.KEEP for each in change.old]
    stays = [each for change in plan.kept for each in change.old]
    # A note may stay in a virtual environment; any other folder may be packed up and sent away.
    may_leave_note = interpreter.is_virtual and not (request.target or request.prefix or request.user)
    applied = apply_changes(
        folder,
        interpreter,
        Replacement(gone, [each.incoming for each in staged], stays),
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
