"""``pip-sync`` by a plain command line, without click; as `plain_run` does it for pip-compile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from piptools_clone.cli.ending import run_to_end
from piptools_clone.cli.report import Report
from piptools_clone.cli.sync_outcome import keep, tell
from piptools_clone.errors import interrupted_late

if TYPE_CHECKING:
    from piptools_clone.cli.arguments.sync_arguments import PlainSync
    from piptools_clone.model.observer import Observer
    from piptools_clone.model.sync_request import SyncRequest, SyncResult
    from piptools_clone.operations.early_sync import Ahead


def run(plain: PlainSync, ahead: Ahead | None, end: Callable[[int], NoReturn]) -> NoReturn:
    """Run a command as a whole process; ``ahead`` is it where it has begun.  ``end`` is as in `leave`."""
    report = Report(verbosity=plain.verbosity, color=plain.color)

    def work() -> int:
        result = _sync(plain.request, ahead, report)
        with interrupted_late(lambda: result.changed):
            report.clear()  # what follows may go to stdout, on the same terminal
            keep(report, plain.request, result, asked=False)
            return tell(report, result, asked=False)

    run_to_end(work, report, lambda failure: _fail(failure, end), end)


def _sync(request: SyncRequest, ahead: Ahead | None, report: Report) -> SyncResult:
    if ahead is not None:
        return ahead.sync(observer=report)
    from piptools_clone.operations import sync as story

    return story.sync(request, observer=report)


def _fail(failure: Exception, end: Callable[[int], NoReturn]) -> NoReturn:
    """Have the command run into the same failure."""
    from piptools_clone.cli import sync_command

    def fail(request: SyncRequest, *, observer: Observer, confirm: Callable[[SyncResult], bool]) -> SyncResult:
        raise failure

    sync_command.main(fail, end)
