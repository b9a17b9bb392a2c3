"""``pip-compile``: what an earlier run came to, where this one is sure to come to the same; else the run.

Nothing heavy is imported before that is decided: to recall an answer takes less time than to import click, which a
plain command line does without altogether.
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
    from piptools_clone.cli.shell import Shell
    from piptools_clone.operations.early_compile import HeadStart


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
        ahead = _begin_ahead(plain)
        if wanted and ahead is None:  # for a run that has asked an index is never remembered
            from piptools_clone.run.memo.compile_listener import Listener

            keep = Listener(os.environ).keep
            plain = plain and _plain_command()  # what is read for it belongs to the witness
        if plain is not None:
            from piptools_clone.cli.plain_run import run

            run(plain, ahead, keep, end)
        from piptools_clone.cli import compile_command
    except KeyboardInterrupt:  # while the program was being loaded
        from piptools_clone.cli.ending import interrupted

        interrupted()
    compile_command.main(keep, end)


def _plain_command() -> PlainCommand | None:
    from piptools_clone.cli.arguments.compile_arguments import plain_command

    return plain_command(sys.argv[1:], os.environ)


def _begin_ahead(plain: PlainCommand | None) -> HeadStart | None:
    """Ask for the pages that a plain command will surely need, before it is loaded."""
    if plain is None:
        return None
    from piptools_clone.operations import early_compile as head_start

    return head_start.begin(plain.request, os.environ)


def _is_remembered() -> bool:
    """Whether the run is done, by what is known of an earlier one."""
    if not memo.has_any(sys.argv[1:], os.environ):
        return False
    folder = cache_folder(sys.argv[1:], os.environ)
    keys = (memo.compile_key(os.environ, was_there=was_there) for was_there in (True, False))
    found = next(filter(None, (memo.find(folder, key) for key in keys)), None)
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
