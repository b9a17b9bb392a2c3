"""The module name of pip-tools, for programs that call it: piptools-clone does the work.

It is light, since each run begins here.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

CONFLICT = (
    "WARNING: pip-tools is installed beside piptools-clone-shim, and both have a module piptools: the one that was "
    "installed last is in use. Uninstall pip-tools, then install piptools-clone-shim again.\n"
)


def main() -> NoReturn:
    """Run ``python -m piptools``: a command with the words after its name, or what there is to say of both."""
    if sys.argv[1:2] == ["compile"] or sys.argv[1:2] == ["sync"]:
        run(sys.argv.pop(1))
    _warn_of_conflict()
    from piptools_clone.cli.main import main as run_group

    run_group("python -m piptools")


def run(name: str) -> NoReturn:
    """Run ``compile`` or ``sync`` with the words of the command line, as its script does."""
    _warn_of_conflict()
    from importlib import import_module

    sys.argv[0] = f"pip-{name}"
    import_module(f"piptools_clone.cli.{name}_entry").main()
    sys.exit(0)


def _warn_of_conflict() -> None:
    """Say that pip-tools is installed as well; to look is all there is time for in a run of some milliseconds."""
    for folder in sys.path:
        try:
            names = os.listdir(folder or os.curdir)
        except OSError:
            continue
        if any(name.startswith("pip_tools-") and name.endswith(".dist-info") for name in names):
            if sys.stderr is not None:
                sys.stderr.write(CONFLICT)
            return
