"""Entry point of pip-compile: the memo, then a plain command line without click, then click.

Nothing heavy is imported before it is decided which: to repeat what is remembered takes less time than to import click,
and so does an index to answer.
"""

from __future__ import annotations

import os
import sys

from piptools_clone.cli import check_working_folder
from piptools_clone.run.memo import memo
from piptools_clone.store.cache import cache_folder

OBJECTS = 100_000
"""So many are made before garbage is looked for: a short run makes little of it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from piptools_clone.cli.arguments.compile_arguments import PlainCommand
    from piptools_clone.cli.outcome import Keep
    from piptools_clone.cli.shell import Shell
    from piptools_clone.model.compile_request import CompileRequest, CompileResult
    from piptools_clone.model.observer import Observer
    from piptools_clone.run.compile_start import CompileStart


def command() -> Shell:
    """Make the command."""
    from piptools_clone.cli import compile_command

    return compile_command.command()


def main(*, end: Callable[[int], NoReturn] = os._exit) -> None:
    """Run ``pip-compile`` as a process; ``end`` ends it with a code, see `ending.leave`."""
    check_working_folder(end)
    keep = None
    try:
        wanted = memo.is_wanted(os.environ)
        if wanted and _is_remembered():
            return
        from piptools_clone.process.memory import be_generous

        be_generous(OBJECTS)
        plain = _plain_command()
        start = _begin(plain)
        if wanted and start is None:  # for a run that has asked an index is never remembered
            from piptools_clone.run.memo.compile_listener import Listener

            keep = Listener(os.environ).keep
            plain = plain and _plain_command()  # what is read for it belongs to the witness
        if plain is not None:
            _run_plain(plain, start, keep, end)
        from piptools_clone.cli import compile_command
    except KeyboardInterrupt:  # while the program was being loaded
        from piptools_clone.cli.ending import interrupted

        interrupted()
    compile_command.main(keep, end)


def _plain_command() -> PlainCommand | None:
    from piptools_clone.cli.arguments.compile_arguments import plain_command

    return plain_command(sys.argv[1:], os.environ)


def _begin(plain: PlainCommand | None) -> CompileStart | None:
    """Begin a plain command before the rest is loaded; None where nothing is sure to be asked for."""
    if plain is None:
        return None
    from piptools_clone.run.compile_start import CompileStart

    start = CompileStart(plain.request, os.environ)
    return start if start.has_asked() else None


def _run_plain(
    plain: PlainCommand, start: CompileStart | None, keep: Keep | None, end: Callable[[int], NoReturn]
) -> NoReturn:
    """Run a plain command as a whole process; ``start`` is it where it has begun, and is closed.

    ``keep`` gets what came of it, ``end`` is as in `leave`.
    """
    from piptools_clone.cli.ending import run_to_end
    from piptools_clone.cli.outcome import tell
    from piptools_clone.cli.report import Report
    from piptools_clone.errors import interrupted_late
    from piptools_clone.operations.compile import compile as operation
    from piptools_clone.process.signals import hear_signals

    hear_signals()
    report = Report(verbosity=plain.verbosity, color=plain.color)

    def work() -> int:
        request = plain.request._replace(header_command=plain.header_command(os.environ))
        result = operation(request, observer=report, start=start)
        with interrupted_late(lambda: result.written):
            tell(report, request, result, settles_extras=plain.settles_extras)
            if keep is not None:
                keep(request, result, report.said)
        return 0

    close = (lambda: None) if start is None else start.close
    run_to_end(work, report, lambda failure: _fail(failure, end), end, close)


def _fail(failure: Exception, end: Callable[[int], NoReturn]) -> NoReturn:
    """Have the command run into a failure: it knows how to tell it."""
    from piptools_clone.cli import compile_command

    def fail(request: CompileRequest, *, observer: Observer) -> CompileResult:
        raise failure

    compile_command.main(None, end, fail)


def _is_remembered() -> bool:
    """Whether the run is done, by what is known of an earlier one."""
    if not memo.has_any(sys.argv[1:], os.environ):
        return False
    folder = cache_folder(sys.argv[1:], os.environ)
    keys = (memo.compile_key(os.environ, was_there=was_there) for was_there in (True, False))
    found = next(filter(None, (memo.find(folder, key, memo.LOCK_SHAPE) for key in keys)), None)
    return found is not None and _repeat(*found)


def _repeat(output: str, inputs: tuple[str, ...], was_there: bool, content: bytes, said: str) -> bool:
    """Do what the earlier run did; False where that cannot be done, for which the run itself has the words."""
    from piptools_clone.errors import PiptoolsCloneError
    from piptools_clone.process.signals import hear_signals
    from piptools_clone.run.lockfile import check_output, replace

    try:
        check_output(output, inputs)
        if not was_there:
            hear_signals()
            replace(output, content)
        if sys.stderr is not None:  # it may be closed
            sys.stderr.write(said)
            sys.stderr.flush()
    except (PiptoolsCloneError, OSError):
        return False
    return True
