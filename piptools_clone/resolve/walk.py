"""Walks down many versions of one package: what is below is asked for in batches, before it is waited for."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from piptools_clone.index.index import Index
    from piptools_clone.model.candidate import Candidate

WALK_AFTER = 2  # versions of one package that are tried before the next are read in batches
LONG_WALK = 32  # versions in a batch from which on the next batch is asked for, too: shorter walks often end in it
BATCH_LIMIT = 64  # versions in one batch: enough to hide a round trip, few enough to waste little


class Walk:
    """The walks of one search; a package is known by a key."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._tried: dict[str, set[int]] = {}
        self._asked: dict[str, set[int]] = {}

    def batch(self, key: str, state: int) -> int:
        """How many versions below to read: a version that is tried again after a jump back is no step of a walk."""
        tried = self._tried.setdefault(key, set())
        if state in tried:
            return 0
        tried.add(state)
        return 0 if len(tried) < WALK_AFTER else min(BATCH_LIMIT, 1 << (len(tried) - WALK_AFTER + 1))

    def ask(self, key: str, unread: Iterable[tuple[int, Candidate]], count: int) -> list[tuple[int, Candidate]]:
        """Ask for the metadata of a batch of versions that were not read, and of the next one in a long walk."""
        if not count:
            return []
        batches = 2 if count >= LONG_WALK else 1  # what is beyond the count is for the next batch
        found = list(islice(unread, batches * count))
        known = self._asked.setdefault(key, set())
        for state, candidate in found:
            if state not in known:  # nearly half of a long walk was asked for with the batch before
                known.add(state)
                self._index.metadata(candidate.preferred)
        return found
