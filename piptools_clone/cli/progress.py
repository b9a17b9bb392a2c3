"""One line on a terminal that is written over and over, and gone in the end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TextIO

QUIET_SECONDS = 0.1
"""Work that is done in this time shows nothing: a line that flashes up is a nuisance."""
REDRAW_SECONDS = 0.05
"""Between two drawings: twenty a second look alive."""
_NARROW = 80


class Progress:
    """The line.  It is drawn by the calls that report progress, so it needs no thread.

    ``clock`` counts seconds.  A disabled one (no terminal, or ``--quiet``) does nothing at all.
    """

    __slots__ = ("_clock", "_drawn", "_enabled", "_next", "_stream")

    def __init__(self, stream: TextIO, *, enabled: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._enabled = enabled
        self._clock = clock
        self._next = clock() + QUIET_SECONDS if enabled else 0.0
        self._drawn = False

    def show(self, text: str) -> None:
        """Draw the line anew, if it is time to."""
        if not self._enabled or (now := self._clock()) < self._next:
            return
        self._next = now + REDRAW_SECONDS
        self._drawn = True
        self._write(f"\r{text[: _width(self._stream) - 1]}\x1b[K")

    def clear(self) -> None:
        """Take the line away, so that other text can be written; the next call of `show` draws it again."""
        if self._drawn:
            self._drawn = False
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # the terminal is gone
            self._enabled = False


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a line can be written over there; a stream that was closed before we began is None."""
    return stream is not None and os.environ.get("TERM") != "dumb" and stream.isatty()


def _width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or _NARROW
    except (OSError, ValueError):
        return _NARROW
