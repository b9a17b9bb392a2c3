"""One download over several transfers: where it stands and how it goes on (RFC 9110, section 14)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

from piptools_clone.http.decoding import TooLarge
from piptools_clone.http.wire import Answer, WireFault

_CONTENT_RANGE = r"bytes (\d{1,18})-\d{1,18}/(?:\d{1,18}|\*)"


class Download:
    """What ``sink`` has got so far.  A file that changes between two transfers is an error."""

    __slots__ = ("_check", "_done", "_limit", "_may_resume", "_sink", "_validator")

    def __init__(self, sink: Callable[[bytes], None], limit: int) -> None:
        self._sink = sink
        self._limit = limit
        self._done = 0
        self._check = 0  # of what was handed on, to notice another file when a transfer starts over
        self._validator = ""
        self._may_resume = True

    def headers(self) -> dict[str, str]:
        """Return what asks for the rest only, if there is a way to be sure that it is the same file's."""
        if not self._done or not self._validator or not self._may_resume:
            return {}
        return {"Range": f"bytes={self._done}-", "If-Range": self._validator}

    def accepts(self, status: int) -> bool:
        """Whether an answer to these headers is of use."""
        return status in {200, 206} or (status == 416 and self._done > 0)

    def receive(self, answer: Answer) -> None:
        """Hand on what is new of an answer; raises `WireFault` when it breaks off, `TooLarge` past the limit."""
        if answer.status == 200:
            self._start_over(answer)
        else:
            self._go_on(answer)

    def _go_on(self, answer: Answer) -> None:
        found = re.fullmatch(_CONTENT_RANGE, answer.headers.get("content-range", ""))
        if answer.status == 416 or not found or int(found[1]) != self._done:
            self._may_resume = False
            raise WireFault("the server did not resume where the transfer broke off")
        for piece in answer.pieces:
            self._take(piece)

    def _start_over(self, answer: Answer) -> None:
        self._validator = _strong_validator(answer.headers)
        known, check = self._done, 0
        for whole in answer.pieces:
            piece = whole
            if known:
                check = zlib.crc32(piece[:known], check)
                piece, known = piece[known:], known - len(piece[:known])
                if not known and check != self._check:
                    raise WireFault("the file changed while it was being fetched", passing=False)
            self._take(piece)
        if known:
            raise WireFault("the file changed while it was being fetched", passing=False)

    def _take(self, piece: bytes) -> None:
        self._done += len(piece)
        if self._done > self._limit:
            raise TooLarge
        self._check = zlib.crc32(piece, self._check)
        if piece:
            self._sink(piece)


def _strong_validator(headers: dict[str, str]) -> str:
    """Return a strong ETag, or nothing: If-Range needs one (RFC 9110, section 13.1.5); dates are too coarse."""
    tag = headers.get("etag", "")
    return tag if tag.startswith('"') else ""
