"""Many small facts in one file for each project: read at once, written at the end of a run.

A walk down a thousand releases needs a thousand reduced metadata files, and opening each costs more than reading
all of them.  A bundle only spares work: entries are immutable facts under a key that holds a content hash, whatever
is damaged or of another form counts as empty, and when several processes write one bundle the last one keeps what it
found there.

The first line holds the form and a checksum of the rest; every other line is a key, a tab and the fact.
"""

from __future__ import annotations

import threading
import zlib
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from piptools_clone.store.cache import Cache, Later

SIZE_LIMIT = 4 * 2**20
"""Bytes of one bundle: some ten thousand releases.  Beyond, only what the last run used is kept."""

_FORM = b"piptools-clone bundle 1 "


class Bundles:
    """The bundles of one kind in a cache.  For several threads.

    A bundle is written when ``later`` finds time after its first new fact, and once more by `save` if it grew since.
    """

    def __init__(self, cache: Cache | None, kind: str, later: Later) -> None:
        self._cache = cache
        self._began_empty = cache is None or not cache.has_any(kind)
        self._kind = kind
        self._later = later
        self._queued: set[str] = set()
        self._lock = threading.Lock()
        self._read: dict[str, dict[bytes, bytes]] = {}
        self._used: dict[str, dict[bytes, bytes]] = {}
        self._new: dict[str, dict[bytes, Callable[[], bytes]]] = {}

    def read(self, name: str, key: str) -> bytes | None:
        """The fact of a key in the bundle ``name``."""
        if self._began_empty and name not in self._queued:
            return None
        with self._lock:
            known = self._read.get(name)
            if known is None:
                known = self._read[name] = self._load(name)
            raw = _raw(key)
            found = known.get(raw)
            if found is not None:
                self._used.setdefault(name, {})[raw] = found
            return found

    def write(self, name: str, key: str, make: Callable[[], bytes]) -> None:
        """Remember a fact, which holds no line break, and is made when there is time to write it."""
        raw = _raw(key)
        if b"\n" in raw or b"\t" in raw:
            return
        with self._lock:
            self._new.setdefault(name, {})[raw] = make
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
        facts = {raw: fact for raw, make in new.items() if b"\n" not in (fact := make())}
        content = _render({**self._load(name), **facts})
        if len(content) > SIZE_LIMIT:
            content = _render({**self._used.get(name, {}), **facts})
        self._cache.write(self._kind, name, content)

    def _load(self, name: str) -> dict[bytes, bytes]:
        data = self._cache.read(self._kind, name) if self._cache else None
        return {} if data is None else _parse(data)


def _raw(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")


def _render(facts: dict[bytes, bytes]) -> bytes:
    rest = b"\n".join([b"%b\t%b" % item for item in facts.items()])
    return b"%b%08x\n%b" % (_FORM, zlib.crc32(rest), rest)


def _parse(data: bytes) -> dict[bytes, bytes]:
    head, _, rest = data.partition(b"\n")
    if head != b"%b%08x" % (_FORM, zlib.crc32(rest)) or not rest:
        return {}
    try:
        return dict([line.split(b"\t", 1) for line in rest.split(b"\n")])
    except ValueError:
        return {}
