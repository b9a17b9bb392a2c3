"""A second process that does work which is mere computing, for a second processor.

Threads of one interpreter take turns in computing.  The helper is a copy of this process, forked while it has one
thread.  It gets what to work on through memory that both share, puts what comes of it into the cache, which any process
may do, and says which pieces it has done.  Whatever it does not do, for whatever reason, is done here, so nothing but
time depends on it.  It ends when this process closes its end or is gone.
"""

from __future__ import annotations

import atexit
import mmap
import os
import signal
import struct
import sys
import threading
from collections.abc import Callable
from typing import NamedTuple

MEMORY = 32 << 20  # bytes that wait for a helper at most
BACKLOG = 2  # pieces that wait for the helper while this process goes on by itself

_ANSWER = struct.Struct("I")  # the number of a piece, and whether it succeeded; written as one, so read as one

Work = Callable[[bytes, int], object]
"""Works on the content of the piece of a number; raises where that fails."""


class _Piece(NamedTuple):
    number: int
    start: int
    end: int


class Helper:
    """The other process, as seen from this one; for one thread at a time.

    ``answers`` is a descriptor that can be read from when there is something to `hear`; ``lives`` is False once
    that was the end of it.
    """

    def __init__(self, child: int, memory: mmap.mmap, orders: int, answers: int) -> None:
        self.answers = answers
        self.lives = True
        self._child = child
        self._memory = memory
        self._orders = orders
        self._used = 0
        self._open: set[int] = set()
        self._done: set[int] = set()

    @property
    def has_room(self) -> bool:
        """Whether the helper has not enough to do."""
        self.hear()
        return len(self._open) < BACKLOG

    def give(self, number: int, content: bytes) -> bool:
        """Give the helper a piece; whether it took it."""
        if not self._open:
            self._used = 0  # nothing of it is looked at any more
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
        """Whether the helper still has a piece to do."""
        self.hear()
        return number in self._open

    def has_done(self, number: int) -> bool:
        """Wait until the helper is done with a piece that it took, and tell whether that went well."""
        while number in self._open:
            self.hear(wait=True)
        return number in self._done

    def end(self, *, wait: bool = True) -> None:
        """Have it end after the piece that it is at, and wait for that, or else until this process ends."""
        for descriptor in (self._orders, self.answers):
            os.close(descriptor)
        self._memory.close()
        if wait:
            os.waitpid(self._child, 0)
        else:
            atexit.register(os.waitpid, self._child, 0)

    def hear(self, *, wait: bool = False) -> list[int]:
        """Hear which pieces the helper is done with, or will never be, for it is gone."""
        os.set_blocking(self.answers, wait)
        try:
            answers = os.read(self.answers, 4096)
        except BlockingIOError:
            return []
        self.lives = bool(answers)
        found = [answer >> 1 for (answer,) in _ANSWER.iter_unpack(answers)] if answers else list(self._open)
        self._done.update(answer >> 1 for (answer,) in _ANSWER.iter_unpack(answers) if answer & 1)
        self._open.difference_update(found)
        return found


def start_helper(work: Work) -> Helper | None:
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
        _serve(memory, orders_read, answers_write, work)
    os.close(orders_read)
    os.close(answers_write)
    return Helper(child, memory, orders, answers)


def _serve(memory: mmap.mmap, orders: int, answers: int, work: Work) -> None:
    """Do what comes until nothing can come any more; never returns."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        with open(orders, "rb") as lines:
            for line in lines:
                piece = _Piece(*map(int, line.split()))
                os.write(answers, _ANSWER.pack(piece.number << 1 | _succeeds(memory, piece, work)))
    finally:
        os._exit(0)


def _succeeds(memory: mmap.mmap, piece: _Piece, work: Work) -> bool:
    try:
        work(memory[piece.start : piece.end], piece.number)
    except Exception:
        return False  # the other process will find the same fault, and has words for it
    return True
