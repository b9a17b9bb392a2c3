"""Requests over sockets of our own: kept alive, one pool per origin, TLS by the standard library.

It exists beside `wire_requests` because importing and driving requests costs more than the
whole of a warm run; it serves everything that needs no proxy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from piptools_clone.http.address import Address, Origin
from piptools_clone.http.http1 import BadAnswer, CutOff, Head, render_request
from piptools_clone.http.http1_arriving import Arriving
from piptools_clone.http.wire import Pace, Patience, Request, WireFault, fault_of

if TYPE_CHECKING:
    import socket
    import ssl

_RECEIVE = 128 * 1024
"""Bytes asked of the system at a time: the common receive window, so that a page takes few calls."""
_MOST_IDLE = 32
"""Connections kept for an origin; more than any sensible number of workers."""

_TLS_ENDS = frozenset({"SSLEOFError", "SSLZeroReturnError"})

ContextFor = Callable[[Address], "ssl.SSLContext"]


class Stale(Exception):
    """A kept connection had been closed by the server before our request."""


class Connection:
    """One connection, used by one request at a time."""

    __slots__ = ("_answer", "_pace", "_patience", "_socket", "_was_used", "origin")

    def __init__(self, origin: Origin, connected: socket.socket, patience: Patience) -> None:
        self.origin = origin
        self._socket = connected
        self._patience = patience
        self._pace = Pace(patience.idle, patience.now)
        self._answer = Arriving()
        self._was_used = False

    def exchange(self, request: Request) -> Head:
        """Send a request and read the head of its answer; raises `Stale` or `WireFault`."""
        self._patience = request.patience
        self._pace = Pace(request.patience.idle, request.patience.now)
        self._answer = Arriving()
        payload = render_request(request.address, request.headers)
        stale_is_likely, self._was_used = self._was_used, True
        try:
            self._socket.settimeout(self._patience.wait())
            self._socket.sendall(payload)
            return self._read_head()
        except (WireFault, OSError) as error:
            if stale_is_likely and not self._answer.has_begun and _is_disconnect(error):
                raise Stale from None
            raise error if isinstance(error, WireFault) else fault_of(error, self._patience) from None

    def body(self, done: Callable[[], None]) -> Iterator[bytes]:
        """Return the pieces of the body; calls ``done`` when its end is proven and the connection may serve again."""
        answer = self._answer
        while True:
            if piece := answer.take():
                yield piece
            if answer.is_whole:
                break
            try:
                self._feed()
            except (CutOff, BadAnswer) as error:
                raise WireFault(str(error)) from None
        if answer.keep_alive:
            done()

    def close(self) -> None:
        """Drop the connection."""
        self._socket.close()

    def interrupt(self) -> None:
        """Wake a thread that waits on the connection; it sees the connection end."""
        import socket

        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            self.close()

    def _read_head(self) -> Head:
        while self._answer.head is None:
            try:
                self._feed()
            except CutOff:
                raise _Disconnected("the connection was closed without an answer") from None
            except BadAnswer as error:
                raise WireFault(str(error)) from None
        return self._answer.head

    def _feed(self) -> None:
        """Wait for what comes next of the answer.  Raises `WireFault`, CutOff, BadAnswer."""
        data = self._receive()
        if data:
            self._answer.feed(data)
        else:
            self._answer.end()

    def _receive(self) -> bytes:
        try:
            self._socket.settimeout(self._patience.wait())
            data = self._socket.recv(_RECEIVE)
        except OSError as error:
            if _is_disconnect(error):
                raise _Disconnected(fault_of(error, self._patience).words) from None
            raise fault_of(error, self._patience) from None
        self._pace.note(len(data))
        return data


class _Disconnected(WireFault):
    """The other side ended the connection."""


def _is_disconnect(error: Exception) -> bool:
    """Whether the other side went away; TLS has names of its own for that."""
    return isinstance(error, _Disconnected | ConnectionError) or type(error).__name__ in _TLS_ENDS


class DirectAnswer:
    """An answer whose body is still on its connection."""

    __slots__ = ("_connection", "_finished", "_wire", "headers", "pieces", "status")

    def __init__(self, head: Head, connection: Connection, wire: DirectWire) -> None:
        self.status = head.status
        self.headers = head.headers
        self._connection = connection
        self._wire = wire
        self._finished = False
        self.pieces = connection.body(self._finish)

    def _finish(self) -> None:
        self._finished = True

    def close(self) -> None:
        """Give the connection back if its answer was read to the end, else drop it."""
        self._wire.take_back(self._connection, reusable=self._finished)


class DirectWire:
    """Sends requests straight to their host."""

    def __init__(self, context_for: ContextFor) -> None:
        self._context_for = context_for
        self._lock = threading.Lock()
        self._idle: dict[Origin, list[Connection]] = {}
        self._live: set[Connection] = set()
        self._closed = False

    def send(self, request: Request) -> DirectAnswer:
        """Send one request, over a kept connection if one still lives; raises `WireFault`."""
        kept = self._take(request.address.origin)
        if kept is not None:
            try:
                return self._answer(kept, request)
            except Stale:
                pass
        return self._answer(self._open(request), request)

    def take_back(self, connection: Connection, *, reusable: bool) -> None:
        """Keep a connection for the next request to its origin, or drop it."""
        with self._lock:
            idle = self._idle.setdefault(connection.origin, [])
            if reusable and not self._closed and len(idle) < _MOST_IDLE:
                idle.append(connection)
                return
            self._live.discard(connection)
        connection.close()

    def close(self) -> None:
        """Drop all connections; a thread that waits on one sees it end."""
        with self._lock:
            self._closed = True
            idle = [connection for connections in self._idle.values() for connection in connections]
            busy = self._live.difference(idle)
            self._idle.clear()
            self._live.clear()
        for connection in idle:
            connection.close()
        for connection in busy:
            connection.interrupt()

    def _take(self, origin: Origin) -> Connection | None:
        with self._lock:
            idle = self._idle.get(origin)
            return idle.pop() if idle else None

    def _answer(self, connection: Connection, request: Request) -> DirectAnswer:
        try:
            head = connection.exchange(request)
        except BaseException:
            self.take_back(connection, reusable=False)
            raise
        return DirectAnswer(head, connection, self)

    def _open(self, request: Request) -> Connection:
        address, patience = request.address, request.patience
        connected = connect(address, patience, self._context_for)
        connection = Connection(address.origin, connected, patience)
        with self._lock:
            closed = self._closed
            if not closed:
                self._live.add(connection)
        if closed:
            connection.close()
            raise WireFault("the run is ending", passing=False)
        return connection


def connect(address: Address, patience: Patience, context_for: ContextFor) -> socket.socket:
    """Return a connected socket, with TLS for https; raises `WireFault`."""
    import socket

    try:
        plain = socket.create_connection((address.host, address.port), timeout=patience.wait())
    except OSError as error:
        raise fault_of(error, patience) from None
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return plain if address.scheme == "http" else _secured(plain, address, patience, context_for(address))
    except BaseException:
        plain.close()
        raise


def _secured(plain: socket.socket, address: Address, patience: Patience, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain.settimeout(patience.wait())
    try:
        return context.wrap_socket(plain, server_hostname=address.host, suppress_ragged_eofs=False)
    except OSError as error:
        raise fault_of(error, patience, address) from None
