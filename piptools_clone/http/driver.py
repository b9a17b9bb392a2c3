"""Drives many requests in one thread: a thread that waits for an answer moves all of them.

A thread for each request would spend more on waking the others than on the requests.  A request is a generator of
steps (see `request_steps`); the driver does what each step asks for and goes on with the next.  `Driver.run_until` may
be called by several threads, of which one at a time drives; `Driver.run` by any thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

from piptools_clone.errors import IndexFailure
from piptools_clone.http.failures import TransferFault
from piptools_clone.http.idle_scheduler import IdleScheduler
from piptools_clone.http.request_steps import Blocking, Pause, RequestStep, RequestSteps, Transfer
from piptools_clone.process.driver_lock import DriverLock

if TYPE_CHECKING:
    from piptools_clone.http.connection_pool import ConnectionPool

_SLICE = 0.002  # seconds for which answers are passed on before the next look at what has arrived
_ENDING = "the run is ending"
_MOST_THREADS = 16  # for steps that block: through a proxy all requests share one way

_Then = Callable[[Any], object]
"""Goes on with the result of a request or a step, or with the exception that it failed with."""


class Driver:
    """Drives requests over the connections of a pool, and does small jobs while nothing arrives.

    ``sleep`` is called with the seconds of each pause before it is waited for, so that tests need no waiting.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._sleep = sleep
        self._lock = DriverLock()
        self._inbox: deque[Transfer] = deque()
        self._scheduler = IdleScheduler(clock)
        self._pauses: list[tuple[float, int, Callable[[], object]]] = []  # a heap: by when they end
        self._serial = count()
        self._blocking = _Threads(_MOST_THREADS)
        self._closed = False

    def run(self, steps: RequestSteps[Any], then: _Then) -> None:
        """Take the steps of a request; ``then`` is told its result or failure.

        The request leaves at once if no other thread drives.
        """
        self._advance(steps, then, None)

    def send(self, transfer: Transfer) -> None:
        """Send one request; its ``done`` is told the `Outcome`."""
        self._inbox.append(transfer)
        if self._lock.is_mine:
            self._admit()
        elif self._lock.take():
            self._drive(self._admit)
        else:
            self.wake()

    def soon(self, job: Callable[[], object], seconds: float, key: Hashable) -> None:
        """Do something that takes so many seconds, and that will be waited for, when nothing arrives.

        It is dropped when the driver is closed.
        """
        self._scheduler.add_soon(job, seconds, key)
        self.wake()

    def hurry(self, key: Hashable) -> None:
        """Do that now: it is waited for."""
        self._scheduler.hurry(key)
        self.wake()

    def later(self, job: Callable[[], object]) -> None:
        """Do something small when nothing arrives, or when the driver is closed."""
        self._scheduler.add_later(job)

    def pass_on(self, size: int, job: Callable[[], object]) -> None:
        """Pass on an answer of so many bytes when those before it have been."""
        self._scheduler.add_answer(size, job)

    def watch(self, descriptor: int, heard: Callable[[], object] | None) -> None:
        """Pass on, before answers, whenever a descriptor can be read from; None ends that."""
        self._pool.watch(descriptor, partial(self.pass_on, 0, heard) if heard else None)

    def attend(self) -> None:
        """Take in all that has arrived; does nothing where another thread does."""
        if (self._pool.is_busy or self._scheduler.has_answers or self._pauses) and self._lock.take():
            self._drive(self._take_all_in)

    def run_until(self, done: Callable[[], bool], timeout: float | None = None) -> None:
        """Move all requests until ``done``, which any thread may ask.

        Raises TimeoutError after ``timeout`` seconds, and IndexFailure when the driver is closed before.
        """
        until = None if timeout is None else self._clock() + timeout
        while not done():
            if self._lock.is_mine:
                self._step(until)  # called back by a step of its own
            elif self._lock.take():
                self._drive(partial(self._drive_until, done, until))
            else:
                self._lock.await_it(done, self._left(until))

    def wake(self) -> None:
        """Make the threads that wait look again whether they are done: for what is settled outside of a step."""
        self._lock.tell()
        if self._lock.is_anothers:
            self._pool.ring()

    def close(self) -> None:
        """Drop all connections and requests, and do the jobs that are left."""
        self._closed = True
        self._blocking.close()
        self.wake()
        self._lock.take(wait=True)
        try:
            self._pool.close()
        finally:
            self._lock.give_all()
        self._scheduler.end()

    # the steps of requests

    def _advance(self, steps: RequestSteps[Any], then: _Then, outcome: object) -> None:
        """Take the next step with what came of the last one."""
        try:
            step = steps.throw(outcome) if isinstance(outcome, Exception) else steps.send(outcome)
        except StopIteration as done:
            then(done.value)
        except Exception as error:
            then(error)
        else:
            self._perform(step, partial(self._advance, steps, then))

    def _perform(self, step: RequestStep, then: _Then) -> None:
        """Do what a step asks for, without waiting for it."""
        if isinstance(step, Transfer):
            step.done = then
            self.send(step)
        elif isinstance(step, Pause):
            go_on: Callable[[], object] = partial(then, None)
            heappush(self._pauses, (self._clock() + step.seconds, next(self._serial), go_on))
            if self._sleep is not None:
                self._sleep(step.seconds)
            self.wake()
        else:
            self._blocking.start(partial(self._block, step, then))

    def _block(self, step: Blocking, then: _Then) -> None:
        outcome: object
        try:
            outcome = step.call()
        except Exception as error:
            outcome = error
        self.pass_on(0, partial(then, outcome))
        self.wake()

    # driving

    def _drive(self, action: Callable[[], object]) -> None:
        """Do something as the driver; the lock is ours."""
        try:
            action()
        finally:
            self._lock.give()

    def _drive_until(self, done: Callable[[], bool], until: float | None) -> None:
        self._check_open()
        self._pool.open()  # before the first look: whatever is done after it rings the bell
        while not done():
            self._step(until)

    def _step(self, until: float | None) -> None:
        """Take in what arrives, or else do something useful, or wait."""
        self._check_open()
        left = self._left(until)
        quiet = self._pool.quiet()
        pause = self._scheduler.pause(quiet)
        wait = self._pool.glance if pause is None else pause
        if not self._take_in(wait if left is None else min(wait, left)):
            self._scheduler.work(quiet)
        self._lock.tell()

    def _check_open(self) -> None:
        if self._closed:
            raise IndexFailure(_ENDING)

    def _left(self, until: float | None) -> float | None:
        """Seconds left, None for as many as it takes; raises TimeoutError for none."""
        if until is None:
            return None
        left = until - self._clock()
        if left <= 0:
            raise TimeoutError
        return left

    def _take_in(self, wait: float = 0.0) -> bool:
        """Send what is to be sent, and take in what arrives within some seconds; whether there was anything."""
        self._admit()
        wait = self._end_pauses(wait)
        came = self._pool.take_in(0.0 if self._scheduler.has_answers else wait)
        for transfer, outcome in self._pool.take_finished():
            self.pass_on(getattr(outcome, "size", 0), partial(transfer.done, outcome))
        return self._scheduler.pass_on(_SLICE) or came

    def _end_pauses(self, wait: float) -> float:
        """Go on with the requests whose pause is over; returns ``wait``, or the seconds until the next one is."""
        while self._pauses:
            left = self._pauses[0][0] - self._clock()
            if left > 0:
                return min(wait, left)
            self.pass_on(0, heappop(self._pauses)[2])
        return wait

    def _take_all_in(self) -> None:
        self._take_in()
        while self._scheduler.has_answers:
            self._take_in()

    def _admit(self) -> None:
        """Take up what was sent; what fails at once is told at once."""
        if self._closed:
            while self._inbox:
                self._inbox.popleft().done(TransferFault(_ENDING, passing=False))
            return
        self._pool.admit(self._inbox)
        for transfer, outcome in self._pool.take_finished():
            transfer.done(outcome)


class _Threads:
    """At most so many threads for calls that block, which do not keep the program from ending."""

    def __init__(self, most: int) -> None:
        import threading

        self._lock = threading.Lock()
        self._calls: deque[Callable[[], object]] = deque()
        self._free = most

    def start(self, call: Callable[[], object]) -> None:
        """Call something in a thread as soon as one is free."""
        import threading

        self._calls.append(call)
        with self._lock:
            needs_one = self._free > 0
            self._free -= needs_one
        if needs_one:
            threading.Thread(target=self._work, name="http", daemon=True).start()

    def close(self) -> None:
        """Forget the calls that have not begun."""
        self._calls.clear()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._calls:
                    self._free += 1
                    return
                call = self._calls.popleft()
            call()
