"""What a wire is: it sends exactly one request and hands back one answer.

Wires know nothing of redirects, retries, credentials or caches; the policy about these is written once,
in `transport`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from piptools_clone.http.address import Address
from piptools_clone.named_tuple import NamedTuple


class WireFault(Exception):
    """No whole answer came.  ``words`` say why; ``passing`` whether another try may help."""

    def __init__(self, words: str, *, passing: bool = True, hint: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.passing = passing
        self.hint = hint


MINIMUM_RATE = 256
"""Bytes per second below which a transfer counts as broken: a twentieth of what a mobile phone of 2000 managed."""
RATE_SECONDS = 30.0
"""How long a transfer may be slower than that."""


class Pace:
    """Watches that a transfer which has begun goes on; ``idle`` is the time in which nothing need come, in seconds."""

    __slots__ = ("_begun", "_clock", "_count", "_seconds")

    def __init__(self, idle: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seconds = max(RATE_SECONDS, 2 * idle)
        self._begun: float | None = None
        self._count = 0

    def note(self, count: int) -> None:
        """So many bytes came; raises `WireFault` where too few have come for too long."""
        now = self._clock()
        if self._begun is None:
            self._begun = now
        self._count += count
        seconds = now - self._begun
        if seconds >= self._seconds:
            if self._count < MINIMUM_RATE * seconds:
                raise WireFault(f"fewer than {MINIMUM_RATE} bytes per second came for {seconds:.0f} s")
            self._begun, self._count = now, 0


class Patience:
    """How long to wait: ``idle`` seconds for the next sign of life, and never past ``until``."""

    __slots__ = ("idle", "now", "until")

    def __init__(self, idle: float, until: float, now: Callable[[], float]) -> None:
        self.idle = idle
        self.until = until
        self.now = now

    def left(self) -> float:
        """Seconds until the deadline, at least 0."""
        return max(0.0, self.until - self.now())

    def wait(self) -> float:
        """Seconds that the next step may take; raises `WireFault` when the deadline has passed."""
        left = self.left()
        if not left:
            raise WireFault("the time limit for it has passed", passing=False)
        return min(self.idle, left)


class Request(NamedTuple):
    """One GET request."""

    address: Address
    headers: Mapping[str, str]
    patience: Patience


class Answer(Protocol):
    """Status and headers (lower-case names) of an answer, and its body as it comes.

    ``pieces`` raises `WireFault` unless it ends where the framing says; ``close`` is called once, and
    keeps the connection when the body was read to its end.
    """

    status: int
    headers: dict[str, str]
    pieces: Iterator[bytes]

    def close(self) -> None:
        """Give the connection back, or drop it."""


class Wire(Protocol):
    """Something that can send a request; used by many threads at once."""

    def send(self, request: Request) -> Answer:
        """Send one request; raises `WireFault`."""

    def close(self) -> None:
        """Drop all connections, those in use too."""


def fault_of(error: OSError, patience: Patience, greeted: Address | None = None) -> WireFault:
    """Return an error of a socket in plain words; ``greeted`` is whom TLS was being agreed on with, if it was."""
    if isinstance(error, TimeoutError):
        return WireFault(f"no sign of life for {patience.idle:g} s")
    if isinstance(error, ConnectionRefusedError):
        return WireFault("the connection was refused")
    if isinstance(error, ConnectionError):
        return WireFault("the connection was reset")
    if type(error).__name__ == "gaierror":  # its module is not imported here: warm runs need no socket
        return WireFault("the name of the host is not known")
    if type(error).__module__ == "ssl":
        return WireFault("the TLS connection broke off") if greeted is None else _fault_of_tls(error, greeted)
    return WireFault(error.strerror or "the connection failed")


def untrusted(address: Address, reason: str) -> WireFault:
    """Return the fault of a certificate that does not prove its host."""
    return WireFault(
        f"the certificate of {address.netloc} is not trusted: {reason}",
        passing=False,
        hint=f"name its authorities with pip's `cert` setting, or trust it anyway: `--trusted-host {address.netloc}`",
    )


def _fault_of_tls(error: OSError, address: Address) -> WireFault:
    reason = getattr(error, "verify_message", None)  # of an ssl.SSLCertVerificationError
    if reason is not None:
        return untrusted(address, str(reason))
    return WireFault(f"TLS failed: {(getattr(error, 'reason', None) or 'no details').replace('_', ' ').lower()}")
