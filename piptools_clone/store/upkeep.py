"""What lies in a cache folder, and what goes out of it: by age, by size, or all.

Only what is ours is counted and removed: entries and left-over temporary files, told by their names, in folders of our
kinds (those of older releases among them) that belong to this user alone.  Links are not followed.  Each entry goes as
a whole, by one call of the system, so that processes beside this one see it or miss it.

Entries are dated by their last use where that is noted (packs note it themselves), else by their making.  What was used
within the last `SAFE_SECONDS` stays, for a running process may need it; all else may always be missed.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from piptools_clone.named_tuple import NamedTuple
from piptools_clone.store.cache import LAYOUTS
from piptools_clone.store.private import fault_of_folder, is_own

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from piptools_clone.store.cache import Cache

DAY = 86_400.0
"""Seconds of a day."""
MAX_AGE = 90 * DAY
"""So long, in seconds, an entry stays that is not used."""
MAX_BYTES = 5 * 2**30
"""So large the cache may become; then the entries that were not used for the longest time go, to `_LEFT` of it."""
SAFE_SECONDS = 2 * DAY  # the system notes the time of a reading once a day only
_LEFT = 0.8
_EVERY = 7 * DAY
_AT_ONCE = 20_000
"""So many files are looked at after a run: 0.1 s.  Each time another folder comes first: all have their turn."""
_STAMP = "pruned"
"""The file in the cache folder whose time says when it was pruned by itself."""
_FORMER = ("metadata-2", "direct-metadata", "archives", "sha256", "choice", "built-wheel", "recall")
_FORMER_FLAT = ("seals", "recipes", "interpreters")
"""What older releases called their kinds; in the second their files lie side by side."""
_HEX = frozenset("0123456789abcdef")


class StoredFile(NamedTuple):
    """An entry, or a temporary file: in which folder of a kind, its size in bytes, when it was last used.

    ``is_tree`` says that it is a folder: the files of a wheel for hard links.
    """

    kind: str
    path: str
    size: int
    used: float
    is_tree: bool


class Removed(NamedTuple):
    """What was removed, and what stays, as pairs of a number of files and of bytes."""

    gone: tuple[int, int]
    stays: tuple[int, int]


def fault_of_cache(folder: str) -> str:
    """Why a folder is no cache of this user's, to be said after its name; "" where it is one, or is not there."""
    try:
        fault = fault_of_folder(folder, follow=True)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    return "" if fault.endswith("may write to") else fault  # which a run mends


def find_files(folder: str) -> Iterator[StoredFile]:
    """Everything in a cache folder that is ours; each time another folder comes first."""
    kinds = [name for name in _names(folder) if _is_kind(name) and _is_private(f"{folder}/{name}")]
    shards = [(kind, f"{folder}/{kind}") for kind in kinds]
    shards += [
        (kind, f"{folder}/{kind}/{name}") for kind in kinds for name in _names(f"{folder}/{kind}") if _is_shard(name)
    ]
    shards = [(kind, shard) for kind, shard in shards if _is_private(shard)]
    first = time.time_ns() // 1000 % max(1, len(shards))
    shards = shards[first:] + shards[:first]
    for kind, shard in shards:
        with suppress(OSError), os.scandir(shard) as found:
            for each in found:
                with suppress(OSError):
                    seen = each.stat(follow_symlinks=False)
                    if _is_ours(each.name, seen):
                        yield _stored(kind, each.path, seen)


def find_foreign(folder: str) -> list[str]:
    """The names in a cache folder that are not ours."""
    return sorted(
        name for name in _names(folder) if name != _STAMP and not (_is_kind(name) and _is_private(f"{folder}/{name}"))
    )


def tidy(cache: Cache) -> None:
    """Prune a cache after a run, if it wrote and the last time is a week ago; takes 0.1 s at most.  Never fails."""
    if cache.has_written:
        now = time.time()
        with suppress(OSError):
            if _is_time(f"{cache.folder}/{_STAMP}", now):
                prune(cache.folder, now=now, at_once=_AT_ONCE)


