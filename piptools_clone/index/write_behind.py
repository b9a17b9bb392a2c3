"""A cache whose entries are written when there is time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from piptools_clone.index.cache import Cache

Later = Callable[[Callable[[], object]], None]


class WriteBehind(Cache):
    """Reads at once, and hands each write to ``later``: an answer is of use before it is on the disk."""

    __slots__ = ("_later",)

    def __init__(self, cache: Cache, later: Later) -> None:
        self.folder = cache.folder
        self.problem = cache.problem
        self._later = later

    def write(self, kind: str, key: str, data: bytes | Callable[[], bytes]) -> None:
        """Store bytes for a key, some time before the run ends."""
        self._later(partial(super().write, kind, key, data))
