"""``pip-compile`` by a plain command line, without click: to load it takes as long as an index takes to answer.

Whatever goes wrong is left to the command, which has the words for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from piptools_clone.cli.ending import run_to_end
from piptools_clone.cli.outcome import Compile, Keep, tell
from piptools_clone.cli.report import Report
from piptools_clone.errors import interrupted_late
from piptools_clone.process.signals import hear_signals

if TYPE_CHECKING:
    from piptools_clone.cli.arguments.compile_arguments import PlainCommand
    from piptools_clone.model.compile_request import CompileRequest, CompileResult
    from piptools_clone.model.observer import Observer
    from piptools_clone.operations.early_compile import HeadStart


def run(plain: PlainCommand, ahead: HeadStart | None, keep: Keep | None, end: Callable[[int], NoReturn]) -> NoReturn:
    """Run a command as a whole process; ``ahead`` is it where it has begun, and is closed.

    ``keep`` gets what came of it, ``end`` is as in `leave`.
    """
    hear_signals()
    report = Report(verbosity=plain.verbosity, color=plain.color)

    def work() -> int:
        request = plain.request._replace(header_command=plain.header_command(os.environ))
        result = _operation(ahead)(request, observer=report)
        with interrupted_late(lambda: result.written):
            tell(report, request, result, settles_extras=plain.settles_extras)
            if keep is not None:
                keep(request, result, report.said)
        return 0

    close = (lambda: None) if ahead is None else ahead.close
    run_to_end(work, report, lambda failure: _fail(failure, end), end, close)


def _operation(ahead: HeadStart | None) -> Compile:
    if ahead is not None:
        return ahead.compile
    from piptools_clone.operations import compile as operations

    return operations.compile


def _fail(failure: Exception, end: Callable[[int], NoReturn]) -> NoReturn:
    """Have the command run into the same failure."""
    from piptools_clone.cli import compile_command

    def fail(request: CompileRequest, *, observer: Observer) -> CompileResult:
        raise failure

    compile_command.main(None, end, fail)
