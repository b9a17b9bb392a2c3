"""The connections of the client and the transfers on them: which goes where, what came, what was lost.

It knows nothing of threads: one at a time uses it, all but `ConnectionPool.ring`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from piptools_clone.errors import SettingsError
from piptools_clone.http.connection import Connection, Endpoint, Pace, Parked, fault_of, find_endpoints
from piptools_clone.http.download import SinkFailed
from piptools_clone.http.failures import TooLarge, TransferFault, out_of_time, silent

if TYPE_CHECKING:
    import selectors
    import socket
    import ssl

    from piptools_clone.http.address import Address, WebOrigin
    from piptools_clone.http.request_steps import Outcome, Transfer

MOST = 50
"""Connections to one origin: what the other fast client of this field opens, and indexes are used to."""

GLANCE = 1.0
"""Seconds between two looks for requests that wait too long."""


class _Host:
    """The connections of one origin and the requests that wait for one."""

    __slots__ = ("address", "endpoints", "idle", "opening", "queue", "total")

    def __init__(self, address: Address) -> None:
        self.address = address
        self.endpoints: list[Endpoint] = []  # that are worth a try; looked up anew when none is left
        self.idle: list[Connection] = []
        self.queue: deque[Transfer] = deque()
        self.opening = 0
        self.total = 0

    def pass_over(self, endpoint: Endpoint) -> bool:
        """Try an endpoint no more; whether there is another one."""
        if endpoint in self.endpoints:
            self.endpoints.remove(endpoint)
        return bool(self.endpoints)


class ConnectionPool:
    """Transfers under way and the connections that carry them.

    ``idle`` is the time without a sign of life that is allowed, in seconds.
    """

    def __init__(
        self, context_for: Callable[[Address], ssl.SSLContext], idle: float, clock: Callable[[], float]
    ) -> None:
        self._context_for = context_for
        self._idle = idle
        self._clock = clock
        self.glance = min(GLANCE, idle)
        self._round_trip = 0.0
        self._hosts: dict[WebOrigin, _Host] = {}
        self._busy: set[Connection] = set()
        self._selector: selectors.BaseSelector | None = None
        self._bell: tuple[socket.socket, socket.socket] | None = None
        self._watched: set[int] = set()
        self._finished: list[tuple[Transfer, Outcome]] = []
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

    def admit(self, inbox: deque[Transfer]) -> None:
        """Take up what was sent."""
        hosts: dict[WebOrigin, _Host] = {}
        while inbox:
            transfer = inbox.popleft()
            origin = transfer.address.origin
            host = self._hosts.get(origin)
            if host is None:
                host = self._hosts[origin] = _Host(transfer.address)
            host.queue.append(transfer)
            hosts[origin] = host
        for host in hosts.values():
            self._dispatch(host)

    def take_finished(self) -> list[tuple[Transfer, Outcome]]:
        """The transfers that have ended since this was asked last, and how each did."""
        finished, self._finished = self._finished, []
        return finished

    def take_in(self, wait: float) -> bool:
        """Take in what arrives within some seconds, and go on with it; whether there was anything."""
        events = self.open().select(wait)
        for key, _ in events:
            if isinstance(key.data, Connection):
                self._attend(key.data)
            else:
                key.data()
        if self._clock() - self._glanced > self.glance:
            self._expire()
        return bool(events)

    def _expire(self) -> None:
        """Give up requests that wait too long."""
        self._glanced = now = self._clock()
        for connection in list(self._busy):
            if connection.transfer is not None and now > connection.transfer.until:
                self._lose(connection, out_of_time())
            elif now - connection.last_sign > self._idle:
                self._lose(connection, silent(self._idle))
        for host in self._hosts.values():
            for transfer in [each for each in host.queue if now > each.until]:
                host.queue.remove(transfer)
                self._finished.append((transfer, out_of_time()))

    def _dispatch(self, host: _Host) -> None:
        """Hand waiting requests to idle connections; open as many as still lack."""
        while host.queue:
            if host.idle:
                self._begin(host.idle.pop(), host.queue.popleft(), host)
            elif host.opening < len(host.queue) and host.total < MOST:
                self._open(host)
            else:
                return

    def _begin(self, connection: Connection, transfer: Transfer, host: _Host) -> None:
        """Send one request over one connection."""
        self._busy.add(connection)
        connection.last_sign = self._clock()
        try:
            connection.begin(transfer, self.open(), Pace(self._idle, self._clock, transfer.until))
            connection.begun = connection.last_sign
        except OSError as error:
            self._lose(connection, fault_of(error, self._idle))

    def _open(self, host: _Host) -> None:
        """Begin to connect; a host that cannot be found or reached fails the request that waits longest."""
        endpoint: Endpoint | None = None
        try:
            if not host.endpoints:
                host.endpoints = find_endpoints(host.address)
            endpoint = host.endpoints[0]
            connection = Connection.open(host.address, endpoint, self._context_for)
        except SettingsError as error:  # of a certificate that cannot be loaded
            self._finished.append((host.queue.popleft(), error))
            return
        except OSError as error:
            if endpoint is None or not host.pass_over(endpoint):
                self._finished.append((host.queue.popleft(), fault_of(error, self._idle)))
            return
        host.total += 1
        host.opening += 1
        connection.last_sign = self._clock()
        self._busy.add(connection)
        connection.watch(self.open())
        self._attend(connection)

    def _attend(self, connection: Connection) -> None:
        """Something can be done on a connection."""
        host = self._hosts[connection.origin]
        try:
            connection.last_sign = self._clock()
            if not connection.is_open:
                connection.shake_hands(self.open())
                host.opening -= 1
                self._rest(connection, host)
            elif connection.transfer is None:
                connection.check_idle(self.open())
            else:
                self._note_round_trip(connection)
                if connection.receive(self.open()):
                    self._finish(connection, host)
        except Parked:
            return
        except (TransferFault, TooLarge, SinkFailed) as failure:
            self._lose(connection, failure)
        except OSError as error:
            greeted = None if connection.is_open else host.address
            self._lose(connection, fault_of(error, self._idle, greeted))

    def _note_round_trip(self, connection: Connection) -> None:
        """Something came for a request: that is how long an answer takes at least."""
        if connection.begun:
            taken = connection.last_sign - connection.begun
            self._round_trip = min(taken, self._round_trip or taken)
            connection.begun = 0.0

    def _finish(self, connection: Connection, host: _Host) -> None:
        serves_again = connection.may_serve_again
        self._finished.append(connection.take())
        if serves_again:
            self._rest(connection, host)
        else:
            self._drop(connection, host)
            self._dispatch(host)

    def _rest(self, connection: Connection, host: _Host) -> None:
        """A connection is free."""
        if host.queue:
            self._begin(connection, host.queue.popleft(), host)
        else:
            self._busy.discard(connection)
            host.idle.append(connection)

    def _lose(self, connection: Connection, failure: TransferFault | TooLarge | SinkFailed) -> None:
        """A connection broke.

        That costs no try where a kept connection was closed before our request reached it, and where the host can be
        reached at another address; and it is no failure where only an unwanted body was still to come.
        """
        host = self._hosts[connection.origin]
        if connection.has_enough:
            self._finish(connection, host)
            return
        transfer, fault = connection.transfer, failure if isinstance(failure, TransferFault) else None
        is_free = transfer is not None and fault is not None and fault.is_disconnect and connection.is_stale
        self._drop(connection, host)
        if not connection.is_open:
            host.opening -= 1
            has_other = host.pass_over(connection.endpoint)
            if host.queue and not (has_other and fault is not None and fault.passing):
                transfer = host.queue.popleft()
        if transfer is not None and is_free:
            host.queue.appendleft(transfer)
        elif transfer is not None:
            self._finished.append((transfer, failure))
        self._dispatch(host)

    def _drop(self, connection: Connection, host: _Host) -> None:
        host.total -= 1
        self._busy.discard(connection)
        if connection in host.idle:
            host.idle.remove(connection)
        connection.forget(self.open())
        connection.close()
