"""Finds the record of an earlier run of the same command, and does what that run did.

Everything that a run depends on is either here, in the *circumstances*, or on the disk, in the record (`record`):
this program and its libraries, the interpreter, the kernel, the arguments, the working folder, the user, the terminal
and the environment.  Only the variables in `_OF_NO_MATTER` are left out, which change from shell to shell; an input
that could name one of them is never recorded.

Whatever is not certain is a miss, and a miss costs a millisecond.
"""

from __future__ import annotations

import os
import sys

from piptools_clone.run.memo.recall_record import Record, parse_record
from piptools_clone.store.cache import Cache, default_cache_folder
from piptools_clone.store.sha256 import sha256_of
from piptools_clone.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SWITCH = "PIPTOOLS_CLONE_RECALL"
"""Set to ``0`` this variable has every run do all of its work."""
KIND = "recall"
_OF_NO_MATTER = frozenset({"_", "OLDPWD", "SHLVL", "TERM_SESSION_ID", "WINDOWID"})


class Run:
    """What identifies a run before anything is read: where its record lies, and under what circumstances it holds."""

    __slots__ = ("_name", "circumstances")

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Look at the running process; ``environ`` is its environment."""
        arguments = tuple(sys.orig_argv), tuple(sys.argv), os.getcwd()
        variables = sorted((name, value) for name, value in environ.items() if name not in _OF_NO_MATTER)
        around = (
            *(__version__, sys.version, sys.executable, sys.prefix, sys.base_prefix, tuple(sys.flags), tuple(sys.path)),
            *(tuple(os.uname()[2:]) if hasattr(os, "uname") else (), os.geteuid() if hasattr(os, "geteuid") else 0),
            *(_c_library(), tuple(map(_is_terminal, range(3))), variables),
        )
        self._name = ascii(arguments)
        self.circumstances = sha256_of(ascii((arguments, around)).encode("ascii"))

    def key(self, *, was_there: bool) -> str:
        """The key of its record in the cache, for a run that finds an output file or none."""
        return f"{self._name}\0{was_there}"


def has_records(folder: str) -> bool:
    """Whether a cache holds any; to look takes less than to tell one run from another."""
    return os.path.isdir(folder) and Cache(folder).has_any(KIND)


def find_record(run: Run, folder: str, now: float) -> Record | None:
    """The record that tells what the run would come to, None for none.  ``now`` in seconds since the epoch."""
    cache = Cache(folder)
    for was_there in (True, False):
        data = cache.read(KIND, run.key(was_there=was_there))
        record = parse_record(data) if data is not None else None
        if record is not None and record.holds(run.circumstances, now):
            return record
    return None


def likely_cache_folder(arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    """Where the run will most likely keep its cache; another place (of a configuration file) makes for a miss."""
    folder = environ.get("PIP_TOOLS_CACHE_DIR") or default_cache_folder(environ, sys.platform)
    for before, argument in zip(("", *arguments), arguments, strict=False):
        if before == "--cache-dir":
            folder = argument
        elif argument.startswith("--cache-dir="):
            folder = argument.partition("=")[2]
    return folder


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether the user lets runs be recalled."""
    return environ.get(SWITCH) != "0"


def _c_library() -> str | None:
    """The C library, of which the wheels that fit depend; None where it does not say."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):
        return None


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False
