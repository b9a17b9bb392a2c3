"""A second process that unpacks and writes wheels, for a second processor.

To unpack is to compute, and threads of one interpreter take turns in that.  The helper is a copy of this process,
forked while it has one thread.  It gets wheels through memory that both share, puts packs into the cache, which any
process may do, later writes some of them where they are staged, and says what it has done.  Whatever it does not do,
for whatever reason, is done here, so nothing but time depends on it.  It ends when this process closes its end or is
gone.
"""

from __future__ import annotations

import marshal
import mmap
import os
import signal
import struct
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    import socket

MEMORY = 32 << 20  # bytes of wheels that can be given to a helper in its life
SMALL = 4 << 20  # bytes of a wheel that is unpacked from memory; 19 in 20 are smaller
AT_ONCE = 48  # wheels that may be in memory
WORTH_HELP = 4  # wheels; for fewer a second process is made too late
MESSAGE = 1 << 16  # bytes of an order; a name of a file is far shorter
DONT_WAIT = 0x40  # socket.MSG_DONTWAIT of Linux

_LOCK = "lock"
_ANSWER = struct.Struct("I")  # the number of a wheel, and whether it succeeded; written as one, so read as one

Work = Callable[..., object]
"""What the helper does with the content that it is given; what else it is told was given with that."""


class _Order(NamedTuple):
    number: int
    start: int
    end: int
    about: tuple[Any, ...]


class Helper:
    """The other process, as seen from this one; for one thread.  A wheel goes by the key that it is given with.

    Both ends of the orders are open here, and a message goes to whoever asks first: so what the helper has not begun
    can be taken back.
    """

    def __init__(
        self, child: int, memory: mmap.mmap, orders: tuple[socket.socket, socket.socket], answers: int
    ) -> None:
        self._child = child
        self._memory = memory
        self._orders, self._waiting = orders
        self._answers = answers
        self._used = 0
        self._given: dict[str, _Order] = {}
        self._open: set[int] = set()
        self._done: set[int] = set()
        self._dismissed = self._gone = False

    def give(self, key: str, content: bytes, *about: str | bool) -> bool:
        """Give the helper a wheel and what it must know of it, in types that marshal knows; whether it took it."""
        order = _Order(len(self._given), self._used, self._used + len(content), about)
        if order.end > MEMORY:
            return False
        self._memory[order.start : order.end] = content
        try:
            self._orders.send(marshal.dumps((*order, key)), DONT_WAIT)
        except OSError:  # it is gone, or has more than enough to do
            return False
        self._used = order.end
        self._given[key] = order
        self._open.add(order.number)
        return True

    def take_back(self) -> str | None:
        """Take the oldest wheel back that the helper has not begun, and give its key; None for none."""
        try:
            message = self._waiting.recv(MESSAGE, DONT_WAIT)
        except OSError:
            message = b""
        if not message:
            return None
        number, *_, key = marshal.loads(message)  # noqa: S302 - our own words
        self._open.discard(number)
        return str(key)

    def took(self, key: str) -> bool:
        """Whether the helper was given a wheel, whatever became of it."""
        return key in self._given

    def content(self, key: str) -> bytes:
        """The content of a wheel that the helper took."""
        order = self._given[key]
        return self._memory[order.start : order.end]

    def is_at(self, key: str) -> bool:
        """Whether the helper still has a wheel to do that it took."""
        self._hear(wait=False)
        return self._given[key].number in self._open

    def has_done(self, key: str) -> bool:
        """Wait until the helper is done with a wheel that it took, and tell whether the pack is in the cache."""
        number = self._given[key].number
        while number in self._open:
            self._hear(wait=True)
        return number in self._done

    def settle(self) -> None:
        """Take everything back that the helper has not begun, and wait until it is done with the rest."""
        while self.take_back() is not None:
            continue
        while self._open:
            self._hear(wait=True)

    def hold(self, lock: int) -> bool:
        """Have the helper hold a lock as well, for as long as it could write; whether it does."""
        import socket

        order = _Order(len(self._given), 0, 0, ())
        try:
            socket.send_fds(self._orders, [marshal.dumps((*order, _LOCK))], [lock])
        except OSError:
            return False
        self._given[_LOCK] = order
        self._open.add(order.number)
        return self.has_done(_LOCK)

    def dismiss(self) -> None:
        """Have it end when it is done with what it has begun; nothing more can be asked of it."""
        if not self._dismissed:
            self._dismissed = True
            while self.take_back() is not None:  # nobody wants it any more
                continue
            self._orders.close()
            self._waiting.close()
            os.close(self._answers)

    def end(self) -> None:
        """Dismiss it, and wait until it is gone."""
        self.dismiss()
        if not self._gone:
            self._gone = True
            os.waitpid(self._child, 0)
            self._memory.close()

    def _hear(self, *, wait: bool) -> None:
        if not self._open:
            return
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


def start_helper(work: Work) -> Helper | None:
    """Make the helper, where that is safe and of use: on Linux, for a process of one thread with several processors."""
    if sys.platform != "linux" or threading.active_count() > 1 or len(os.sched_getaffinity(0)) < 2:
        return None
    import socket

    memory = mmap.mmap(-1, MEMORY)
    orders, waiting = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    answers, answers_write = os.pipe()
    child = os.fork()
    if child == 0:
        orders.close()
        os.close(answers)
        _serve(memory, waiting, answers_write, work)
    os.close(answers_write)
    return Helper(child, memory, (orders, waiting), answers)


def _serve(memory: mmap.mmap, orders: socket.socket, answers: int, work: Work) -> NoReturn:
    """Unpack what comes until nothing can come any more."""
    import socket

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        while True:
            message, locks, *_ = socket.recv_fds(orders, MESSAGE, 1)  # the lock is held by being open
            if not message:
                os._exit(0)
            number, start, end, about, _ = marshal.loads(message)  # noqa: S302 - from the process this is a copy of
            has_succeeded = bool(locks) or _succeeds(work, memory[start:end], about)
            os.write(answers, _ANSWER.pack(number << 1 | has_succeeded))
    finally:
        os._exit(0)


def _succeeds(work: Work, content: bytes, about: tuple[Any, ...]) -> bool:
    try:
        work(content, *about)
    except Exception:
        return False  # the other process will find the same fault, and has words for it
    return True


class Help:
    """The helper of a run, from when it is begun until the run ends; None where there is none."""

    def __init__(self) -> None:
        self.helper: Helper | None = None

    def begin(self, work: Work) -> None:
        """Make the helper, if there is none yet and it is safe and of use."""
        self.helper = self.helper or start_helper(work)

    def hold(self, lock: int) -> None:
        """Have the helper hold a lock, too, or do without it from now on."""
        if self.helper is not None and not self.helper.hold(lock):
            self.helper.end()
            self.helper = None

    def end(self) -> None:
        """Let it go."""
        if self.helper is not None:
            self.helper.end()


def key_of(digest: str, *, relaxed: bool = False) -> str:
    """What a wheel goes by at the helper: its SHA-256, and whether its RECORD is not held against it."""
    return f"{digest} relaxed" if relaxed else digest
