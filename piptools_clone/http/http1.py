"""HTTP/1.1 messages for a client that only sends GET (RFC 9112): bytes to values and back, no sockets.

The parser is strict, since what it reads is untrusted: folded headers, odd characters, two different
lengths, and heads past the bounds are errors.  `AnswerReader` puts an answer together from bytes as they arrive.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from piptools_clone.http.address import Address
from piptools_clone.http.decoding import joined
from piptools_clone.http.failures import TooLarge, TransferFault
from piptools_clone.named_tuple import NamedTuple

MAX_HEAD = 64 * 1024
"""Bytes of status line and headers, with interim answers; common servers send some hundred, proxies cap at 64 KiB."""
MAX_HEADERS = 200
"""Headers of an answer, trailers after it, and interim answers before it."""
MAX_LINE = 4096
"""Bytes of the first line of a chunk, and of a trailer."""
MAX_FRAMING = 8
"""Bytes of framing for each byte of a chunked body, besides as many as a head has: chunks of one byte take five."""
MAX_DIGITS = 18
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: [^\r\n\0]*)?")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]++):[ \t]*+([^\r\n\0]*+)")
_CHUNK = rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n\0]*)?"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_IMF = r"[A-Za-z]{3}, (\d\d) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT"
HAS_NO_BODY = frozenset({204, 304})
"""Statuses whose answers end with their head."""
USEFUL = frozenset({200, 206, 304, 404, 416})
"""Statuses whose answers are used; of all others the head alone counts."""
WITH_CONTENT = frozenset({200, 206})
"""Statuses whose body is the file that was asked for, or a part of it."""
UNWANTED_BYTES = 64 * 1024
"""Bytes of an unwanted body that are read to keep a connection; a longer one costs more than connecting."""
_END_OF_HEAD = b"\r\n\r\n"


class AnswerHead(NamedTuple):
    """Status and headers of an answer; header names are lower case, repeated ones joined by a comma."""

    status: int
    headers: dict[str, str]
    keep_alive: bool


class Answer(NamedTuple):
    """A whole answer: its body as sent, empty where a `Download` took it, and how many bytes that had."""

    status: int
    headers: dict[str, str]
    body: bytes
    size: int


def render_request(address: Address, headers: Mapping[str, str]) -> bytes:
    """Return a GET request; raises ValueError for a header that would break the framing."""
    lines = [f"GET {address.target} HTTP/1.1", f"Host: {address.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or "\0" in text:
        raise ValueError("a header holds a line break")
    return f"{text}\r\n\r\n".encode("latin-1")


def parse_head(data: bytes) -> AnswerHead:
    """Status line and headers, without the empty line that ends them; raises `TransferFault`."""
    status_line, *lines = data.split(b"\r\n")
    start = _STATUS_LINE.fullmatch(status_line)
    if not start or len(lines) > MAX_HEADERS:
        raise TransferFault("the server does not speak HTTP/1.1" if not start else "too many headers")
    headers: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if not found:
            raise TransferFault("a header of the answer is malformed")
        name, value = found[1].decode("ascii").lower(), found[2].rstrip(b" \t").decode("latin-1")
        headers[name] = _joined(name, headers[name], value) if name in headers else value
    return AnswerHead(int(start[2]), headers, _keeps_alive(start[1], headers))


def _joined(name: str, old: str, new: str) -> str:
    if name == "content-length" and old != new:
        raise TransferFault("the answer has two lengths")
    return new if old == new else f"{old}, {new}"


def _keeps_alive(minor: bytes, headers: Mapping[str, str]) -> bool:
    connection = headers.get("connection", "").lower()
    return "close" not in connection if minor == b"1" else "keep-alive" in connection


def content_length(head: AnswerHead) -> int | None:
    """The length that the head tells, in bytes, None where it tells none; raises `TransferFault`."""
    length = head.headers.get("content-length")
    if length is None:
        return None
    if not (length.isascii() and length.isdigit() and len(length) <= MAX_DIGITS):
        raise TransferFault("the length of the answer is malformed")
    return int(length)


def parse_chunk_size(line: bytes) -> int:
    """The size of a chunk by its first line (RFC 9112, section 7.1); raises `TransferFault`."""
    found = re.fullmatch(_CHUNK, line)
    if not found:
        raise TransferFault("a chunk of the answer is malformed")
    return int(found[1], 16)


def parse_http_date(text: str | None) -> float | None:
    """Seconds since the epoch, None for anything but the one form that servers must send (RFC 9110, section 5.6.7)."""
    found = re.fullmatch(_IMF, text.strip()) if text else None
    if not found or found[2].lower() not in _MONTHS:
        return None
    from calendar import timegm

    month = _MONTHS.index(found[2].lower()) + 1
    return float(timegm((int(found[3]), month, int(found[1]), int(found[4]), int(found[5]), int(found[6]))))


def parse_retry_after(text: str | None, now: float) -> float | None:
    """Seconds to wait: a number, or a date held against ``now`` (seconds since the epoch) (RFC 9110, section 10.2.3).

    None for anything else.
    """
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    date = parse_http_date(text)
    return None if date is None else max(0.0, date - now)


class AnswerReader:
    """One answer, put together from bytes as they arrive; the body is kept as sent, at most ``limit`` bytes of it.

    What comes is read once, and kept in one object however small its pieces are, so that neither time nor memory
    depends on how a server cuts what it sends.  ``useful`` are the statuses whose bodies are wanted.
    """

    __slots__ = (
        *("_body", "_buffer", "_chunk", "_framing", "_heads", "_interim", "_left", "_limit", "_trailers", "_useful"),
        *("head", "is_whole", "keep_alive", "size"),
    )

    def __init__(self, limit: int, useful: AbstractSet[int] = USEFUL) -> None:
        self._limit = limit
        self._useful = useful
        self._buffer = bytearray()  # of a head or a line of which the end is missing
        self._body: bytes | bytearray = b""
        self._heads = 0  # bytes of all heads
        self._interim = 0  # answers (1xx) before the final one
        self._framing = 0  # bytes of a chunked body that are none of its content
        self._trailers = 0
        self._left = 0  # bytes until the end of the body, or of the chunk; -1 where only the connection's end tells
        self._chunk = _Chunk.NONE
        self.head: AnswerHead | None = None
        self.is_whole = False
        self.keep_alive = False
        self.size = 0

    @property
    def has_begun(self) -> bool:
        """Whether anything came."""
        return bool(self._heads or self._buffer)

    @property
    def is_unwanted(self) -> bool:
        """Whether all that is wanted is there: the head of an answer whose body is not useful."""
        return self.head is not None and self.head.status not in self._useful

    def take(self) -> bytes:
        """Take away what has come of the body."""
        body, self._body = self._body, b""
        return bytes(body)

    def answer(self) -> Answer:
        """What came."""
        assert self.head is not None
        return Answer(self.head.status, self.head.headers, bytes(self._body), self.size)

    def feed(self, data: bytes) -> bool:
        """Take what came; true when the answer is whole.  Raises `TransferFault`, `TooLarge`."""
        if self.head is None:
            rest = self._read_head(data)
            if rest is None:
                return False
            data = rest
        self.is_whole = self._read_chunks(data) if self._chunk else self._read_plain(data)
        return self.is_whole

    def end(self) -> None:
        """The connection ended: for some answers that is how they end; raises `TransferFault` for the others."""
        if self.head is None or self._left >= 0:
            words = "the answer was cut off" if self.has_begun else "the connection was closed without an answer"
            raise TransferFault(words, is_disconnect=True)
        self.is_whole = True

    def _read_head(self, data: bytes) -> bytes | None:
        """What follows the head of the final answer, None while that is not whole; interim ones (1xx) are passed over.

        All heads together are bounded as one is.
        """
        whole: bytes | bytearray = data
        begin, at = 0, 0
        if self._buffer:
            begin = max(0, len(self._buffer) + 1 - len(_END_OF_HEAD))
            self._buffer += data
            whole = self._buffer
        while (end := whole.find(_END_OF_HEAD, max(begin, at))) >= 0:
            self._count_head(end - at)
            head = parse_head(bytes(whole[at:end]))
            at = end + len(_END_OF_HEAD)
            if head.status >= 200:
                self._buffer = bytearray()
                self._begin(head)
                return bytes(whole[at:])
            self._interim += 1
            if self._interim >= MAX_HEADERS:
                raise TransferFault("the server sends interim answers only")
        if self._heads + len(whole) - at > MAX_HEAD:
            raise TransferFault("a line or head of the answer is too long")
        if at or whole is data:
            self._buffer = bytearray(whole[at:])
        return None

    def _count_head(self, size: int) -> None:
        self._heads += size + len(_END_OF_HEAD)
        if self._heads > MAX_HEAD + len(_END_OF_HEAD):
            raise TransferFault("a line or head of the answer is too long")

    def _begin(self, head: AnswerHead) -> None:
        self.head = head
        self.keep_alive = head.keep_alive
        if self.is_unwanted:
            self._limit = min(self._limit, UNWANTED_BYTES)
        if head.status in HAS_NO_BODY:
            return
        coding = head.headers.get("transfer-encoding", "").lower()
        length = content_length(head)
        if coding:
            if coding != "chunked":
                raise TransferFault("the answer has an unknown transfer coding")
            self._chunk = _Chunk.SIZE
        elif length is None:
            self._left, self.keep_alive = -1, False
        elif length > self._limit:
            raise TooLarge
        else:
            self._left = length

    def _read_plain(self, data: bytes) -> bool:
        if self._left < 0:
            self._keep(data)
            return False
        if len(data) > self._left:
            self.keep_alive = False  # bytes that were not asked for: what follows cannot be trusted
            data = data[: self._left]
        self._left -= len(data)
        self._keep(data)
        return not self._left

    def _keep(self, data: bytes | memoryview) -> None:
        if data:
            self.size += len(data)
            if self.size > self._limit:
                raise TooLarge
            self._body = joined(self._body, data)

    def _read_chunks(self, data: bytes) -> bool:
        if self._buffer:
            data = bytes(self._buffer) + data
            self._buffer = bytearray()
        content = memoryview(data)
        at = 0
        while self._chunk != _Chunk.END:
            if self._chunk == _Chunk.DATA:
                piece = content[at : at + self._left]
                self._keep(piece)
                at += len(piece)
                self._left -= len(piece)
                if self._left:
                    return False
                self._chunk = _Chunk.GAP
            end = data.find(b"\r\n", at, at + MAX_LINE + 2)
            if end < 0:
                if len(data) - at > MAX_LINE:
                    raise TransferFault("a line or head of the answer is too long")
                self._buffer += content[at:]
                return False
            self._count_framing(end + 2 - at)
            self._take_line(data[at:end])
            at = end + 2
        self.keep_alive = self.keep_alive and at == len(data)
        return True

    def _count_framing(self, size: int) -> None:
        self._framing += size
        if self._framing > MAX_HEAD + MAX_FRAMING * self.size:
            raise TransferFault("the chunks of the answer hold next to nothing")

    def _take_line(self, line: bytes) -> None:
        if self._chunk == _Chunk.SIZE:
            self._left = parse_chunk_size(line)
            self._chunk = _Chunk.DATA if self._left else _Chunk.TRAILER
        elif self._chunk == _Chunk.GAP:
            if line:
                raise TransferFault("a chunk of the answer is malformed")
            self._chunk = _Chunk.SIZE
        elif line:
            self._trailers += 1  # which nothing here needs
            if self._trailers > MAX_HEADERS:
                raise TransferFault("too many trailers")
        else:
            self._chunk = _Chunk.END


class _Chunk:
    """What comes next of a chunked body."""

    NONE, SIZE, DATA, GAP, TRAILER, END = range(6)
