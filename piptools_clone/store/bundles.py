"""Many small facts in one entry for each project: read at once, written at the end of a run.

A walk down a thousand releases needs a thousand reduced metadata files, and opening each costs more than reading
all of them.  A bundle only spares work: its facts are immutable under a key that holds a content hash, and when several
processes write one bundle the last one keeps what it found there.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from piptools_clone.store.cache import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable

    from piptools_clone.store.cache import Cache, Later

SIZE_LIMIT = 4 * 2**20
"""Bytes of one bundle: some ten thousand releases.  Beyond, only what the last run used is kept."""

Facts = dict[str, bytes]


class Bundles:
    """The bundles in a cache.  For several threads.

    A bundle is written when ``later`` finds time after its first new fact, and once more by `save` if it grew since.
    """

    def __init__(self, cache: Cache | None, later: Later) -> None:
        self._cache = cache
        self._began_empty = cache is None or not cache.has_any(METADATA)
        self._later = later
        self._queued: set[str] = set()
        self._lock = threading.Lock()
        self._read: dict[str, Facts] = {}
        self._used: dict[str, Facts] = {}
        self._new: dict[str, dict[str, Callable[[], bytes]]] = {}

    def read(self, name: str, key: str) -> bytes | None:
        """The fact of a key in the bundle ``name``."""
        if self._began_empty and name not in self._queued:
            return None
        with self._lock:
            known = self._read.get(name)
            if known is None:
                known = self._read[name] = self._load(name)
            found = known.get(key)
            if found is not None:
                self._used.setdefault(name, {})[key] = found
            return found

    def write(self, name: str, key: str, make: Callable[[], bytes]) -> None:
        """Remember a fact, which is made when there is time to write it."""
        with self._lock:
            self._new.setdefault(name, {})[key] = make
            is_first = name not in self._queued
            self._queued.add(name)
        if is_first:
            self._later(partial(self._save, name))

    def save(self) -> None:
        """Write the bundles that have something new."""
        for name in list(self._new):
            self._save(name)

    def _save(self, name: str) -> None:
        with self._lock:
            new = self._new.pop(name, None)
        if self._cache is None or not new:
            return
        facts = {key: make() for key, make in new.items()}
        whole = {**self._load(name), **facts}
        if sum(len(key) + len(fact) for key, fact in whole.items()) > SIZE_LIMIT:
            whole = {**self._used.get(name, {}), **facts}
        self._cache.write(METADATA, name, whole)

    def _load(self, name: str) -> Facts:
        return (self._cache and self._cache.read(METADATA, name, {str: bytes})) or {}
