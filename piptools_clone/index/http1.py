"""HTTP/1.1 messages for a client that only sends GET (RFC 9112): bytes to values and back, no sockets.

The parser is strict, since what it reads is untrusted: folded headers, odd characters, two different
lengths, and heads past the bounds are errors.  A body ends where its framing says, or raises.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from piptools_clone.index.address import Address
from piptools_clone.named_tuple import NamedTuple

MAX_HEAD = 64 * 1024
"""Bytes of status line and headers; common servers send a few hundred, proxies cap at 8 to 64 KiB."""
MAX_HEADERS = 200
MAX_DIGITS = 18
_MAX_LINE = 4096
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: [^\r\n\0]*)?")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]++):[ \t]*+([^\r\n\0]*+)")
_CHUNK = rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n\0]*)?"
HAS_NO_BODY = frozenset({204, 304})
"""Statuses whose answers end with their head."""


class BadAnswer(ValueError):
    """What came is not an HTTP/1 answer."""


class CutOff(EOFError):
    """The connection ended before the answer did."""


class Head(NamedTuple):
    """Status and headers of an answer; header names are lower case, repeated ones joined by a comma."""

    status: int
    headers: dict[str, str]
    keep_alive: bool


def render_request(address: Address, headers: Mapping[str, str]) -> bytes:
    """Return a GET request; raises ValueError for a header that would break the framing."""
    lines = [f"GET {address.target} HTTP/1.1", f"Host: {address.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or "\0" in text:
        raise ValueError("a header holds a line break")
    return f"{text}\r\n\r\n".encode("latin-1")


def parse_head(data: bytes) -> Head:
    """Status line and headers, without the empty line that ends them; raises `BadAnswer`."""
    status_line, *lines = data.split(b"\r\n")
    start = _STATUS_LINE.fullmatch(status_line)
    if not start or len(lines) > MAX_HEADERS:
        raise BadAnswer("the server does not speak HTTP/1.1" if not start else "too many headers")
    headers: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if not found:
            raise BadAnswer("a header of the answer is malformed")
        name, value = found[1].decode("ascii").lower(), found[2].rstrip(b" \t").decode("latin-1")
        headers[name] = _joined(name, headers[name], value) if name in headers else value
    return Head(int(start[2]), headers, _keeps_alive(start[1], headers))


def _joined(name: str, old: str, new: str) -> str:
    if name == "content-length" and old != new:
        raise BadAnswer("the answer has two lengths")
    return new if old == new else f"{old}, {new}"


def _keeps_alive(minor: bytes, headers: Mapping[str, str]) -> bool:
    connection = headers.get("connection", "").lower()
    return "close" not in connection if minor == b"1" else "keep-alive" in connection


class Stream:
    """Bytes of a connection, cut into lines and lengths; ``receive`` gives b"" at the end."""

    __slots__ = ("_at", "_buffer", "_receive")

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._buffer = b""
        self._at = 0  # what is before this was taken already

    def until(self, mark: bytes, limit: int) -> bytes:
        """Return what comes before ``mark``, which is taken too; at most ``limit`` bytes."""
        while (end := self._buffer.find(mark, self._at)) < 0 and len(self._buffer) - self._at <= limit:
            self._more()
        if end < 0 or end - self._at > limit:
            raise BadAnswer("a line or head of the answer is too long")
        found = self._buffer[self._at : end]
        self._at = end + len(mark)
        return found

    def some(self, most: int) -> bytes:
        """At least one and at most ``most`` bytes."""
        if self.is_empty:
            self._more()
        found = self._buffer[self._at : self._at + most]
        self._at += len(found)
        return found

    def rest(self) -> Iterator[bytes]:
        """Everything until the connection ends."""
        found, self._buffer, self._at = self._buffer[self._at :], b"", 0
        if found:
            yield found
        while found := self._receive():
            yield found

    @property
    def is_empty(self) -> bool:
        """Whether nothing was received beyond what was taken."""
        return self._at == len(self._buffer)

    def _more(self) -> None:
        data = self._receive()
        if not data:
            raise CutOff("the answer was cut off")
        self._buffer = data if self.is_empty else self._buffer[self._at :] + data
        self._at = 0


def read_head(stream: Stream) -> Head:
    """Return the head of the final answer; interim ones (1xx) are passed over, as many as fit the bound."""
    for _ in range(MAX_HEADERS):
        head = parse_head(stream.until(b"\r\n\r\n", MAX_HEAD))
        if head.status >= 200:
            return head
    raise BadAnswer("the server sends interim answers only")


def read_body(head: Head, stream: Stream) -> Iterator[bytes]:
    """Return the body as its framing says (RFC 9112, section 6.3); raises `CutOff` or `BadAnswer`."""
    if head.status in HAS_NO_BODY:
        return iter(())
    coding = head.headers.get("transfer-encoding", "").lower()
    if coding:
        if coding != "chunked":
            raise BadAnswer("the answer has an unknown transfer coding")
        return _chunks(stream)
    length = content_length(head)
    return stream.rest() if length is None else _exactly(stream, length)


def content_length(head: Head) -> int | None:
    """The length that the head tells, in bytes, None where it tells none; raises `BadAnswer`."""
    length = head.headers.get("content-length")
    if length is None:
        return None
    if not (length.isascii() and length.isdigit() and len(length) <= MAX_DIGITS):
        raise BadAnswer("the length of the answer is malformed")
    return int(length)


def is_delimited(head: Head) -> bool:
    """Whether the end of the body can be told without the connection ending."""
    return head.status in HAS_NO_BODY or not {"content-length", "transfer-encoding"}.isdisjoint(head.headers)


def _exactly(stream: Stream, length: int) -> Iterator[bytes]:
    while length:
        piece = stream.some(length)
        length -= len(piece)
        yield piece


def _chunks(stream: Stream) -> Iterator[bytes]:
    while size := parse_chunk_size(stream.until(b"\r\n", _MAX_LINE)):
        yield from _exactly(stream, size)
        if stream.until(b"\r\n", _MAX_LINE):
            raise BadAnswer("a chunk of the answer is malformed")
    for _ in range(MAX_HEADERS):  # trailers, which nothing here needs
        if not stream.until(b"\r\n", _MAX_LINE):
            return
    raise BadAnswer("too many trailers")


def parse_chunk_size(line: bytes) -> int:
    """The size of a chunk by its first line (RFC 9112, section 7.1); raises `BadAnswer`."""
    found = re.fullmatch(_CHUNK, line)
    if not found:
        raise BadAnswer("a chunk of the answer is malformed")
    return int(found[1], 16)
