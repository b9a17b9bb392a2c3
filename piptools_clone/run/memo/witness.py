"""What was seen of files and folders, to tell later whether all of them are as they were.

Law: a remembered answer is given only if everything that it came from is as it was.  Files of the user are known by
their bytes; others by their times of change (which nobody can set back), size and number.  Only what surely is not
there counts as absent: what cannot be looked at raises OSError, and there is no answer.

Light: this stands on the way of every run.
"""

from __future__ import annotations

import os
import sys
import time

from piptools_clone.environment.own_names import FOLDER, NOTE
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.store.sha256 import sha256_of
from piptools_clone.sync.transaction.durability import boot_id, is_sure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

RECORDED = (".dist-info", ".egg-info", ".egg-link", ".egg")
"""How the names end of what tells that something is installed."""

Stat = tuple[int, int, int, int]
"""Times of content and of change in nanoseconds, size, number."""

_READ_BY_A_PLAN = ("METADATA", "RECORD", "INSTALLER", "direct_url.json", "PKG-INFO")
"""Files of what is installed that can be changed without their folder showing it."""
_FILE_CLOCK = 5  # CLOCK_REALTIME_COARSE of Linux: it dates files by this one, so what comes later is dated later
_IS_EXACT = sys.platform == "linux"
_TICK, _COARSE_TICK = (0.0 if _IS_EXACT else 0.02), 2.0
"""Seconds by which a file may seem older than it is, by the clock that is at hand; and where whole seconds are kept."""
_BEGAN = time.clock_gettime(_FILE_CLOCK) if _IS_EXACT else time.time()


class Depends(NamedTuple):
    """What the plan of a sync depends on.

    ``files`` are the locks that it read and ``digests`` what was read of them (hexadecimal SHA-256), ``watched`` are
    other files that decided something, ``sites`` the folders of modules.
    """

    files: tuple[str, ...]
    digests: tuple[str, ...]
    watched: tuple[str, ...]
    sites: tuple[str, ...]


def digest_of(path: str) -> str:
    """The SHA-256 of a file's content.  Raises OSError."""
    with open(path, "rb") as file:
        return sha256_of(file.read())


def stat_of(path: str) -> Stat | None:
    """What changes when a file does, None where there is none.  Raises OSError where that cannot be told."""
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def settled(paths: Iterable[str]) -> list[tuple[str, Stat | None]]:
    """Look at files that the run has looked at before.

    Raises OSError where one was changed since the run began: then it is not known what the run has seen.
    """
    found = [(path, stat_of(path)) for path in paths]
    for path, seen in found:
        if seen is not None:
            changed = max(seen[:2])
            tick = _TICK if changed % 10**9 else _COARSE_TICK
            if changed / 1e9 >= _BEGAN - tick:
                raise OSError(f"{path} has just been changed")
    return found


def installed_in(site: str) -> list[tuple[str, Stat, tuple[Stat | None, ...]]]:
    """What is recorded as installed in a folder of modules, with what a plan may read of it.

    Raises OSError where that cannot be told: for a folder that is being changed, and for links to elsewhere.
    """
    with os.scandir(site) as entries:
        names = {entry.name for entry in entries}
    if FOLDER in names or (NOTE in names and not is_sure(site, boot_id())):
        raise OSError(f"{site} is being changed")
    return [_installed(os.path.join(site, name), name) for name in sorted(names) if name.endswith(RECORDED)]


def _installed(path: str, name: str) -> tuple[str, Stat, tuple[Stat | None, ...]]:
    seen = stat_of(path)
    if seen is None or name.endswith(".egg-link"):
        raise OSError(f"{path} is a link")
    return name, seen, tuple([stat_of(os.path.join(path, file)) for file in _READ_BY_A_PLAN])
