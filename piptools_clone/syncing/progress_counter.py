"""Counts how far a sync is, for several threads, and tells an observer."""

from __future__ import annotations

from threading import Lock

from piptools_clone.model.observer import Observer, SyncCounts


class ProgressCounter:
    """Counts what was fetched, unpacked and installed, and tells an observer.

    Packages go by how the lock spells them, and count once for each step.  A step that one does not need, because
    the cache holds what would come of it, counts as taken.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._lock = Lock()
        self.begin(0)

    def begin(self, total: int) -> None:
        """Begin, or begin again, with so many packages to install."""
        self._total = total
        self._fetched: set[str] = set()
        self._unpacked: set[str] = set()
        self._installed = 0

    def fetched(self, shown: str) -> None:
        """Count a file that has come from its index or its place."""
        with self._lock:
            self._fetched.add(shown)
            self._tell(shown)

    def unpacked(self, shown: str) -> None:
        """Count a wheel that is in the cache, checked and unpacked."""
        with self._lock:
            self._fetched.add(shown)
            self._unpacked.add(shown)
            self._tell(shown)

    def installed(self, name: str) -> None:
        """Count a package whose files are written, though not yet moved into their places."""
        with self._lock:
            self._installed += 1
            self._tell(name)

    def _tell(self, shown: str) -> None:
        counts = SyncCounts(self._total, len(self._fetched), len(self._unpacked), self._installed)
        self._observer.syncing(counts, shown)
