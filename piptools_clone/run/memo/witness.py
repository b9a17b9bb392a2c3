"""The witness: what was seen of files and folders, to tell later whether all of them are as they were.

A fact is (manner, path, what was seen in that manner).  Files of the user are known by their bytes; programs, pages and
what may hold secrets by a stamp: their times of change (which nothing can set back), size and inode.  Nothing there is
None.  Only what surely is not there counts as absent: what cannot be looked at raises OSError, and there is no answer.
"""

from __future__ import annotations

import os
import stat
import sys
import time

from piptools_clone.store.sha256 import sha256_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    Fact = tuple[str, str, Any]
    Stamp = tuple[int, int, int, int, int]
    """Kind, size, times of content and of change in nanoseconds, inode."""

BYTES = "bytes"
"""The SHA-256 of what a file holds."""
STAMP = "stamp"
KIND = "kind"
"""Whether something is there, and whether it is a file or a folder."""
OWNER = "owner"
INSTALLED = "installed"
"""What is recorded as installed in a folder of modules."""
RECORDED = (".dist-info", ".egg-info", ".egg-link", ".egg")
"""How the names end of what tells that something is installed."""
_READ_BY_A_PLAN = ("METADATA", "RECORD", "INSTALLER", "direct_url.json", "PKG-INFO")
"""Files of what is installed that can be changed without their folder showing it."""

_FILE_CLOCK = 5  # CLOCK_REALTIME_COARSE of Linux: it dates files by this one, so what comes later is dated later
_IS_EXACT = sys.platform == "linux"
_TICK, _COARSE_TICK = (0.0 if _IS_EXACT else 0.02), 2.0
"""Seconds by which a file may seem older than it is, by the clock that is at hand; and where whole seconds are kept."""
_BEGAN = time.clock_gettime(_FILE_CLOCK) if _IS_EXACT else time.time()


def holds(facts: Iterable[Fact]) -> bool:
    """Whether all is as it was.  Raises OSError where that cannot be told."""
    return all(look(manner, path) == seen for manner, path, seen in facts)


def look(manner: str, path: str) -> Any:  # noqa: ANN401 - as the manner says
    """What is to be seen of a path now.  Raises OSError where that cannot be told."""
    if manner == INSTALLED:
        return installed_in(path)
    try:
        if manner == BYTES:
            return sha256_of(read_file(path))
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if manner == STAMP:
        return stamp_of(found)
    return found.st_uid if manner == OWNER else stat.S_IFMT(found.st_mode)


def stamp_of(found: os.stat_result) -> Stamp:
    """What tells a file from another without reading it."""
    return stat.S_IFMT(found.st_mode), found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def read_file(path: str) -> bytes:
    """Read a file, and no pipe, which could be waited for without end.  Raises OSError."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise IsADirectoryError(path)
    with open(path, "rb") as file:
        return file.read()


def settled(path: str) -> Stamp | None:
    """The stamp of a file that the run has looked at before.

    Raises OSError where it was changed since the run began: then it is not known what the run has seen.
    """
    seen: Stamp | None = look(STAMP, path)
    if seen is not None:
        changed = max(seen[2:4])
        if changed / 1e9 >= _BEGAN - (_TICK if changed % 10**9 else _COARSE_TICK):
            raise OSError(f"{path} has just been changed")
    return seen


def installed_in(site: str) -> list[tuple[str, Stamp, tuple[Stamp | None, ...]]]:
    """What is recorded as installed in a folder of modules, with what a plan may read of it.

    Raises OSError where that cannot be told: for a folder that is being changed, and for links to elsewhere.
    """
    from piptools_clone.environment.own_names import FOLDER, NOTE
    from piptools_clone.syncing.transaction.durability import boot_id, is_sure

    with os.scandir(site) as entries:
        names = {entry.name for entry in entries}
    if FOLDER in names or (NOTE in names and not is_sure(site, boot_id())):
        raise OSError(f"{site} is being changed")
    return [_installed(os.path.join(site, name), name) for name in recorded_names(names)]


def recorded_names(names: Iterable[str]) -> list[str]:
    """Choose what is recorded as installed among the names of a folder of modules."""
    return sorted(name for name in names if name.endswith(RECORDED))


def _installed(path: str, name: str) -> tuple[str, Stamp, tuple[Stamp | None, ...]]:
    seen: Stamp | None = look(STAMP, path)
    if seen is None or name.endswith(".egg-link"):
        raise OSError(f"{path} is a link")
    return name, seen, tuple([look(STAMP, os.path.join(path, file)) for file in _READ_BY_A_PLAN])