def prune(
    folder: str,
    *,
    now: float,
    max_age: float = MAX_AGE,
    max_bytes: float = MAX_BYTES,
    at_once: int | None = None,
) -> Removed:
    """Remove what has not been used for ``max_age`` seconds, and then what was used the longest ago, if it is too much.

    ``at_once`` bounds the number of files that are looked at.
    """
    files = sorted(islice(find_files(folder), at_once), key=lambda each: each.used)
    size = sum(each.size for each in files)
    room = max_bytes * _LEFT if size > max_bytes else size
    gone, stays = [], []
    for each in files:
        stays_for = SAFE_SECONDS if size > room or _is_temporary(each.path) else max(max_age, SAFE_SECONDS)
        if each.used < now - stays_for:
            gone.append(each)
            size -= each.size
        else:
            stays.append(each)
    _remove(gone)
    _remove_empty(folder)
    return Removed(sizes(gone), sizes(stays))


def clean(folder: str) -> Removed:
    """Remove everything of ours from a cache folder, and the folder too, if nothing else is in it."""
    files = [*find_files(folder)]
    _remove(files)
    left = [each for each in files if os.path.lexists(each.path)]
    for kind in filter(_is_kind, _names(folder)):
        for name in _names(f"{folder}/{kind}"):
            _remove_folder(f"{folder}/{kind}/{name}")
        _remove_folder(f"{folder}/{kind}")
    with suppress(OSError):
        os.unlink(f"{folder}/{_STAMP}")
    _remove_folder(folder)
    return Removed(sizes(each for each in files if each not in left), sizes(left))


def sizes(files: Iterable[StoredFile]) -> tuple[int, int]:
    """The number of files and of their bytes."""
    found = [each.size for each in files]
    return len(found), sum(found)


def _stored(kind: str, path: str, seen: os.stat_result) -> StoredFile:
    if not stat.S_ISDIR(seen.st_mode):
        return StoredFile(kind, path, seen.st_size, _used(seen), is_tree=False)
    inside = [os.lstat(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names]
    used = max([seen.st_mtime, *(each.st_atime for each in inside)])
    return StoredFile(kind, path, sum(each.st_size for each in inside), used, is_tree=True)


def _remove(files: Iterable[StoredFile]) -> None:
    """Remove files, but for those that were used meanwhile."""
    for each in files:
        with suppress(OSError):
            if each.is_tree:
                import shutil  # here, for most runs that end have nothing to remove

                shutil.rmtree(each.path)
            elif _used(os.lstat(each.path)) == each.used:
                os.unlink(each.path)


def _used(seen: os.stat_result) -> float:
    return max(seen.st_mtime, seen.st_atime)


def _remove_empty(folder: str) -> None:
    """Remove the empty folders of older releases; those of this one may be written to just now."""
    ours = {f"{kind}-v{layout}" for kind, layout in LAYOUTS.items()}
    for kind in _names(folder):
        if _is_kind(kind) and kind not in ours:
            for name in _names(f"{folder}/{kind}"):
                _remove_folder(f"{folder}/{kind}/{name}")
            _remove_folder(f"{folder}/{kind}")


def _remove_folder(path: str) -> None:
    """Remove a folder if it is empty."""
    with suppress(OSError):
        os.rmdir(path)


def _is_time(stamp: str, now: float) -> bool:
    """Whether it is time; then the stamp is dated anew at once, for the processes beside this one."""
    try:
        if now - _EVERY < os.lstat(stamp).st_mtime <= now:
            return False
        os.utime(stamp, (now, now), follow_symlinks=False)
    except FileNotFoundError:
        os.close(os.open(stamp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return False  # a cache that has just begun
    return True


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _is_kind(name: str) -> bool:
    kind, _, layout = name.rpartition("-v")
    return layout.isdecimal() and (kind in LAYOUTS or kind in _FORMER or kind in _FORMER_FLAT)


def _is_private(path: str) -> bool:
    try:
        return not fault_of_folder(path)
    except OSError:
        return False


def _is_shard(name: str) -> bool:
    return len(name) <= 2 and _HEX.issuperset(name)


def _is_ours(name: str, seen: os.stat_result) -> bool:
    """Whether something is an entry, a temporary file or the files of a wheel, by its name and kind."""
    stem, _, suffix = name.partition(".")
    is_named = len(stem) in (63, 64) and _HEX.issuperset(stem)
    if not is_own(seen, others=0):
        return False
    if stat.S_ISDIR(seen.st_mode):
        return is_named and suffix.endswith("files")
    return stat.S_ISREG(seen.st_mode) and (is_named or _is_temporary(name))


def _is_temporary(path: str) -> bool:
    name = os.path.basename(path)
    return name.startswith(".") and _HEX.issuperset(name.removeprefix(".").removeprefix("new-").replace("-", ""))
