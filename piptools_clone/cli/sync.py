"""``pip-sync``, up to the question whether there is anything to do; only then the command is loaded."""

from __future__ import annotations

import os
import sys

from piptools_clone import __version__, seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from piptools_clone.cli.shell import Shell
    from piptools_clone.sync.ahead import Ahead

OBJECTS = 500_000
"""So many are made before garbage is looked for: files of wheels are many."""

PARTS = ("click", "piptools_clone.cli.sync_command", "piptools_clone.cli.pip_args")
"""What takes long to load and understands the command line, in pieces between which the network is looked after."""

_QUIET = ("-q", "--quiet")


def command() -> Shell:
    """Make the command."""
    from piptools_clone.cli import sync_command

    return sync_command.command()


def main(*, end: Callable[[int], object] = os._exit) -> None:
    """Run ``pip-sync`` as a process, which ``end`` ends with a code; see `shell.run`."""
    argv = sys.argv[1:]
    if seal.holds(__version__, argv):
        if not any(word in _QUIET for word in argv):
            sys.stdout.write("Everything up-to-date\n")
        return
    from piptools_clone.cli.memory import be_generous

    be_generous(OBJECTS)
    if not _repeated(argv):
        _run(argv)
    else:
        if sys.stderr is not None:
            sys.stderr.flush()
        end(0)  # to take everything apart first costs as much as to plan a sync


def _run(argv: list[str]) -> None:
    """Run the command, begun before click is loaded where the command line is plain; click stays the judge of it."""
    try:
        ahead = _begin_ahead(argv)
        from piptools_clone.cli import sync_command
    except KeyboardInterrupt:  # while the program was being loaded
        from piptools_clone.cli.ending import interrupted

        interrupted()
    try:
        sync_command.main(None if ahead is None else ahead.sync)
    finally:
        if ahead is not None:
            ahead.close()


def _begin_ahead(argv: list[str]) -> Ahead | None:
    from piptools_clone.cli.sync_guess import guess_request

    request = guess_request(argv)
    if request is None:
        return None
    from piptools_clone.cli.termination import hear_termination
    from piptools_clone.sync import ahead

    hear_termination()
    begun = ahead.begin(request, os.environ)
    if begun is not None:
        try:
            begun.go_on()
            begun.load((*PARTS, *ahead.REST))
        except BaseException:  # most likely an interrupt
            begun.close()
            raise
    return begun


def _repeated(argv: list[str]) -> bool:
    """Whether the run is done, by what an earlier one did in another environment."""
    if not os.path.isdir(os.path.join(seal.cache_folder(argv), "recipes-v1")):  # noqa: PTH112, PTH118 - pathlib is slow
        return False
    from piptools_clone.cli.termination import hear_termination
    from piptools_clone.sync.repeat import repeat

    hear_termination()
    try:
        done = repeat(__version__, argv, sys.executable)
        if done is None:
            return False
        seal.write(__version__, argv, *done.sealable)
        if sys.stderr is not None and not any(word in _QUIET for word in argv):
            sys.stderr.write("".join(f"{line}\n" for line in done.lines))
    except KeyboardInterrupt:
        from piptools_clone.cli.ending import interrupted

        interrupted()
    return True
