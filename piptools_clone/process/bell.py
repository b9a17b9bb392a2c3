"""Threads that wait for one another, where an interrupt may come between any two steps of the main one.

`threading.Condition` is entered by code that is written in Python.  An interrupt after it has taken its lock, and
before the ``with`` statement knows, leaves that lock taken for ever, and every other thread waits for it: of a hundred
syncs that were interrupted on a busy machine, one hung.  Here nothing is shared but a list, whose steps are whole.
"""

from __future__ import annotations

from _thread import LockType, allocate_lock
from collections.abc import Callable
from contextlib import suppress


class Bell:
    """Wakes those who wait.  No call is lost: each says that it waits before it looks a last time."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[LockType] = []

    def wait(self, done: Callable[[], bool], timeout: float | None = None) -> bool:
        """Wait until it rings, at most so many seconds, unless ``done`` already; whether it is done then."""
        mine = allocate_lock()
        mine.acquire()
        self._waiting.append(mine)
        try:
            if not done():
                mine.acquire(timeout=-1 if timeout is None else max(0.0, timeout))
        finally:
            self._waiting.remove(mine)
        return done()

    def ring(self) -> None:
        """Wake all who wait; what they wait for has changed before."""
        for each in list(self._waiting):
            with suppress(RuntimeError):  # it was woken already
                each.release()
