"""Answers that may still be on their way.

A `Future` is asked as a `concurrent.futures.Future` is; unlike that it costs no import of `logging`, and next to
nothing when the answer is known at once, as it nearly always is in a run with a warm cache.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast

from piptools_clone.process.bell import Bell

T = TypeVar("T")
R = TypeVar("R")

Wait = Callable[[Callable[[], bool], "float | None"], None]


class Future(Generic[T]):
    """An answer or a failure, now or later.  For several threads.

    ``wait``, if given, is how to wait: it is told what to wait for and for how many seconds at most.
    """

    __slots__ = ("_bell", "_callbacks", "_error", "_lock", "_value", "_wait", "_waits")

    def __init__(self, wait: Wait | None = None) -> None:
        self._waits = True
        self._wait = wait
        self._value: T | None = None
        self._error: BaseException | None = None
        self._callbacks: list[Callable[[Future[T]], object]] = []
        self._lock = threading.Lock()
        self._bell = Bell()

    def done(self) -> bool:
        """Whether the answer is there."""
        return not self._waits

    def cancelled(self) -> bool:
        """Never; a future whose run ends fails instead."""
        return False

    def result(self, timeout: float | None = None) -> T:
        """Wait for the answer, at most ``timeout`` seconds; raises the failure, or TimeoutError."""
        error = self.exception(timeout)
        if error is not None:
            raise error
        return cast("T", self._value)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the answer and return its failure, None for success."""
        if self._waits:
            (self._wait or self._sleep)(self.done, timeout)
        return self._error

    def add_done_callback(self, callback: Callable[[Future[T]], object]) -> None:
        """Call back when the answer is there, in the thread that brings it, or at once."""
        if self._waits:
            with self._lock:
                if self._waits:
                    self._callbacks.append(callback)
                    return
        callback(self)

    def fulfil(self, value: T) -> None:
        """Bring the answer; whatever comes second is ignored."""
        self._settle(value, None)

    def fail(self, error: BaseException) -> None:
        """Bring the failure; whatever comes second is ignored."""
        self._settle(None, error)

    def run(self, work: Callable[[], T]) -> None:
        """Settle with what the work returns or raises."""
        try:
            value = work()
        except BaseException as error:
            self.fail(error)
        else:
            self.fulfil(value)

    def _sleep(self, done: Callable[[], bool], timeout: float | None) -> None:
        if timeout is not None and not self._bell.wait(done, timeout):
            raise TimeoutError
        while not done():
            self._bell.wait(done)

    def _settle(self, value: T | None, error: BaseException | None) -> None:
        with self._lock:
            if not self._waits:
                return
            self._value, self._error, self._waits = value, error, False
            callbacks, self._callbacks = self._callbacks, []
        self._bell.ring()
        for callback in callbacks:
            callback(self)


def join(parts: Sequence[Future[T]], combine: Callable[[list[T]], R], wait: Wait | None = None) -> Future[R]:
    """A future of what is combined from all parts; of their failures it takes the first in order."""
    whole: Future[R] = Future(wait)
    left = [len(parts)]
    lock = threading.Lock()

    def one_done(_: Future[T]) -> None:
        with lock:
            left[0] -= 1
            last = left[0] == 0
        if last:
            whole.run(lambda: combine([part.result() for part in parts]))

    for part in parts:
        part.add_done_callback(one_done)
    if not parts:
        whole.run(lambda: combine([]))
    return whole
