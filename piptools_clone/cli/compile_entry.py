"""``pip-compile``: what an earlier run came to, where this one is sure to come to the same; else the run.

Nothing heavy is imported before that is decided: to recall an answer takes less time than to import click, which a
plain command line does without altogether.
"""

from __future__ import annotations

import os
import sys
import time

from piptools_clone.cli import check_working_folder
from piptools_clone.run.memo.recall_lookup import Run, find_record, has_records, is_wanted, likely_cache_folder

OBJECTS = 100_000
"""So many are made before garbage is looked for: a short run makes little of it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from piptools_clone.cli.compile_arguments import PlainCommand
    from piptools_clone.cli.shell import Shell
    from piptools_clone.operations.early_compile import HeadStart
    from piptools_clone.run.memo.recall_record import Record
    from piptools_clone.run.memo.recall_recorder import Recorder


def command() -> Shell:
    """Make the command."""
    from piptools_clone.cli import compile_command

    return compile_command.command()


def main(*, settled_seconds: float | None = None, end: Callable[[int], NoReturn] = os._exit) -> None:
    """Run ``pip-compile`` as a process; ``settled_seconds`` is how old an input must be for a run to be recorded.

    ``end`` ends the process with a code, see `ending.leave`.
    """
    check_working_folder(end)
    keep = None
    try:
        wanted = is_wanted(os.environ)
        if wanted and _recalled():
            return
        from piptools_clone.process.memory import be_generous

        be_generous(OBJECTS)
        plain = _plain_command()
        ahead = _begin_ahead(plain)
        if wanted and ahead is None:  # for a run that has asked an index is never recorded
            keep = _recorder(settled_seconds).keep
            plain = plain and _plain_command()  # what is read for it belongs to the record
        if plain is not None:
            from piptools_clone.cli.plain_run import run

            run(plain, ahead, keep, end)
        from piptools_clone.cli import compile_command
    except KeyboardInterrupt:  # while the program was being loaded
        from piptools_clone.cli.ending import interrupted

        interrupted()
    compile_command.main(keep, end)


def _plain_command() -> PlainCommand | None:
    from piptools_clone.cli.compile_arguments import plain_command

    return plain_command(sys.argv[1:], os.environ)


def _begin_ahead(plain: PlainCommand | None) -> HeadStart | None:
    """Ask for the pages that a plain command will surely need, before it is loaded."""
    if plain is None:
        return None
    from piptools_clone.operations import early_compile as head_start

    return head_start.begin(plain.request, os.environ)


def _recorder(settled_seconds: float | None) -> Recorder:
    from piptools_clone.run.memo.recall_recorder import SETTLED_SECONDS, Recorder

    seconds = SETTLED_SECONDS if settled_seconds is None else settled_seconds
    return Recorder(Run(os.environ), os.environ, settled_seconds=seconds)


def _recalled() -> bool:
    """Whether the run is done, by what is known of an earlier one."""
    folder = likely_cache_folder(sys.argv[1:], os.environ)
    record = find_record(Run(os.environ), folder, time.time()) if has_records(folder) else None
    return record is not None and _replay(record)


def _replay(record: Record) -> bool:
    """Do what the recorded run did; False where that cannot be done, for which the run itself has the words."""
    from piptools_clone.errors import PiptoolsCloneError
    from piptools_clone.process.signals import hear_signals
    from piptools_clone.run.lockfile import check_output, replace

    try:
        check_output(record.output, record.inputs)
        if not record.was_there:
            hear_signals()
            replace(record.output, record.content)
        if sys.stderr is not None:  # closed by whoever started us
            sys.stderr.write(record.said)
            sys.stderr.flush()
    except (PiptoolsCloneError, OSError):
        return False
    return True
