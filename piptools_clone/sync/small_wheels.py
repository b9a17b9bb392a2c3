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
from piptools_clone.sync.wheel_cache import WheelCache

if TYPE_CHECKING:
    from piptools_clone.index.index import Index
    from piptools_clone.index.promises import Promise

SMALL = 4 << 20  # bytes of a wheel; 19 in 20 are smaller
AT_ONCE = 48  # wheels that may be in memory

Accept = Callable[[Requirement, Artifact, BinaryIO, str], None]
"""Holds a file with that SHA-256 against the lock; raises `HashMismatch`."""


class SmallWheels:
    """Fetches small wheels and puts them into the cache."""

    def __init__(self, index: Index, wheels: WheelCache, accept: Accept) -> None:
        self._index = index
        self._wheels = wheels
        self._accept = accept
        self._waiting: deque[_Asked] = deque()
        self._under_way = 0

    def takes(self, artifact: Artifact) -> bool:
        """Whether a file is a wheel, not known to be large, and of an index."""
        return artifact.is_wheel and (artifact.size or 0) <= SMALL and not is_local(artifact.url)

    def ask(self, requirement: Requirement, artifact: Artifact, *, relaxed: bool) -> Callable[[], str]:
        """Ask for a wheel; what is returned waits for it, unpacks it and gives its SHA-256.

        That raises `IndexFailure`, `HashMismatch`, `WheelFault`; `BoundExceeded` for a wheel that is not small.
        """
        asked = _Asked(artifact)
        self._waiting.append(asked)
        self._send()

        def receive() -> str:
            body = self._take(asked)
            digest = sha256(body).hexdigest()
            self._accept(requirement, artifact, io.BytesIO(body), digest)
            self._wheels.add_content(body, artifact.filename, digest, relaxed=relaxed)
            return digest

        return receive

    def _send(self) -> None:
        while self._waiting and self._under_way < AT_ONCE:
            asked = self._waiting.popleft()
            asked.promise = self._index.content(asked.artifact, SMALL)
            self._under_way += 1

    def _take(self, asked: _Asked) -> bytes:
        assert asked.promise is not None, "wheels are taken in the order in which they were asked for"
        try:
            return asked.promise.result()
        finally:
            asked.promise = None
            self._under_way -= 1
            self._send()


class _Asked:
    """A wheel that was asked for, with its answer when the request was sent."""

    __slots__ = ("artifact", "promise")

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self.promise: Promise[bytes] | None = None
