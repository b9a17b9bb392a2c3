"""From files to take away and a staged tree to the fewest renames that swap them.

A folder of which nothing stays is taken as one; a staged folder that has no counterpart is put as one.  Only reads.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator

from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.syncing.transaction.final_paths import through_link, with_parents


class RenamePlan(NamedTuple):
    """What leaves the environment, and pairs of a staged path and its place.

    ``overwritten`` are files in the way that no distribution owned; they are among ``takes``.
    """

    takes: tuple[str, ...]
    puts: tuple[tuple[str, str], ...]
    overwritten: tuple[str, ...] = ()


def plan_renames(files: Iterable[str], staged: Iterable[tuple[str, str]], fixed: Iterable[str]) -> RenamePlan:
    """Plan the swap: ``files`` go, trees ``staged`` as pairs of (staged folder, its place) come.

    Folders in ``fixed``, and those that hold them, are never taken, even when nothing is left in them.
    Raises `EnvironmentFailure` where a folder stands in the way of a file, or a file or link in that of a folder.
    """
    taken = _with_emptied_folders(set(files), with_parents(fixed))
    puts, overwritten = [], []
    for source, place in staged:
        for src, dst in _plan_puts(source, place, taken):
            puts.append((src, dst))
            if os.path.lexists(dst) and not _is_taken(dst, taken):
                overwritten.append(dst)
    topmost = sorted(path for path in taken if not _is_taken(os.path.dirname(path), taken))
    return RenamePlan((*topmost, *overwritten), tuple(puts), tuple(overwritten))


def _with_emptied_folders(taken: set[str], fixed: set[str]) -> set[str]:
    """Add the folders of which every entry is taken, the deepest first."""
    by_depth: dict[int, set[str]] = defaultdict(set)
    for folder in {os.path.dirname(path) for path in taken}:
        by_depth[folder.count("/")].add(folder)
    for depth in range(max(by_depth, default=0), 0, -1):
        for folder in by_depth[depth]:
            if folder not in fixed and all(f"{folder}/{name}" in taken for name in os.listdir(folder)):
                taken.add(folder)
                by_depth[depth - 1].add(os.path.dirname(folder))
    return taken


def _plan_puts(source: str, place: str, taken: set[str]) -> Iterator[tuple[str, str]]:
    with os.scandir(source) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        target = f"{place}/{entry.name}"
        if _is_taken(target, taken) or not os.path.lexists(target):
            yield entry.path, target
        elif entry.is_dir(follow_symlinks=False):
            if os.path.islink(target):
                raise through_link(target)
            if not os.path.isdir(target):
                raise EnvironmentFailure(f"A file is in the way of a folder to be installed: {inert(target, 500)}")
            yield from _plan_puts(entry.path, target, taken)
        elif os.path.isdir(target):
            raise EnvironmentFailure(f"A folder is in the way of a file to be installed: {inert(target, 500)}")
        else:
            yield entry.path, target


def _is_taken(path: str, taken: set[str]) -> bool:
    while len(path) > 1:
        if path in taken:
            return True
        path = os.path.dirname(path)
    return False
