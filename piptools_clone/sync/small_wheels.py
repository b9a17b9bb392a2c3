"""Wheels that memory holds many of: fetched all at the same time by one thread, and unpacked as they were received.

They are nearly all wheels there are.  A thread for each would spend more on waking the others than on its wheel.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

from piptools_clone.index.files import is_local
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.requirement import Requirement
from piptools_clone.sync.helper import Helper, start_helper
from piptools_clone.sync.wheel_cache import WheelCache

if TYPE_CHECKING:
    from piptools_clone.index.index import Index
    from piptools_clone.index.promises import Promise

SMALL = 4 << 20  # bytes of a wheel; 19 in 20 are smaller
AT_ONCE = 48  # wheels that may be in memory
WORTH_HELP = 4  # wheels; for fewer a second process is made too late

Accept = Callable[[Requirement, Artifact, BinaryIO, str], None]
"""Holds a file with that SHA-256 against the lock; raises `HashMismatch`."""


class _Asked:
    """A wheel that was asked for: its answer when the request was sent, and what came of it."""

    __slots__ = ("artifact", "digest", "error", "is_ready", "number", "promise", "relaxed", "requirement")

    def __init__(self, number: int, requirement: Requirement, artifact: Artifact, *, relaxed: bool) -> None:
        self.number = number
        self.requirement = requirement
        self.artifact = artifact
        self.relaxed = relaxed
        self.promise: Promise[bytes] | None = None
        self.digest = ""
        self.error: Exception | None = None
        self.is_ready = False

    @property
    def has_come(self) -> bool:
        return self.promise is not None and self.promise.done()


class SmallWheels:
    """Fetches small wheels and puts them into the cache; with a helper where there is another processor for it."""

    def __init__(self, index: Index, wheels: WheelCache, accept: Accept) -> None:
        self._index = index
        self._wheels = wheels
        self._accept = accept
        self._asked: list[_Asked] = []
        self._unsent: deque[_Asked] = deque()
        self._todo: deque[_Asked] = deque()
        self._under_way = 0
        self._helper: Helper | None = None
        self._given: dict[int, bytes] = {}
        self._may_help = True

    def takes(self, artifact: Artifact) -> bool:
        """Whether a file is a wheel, not known to be large, and of an index."""
        return artifact.is_wheel and (artifact.size or 0) <= SMALL and not is_local(artifact.url)

    def ask(self, requirement: Requirement, artifact: Artifact, *, relaxed: bool) -> Callable[[], str]:
        """Ask for a wheel; what is returned waits until it is unpacked and gives its SHA-256.

        That raises `IndexFailure`, `HashMismatch`, `WheelFault`; `BoundExceeded` for a wheel that is not small.
        All wheels are asked for before the first is waited for.
        """
        asked = _Asked(len(self._asked), requirement, artifact, relaxed=relaxed)
        for queue in (self._asked, self._unsent, self._todo):
            queue.append(asked)
        self._send()
        return lambda: self._finish(asked)

    def end(self) -> None:
        """Let the helper go."""
        self._may_help = False
        if self._helper is not None:
            self._helper.end()
            self._helper = None

    def _finish(self, asked: _Asked) -> str:
        self._get_help()
        while not asked.is_ready:
            self._hand_out()
            if asked.number in self._given and (self._is_done(asked) or not (self._todo and self._todo[0].has_come)):
                self._settle(asked)
            elif not asked.is_ready:
                self._unpack(self._todo.popleft())
        if asked.error is not None:
            raise asked.error
        return asked.digest

    def _get_help(self) -> None:
        if self._may_help and len(self._asked) >= WORTH_HELP:
            import piptools_clone.sync.unpack  # noqa: F401 - once, not in both processes

            self._helper = start_helper(self._add)
        self._may_help = False

    def _hand_out(self) -> None:
        """Give the helper what has come, but for one wheel to unpack here."""
        while self._helper is not None and self._helper.has_room and len(self._todo) > 1 and self._todo[1].has_come:
            asked = self._todo[1]
            del self._todo[1]
            content = self._take(asked)
            if content is not None and self._helper.give(asked.number, content):
                self._given[asked.number] = content
            elif content is not None:
                self._put(asked, content)

    def _is_done(self, asked: _Asked) -> bool:
        return self._helper is None or not self._helper.is_at(asked.number)

    def _settle(self, asked: _Asked) -> None:
        """Wait for the helper, and do what it could not do."""
        content = self._given.pop(asked.number)
        if self._helper is not None and self._helper.has_done(asked.number):
            asked.is_ready = True
        else:
            self._put(asked, content)

    def _unpack(self, asked: _Asked) -> None:
        content = self._take(asked)
        if content is not None:
            self._put(asked, content)

    def _put(self, asked: _Asked, content: bytes) -> None:
        try:
            self._add(content, asked.number)
        except Exception as error:
            asked.error = error
        asked.is_ready = True

    def _add(self, content: bytes, number: int) -> None:
        asked = self._asked[number]
        digest = asked.digest or sha256(content).hexdigest()  # the helper knows none
        self._wheels.add_content(content, asked.artifact.filename, digest, relaxed=asked.relaxed)

    def _take(self, asked: _Asked) -> bytes | None:
        """Wait for a wheel and hold it against the lock; None when it failed."""
        assert asked.promise is not None, "those before it are done, so it was sent"
        try:
            content = asked.promise.result()
            asked.digest = sha256(content).hexdigest()
            self._accept(asked.requirement, asked.artifact, io.BytesIO(content), asked.digest)
        except Exception as error:
            asked.error, asked.is_ready, content = error, True, None
        asked.promise = None
        self._under_way -= 1
        self._send()
        return content

    def _send(self) -> None:
        while self._unsent and self._under_way < AT_ONCE:
            asked = self._unsent.popleft()
            asked.promise = self._index.content(asked.artifact, SMALL)
            self._under_way += 1
