"""The order of decisions: the caller's priority, corrected by experience.

Up to a handful of conflicts the order is the caller's alone.  When the versions of one package keep being
ruled out by a decision made before, the two change places (uv does the same): with the newest boto3 decided first,
dozens of versions of s3fs fail one after the other, and the one that remains is years old.  In long
searches, packages that take part in many conflicts come first (VSIDS of the SAT solvers), with restarts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from heapq import heappop, heappush

PATIENCE = 5
"""How often a decision may rule out versions of a later package before that one goes first.

uv's number: with fewer, orders are disturbed that would have worked; with more, the search only walks further down.
Doubled each time for the same pair, so that no two packages change places for ever."""

FIRST_RESTART = 100
"""Conflicts between decisions before the first restart: real inputs seldom have as many."""

RESTART_GROWTH = 1.5
"""Each search between restarts is longer by this factor, so that any search ends."""

DECAY = 0.95
"""How much of its score a package keeps from one conflict to the next (the usual value of SAT solvers)."""

RESCALE_ABOVE = 1e100
"""Scores are scaled back above this, far from the end of floating point."""

Priority = Callable[[str], tuple[object, ...]]
Key = tuple[int, tuple[object, ...], str]


class DecisionOrder:
    """Sort keys of packages.  ``priority`` is asked once per package; its answers must compare with each other."""

    def __init__(self, priority: Priority) -> None:
        self._priority = priority
        self._keys: dict[str, Key] = {}
        self._queue: list[Key] = []  # a heap; entries whose package is not open any more, or has another key, are void
        self._buckets: dict[str, int] = {}
        self._blamed: dict[tuple[str, str], int] = {}
        self._patience: dict[tuple[str, str], int] = {}
        self._scores: dict[str, float] = {}
        self._weight = 1.0
        self._conflicts = 0
        self._restart_after = FIRST_RESTART

    def push(self, package: str) -> None:
        """Take note that a package is open from now on."""
        heappush(self._queue, self.key(package))

    def first(self, open_packages: Collection[str]) -> str:
        """The package to decide next; all that are open were pushed when they became so."""
        while True:
            key = self._queue[0]
            package = key[2]
            if package in open_packages and self.key(package) == key:
                return package
            heappop(self._queue)

    def key(self, package: str) -> Key:
        """The package with the least key is decided first; the name breaks every tie."""
        key = self._keys.get(package)
        if key is None:
            key = self._keys[package] = -self._buckets.get(package, 0), self._priority(package), package
        return key

    def blame(self, victim: str, culprit: str) -> bool:
        """Note that the decision on ``culprit`` ruled out a version of ``victim``; true when they now change places."""
        pair = victim, culprit
        self._blamed[pair] = self._blamed.get(pair, 0) + 1
        if self._blamed[pair] < self._patience.get(pair, PATIENCE):
            return False
        self._blamed[pair] = 0
        self._patience[pair] = 2 * self._patience.get(pair, PATIENCE)
        if self.key(victim) < self.key(culprit):  # it goes first already, where it can
            return False
        self._put(victim, self._buckets.get(culprit, 0) + 1)
        return True

    def count_conflict(self, packages: Iterable[str]) -> bool:
        """Score the packages that took part in a conflict between decisions; true when it is time to restart."""
        for package in packages:
            self._scores[package] = self._scores.get(package, 0.0) + self._weight
        self._weight /= DECAY
        self._conflicts += 1
        if self._weight > RESCALE_ABOVE:
            self._rescale()
        if self._conflicts < self._restart_after:
            return False
        self._conflicts = 0
        self._restart_after = int(self._restart_after * RESTART_GROWTH)
        self._rescale()
        for package, score in self._scores.items():
            self._put(package, int(score).bit_length())
        return True

    def _rescale(self) -> None:
        self._scores = {package: score / self._weight for package, score in self._scores.items()}
        self._weight = 1.0

    def _put(self, package: str, bucket: int) -> None:
        self._buckets[package] = bucket
        if self._keys.pop(package, None):
            self.push(package)
