"""The connections of a lane and the requests on them: which goes where, what came, what was lost.

It knows nothing of threads: one at a time uses it, all but `Traffic.ring`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from piptools_clone.http.address import Address, Origin
from piptools_clone.http.decoding import TooLarge
from piptools_clone.http.http1 import BadAnswer, CutOff
from piptools_clone.http.lane_connection import Connection, Endpoint, Exchange, Failed, Outcome, Parked, addresses_of
from piptools_clone.http.wire import Pace, WireFault

if TYPE_CHECKING:
    import selectors
    import socket
    import ssl

MOST = 50
"""Connections to one origin: what the other fast client of this field opens, and indexes are used to."""

GLANCE = 1.0
"""Seconds between two looks for requests that wait too long."""

Finished = list[tuple[Exchange, Outcome]]


class Limits:
    """Seconds without a sign of life, and seconds for the whole of a request."""

    __slots__ = ("idle", "request")

    def __init__(self, idle: float, request: float) -> None:
        self.idle = idle
        self.request = request


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


class Traffic:
    """Requests under way and the connections that carry them; what is finished is added to a list of the caller."""

    def __init__(
        self, context_for: Callable[[Address], ssl.SSLContext], limits: Limits, clock: Callable[[], float]
    ) -> None:
        self._context_for = context_for
        self._limits = limits
        self._clock = clock
        self._round_trip = 0.0
        self._hosts: dict[Origin, _Host] = {}
        self._busy: set[Connection] = set()
        self._selector: selectors.BaseSelector | None = None
        self._bell: tuple[socket.socket, socket.socket] | None = None
        self._watched: set[int] = set()
        self._glanced = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether anything may arrive."""
        return bool(self._busy or self._watched)

    def open(self) -> selectors.BaseSelector:
        """What to wait with: for the connections and for the bell, which is heard from now on."""
        if self._selector is None:
            import selectors
            import socket

            self._selector = selectors.DefaultSelector()
            self._bell = socket.socketpair()
            for end in self._bell:
                end.setblocking(False)
            self._selector.register(self._bell[0], selectors.EVENT_READ, partial(self._bell[0].recv, 4096))
        return self._selector

    def watch(self, descriptor: int, heard: Callable[[], object] | None) -> None:
        """Call something whenever a descriptor can be read from; None ends that."""
        import selectors

        if heard is None:
            self._watched.discard(descriptor)
            self.open().unregister(descriptor)
        else:
            self._watched.add(descriptor)
            self.open().register(descriptor, selectors.EVENT_READ, heard)

    def ring(self) -> None:
        """End the wait of the thread that waits for arrivals, now or the next time.  For any thread."""
        if self._bell is not None:
            try:
                self._bell[1].send(b"\0")
            except OSError:
                return  # it is full of calls already, or closed

    def close(self) -> None:
        """Drop all connections."""
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

    def quiet(self) -> float | None:
        """Seconds until the next answer is due, by the quickest one so far; None when none is."""
        begun = [connection.begun for connection in self._busy if connection.begun]
        return min(begun) + self._round_trip - self._clock() if begun and self._round_trip else None

    def admit(self, inbox: deque[Exchange], finished: Finished) -> None:
        """Take up what was sent."""
        hosts: dict[Origin, _Host] = {}
        while inbox:
            exchange = inbox.popleft()
            origin = exchange.address.origin
            host = self._hosts.get(origin)
            if host is None:
                host = self._hosts[origin] = _Host(exchange.address)
            host.queue.append(exchange)
            hosts[origin] = host
        for host in hosts.values():
            self._dispatch(host, finished)

    def take_in(self, wait: float, finished: Finished) -> bool:
        """Take in what arrives within some seconds, and go on with it; whether there was anything."""
        events = self.open().select(wait)
        for key, _ in events:
            if isinstance(key.data, Connection):
                self._attend(key.data, finished)
            else:
                key.data()
        if self._clock() - self._glanced > GLANCE:
            self._expire(finished)
        return bool(events)

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
            connection.begin(exchange, self.open(), Pace(self._limits.idle, self._clock))
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
        connection.watch(self.open())
        self._attend(connection, finished)

    def _attend(self, connection: Connection, finished: Finished) -> None:
        """Something can be done on a connection."""
        host = self._hosts[connection.origin]
        try:
            connection.last_sign = self._clock()
            if not connection.is_open:
                connection.shake_hands(self.open())
                host.opening -= 1
                self._rest(connection, host, finished)
            elif connection.exchange is None:
                connection.check_idle(self.open())
            else:
                self._note_round_trip(connection)
                if connection.receive(self.open()):
                    self._finish(connection, host, finished)
        except Parked:
            return
        except (TooLarge, WireFault) as fault:
            self._lose(connection, fault, finished)
        except (OSError, BadAnswer, CutOff) as error:
            greeted = None if connection.is_open else host.address
            self._lose(connection, Failed.of(error, greeted), finished)

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
        connection.forget(self.open())
        connection.close()
