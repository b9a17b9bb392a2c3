"""One HTTP/1.1 answer put together from bytes as they arrive (RFC 9112); no sockets.

Both clients read by it: the one that waits for each piece, and the one whose thread reads many answers.  What comes is
read once, and kept in one object however small its pieces are, so that neither time nor memory depends on how a server
cuts what it sends.
"""

from __future__ import annotations

from collections.abc import Iterator

from piptools_clone.http.decoding import TooLarge, joined
from piptools_clone.http.http1 import (
    HAS_NO_BODY,
    MAX_FRAMING,
    MAX_HEAD,
    MAX_HEADERS,
    MAX_LINE,
    BadAnswer,
    CutOff,
    Head,
    content_length,
    parse_chunk_size,
    parse_head,
)

NO_LIMIT = 1 << 62
"""Bytes of a body that is taken away as it comes, and bounded there."""
_END_OF_HEAD = b"\r\n\r\n"


class Arriving:
    """An answer of which ``feed`` is told piece by piece; the body is kept as sent, at most ``limit`` bytes of it."""

    __slots__ = (
        *("_body", "_buffer", "_chunk", "_framing", "_heads", "_interim", "_left", "_limit", "_trailers"),
        *("head", "is_whole", "keep_alive", "size"),
    )

    def __init__(self, limit: int = NO_LIMIT) -> None:
        self._limit = limit
        self._buffer = bytearray()  # of a head or a line of which the end is missing
        self._body: bytes | bytearray = b""
        self._heads = 0  # bytes of all heads
        self._interim = 0  # answers (1xx) before the final one
        self._framing = 0  # bytes of a chunked body that are none of its content
        self._trailers = 0
        self._left = 0  # bytes until the end of the body, or of the chunk; -1 where only the connection's end tells
        self._chunk = _Chunk.NONE
        self.head: Head | None = None
        self.is_whole = False
        self.keep_alive = False
        self.size = 0

    @property
    def status(self) -> int:
        """The status, 0 before the head was read."""
        return self.head.status if self.head else 0

    @property
    def headers(self) -> dict[str, str]:
        """The headers, with lower-case names."""
        return self.head.headers if self.head else {}

    @property
    def pieces(self) -> Iterator[bytes]:
        """The body."""
        return iter((bytes(self._body),))

    @property
    def has_begun(self) -> bool:
        """Whether anything came."""
        return bool(self._heads or self._buffer)

    def take(self) -> bytes:
        """Take away what has come of the body."""
        body, self._body = self._body, b""
        return bytes(body)

    def let_go(self) -> None:
        """Forget the body: somebody has it, and nobody else will ask."""
        self._body = b""

    def feed(self, data: bytes) -> bool:
        """Take what came; true when the answer is whole.  Raises `BadAnswer`, `TooLarge`."""
        if self.head is None:
            rest = self._read_head(data)
            if rest is None:
                return False
            data = rest
        self.is_whole = self._read_chunks(data) if self._chunk else self._read_plain(data)
        return self.is_whole

    def end(self) -> None:
        """The connection ended: for some answers that is how they end; raises `CutOff` for the others."""
        if self.head is None or self._left >= 0:
            raise CutOff("the answer was cut off" if self.has_begun else "the connection was closed without an answer")
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
                raise BadAnswer("the server sends interim answers only")
        if self._heads + len(whole) - at > MAX_HEAD:
            raise BadAnswer("a line or head of the answer is too long")
        if at or whole is data:
            self._buffer = bytearray(whole[at:])
        return None

    def _count_head(self, size: int) -> None:
        self._heads += size + len(_END_OF_HEAD)
        if self._heads > MAX_HEAD + len(_END_OF_HEAD):
            raise BadAnswer("a line or head of the answer is too long")

    def _begin(self, head: Head) -> None:
        self.head = head
        self.keep_alive = head.keep_alive
        if head.status in HAS_NO_BODY:
            return
        coding = head.headers.get("transfer-encoding", "").lower()
        length = content_length(head)
        if coding:
            if coding != "chunked":
                raise BadAnswer("the answer has an unknown transfer coding")
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
            self.keep_alive = False  # bytes that nobody asked for: what follows cannot be trusted
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
                    raise BadAnswer("a line or head of the answer is too long")
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
            raise BadAnswer("the chunks of the answer hold next to nothing")

    def _take_line(self, line: bytes) -> None:
        if self._chunk == _Chunk.SIZE:
            self._left = parse_chunk_size(line)
            self._chunk = _Chunk.DATA if self._left else _Chunk.TRAILER
        elif self._chunk == _Chunk.GAP:
            if line:
                raise BadAnswer("a chunk of the answer is malformed")
            self._chunk = _Chunk.SIZE
        elif line:
            self._trailers += 1  # which nothing here needs
            if self._trailers > MAX_HEADERS:
                raise BadAnswer("too many trailers")
        else:
            self._chunk = _Chunk.END


class _Chunk:
    """What comes next of a chunked body."""

    NONE, SIZE, DATA, GAP, TRAILER, END = range(6)
