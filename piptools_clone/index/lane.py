"""Many requests under way in one thread: whoever waits for an answer moves all of them.

A thread for each request would spend more on waking each other than on the requests.  The lane knows only the plain
case: it sends a request once and reads a whole answer.  Whatever goes wrong is told to the sender as a
`WireFault`; redirects, refusals and second tries are the business of `Transport`, in a thread of its own.

`Lane.run_until` may be called by several threads, of which one at a time drives; `Lane.send` by any thread.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from piptools_clone.index.address import Address, Origin
from piptools_clone.index.agenda import Agenda
from piptools_clone.index.decoding import TooLarge
from piptools_clone.index.http1 import BadAnswer, CutOff
from piptools_clone.index.http1_arriving import Arriving
from piptools_clone.index.lane_connection import Connection, Endpoint, Exchange, Failed, Outcome, Parked, addresses_of
from piptools_clone.index.wire import WireFault

if TYPE_CHECKING:
    import selectors
    import socket
    import ssl

MOST = 50
"""Connections to one origin: what the other fast client of this field opens, and indexes are used to."""

_GLANCE = 1.0  # seconds between two looks for requests that wait too long
_SLICE = 0.002  # seconds for which answers are passed on before the next look at what has arrived
_OTHERS = 0.02  # seconds after which a thread that waits looks whether it must drive

Finished = list[tuple[Exchange, Outcome]]


class Limits(NamedTuple):
    """Seconds without a sign of life, and seconds for the whole of a request."""

    idle: float
    request: float


class _Host:
    """The connections of one origin and the requests that wait for one."""

    __slots__ = ("address", "endpoints", "idle", "opening", "queue", "total")

    def __init__(self, address: Address) -> None:
        self.address = address
        self.endpoints: list[Endpoint] = []
        self.idle: list[Connection] = []
        self.queue: deque[Exchange] = deque()
        self.opening = 0
        self.total = 0

    def pass_over(self, endpoint: Endpoint | None) -> None:
        """Try another endpoint first from now on, if this was the first."""
        if self.endpoints and self.endpoints[0] == endpoint:
            self.endpoints = self.endpoints[1:] + self.endpoints[:1]


class Lane:
    """Sends requests over connections of its own and does small jobs while nothing arrives."""

    def __init__(
        self,
        context_for: Callable[[Address], ssl.SSLContext],
        limits: Limits,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context_for = context_for
        self._limits = limits
        self._clock = clock
        self._driving = threading.Lock()
        self._driver = 0
        self._inbox: deque[Exchange] = deque()
        self._agenda = Agenda(clock)
        self._round_trip = 0.0
        self._hosts: dict[Origin, _Host] = {}
        self._busy: set[Connection] = set()
        self._selector: selectors.BaseSelector | None = None
        self._bell: tuple[socket.socket, socket.socket] | None = None
        self._glanced = 0.0
        self._closed = False

    def send(self, address: Address, payload: bytes, limit: int, done: Callable[[Outcome], object]) -> None:
        """Send a request; ``done`` is told its answer, whose body has at most ``limit`` bytes as sent, or what failed.

        The request leaves at once if no other thread drives.
        """
        self._inbox.append(Exchange(address, payload, limit, done, self._clock() + self._limits.request))
        if self._driver == threading.get_ident():
            self._admit()
        elif self._driving.acquire(blocking=False):
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

    def pass_on(self, outcome: Outcome, done: Callable[[Outcome], object]) -> None:
        """Tell somebody an outcome in its turn."""
        self._agenda.add_answer(_size(outcome), partial(done, outcome))

    def attend(self) -> None:
        """Take in what has arrived; does nothing where another thread does."""
        if self._busy and self._driving.acquire(blocking=False):
            self._drive(self._take_in)

    def later(self, job: Callable[[], object]) -> None:
        """Do something small when nothing arrives, or when the lane is closed."""
        self._agenda.add_later(job)

    def run_until(self, done: Callable[[], bool], timeout: float | None = None) -> None:
        """Move all requests until ``done``; raises TimeoutError after ``timeout`` seconds."""
        until = None if timeout is None else self._clock() + timeout
        while not done():
            if until is not None and self._clock() >= until:
                raise TimeoutError
            if self._driver == threading.get_ident():
                self._step(until)  # called back by a step of its own
            elif self._driving.acquire(blocking=False):
                self._drive(lambda: None if done() else self._step(until))
            else:
                time.sleep(_OTHERS)

    def wake(self) -> None:
        """Make the driving thread look again whether it is done."""
        if self._bell is not None and self._driver != threading.get_ident():
            try:
                self._bell[1].send(b"\0")
            except OSError:
                return  # it is full of calls already, or closed

    def close(self) -> None:
        """Drop all connections, and do the jobs that are left."""
        self._closed = True
        self.wake()
        with self._driving:
            for host in self._hosts.values():
                for connection in host.idle:
                    connection.close()
            for connection in self._busy:
                connection.close()
            self._hosts.clear()
            self._busy.clear()
            if self._selector is not None and self._bell is not None:
                self._selector.close()
                self._bell[0].close()
                self._bell[1].close()
            self._selector = self._bell = None
        self._agenda.end()

    # driving

    def _drive(self, action: Callable[[], object]) -> None:
        """Do something as the driver; the lock is held."""
        self._driver = threading.get_ident()
        try:
            action()
        finally:
            self._driver = 0
            self._driving.release()

    def _step(self, until: float | None) -> None:
        quiet = self._quiet()
        pause = self._agenda.pause(quiet)
        wait = _GLANCE if pause is None else pause
        if until is not None:
            wait = max(0.0, min(wait, until - self._clock()))
        if not self._take_in(wait):
            self._agenda.work(quiet)

    def _quiet(self) -> float | None:
        """Seconds until the next answer is due, by the quickest one so far; None when none is."""
        begun = [connection.begun for connection in self._busy if connection.begun]
        return min(begun) + self._round_trip - self._clock() if begun and self._round_trip else None

    def _take_in(self, wait: float = 0.0) -> bool:
        """Send what is to be sent, and take in what arrives within some seconds; whether there was anything."""
        self._admit()
        finished: Finished = []
        events = self._open_selector().select(0.0 if self._agenda.has_answers else wait)
        for key, _ in events:
            if key.data is None:
                key.fileobj.recv(4096)  # type: ignore[union-attr]  # the bell, which is a socket
            else:
                self._attend(key.data, finished)
        if self._clock() - self._glanced > _GLANCE:
            self._expire(finished)
        for exchange, outcome in finished:
            self.pass_on(outcome, exchange.done)
        return self._agenda.pass_on(_SLICE) or bool(events)

    def _open_selector(self) -> selectors.BaseSelector:
        if self._selector is None:
            import selectors
            import socket

            self._selector = selectors.DefaultSelector()
            self._bell = socket.socketpair()
            for end in self._bell:
                end.setblocking(False)
            self._selector.register(self._bell[0], selectors.EVENT_READ)
        return self._selector

    def _expire(self, finished: Finished) -> None:
        """Give up requests that wait too long."""
        self._glanced = now = self._clock()
        for connection in list(self._busy):
            exchange = connection.exchange
            if exchange is None:
                late = now - connection.last_sign > self._limits.idle
            else:
                late = now - connection.last_sign > self._limits.idle or now > exchange.until
            if late:
                self._lose(connection, WireFault(f"no sign of life for {self._limits.idle:g} s"), finished)

    # requests

    def _admit(self) -> None:
        """Take up what was sent."""
        refused: Finished = []
        hosts: dict[Origin, _Host] = {}
        while self._inbox:
            exchange = self._inbox.popleft()
            if self._closed:
                refused.append((exchange, WireFault("the run is ending", passing=False)))
                continue
            origin = exchange.address.origin
            host = self._hosts.get(origin)
            if host is None:
                host = self._hosts[origin] = _Host(exchange.address)
            host.queue.append(exchange)
            hosts[origin] = host
        for host in hosts.values():
            self._dispatch(host, refused)
        for exchange, fault in refused:
            exchange.done(fault)

    def _dispatch(self, host: _Host, finished: Finished) -> None:
        """Hand waiting requests to idle connections; open as many as still lack."""
        while host.queue:
            if host.idle:
                self._begin(host.idle.pop(), host.queue.popleft(), host, finished)
            elif host.opening < len(host.queue) and host.total < MOST:
                self._open(host, finished)
            else:
                return

    def _begin(self, connection: Connection, exchange: Exchange, host: _Host, finished: Finished) -> None:
        """Send one request over one connection."""
        self._busy.add(connection)
        connection.last_sign = self._clock()
        try:
            connection.begin(exchange, self._open_selector())
            connection.begun = connection.last_sign
        except OSError as error:
            self._lose(connection, Failed.of(error), finished)

    def _open(self, host: _Host, finished: Finished) -> None:
        """Begin to connect; a host that cannot be found or reached fails the request that waits longest."""
        try:
            if not host.endpoints:
                host.endpoints = addresses_of(host.address)
            connection = Connection.open(host.address, host.endpoints[0], self._context_for)
        except OSError as error:
            host.pass_over(host.endpoints[0] if host.endpoints else None)
            finished.append((host.queue.popleft(), Failed.of(error)))
            return
        host.total += 1
        host.opening += 1
        connection.last_sign = self._clock()
        self._busy.add(connection)
        connection.watch(self._open_selector())
        self._attend(connection, finished)

    def _attend(self, connection: Connection, finished: Finished) -> None:
        """Something can be done on a connection."""
        host = self._hosts[connection.origin]
        try:
            connection.last_sign = self._clock()
            if not connection.is_open:
                connection.shake_hands(self._open_selector())
                host.opening -= 1
                self._rest(connection, host, finished)
            elif connection.exchange is None:
                connection.check_idle(self._open_selector())
            else:
                self._note_round_trip(connection)
                if connection.receive(self._open_selector()):
                    self._finish(connection, host, finished)
        except Parked:
            return
        except (OSError, BadAnswer, CutOff, TooLarge) as error:
            self._lose(connection, error if isinstance(error, TooLarge) else Failed.of(error), finished)

    def _note_round_trip(self, connection: Connection) -> None:
        """Something came for a request: that is how long an answer takes at least."""
        if connection.begun:
            taken = connection.last_sign - connection.begun
            self._round_trip = min(taken, self._round_trip or taken)
            connection.begun = 0.0

    def _finish(self, connection: Connection, host: _Host, finished: Finished) -> None:
        exchange, answer = connection.take()
        finished.append((exchange, answer))
        if answer.keep_alive:
            self._rest(connection, host, finished)
        else:
            self._drop(connection, host)
            self._dispatch(host, finished)

    def _rest(self, connection: Connection, host: _Host, finished: Finished) -> None:
        """A connection is free."""
        if host.queue:
            self._begin(connection, host.queue.popleft(), host, finished)
        else:
            self._busy.discard(connection)
            host.idle.append(connection)

    def _lose(self, connection: Connection, fault: WireFault | TooLarge, finished: Finished) -> None:
        """A connection broke; a kept one that was closed before our request reached it costs no try."""
        host = self._hosts[connection.origin]
        if not connection.is_open:
            host.opening -= 1
            host.pass_over(connection.endpoint)
        exchange = connection.exchange
        stale = connection.is_stale and isinstance(fault, Failed) and fault.is_disconnect
        self._drop(connection, host)
        if exchange is None and not connection.is_open and host.queue:
            exchange = host.queue.popleft()
        if exchange is not None and stale:
            host.queue.appendleft(exchange)
        elif exchange is not None:
            finished.append((exchange, fault))
        self._dispatch(host, finished)

    def _drop(self, connection: Connection, host: _Host) -> None:
        host.total -= 1
        self._busy.discard(connection)
        if connection in host.idle:
            host.idle.remove(connection)
        connection.forget(self._open_selector())
        connection.close()


def _size(outcome: Outcome) -> int:
    return outcome.size if isinstance(outcome, Arriving) else 0
