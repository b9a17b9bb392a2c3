"""HTTP/1.1 messages for a client that only sends GET (RFC 9112): bytes to values and back, no sockets.

The parser is strict, since what it reads is untrusted: folded headers, odd characters, two different
lengths, and heads past the bounds are errors.  `http1_arriving` puts answers together by it.
"""

import re
from collections.abc import Mapping

from piptools_clone.http.address import Address
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


def content_length(head: Head) -> int | None:
    """The length that the head tells, in bytes, None where it tells none; raises `BadAnswer`."""
    length = head.headers.get("content-length")
    if length is None:
        return None
    if not (length.isascii() and length.isdigit() and len(length) <= MAX_DIGITS):
        raise BadAnswer("the length of the answer is malformed")
    return int(length)


def parse_chunk_size(line: bytes) -> int:
    """The size of a chunk by its first line (RFC 9112, section 7.1); raises `BadAnswer`."""
    found = re.fullmatch(_CHUNK, line)
    if not found:
        raise BadAnswer("a chunk of the answer is malformed")
    return int(found[1], 16)
