"""Many requests under way in one thread: whoever waits for an answer moves all of them.

A thread for each request would spend more on waking each other than on the requests.  The lane knows only the plain
case: it sends a request once and reads a whole answer.  Whatever goes wrong is told to the sender as a
`WireFault`; redirects, refusals and second tries are the business of `Transport`, in a thread of its own.

`Lane.run_until` may be called by several threads, of which one at a time drives; `Lane.send` by any thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING

from piptools_clone.errors import IndexFailure
from piptools_clone.http.address import Address
from piptools_clone.http.http1_arriving import Arriving
from piptools_clone.http.idle_scheduler import Agenda
from piptools_clone.http.lane_connection import Exchange, Outcome
from piptools_clone.http.lane_traffic import GLANCE, Finished, Limits, Traffic
from piptools_clone.http.wire import WireFault
from piptools_clone.process.driver_lock import Turn

if TYPE_CHECKING:
    import ssl

_SLICE = 0.002  # seconds for which answers are passed on before the next look at what has arrived
_ENDING = "the run is ending"


class Lane:
    """Sends requests over connections of its own and does small jobs while nothing arrives."""

    def __init__(
        self,
        context_for: Callable[[Address], ssl.SSLContext],
        limits: Limits,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._patience = limits.request
        self._clock = clock
        self._turn = Turn()
        self._inbox: deque[Exchange] = deque()
        self._traffic = Traffic(context_for, limits, clock)
        self._agenda = Agenda(clock)
        self._closed = False

    def send(self, address: Address, payload: bytes, limit: int, done: Callable[[Outcome], object]) -> None:
        """Send a request; ``done`` is told its answer, whose body has at most ``limit`` bytes as sent, or what failed.

        The request leaves at once if no other thread drives.
        """
        self._inbox.append(Exchange(address, payload, limit, done, self._clock() + self._patience))
        if self._turn.is_mine:
            self._admit()
        elif self._turn.take():
            self._drive(self._admit)
        else:
            self.wake()

    def soon(self, job: Callable[[], object], seconds: float, key: Hashable) -> None:
        """Do something that takes so long, and that somebody will wait for, when nothing arrives.

        It is dropped when the lane is closed.
        """
        self._agenda.add_soon(job, seconds, key)
        self.wake()

    def hurry(self, key: Hashable) -> None:
        """Do that now: somebody waits for it."""
        self._agenda.hurry(key)
        self.wake()

    def pass_on(self, outcome: Outcome, done: Callable[[Outcome], object]) -> None:
        """Tell somebody an outcome in its turn."""
        self._agenda.add_answer(_size(outcome), partial(done, outcome))

    def watch(self, descriptor: int, heard: Callable[[], object] | None) -> None:
        """Pass on, before answers, whenever a descriptor can be read from; None ends that."""
        self._traffic.watch(descriptor, partial(self._agenda.add_answer, 0, heard) if heard else None)

    def attend(self) -> None:
        """Take in all that has arrived; does nothing where another thread does."""
        if (self._traffic.is_busy or self._agenda.has_answers) and self._turn.take():
            self._drive(self._take_all_in)

    def later(self, job: Callable[[], object]) -> None:
        """Do something small when nothing arrives, or when the lane is closed."""
        self._agenda.add_later(job)

    def run_until(self, done: Callable[[], bool], timeout: float | None = None) -> None:
        """Move all requests until ``done``, which any thread may ask.

        Raises TimeoutError after ``timeout`` seconds, and IndexFailure when the lane is closed before.
        """
        until = None if timeout is None else self._clock() + timeout
        while not done():
            if self._turn.is_mine:
                self._step(until)  # called back by a step of its own
            elif self._turn.take():
                self._drive(partial(self._drive_until, done, until))
            else:
                self._turn.await_it(done, self._left(until))

    def wake(self) -> None:
        """Make whoever waits look again whether it is done: for whoever keeps a promise outside of a step."""
        self._turn.tell()
        if self._turn.is_anothers:
            self._traffic.ring()

    def close(self) -> None:
        """Drop all connections, and do the jobs that are left."""
        self._closed = True
        self.wake()
        self._turn.take(wait=True)
        try:
            self._traffic.close()
        finally:
            self._turn.give_all()
        self._agenda.end()

    # driving

    def _drive(self, action: Callable[[], object]) -> None:
        """Do something as the driver; the turn is ours."""
        try:
            action()
        finally:
            self._turn.give()

    def _drive_until(self, done: Callable[[], bool], until: float | None) -> None:
        self._traffic.open()  # before the first look: whatever is done after it rings the bell
        while not done():
            self._step(until)

    def _step(self, until: float | None) -> None:
        """Take in what arrives, or else do something useful, or wait."""
        if self._closed:
            raise IndexFailure(_ENDING)
        left = self._left(until)
        quiet = self._traffic.quiet()
        pause = self._agenda.pause(quiet)
        wait = GLANCE if pause is None else pause
        if not self._take_in(wait if left is None else min(wait, left)):
            self._agenda.work(quiet)
        self._turn.tell()

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
        finished: Finished = []
        came = self._traffic.take_in(0.0 if self._agenda.has_answers else wait, finished)
        for exchange, outcome in finished:
            self.pass_on(outcome, exchange.done)
        return self._agenda.pass_on(_SLICE) or came

    def _take_all_in(self) -> None:
        self._take_in()
        while self._agenda.has_answers:
            self._take_in()

    def _admit(self) -> None:
        """Take up what was sent; what fails at once is told at once."""
        failed: Finished = []
        if self._closed:
            while self._inbox:
                failed.append((self._inbox.popleft(), WireFault(_ENDING, passing=False)))
        else:
            self._traffic.admit(self._inbox, failed)
        for exchange, outcome in failed:
            exchange.done(outcome)


def _size(outcome: Outcome) -> int:
    return outcome.size if isinstance(outcome, Arriving) else 0
