"""One connection of a `Lane`: it never waits, but says what it needs next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from piptools_clone.http.address import Address
from piptools_clone.http.decoding import TooLarge
from piptools_clone.http.http1 import CutOff
from piptools_clone.http.http1_arriving import Arriving
from piptools_clone.http.wire import Pace, Patience, WireFault, fault_of

if TYPE_CHECKING:
    import selectors
    import socket
    import ssl

_RECEIVE = 256 * 1024
"""Bytes asked of the system at a time: more than a receive window usually holds."""
_READ, _WRITE = 1, 2  # selectors.EVENT_READ and EVENT_WRITE, which are documented bits
_IN_PROGRESS = frozenset({"EINPROGRESS", "EWOULDBLOCK", "EAGAIN"})
_DISCONNECTS = frozenset({"SSLEOFError", "SSLZeroReturnError"})

Outcome = Arriving | WireFault | TooLarge
"""How a request ended."""

Endpoint = tuple[int, int, int, tuple[Any, ...]]
"""Family, type and protocol of a socket, and the address to connect it to."""


class Exchange:
    """A request on its way and who waits for it."""

    __slots__ = ("address", "done", "limit", "payload", "until")

    def __init__(
        self, address: Address, payload: bytes, limit: int, done: Callable[[Outcome], object], until: float
    ) -> None:
        self.address = address
        self.payload = payload
        self.limit = limit
        self.done = done
        self.until = until


class Failed(WireFault):
    """A connection failed; ``is_disconnect`` when the other side went away."""

    is_disconnect = False

    @staticmethod
    def of(error: Exception, greeted: Address | None = None) -> Failed:
        """What an error of a socket or of the framing means; ``greeted`` as in `fault_of`."""
        if isinstance(error, OSError):
            fault = fault_of(error, Patience(0, 0, float), greeted)
            failed = Failed(fault.words, passing=fault.passing, hint=fault.hint)
        else:
            failed = Failed(str(error))
        failed.is_disconnect = is_disconnect(error)
        return failed


def is_disconnect(error: Exception) -> bool:
    """Whether the other side went away; TLS has names of its own for that."""
    return isinstance(error, ConnectionError | CutOff) or type(error).__name__ in _DISCONNECTS


class Parked(Exception):
    """Nothing more can be done before the socket is ready again."""


class Connection:
    """A socket that does not block; used for one exchange at a time.

    ``last_sign`` is when the other side was last heard of, ``begun`` when a request was sent for which nothing has
    come yet (0 for none), both in seconds of the lane's clock.
    """

    __slots__ = (
        "_answer",
        "_context",
        "_events",
        "_host",
        "_pace",
        "_socket",
        "_unsent",
        "_uses",
        "begun",
        "endpoint",
        "exchange",
        "is_open",
        "last_sign",
        "origin",
    )

    def __init__(
        self, address: Address, endpoint: Endpoint, connecting: socket.socket, context: ssl.SSLContext | None
    ) -> None:
        self.origin = address.origin
        self.endpoint = endpoint
        self._host = address.host
        self._socket = connecting
        self._context = context  # None for plain http
        self._unsent = b""
        self._uses = 0
        self._events = 0
        self._answer: Arriving | None = None
        self._pace: Pace | None = None
        self.exchange: Exchange | None = None
        self.is_open = False
        self.last_sign = 0.0
        self.begun = 0.0

    @classmethod
    def open(cls, address: Address, endpoint: Endpoint, context_for: Callable[[Address], ssl.SSLContext]) -> Connection:
        """Begin to connect; raises OSError."""
        import socket

        family, kind, protocol, where = endpoint
        plain = socket.socket(family, kind, protocol)
        try:
            plain.setblocking(False)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _check(plain.connect_ex(where))
            return cls(address, endpoint, plain, context_for(address) if address.scheme == "https" else None)
        except BaseException:
            plain.close()
            raise

    @property
    def is_stale(self) -> bool:
        """Whether this was used before, and nothing came for the request it has now."""
        return self._uses > 1 and self._answer is not None and not self._answer.has_begun

    def watch(self, selector: selectors.BaseSelector, events: int = _WRITE) -> None:
        """Wait for the socket to be ready for something."""
        if events != self._events:
            (selector.modify if self._events else selector.register)(self._socket, events, self)
            self._events = events

    def forget(self, selector: selectors.BaseSelector) -> None:
        """Wait for nothing more."""
        if self._events:
            selector.unregister(self._socket)
            self._events = 0

    def shake_hands(self, selector: selectors.BaseSelector) -> None:
        """Go on connecting until requests may be sent.  Raises OSError, Parked."""
        import socket

        _check(self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        try:
            self._socket.getpeername()
        except OSError:
            raise Parked from None
        if self._context is not None:
            self._secure(self._context, selector)
        self.is_open = True
        self.watch(selector, _READ)

    def begin(self, exchange: Exchange, selector: selectors.BaseSelector, pace: Pace) -> None:
        """Send a request, as far as the system takes it now; ``pace`` watches the answer.  Raises OSError."""
        self.exchange = exchange
        self._pace = pace
        self._answer = Arriving(exchange.limit)
        self._uses += 1
        self._unsent = exchange.payload
        self._send(selector)

    def receive(self, selector: selectors.BaseSelector) -> bool:
        """Take what came; true when the answer is whole.

        Raises OSError, BadAnswer, CutOff, TooLarge, WireFault, Parked.
        """
        assert self._answer is not None
        assert self._pace is not None
        if self._unsent:
            self._send(selector)
        while True:
            try:
                data = self._socket.recv(_RECEIVE)
            except OSError as error:
                self._park(error, selector)
            if not data:
                self._answer.end()
                return True
            self._pace.note(len(data))
            if self._answer.feed(data):
                return True
            if self._context is None and len(data) < _RECEIVE:
                return False

    def take(self) -> tuple[Exchange, Arriving]:
        """The exchange that is done."""
        exchange, answer = self.exchange, self._answer
        assert exchange is not None
        assert answer is not None
        self.exchange = self._answer = None
        return exchange, answer

    def close(self) -> None:
        """Drop the connection."""
        self._socket.close()

    def check_idle(self, selector: selectors.BaseSelector) -> None:
        """Something came though nothing was asked: TLS may talk to itself, all else means that this is over."""
        try:
            self._socket.recv(1)
        except OSError as error:
            self._park(error, selector)
        raise ConnectionError

    def _secure(self, context: ssl.SSLContext, selector: selectors.BaseSelector) -> None:
        if not hasattr(self._socket, "do_handshake"):
            self.forget(selector)
            self._socket = context.wrap_socket(
                self._socket, server_hostname=self._host, suppress_ragged_eofs=False, do_handshake_on_connect=False
            )
        try:
            self._socket.do_handshake()
        except OSError as error:
            self._park(error, selector)

    def _send(self, selector: selectors.BaseSelector) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except OSError as error:
            if not _would_block(error):
                raise
            sent = 0
        self._unsent = self._unsent[sent:]
        self.watch(selector, _READ | _WRITE if self._unsent else _READ)

    def _park(self, error: OSError, selector: selectors.BaseSelector) -> None:
        """Wait if that is all that the error asks for, else raise it."""
        if not _would_block(error):
            raise error
        self.watch(selector, _WRITE if type(error).__name__ == "SSLWantWriteError" else _READ)
        raise Parked


def addresses_of(address: Address) -> list[Endpoint]:
    """Where a host can be reached, the best first; raises OSError when nobody knows it."""
    import socket

    host = address.host.encode("ascii")  # a text would load the tables of international names
    found = socket.getaddrinfo(host, address.port, type=socket.SOCK_STREAM)
    return [(family, kind, protocol, where) for family, kind, protocol, _, where in found]


def _would_block(error: OSError) -> bool:
    return isinstance(error, BlockingIOError) or type(error).__name__ in {"SSLWantReadError", "SSLWantWriteError"}


def _check(number: int) -> None:
    """Raise the error of a socket unless it is none, or only means "not yet"."""
    import errno
    import os

    if number and errno.errorcode.get(number) not in _IN_PROGRESS and errno.errorcode.get(number) != "WSAEWOULDBLOCK":
        raise OSError(number, os.strerror(number))
