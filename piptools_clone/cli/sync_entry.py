"""Entry point of pip-sync: the memo, then the fast reader of the command line, then click."""

from __future__ import annotations

import os
import sys

from piptools_clone.cli import check_working_folder
from piptools_clone.run.memo import memo
from piptools_clone.store.cache import cache_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from piptools_clone.cli.arguments.sync_arguments import PlainSync
    from piptools_clone.cli.shell import Shell
    from piptools_clone.model.sync_request import SyncRequest, SyncResult

OBJECTS = 500_000
"""So many are made before garbage is looked for: files of wheels are many."""


def command() -> Shell:
    """Make the command."""
    from piptools_clone.cli import sync_command

    return sync_command.command()


def main(*, end: Callable[[int], NoReturn] = os._exit) -> None:
    """Run ``pip-sync`` as a process, which ``end`` ends with a code; see `ending.leave`."""
    check_working_folder(end)
    argv = sys.argv[1:]
    is_remembered = memo.is_wanted(os.environ) and memo.has_any(argv, os.environ)
    said = memo.find(cache_folder(argv, os.environ), memo.sync_key(argv, os.environ), str) if is_remembered else None
    if said is not None:
        if sys.stdout is not None:  # it may be closed
            sys.stdout.write(said)
        return
    from piptools_clone.process.memory import be_generous

    be_generous(OBJECTS)
    if not (is_remembered and _repeated(argv)):
        _run(argv, end)
    else:
        if sys.stderr is not None:
            sys.stderr.flush()
        end(0)  # to take everything apart first costs as much as to plan a sync


def _run(argv: list[str], end: Callable[[int], NoReturn]) -> NoReturn:
    """Run the command: without click, which takes long to load, where the command line is plain."""
    from piptools_clone.process.signals import hear_signals

    hear_signals()
    try:
        plain = _plain_sync(argv)
        if plain is not None:
            _run_plain(plain, end)
        from piptools_clone.cli import sync_command
    except KeyboardInterrupt:  # while the program was being loaded
        from piptools_clone.cli.ending import interrupted

        interrupted()
    sync_command.main(None, end)


def _plain_sync(argv: list[str]) -> PlainSync | None:
    from piptools_clone.cli.arguments.sync_arguments import plain_sync

    return plain_sync(argv, os.environ)


def _run_plain(plain: PlainSync, end: Callable[[int], NoReturn]) -> NoReturn:
    """Run a plain command as a whole process: ask for the pages that it will surely need, then load the rest."""
    from piptools_clone.run.sync_start import SyncStart

    start = SyncStart(plain.request, os.environ)
    start.begin()
    from piptools_clone.cli.ending import run_to_end
    from piptools_clone.cli.report import Report
    from piptools_clone.cli.sync_outcome import keep, tell
    from piptools_clone.errors import interrupted_late

    report = Report(verbosity=plain.verbosity, color=plain.color)

    def work() -> int:
        from piptools_clone.operations import sync as story

        result = story.sync(plain.request, observer=report, start=start)
        with interrupted_late(lambda: result.changed):
            report.clear()  # what follows may go to stdout, on the same terminal
            keep(report, plain.request, result, asked=False)
            return tell(report, result, asked=False)

    run_to_end(work, report, lambda failure: _fail(failure, end), end)


def _fail(failure: Exception, end: Callable[[int], NoReturn]) -> NoReturn:
    """Have the command run into a failure: it knows how to tell it."""
    from piptools_clone.cli import sync_command

    def fail(request: SyncRequest, **_: object) -> SyncResult:
        raise failure

    sync_command.main(fail, end)


def _repeated(argv: list[str]) -> bool:
    """Whether the run is done, by what an earlier one did in another environment."""
    from piptools_clone.errors import InterruptedLate, interrupted_late
    from piptools_clone.process.signals import hear_signals
    from piptools_clone.run.memo.install import repeat
    from piptools_clone.run.memo.sync_memo import keep_up_to_date

    hear_signals()
    try:
        done = repeat(argv, os.environ, sys.executable)
        if done is None:
            return False
        with interrupted_late(lambda: True):
            keep_up_to_date(argv, os.environ, done.depends, said=done.said)
            if sys.stderr is not None:
                sys.stderr.write("".join(f"{line}\n" for line in done.lines))
    except KeyboardInterrupt as interrupt:
        from piptools_clone.cli.ending import interrupted

        interrupted(has_changed=isinstance(interrupt, InterruptedLate))
    return True
