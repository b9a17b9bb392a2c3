"""One HTTP/1.1 answer put together from bytes as they arrive (RFC 9112); no sockets.

`http1` reads an answer by asking for more; here more comes when it comes, so that one thread can read many.
"""

from __future__ import annotations

from collections.abc import Iterator

from piptools_clone.index.decoding import TooLarge
from piptools_clone.index.http1 import (
    HAS_NO_BODY,
    MAX_HEAD,
    BadAnswer,
    CutOff,
    Head,
    content_length,
    parse_chunk_size,
    parse_head,
)


class Arriving:
    """An answer of which ``feed`` is told piece by piece; the body is kept as sent, at most ``limit`` bytes of it."""

    __slots__ = ("_body", "_buffer", "_chunk", "_head", "_left", "_limit", "keep_alive", "size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = b""
        self._head: Head | None = None
        self._body: list[bytes] = []
        self._left = 0  # bytes until the end of the body, or of the chunk; -1 where only the connection's end tells
        self._chunk = _Chunk.NONE
        self.keep_alive = False
        self.size = 0

    @property
    def status(self) -> int:
        """The status, 0 before the head was read."""
        return self._head.status if self._head else 0

    @property
    def headers(self) -> dict[str, str]:
        """The headers, with lower-case names."""
        return self._head.headers if self._head else {}

    @property
    def pieces(self) -> Iterator[bytes]:
        """The body."""
        return iter(self._body)

    @property
    def has_begun(self) -> bool:
        """Whether anything came."""
        return self._head is not None or bool(self._buffer)

    def let_go(self) -> None:
        """Forget the body: somebody has it, and nobody else will ask."""
        self._body = []

    def feed(self, data: bytes) -> bool:
        """Take what came; true when the answer is whole.  Raises `BadAnswer`, `TooLarge`."""
        if self._head is None:
            self._buffer += data
            if not self._read_head():
                return False
            data, self._buffer = self._buffer, b""
        return self._read_chunks(data) if self._chunk else self._read_plain(data)

    def end(self) -> None:
        """The connection ended: for some answers that is how they end; raises `CutOff` for the others."""
        if self._head is None or self._left >= 0:
            raise CutOff("the answer was cut off" if self.has_begun else "the connection was closed without an answer")

    def _read_head(self) -> bool:
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = parse_head(self._buffer[:end])
            self._buffer = self._buffer[end + 4 :]
            if head.status >= 200:
                self._begin(head)
                return True
        if len(self._buffer) > MAX_HEAD:
            raise BadAnswer("a line or head of the answer is too long")
        return False

    def _begin(self, head: Head) -> None:
        self._head = head
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

    def _keep(self, data: bytes) -> None:
        if data:
            self._body.append(data)
            self.size += len(data)
            if self.size > self._limit:
                raise TooLarge

    def _read_chunks(self, data: bytes) -> bool:
        buffer = self._buffer + data
        at = 0
        while self._chunk != _Chunk.END:
            if self._chunk == _Chunk.DATA:
                piece = buffer[at : at + self._left]
                self._keep(piece)
                at += len(piece)
                self._left -= len(piece)
                if self._left:
                    break
                self._chunk = _Chunk.GAP
            end = buffer.find(b"\r\n", at)
            if end < 0:
                if len(buffer) - at > MAX_HEAD:
                    raise BadAnswer("a line or head of the answer is too long")
                break
            self._take_line(buffer[at:end])
            at = end + 2
        self._buffer = buffer[at:]
        if self._chunk != _Chunk.END:
            return False
        self.keep_alive = self.keep_alive and not self._buffer
        return True

    def _take_line(self, line: bytes) -> None:
        if self._chunk == _Chunk.SIZE:
            self._left = parse_chunk_size(line)
            self._chunk = _Chunk.DATA if self._left else _Chunk.TRAILER
        elif self._chunk == _Chunk.GAP:
            if line:
                raise BadAnswer("a chunk of the answer is malformed")
            self._chunk = _Chunk.SIZE
        elif not line:
            self._chunk = _Chunk.END


class _Chunk:
    """What comes next of a chunked body."""

    NONE, SIZE, DATA, GAP, TRAILER, END = range(6)
