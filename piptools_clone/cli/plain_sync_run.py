"""``pip-sync`` by a plain command line, without click; as `plain_run` does it for pip-compile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from piptools_clone.cli.ending import run_to_end
from piptools_clone.cli.report import Report
from piptools_clone.cli.sync_outcome import keep, tell
from piptools_clone.errors import interrupted_late
from piptools_clone.operations.early_sync import go_on

if TYPE_CHECKING:
    from piptools_clone.cli.sync_arguments import PlainSync
    from piptools_clone.model.observer import Observer
    from piptools_clone.model.sync_request import SyncRequest, SyncResult
    from piptools_clone.sync.early_wheels import EarlyWheels


def run(plain: PlainSync, early: EarlyWheels | None, end: Callable[[int], NoReturn]) -> NoReturn:
    """Run a command as a whole process; ``early`` are requests that were sent for it.  ``end`` is as in `leave`."""
    report = Report(verbosity=plain.verbosity, color=plain.color)

    def work() -> int:
        result = go_on(plain.request, early, observer=report)
        with interrupted_late(lambda: result.changed):
            report.clear()  # what follows may go to stdout, on the same terminal
            keep(report, plain.request, result, asked=False)
            return tell(report, result, asked=False)

    run_to_end(work, report, lambda failure: _fail(failure, end), end)


def _fail(failure: Exception, end: Callable[[int], NoReturn]) -> NoReturn:
    """Have the command run into the same failure."""
    from piptools_clone.cli import sync_command

    def fail(request: SyncRequest, *, observer: Observer, confirm: Callable[[SyncResult], bool]) -> SyncResult:
        raise failure

    sync_command.main(fail, end)
