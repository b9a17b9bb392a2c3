"""A second process that does work which is mere computing, for a second processor.

Threads of one interpreter take turns in computing.  The helper is a copy of this process, forked while it has one
thread.  It gets what to work on through memory that both share, puts what comes of it where any process may put it, and
says what it has done.  Whatever it does not do, for whatever reason, is done here, so nothing but time depends on it.
It ends when this process closes its end or is gone.
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
from typing import TYPE_CHECKING, Any, NoReturn

from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    import socket

MEMORY = 32 << 20  # bytes that can be given to a helper until it is done with all of them
MESSAGE = 1 << 16  # bytes of a message; a name of a file is far shorter
MODESTY = 10  # steps of niceness
DONT_WAIT = 0x40  # socket.MSG_DONTWAIT of Linux

_LOCK = "lock"
_ENDS = (signal.SIGINT, signal.SIGTERM)
_ANSWER = struct.Struct("I")  # the number of a piece, and whether it succeeded; written as one, so read as one

Work = Callable[..., object]
"""What the helper does with the content that it is given; what else it is told was given with that."""


class _Message(NamedTuple):
    number: int
    start: int
    end: int
    about: tuple[Any, ...]


class HelperProcess:
    """The other process, as seen from this one; for one thread at a time.  A piece goes by the key it is given with.

    ``answers`` is a descriptor that can be read from when there is something to `hear`; ``lives`` is False once that
    was the end of it.  Both ends of the messages are open here, and one goes to the process that asks first: so what
    the helper has not begun can be taken back.
    """

    def __init__(
        self, child: int, memory: mmap.mmap, sockets: tuple[socket.socket, socket.socket], answers: int
    ) -> None:
        self._child = child
        self._memory = memory
        self._messages, self._waiting = sockets
        self.answers = answers
        self.lives = True
        self._number = 0
        self._used = 0
        self._given: dict[str, _Message] = {}
        self._open: dict[int, str] = {}
        self._done: set[int] = set()
        self._dismissed = self._gone = False

    def give(self, key: str, content: bytes, *about: str | bool) -> bool:
        """Give the helper a piece and what it must know of it, in types that marshal knows; whether it took it."""
        given = self._next(len(content), about)
        message = marshal.dumps((*given, key))
        if given.end > MEMORY or len(message) > MESSAGE:
            return False
        self._memory[given.start : given.end] = content
        try:
            self._messages.send(message, DONT_WAIT)
        except OSError:  # it is gone, or has more than enough to do
            return False
        self._note(key, given)
        return True

    def forget(self) -> None:
        """Use the memory anew, if it is done with everything; nothing is asked of what it was given until now."""
        if not self._open:
            self._used = 0
            self._given.clear()
            self._done.clear()

    def take_back(self) -> str | None:
        """Take the oldest piece back that the helper has not begun, and give its key; None for none."""
        try:
            message = self._waiting.recv(MESSAGE, DONT_WAIT)
        except OSError:
            message = b""
        if not message:
            return None
        number, *_, key = marshal.loads(message)  # noqa: S302 - our own words
        self._open.pop(number, None)
        return str(key)

    def took(self, key: str) -> bool:
        """Whether the helper was given a piece, whatever became of it."""
        return key in self._given

    def content(self, key: str) -> bytes:
        """The content of a piece that the helper took."""
        given = self._given[key]
        return self._memory[given.start : given.end]

    def is_at(self, key: str) -> bool:
        """Whether the helper still has a piece to do that it took."""
        self.hear()
        return self._given[key].number in self._open

    def has_done(self, key: str) -> bool:
        """Wait until the helper is done with a piece that it took, and tell whether that went well."""
        number = self._given[key].number
        while number in self._open:
            self.hear(wait=True)
        return number in self._done

    def settle(self) -> None:
        """Take everything back that the helper has not begun, and wait until it is done with the rest."""
        while self.take_back() is not None:
            continue
        while self._open:
            self.hear(wait=True)

    def hold(self, lock: int) -> bool:
        """Have the helper hold a lock as well, for as long as it could write; whether it does."""
        import socket

        given = self._next(0, ())
        try:
            socket.send_fds(self._messages, [marshal.dumps((*given, _LOCK))], [lock])
        except OSError:
            return False
        self._note(_LOCK, given)
        return self.has_done(_LOCK)

    def dismiss(self) -> None:
        """Have it end when it is done with what it has begun; nothing more can be asked of it."""
        if not self._dismissed:
            self._dismissed = True
            while self.take_back() is not None:  # it is not wanted any more
                continue
            self._messages.close()
            self._waiting.close()
            os.close(self.answers)

    def end(self) -> None:
        """Dismiss it, and wait until it is gone."""
        self.dismiss()
        if not self._gone:
            self._gone = True
            self._has_ended(0)
            self._memory.close()

    def leave(self) -> None:
        """Dismiss it, without waiting: `see_off` looks after those that leave."""
        self.dismiss()
        _leaving.append(self)

    def is_gone(self) -> bool:
        """Whether it has ended; a process that ended stays known to the system until its parent looks."""
        if not self._gone:
            self._gone = self._has_ended(os.WNOHANG)
            if self._gone:
                self._memory.close()
        return self._gone

    def hear(self, *, wait: bool = False) -> list[str]:
        """Hear of which pieces the helper is done with, or will never be, for it is gone; gives their keys."""
        if self._dismissed and not self._open:
            return []
        os.set_blocking(self.answers, wait)
        try:
            answers = os.read(self.answers, 4096)
        except BlockingIOError:
            return []
        self.lives = bool(answers)
        told = [answer for (answer,) in _ANSWER.iter_unpack(answers)] or [number << 1 for number in self._open]
        self._done.update(answer >> 1 for answer in told if answer & 1)
        keys = [self._open.pop(answer >> 1, None) for answer in told]
        return [key for key in keys if key is not None]

    def _has_ended(self, options: int) -> bool:
        try:
            return os.waitpid(self._child, options)[0] != 0
        except ChildProcessError:  # the process ignores SIGCHLD, so the system forgets children that end
            return True

    def _next(self, size: int, about: tuple[Any, ...]) -> _Message:
        return _Message(self._number, self._used, self._used + size, about)

    def _note(self, key: str, given: _Message) -> None:
        self._number += 1
        self._used = given.end
        self._given[key] = given
        self._open[given.number] = key


_leaving: list[HelperProcess] = []


def start_helper(work: Work, *, modest: bool = False) -> HelperProcess | None:
    """Make the helper, where that is safe and of use: on Linux, for a process of one thread with several processors.

    A ``modest`` one leaves the processors to others where they are few: nothing waits for it.
    """
    if sys.platform != "linux" or threading.active_count() > 1 or len(os.sched_getaffinity(0)) < 2:
        return None
    import socket

    see_off(wait=True)
    memory = mmap.mmap(-1, MEMORY)
    messages, waiting = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    answers, answers_write = os.pipe()
    # An interrupt that comes while others are told of the fork would be lost.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    child = os.fork()
    if child == 0:
        for number in _ENDS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        messages.close()
        os.close(answers)
        os.nice(MODESTY if modest else 0)
        _serve(memory, waiting, answers_write, work)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(answers_write)
    return HelperProcess(child, memory, (messages, waiting), answers)


def see_off(*, wait: bool) -> None:
    """Look after helpers that leave: those that are gone already, or all, waiting for them some milliseconds."""
    for helper in list(_leaving):
        if wait:
            helper.end()
        if helper.is_gone():
            _leaving.remove(helper)


def _serve(memory: mmap.mmap, messages: socket.socket, answers: int, work: Work) -> NoReturn:
    """Do what comes until nothing can come any more."""
    import socket

    try:
        while True:
            message, locks, *_ = socket.recv_fds(messages, MESSAGE, 1)  # the lock is held by being open
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
