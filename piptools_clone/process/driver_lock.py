"""A lock that one thread has at a time, which tells the others when what they wait for has come true."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from piptools_clone.process.bell import Bell


class DriverLock:
    """A lock whose waiters wait until it is free, or until what they want it for has come true.

    Without waiters all this costs one lock that is never contended for.  No call is lost: a thread says that it
    waits before it looks a last time, and all others change something before they look for waiters.

    An interrupt may come between any two steps of the main thread, also after it took the lock and before it knows, or
    the other way round.  So the lock knows whose it is, and who ends the work gives back whatever it still has.
    """

    __slots__ = ("_awaited", "_bell", "_holder", "_lock")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._holder = 0
        self._bell = Bell()
        self._awaited: list[Callable[[], bool]] = []

    @property
    def is_mine(self) -> bool:
        """Whether this thread has the lock."""
        return self._holder == threading.get_ident()

    @property
    def is_anothers(self) -> bool:
        """Whether another thread has the lock."""
        return self._holder not in {0, threading.get_ident()}

    def take(self, *, wait: bool = False) -> bool:
        """Take the lock if it is free, or as soon as it is; whether this thread has it now and had it not before."""
        taken = not self.is_mine and self._lock.acquire(blocking=wait)
        if taken:
            self._holder = threading.get_ident()
        return taken

    def give(self) -> None:
        """Give the lock back, to a thread that waits for it."""
        self._holder = 0
        self._lock.release()
        if self._awaited:
            self._bell.ring()

    def give_all(self) -> None:
        """Give the lock back however often this thread took it without giving it back; it may have none."""
        self._holder = 0
        with suppress(RuntimeError):  # it is not ours any more
            while True:
                self._lock.release()
        if self._awaited:
            self._bell.ring()

    def tell(self) -> None:
        """Call those who wait if something came true for any of them.  For any thread."""
        if self._awaited and any(done() for done in list(self._awaited)):
            self._bell.ring()

    def await_it(self, done: Callable[[], bool], timeout: float | None) -> None:
        """Wait until ``done`` or until the lock is free, at most so many seconds; may return before."""
        self._awaited.append(done)
        try:
            self._bell.wait(lambda: not self._holder or done(), timeout)
        finally:
            self._awaited.remove(done)
