"""``pip-sync``, up to the question whether there is anything to do; only then the command is loaded."""

from __future__ import annotations

import gc
import os
import sys

from piptools_clone import __version__, seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from piptools_clone.cli.shell import Shell

_QUIET = ("-q", "--quiet")


def command() -> Shell:
    """Make the command."""
    from piptools_clone.cli import sync_command

    return sync_command.command()


def main() -> None:
    """Run ``pip-sync`` as a process."""
    gc.set_threshold(100_000, 50, 1_000)  # next to nothing goes in circles here, and looking for it takes time
    argv = sys.argv[1:]
    if seal.holds(__version__, argv):
        if not any(word in _QUIET for word in argv):
            sys.stdout.write("Everything up-to-date\n")
        return
    if not _repeated(argv):
        from piptools_clone.cli import sync_command

        sync_command.main()


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
            sys.stderr.flush()
    except KeyboardInterrupt:
        from piptools_clone.cli.shell import interrupted

        interrupted()
    return True
