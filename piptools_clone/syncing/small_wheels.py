"""Fetches small wheels, nearly all there are: all at the same time in one thread, and unpacks them from memory.

A thread for each would spend more on waking the others than on its wheel.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

from piptools_clone.formats.requirements.direct_reference import is_local
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.requirement import Requirement
from piptools_clone.process.workers import Task, Worker
from piptools_clone.syncing.write.wheel_work import AT_ONCE, SMALL, UNPACK, WORTH_HELP, WheelWork, key_of
from piptools_clone.wheels.wheel_cache import WheelCache

if TYPE_CHECKING:
    from piptools_clone.http.futures import Future
    from piptools_clone.index.index import Index


Accept = Callable[[Requirement, Artifact, BinaryIO, str], object]
"""Holds a file with that SHA-256 against the lock; raises `HashMismatch`."""


class _Asked:
    """A wheel that was asked for: its answer when the request was sent, and what came of it."""

    __slots__ = ("artifact", "digest", "error", "future", "is_given", "is_ready", "relaxed", "requirement")

    def __init__(self, requirement: Requirement, artifact: Artifact, *, relaxed: bool) -> None:
        self.requirement = requirement
        self.artifact = artifact
        self.relaxed = relaxed
        self.future: Future[bytes] | None = None
        self.digest = ""
        self.error: Exception | None = None
        self.is_given = False  # to the worker
        self.is_ready = False

    @property
    def has_come(self) -> bool:
        return self.future is not None and self.future.done()

    @property
    def about(self) -> tuple[str, str, bool]:
        return self.artifact.filename, self.digest, self.relaxed

    @property
    def key(self) -> str:
        return key_of(self.digest or self.artifact.sha256 or "", relaxed=self.relaxed)


class SmallWheels:
    """Fetches small wheels and puts them into the cache; with a worker where there is another processor for it.

    ``worker`` may have been given some of them already, by the keys of `key_of`; else it is begun when there is enough
    for it to do.  It is ended with the sync.
    """

    def __init__(
        self,
        open_index: Callable[[], Index],
        wheels: WheelCache,
        accept: Accept,
        worker: Worker,
    ) -> None:
        self._open_index = open_index
        self._wheels = wheels
        self._accept = accept
        self._count = 0
        self._unsent: deque[_Asked] = deque()
        self._todo: deque[_Asked] = deque()
        self._under_way = 0
        self._worker = worker

    def takes(self, artifact: Artifact) -> bool:
        """Whether a file is a wheel, not known to be large, and of an index."""
        return artifact.is_wheel and (artifact.size or 0) <= SMALL and not is_local(artifact.url)

    def ask(self, requirement: Requirement, artifact: Artifact, *, relaxed: bool) -> Callable[[], str]:
        """Ask for a wheel; what is returned waits until it is unpacked and gives its SHA-256.

        That raises `IndexFailure`, `HashMismatch`, `WheelFault`; `BoundExceeded` for a wheel that is not small.
        All wheels are asked for before the first is waited for.
        """
        asked = _Asked(requirement, artifact, relaxed=relaxed)
        if self._worker.took(asked.key):
            self._recognise(asked)
        else:
            self._unsent.append(asked)
            self._todo.append(asked)
            self._send()
            self._count += 1
        if self._count == WORTH_HELP:
            self._get_help()
        self.attend()
        return lambda: self._finish(asked)

    def attend(self) -> None:
        """Take in what has come, and leave it to the worker."""
        if self._todo:
            self._open_index().attend()
            self._hand_out()

    def _finish(self, asked: _Asked) -> str:
        while not asked.is_ready:
            self._hand_out()
            if asked.is_given and not self._worker.is_at(asked.key):
                self._settle(asked)
            elif not self._worker.do_one():
                if asked.is_given:
                    self._settle(asked)
                else:
                    self._unpack(self._todo.popleft())
        if asked.error is not None:
            raise asked.error
        return asked.digest

    def _get_help(self) -> None:
        import piptools_clone.wheels.unpack  # noqa: F401 - once, not in both processes

        self._worker.begin(WheelWork(self._wheels))

    def _recognise(self, asked: _Asked) -> None:
        """Hold a wheel against the lock that the worker has already."""
        asked.digest = asked.artifact.sha256 or ""
        asked.is_given = True
        content = self._worker.instead(asked.key, partial(self._put, asked))
        try:
            self._accept(asked.requirement, asked.artifact, io.BytesIO(content), asked.digest)
        except Exception as error:
            asked.error, asked.is_ready = error, True

    def _hand_out(self) -> None:
        """Give the worker what has come; what that has not begun when this process has time is done here."""
        if not self._worker.is_there:
            return
        for asked in [each for each in self._todo if each.has_come]:
            self._todo.remove(asked)
            content = self._take(asked)
            if content is not None:
                task = Task(asked.key, partial(self._put, asked), (UNPACK, *asked.about), content)
                asked.is_given = self._worker.give(task)
                if not asked.is_given:
                    self._put(asked, content)

    def _settle(self, asked: _Asked) -> None:
        """Wait for the worker, and do what it could not do."""
        if self._worker.has_done(asked.key):
            asked.is_ready = True
        else:
            self._put(asked, self._worker.content(asked.key))

    def _unpack(self, asked: _Asked) -> None:
        content = self._take(asked)
        if content is not None:
            self._put(asked, content)

    def _put(self, asked: _Asked, content: bytes) -> None:
        if asked.is_ready:  # it is not what was locked
            return
        try:
            self._wheels.add_content(content, *asked.about)
        except Exception as error:
            asked.error = error
        asked.is_ready = True

    def _take(self, asked: _Asked) -> bytes | None:
        """Wait for a wheel and hold it against the lock; None when it failed."""
        assert asked.future is not None, "those before it are done, so it was sent"
        try:
            content = asked.future.result()
            asked.digest = asked.artifact.sha256 or sha256(content).hexdigest()  # the index has compared its own
            self._accept(asked.requirement, asked.artifact, io.BytesIO(content), asked.digest)
        except Exception as error:
            asked.error, asked.is_ready, content = error, True, None
        asked.future = None
        self._under_way -= 1
        self._send()
        return content

    def _send(self) -> None:
        while self._unsent and self._under_way < AT_ONCE:
            asked = self._unsent.popleft()
            asked.future = self._open_index().content(asked.artifact, SMALL, locked=bool(asked.requirement.hashes))
            self._under_way += 1
