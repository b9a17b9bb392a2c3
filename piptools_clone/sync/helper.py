"""A second process that unpacks wheels, for a second processor.

To unpack is to compute, and threads of one interpreter take turns in that.  The helper is a copy of this process,
forked while it has one thread.  It gets wheels through memory that both share, puts packs into the cache, which any
process may do, and says which ones it has put there.  Whatever it does not do, for whatever reason, is done here, so
nothing but time depends on it.  It ends when this process closes its end or is gone.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
import sys
import threading
from collections.abc import Callable
from typing import NamedTuple

MEMORY = 32 << 20  # bytes of wheels that can be given to a helper in its life
BACKLOG = 2  # wheels that wait for the helper while this process goes on by itself

_ANSWER = struct.Struct("I")  # the number of a wheel, and whether it succeeded; written as one, so read as one

Unpack = Callable[[bytes, int], None]
"""Unpacks the content of the wheel of a number."""


class _Piece(NamedTuple):
    number: int
    start: int
    end: int


class Helper:
    """The other process, as seen from this one; for one thread."""

    def __init__(self, child: int, memory: mmap.mmap, orders: int, answers: int) -> None:
        self._child = child
        self._memory = memory
        self._orders = orders
        self._answers = answers
        self._used = 0
        self._open: set[int] = set()
        self._done: set[int] = set()

    @property
    def has_room(self) -> bool:
        """Whether the helper has not enough to do."""
        self._hear(wait=False)
        return len(self._open) < BACKLOG

    def give(self, number: int, content: bytes) -> bool:
        """Give the helper a wheel; whether it took it."""
        start, end = self._used, self._used + len(content)
        if end > MEMORY:
            return False
        self._memory[start:end] = content
        try:
            os.write(self._orders, f"{number} {start} {end}\n".encode())
        except OSError:
            return False
        self._used = end
        self._open.add(number)
        return True

    def is_at(self, number: int) -> bool:
        """Whether the helper still has a wheel to do."""
        self._hear(wait=False)
        return number in self._open

    def has_done(self, number: int) -> bool:
        """Wait until the helper is done with a wheel that it took, and tell whether the pack is in the cache."""
        while number in self._open:
            self._hear(wait=True)
        return number in self._done

    def end(self) -> None:
        """Have it end, and wait for that."""
        for descriptor in (self._orders, self._answers):
            os.close(descriptor)
        os.waitpid(self._child, 0)
        self._memory.close()

    def _hear(self, *, wait: bool) -> None:
        os.set_blocking(self._answers, wait)
        try:
            answers = os.read(self._answers, 4096)
        except BlockingIOError:
            return
        if not answers:  # it is gone; what it has not done is not done
            self._open.clear()
        for (answer,) in _ANSWER.iter_unpack(answers):
            self._open.discard(answer >> 1)
            if answer & 1:
                self._done.add(answer >> 1)


def start_helper(unpack: Unpack) -> Helper | None:
    """Make the helper, where that is safe and of use: on Linux, for a process of one thread with several processors."""
    if sys.platform != "linux" or threading.active_count() > 1 or len(os.sched_getaffinity(0)) < 2:
        return None
    memory = mmap.mmap(-1, MEMORY)
    orders_read, orders = os.pipe()
    answers, answers_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(orders)
        os.close(answers)
        _serve(memory, orders_read, answers_write, unpack)
    os.close(orders_read)
    os.close(answers_write)
    return Helper(child, memory, orders, answers)


def _serve(memory: mmap.mmap, orders: int, answers: int, unpack: Unpack) -> None:
    """Unpack what comes until nothing can come any more; never returns."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        with open(orders, "rb") as lines:
            for line in lines:
                piece = _Piece(*map(int, line.split()))
                os.write(answers, _ANSWER.pack(piece.number << 1 | _succeeds(memory, piece, unpack)))
    finally:
        os._exit(0)


def _succeeds(memory: mmap.mmap, piece: _Piece, unpack: Unpack) -> bool:
    try:
        unpack(memory[piece.start : piece.end], piece.number)
    except Exception:
        return False  # the other process will find the same fault, and has words for it
    return True
