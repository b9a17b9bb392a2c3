"""One connection of the pool: it never waits, but says what it needs next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from piptools_clone.http.failures import TransferFault, out_of_time, silent, untrusted
from piptools_clone.http.http1 import Answer, AnswerReader

if TYPE_CHECKING:
    import selectors
    import socket
    import ssl

    from piptools_clone.http.address import Address
    from piptools_clone.http.request_steps import Transfer

MINIMUM_RATE = 256
"""Bytes per second below which a transfer counts as broken: a twentieth of what a mobile phone of 2000 managed."""
RATE_SECONDS = 30.0
"""How long a transfer may be slower than that."""
_RECEIVE = 256 * 1024
"""Bytes asked of the system at a time: more than a receive window usually holds."""
_SHARE = 4 * _RECEIVE
"""Bytes that one connection takes in before the others have their turn."""
_READ, _WRITE = 1, 2  # selectors.EVENT_READ and EVENT_WRITE, which are documented bits
_IN_PROGRESS = frozenset({"EINPROGRESS", "EWOULDBLOCK", "EAGAIN", "WSAEWOULDBLOCK"})
_TLS_ENDS = frozenset({"SSLEOFError", "SSLZeroReturnError"})

Endpoint = tuple[int, int, int, tuple[Any, ...]]
"""Family, type and protocol of a socket, and the address to connect it to."""


class Pace:
    """Watches that a transfer ends in time, and that one which has begun goes on.

    ``idle`` is the time in which nothing need come, ``until`` the deadline, both in seconds.
    """

    __slots__ = ("_begun", "_clock", "_count", "_seconds", "_until")

    def __init__(self, idle: float, clock: Callable[[], float], until: float = float("inf")) -> None:
        self._clock = clock
        self._seconds = max(RATE_SECONDS, 2 * idle)
        self._until = until
        self._begun: float | None = None
        self._count = 0

    def note(self, count: int) -> None:
        """So many bytes came; raises `TransferFault` past the deadline, and where too few have come for too long."""
        now = self._clock()
        if now > self._until:
            raise out_of_time()
        if self._begun is None:
            self._begun = now
        self._count += count
        seconds = now - self._begun
        if seconds >= self._seconds:
            if self._count < MINIMUM_RATE * seconds:
                raise TransferFault(f"fewer than {MINIMUM_RATE} bytes per second came for {seconds:.0f} s")
            self._begun, self._count = now, 0


class Parked(Exception):
    """Nothing more can be done before the socket is ready again."""


class Connection:
    """A socket that does not block; used for one transfer at a time.

    ``last_sign`` is when the other side was last heard of, ``begun`` when a request was sent for which nothing has
    come yet (0 for none), both in seconds of the client's clock.
    """

    __slots__ = (
        *("_answer", "_context", "_events", "_host", "_pace", "_socket", "_unsent", "_uses"),
        *("begun", "endpoint", "is_open", "last_sign", "origin", "transfer"),
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
        self._answer: AnswerReader | None = None
        self._pace: Pace | None = None
        self.transfer: Transfer | None = None
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

    @property
    def has_enough(self) -> bool:
        """Whether all that is wanted of the answer is there, though it may have a body that is not."""
        return self._answer is not None and self._answer.is_unwanted

    @property
    def may_serve_again(self) -> bool:
        """Whether the answer ended well, and the server keeps the connection."""
        return self._answer is not None and self._answer.is_whole and self._answer.keep_alive

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

    def begin(self, transfer: Transfer, selector: selectors.BaseSelector, pace: Pace) -> None:
        """Send a request, as far as the system takes it now; ``pace`` watches the answer.  Raises OSError."""
        self.transfer = transfer
        self._pace = pace
        self._answer = AnswerReader(transfer.limit, transfer.useful)
        self._uses += 1
        self._unsent = transfer.payload
        self._send(selector)

    def receive(self, selector: selectors.BaseSelector) -> bool:
        """Take what came; true when the answer is whole.

        Raises OSError, TransferFault, TooLarge, SinkFailed, Parked.
        """
        assert self._answer is not None
        assert self._pace is not None
        if self._unsent:
            self._send(selector)
        taken = 0
        while True:
            try:
                data = self._socket.recv(_RECEIVE)
            except OSError as error:
                self._park(error, selector)
            if not data:
                self._answer.end()
                return True
            self._pace.note(len(data))
            if self._feed(self._answer, data):
                return True
            taken += len(data)
            if self._context is None:
                if len(data) < _RECEIVE or taken >= _SHARE:
                    return False
            elif taken >= _SHARE and not getattr(self._socket, "pending", int)():
                return False

    def take(self) -> tuple[Transfer, Answer]:
        """The transfer that is done."""
        transfer, reader = self.transfer, self._answer
        assert transfer is not None
        assert reader is not None
        self.transfer = self._answer = None
        return transfer, reader.answer()

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

    def _feed(self, answer: AnswerReader, data: bytes) -> bool:
        """Read what came, and hand the new part of the body to a download."""
        download = self.transfer.download if self.transfer else None
        if download is None:
            return answer.feed(data)
        had_head = answer.head is not None
        is_whole = answer.feed(data)
        if answer.head is not None and not answer.is_unwanted:
            if not had_head:
                download.begin(answer.head)
            download.take(answer.take())
        return is_whole

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


def find_endpoints(address: Address) -> list[Endpoint]:
    """Where a host can be reached, the best first; raises OSError for an unknown host."""
    import socket

    host = address.host.encode("ascii")  # a text would load the tables of international names
    found = socket.getaddrinfo(host, address.port, type=socket.SOCK_STREAM)
    return [(family, kind, protocol, where) for family, kind, protocol, _, where in found]


def fault_of(error: OSError, idle: float, greeted: Address | None = None) -> TransferFault:
    """What an error of a socket means.

    ``idle`` is the time without a sign of life that is allowed, in seconds; ``greeted`` is with whom TLS was being
    agreed on, if it was.
    """
    if isinstance(error, TimeoutError):
        return silent(idle)
    if greeted is not None and type(error).__module__ == "ssl":
        return _fault_of_tls(error, greeted)
    is_disconnect = isinstance(error, ConnectionError) or type(error).__name__ in _TLS_ENDS
    return TransferFault(_words(error), is_disconnect=is_disconnect)


def _words(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(error, ConnectionError):
        return "the connection was reset"
    if type(error).__name__ == "gaierror":
        return "the name of the host is not known"
    if type(error).__module__ == "ssl":
        return "the TLS connection broke off"
    return error.strerror or "the connection failed"


def _fault_of_tls(error: OSError, address: Address) -> TransferFault:
    reason = getattr(error, "verify_message", None)  # of an ssl.SSLCertVerificationError
    if reason is not None:
        return untrusted(address, str(reason))
    return TransferFault(f"TLS failed: {(getattr(error, 'reason', None) or 'no details').replace('_', ' ').lower()}")


def _would_block(error: OSError) -> bool:
    return isinstance(error, BlockingIOError) or type(error).__name__ in {"SSLWantReadError", "SSLWantWriteError"}


def _check(number: int) -> None:
    """Raise the error of a socket unless it is none, or only means "not yet"."""
    import errno
    import os

    if number and errno.errorcode.get(number) not in _IN_PROGRESS:
        raise OSError(number, os.strerror(number))
