"""``pip-sync``, up to the question whether there is anything to do; only then the command is loaded."""

from __future__ import annotations

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
    argv = sys.argv[1:]
    if seal.holds(__version__, argv):
        if not any(word in _QUIET for word in argv):
            sys.stdout.write("Everything up-to-date\n")
        return
    from piptools_clone.cli import sync_command

    sync_command.main()
