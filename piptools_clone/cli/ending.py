"""How a process of ours ends: its exit code, what becomes of its helpers and streams, an interrupt."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from piptools_clone.cli.report import Report
from piptools_clone.errors import InterruptedLate

INTERRUPTED = 130
FAILED = 2


def run_to_end(
    work: Callable[[], int],
    report: Report,
    fail: Callable[[Exception], NoReturn],
    end: Callable[[int], NoReturn],
    close: Callable[[], object] = lambda: None,
) -> NoReturn:
    """Do the work of a process, which gives its exit code, and end it; ``end`` is as in `leave`.

    ``fail`` tells whatever goes wrong.  ``close`` is called before, unless there was an interrupt.
    """
    failure: Exception | None = None
    code = 0
    try:
        code = work()
    except KeyboardInterrupt as interrupt:
        report.clear()
        interrupted(report, has_changed=isinstance(interrupt, InterruptedLate))
    except Exception as error:
        failure = error
    report.clear()
    close()
    if failure is not None:
        fail(failure)
    leave(code, end)


def interrupted(report: Report | None = None, *, has_changed: bool = False) -> NoReturn:
    """End a process that was interrupted, and say whether it had changed something."""
    (report or Report()).error(words_of_interrupt(has_changed=has_changed))
    leave(INTERRUPTED, os._exit)


def words_of_interrupt(*, has_changed: bool) -> str:
    """What there is to say after an interrupt."""
    return "Interrupted." if has_changed else "Interrupted; nothing was changed."


def leave(code: int, end: Callable[[int], NoReturn]) -> NoReturn:
    """End the process, also when the reader of a stream has gone before (a pipe into ``head``).

    It ends at once: to take everything apart first costs 20 ms for nothing, and after an interrupt there
    may be threads that wait.  ``end`` may be `sys.exit` for a test.
    """
    helpers = sys.modules.get("piptools_clone.process.helper_process")  # which most runs have no use for
    if helpers is not None:
        helpers.see_off(wait=code == INTERRUPTED)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            # What is left in the buffer has no reader; Python would complain of it at its exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            code = code or FAILED
    if code == INTERRUPTED:
        os._exit(code)
    end(code)
