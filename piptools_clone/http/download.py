"""One download over several transfers: where it stands and how it goes on (RFC 9110, section 14)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping

from piptools_clone.http.failures import TooLarge, TransferFault
from piptools_clone.http.http1 import WITH_CONTENT, Answer, AnswerHead

_CONTENT_RANGE = r"bytes (\d{1,18})-\d{1,18}/(?:\d{1,18}|\*)"


class SinkFailed(Exception):
    """What takes the bytes failed with ``error``, which is neither a fault of the server nor of the connection."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class Download:
    """What ``sink`` has got so far, each byte once.  A file that changes between two transfers is an error.

    Of each transfer `begin` is told the head, `take` each piece of the body, `end` that it is whole.
    """

    __slots__ = ("_check", "_done", "_known", "_known_check", "_limit", "_may_resume", "_sink", "_validator")

    def __init__(self, sink: Callable[[bytes], object], limit: int) -> None:
        self._sink = sink
        self._limit = limit
        self._done = 0
        self._check = 0  # of what was handed on, to notice another file when a transfer starts over
        self._known = 0  # bytes still to come of a transfer that starts over, which the sink has
        self._known_check = 0
        self._validator = ""
        self._may_resume = True

    def headers(self) -> dict[str, str]:
        """Return what asks for the rest only, if there is a way to be sure that it is the same file's."""
        if not self._done or not self._validator or not self._may_resume:
            return {}
        return {"Range": f"bytes={self._done}-", "If-Range": self._validator}

    def accepts(self, status: int) -> bool:
        """Whether an answer to these headers is of use."""
        return status in WITH_CONTENT or (status == 416 and self._done > 0)

    def begin(self, head: AnswerHead | Answer) -> None:
        """A transfer begins; raises `TransferFault` where it does not go on where the last one broke off."""
        self._known = self._known_check = 0
        if head.status == 200:
            self._validator = _strong_validator(head.headers)
            self._known = self._done
            return
        found = re.fullmatch(_CONTENT_RANGE, head.headers.get("content-range", ""))
        if not found or int(found[1]) != self._done:
            self._may_resume = False
            raise _not_resumed()

    def take(self, piece: bytes) -> None:
        """Hand on what is new of a piece; raises `TransferFault`, `TooLarge` past the limit, `SinkFailed`."""
        if self._known:
            self._known_check = zlib.crc32(piece[: self._known], self._known_check)
            piece, self._known = piece[self._known :], self._known - len(piece[: self._known])
            if not self._known and self._known_check != self._check:
                raise _changed()
        self._done += len(piece)
        if self._done > self._limit:
            raise TooLarge
        self._check = zlib.crc32(piece, self._check)
        if piece:
            try:
                self._sink(piece)
            except Exception as error:
                raise SinkFailed(error) from error

    def end(self, status: int) -> None:
        """The transfer is whole; raises `TransferFault` where it is of no use, or shorter than what was there."""
        if status not in WITH_CONTENT:
            self._may_resume = False
            raise _not_resumed()
        if self._known:
            raise _changed()


def _not_resumed() -> TransferFault:
    return TransferFault("the server did not resume where the transfer broke off")


def _changed() -> TransferFault:
    return TransferFault("the file changed while it was being fetched", passing=False)


def _strong_validator(headers: Mapping[str, str]) -> str:
    """Return a strong ETag, or nothing: If-Range needs one (RFC 9110, section 13.1.5); dates are too coarse."""
    tag = headers.get("etag", "")
    return tag if tag.startswith('"') else ""
