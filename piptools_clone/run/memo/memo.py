"""The memo of runs: one key, one witness, one store; three outcomes.

    up to date      a sync that had nothing to do: what it says on stdout
    lock            a compile: (output as spelled, inputs, whether the lock was there before, its content, what it says)
    installation    a sync into a fresh environment: see `sync_memo.Installation`

The key is hashed and says how the program was called: its version, the interpreter, the working folder, the words of
the command line and the variables; none of them is kept in clear.  The witness says what was seen of files and folders
(see `witness`).  An entry of the cache is (since, until, witness, outcome), times in seconds since the epoch.

What it saves: an unchanged compile of 96 pins takes 0.02 s, and 0.15 s where the input was edited (columns "again" and
"edited" of ``tox -e bench``); a sync with nothing to do takes 0.015 s (``tox -e bench-sync``), less than the rest of
the program takes to load.  So this imports next to nothing.
"""

from __future__ import annotations

import os
import sys
import time

from piptools_clone.run.memo.witness import holds
from piptools_clone.store.cache import MEMO, Cache, cache_folder, folder_of
from piptools_clone.store.shapes import is_path
from piptools_clone.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from piptools_clone.run.memo.witness import Fact
    from piptools_clone.store.cache import Value
    from piptools_clone.store.shapes import Shape

SWITCH = "PIPTOOLS_CLONE_RECALL"
"""Set to ``0`` this variable has every run do all of its work."""
UP_TO_DATE, LOCK, INSTALLATION = "up to date", "lock", "installation"
LOCK_SHAPE = (is_path, [is_path], bool, bytes, str)
ALWAYS = (0.0, float("inf"))
SPECIAL = frozenset({"--verify", "--report", "--pip-args", "--config", "-h", "--help", "--version", "-"})
"""Words of a sync that ask for more than an environment, or that name what is not watched."""
CONFIGURATIONS = (".pip-tools.toml", "pyproject.toml")
"""Files that configure a run: beside its inputs, in the working folder, or above."""
_OF_A_SYNC = ("PIP_", "PIPTOOLS_", "XDG_", "HOME", "PYTHONUSERBASE", "VIRTUAL_ENV", "CONDA_")
"""How the variables begin that a sync depends on."""
_OF_NO_MATTER = frozenset({"_", "OLDPWD", "SHLVL", "TERM_SESSION_ID", "WINDOWID"})
"""What differs from shell to shell; a compile whose input names a ``${VARIABLE}`` is never remembered."""


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether the user lets runs be answered from earlier ones."""
    return environ.get(SWITCH) != "0"


def find(folder: str, key: str | None, shape: Shape = object) -> Value:
    """What a run with this key is sure to come to, None for what is not known.

    ``folder`` is that of the cache, ``shape`` that of the outcome.
    """
    if key is None or not os.path.isdir(folder_of(folder, MEMO)):
        return None
    entry = Cache(folder).read(MEMO, key, (float, float, [(str, is_path, object)], shape))
    if entry is None:
        return None
    since, until, facts, outcome = entry
    try:
        return outcome if since <= time.time() < until and holds(facts) else None
    except OSError:
        return None


def keep(folder: str, key: str, facts: Sequence[Fact], outcome: object, valid: tuple[float, float] = ALWAYS) -> None:
    """Remember what a run came to; ``outcome`` is made of plain values, ``valid`` are its first and last moment."""
    Cache(folder).write(MEMO, key, (*valid, [*facts], outcome))


def has_any(argv: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Whether anything is remembered; to look takes less than to tell one run from another."""
    return os.path.isdir(folder_of(cache_folder(argv, environ), MEMO))


def sync_key(argv: Sequence[str], environ: Mapping[str, str], outcome: str = UP_TO_DATE) -> str | None:
    """The key of a sync; None for one that asks for something special."""
    if any(word.partition("=")[0] in SPECIAL for word in argv):
        return None
    return _key(outcome, argv, sorted(pair for pair in environ.items() if pair[0].startswith(_OF_A_SYNC)))


def compile_key(environ: Mapping[str, str], *, was_there: bool) -> str:
    """The key of this process's compile, for one that finds an output file or none.

    It holds all that is no file: kernel, user, C library (the wheels that fit depend on it), terminals, variables.
    """
    variables = sorted((name, value) for name, value in environ.items() if name not in _OF_NO_MATTER)
    interpreter = (sys.orig_argv, sys.base_prefix, tuple(sys.flags), sys.path)
    system = (
        tuple(os.uname()[2:]) if hasattr(os, "uname") else (),
        os.geteuid() if hasattr(os, "geteuid") else 0,
        _c_library(),
        [_is_terminal(descriptor) for descriptor in range(3)],
    )
    return _key(LOCK, sys.argv, (interpreter, system, variables, was_there))


def _key(outcome: str, argv: Sequence[str], more: object) -> str:
    """All of it as one text, of which the cache keeps a digest only."""
    return ascii((outcome, __version__, sys.version, sys.executable, sys.prefix, os.getcwd(), [*argv], more))


def _c_library() -> str | None:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):
        return None


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False
