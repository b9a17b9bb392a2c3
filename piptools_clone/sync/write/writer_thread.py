"""Write wheels with two threads: while the kernel makes a file for one, the other computes.

More than two gain nothing, for threads of one interpreter take turns in everything but that.  Each pack is held against
its digest by whoever has written it; nothing that was staged is used before `Hands` has ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from piptools_clone.named_tuple import NamedTuple
from piptools_clone.wheels.pack import DamagedPack, Pack


class _Job(NamedTuple):
    pack: Pack
    name: str
    write: Callable[[], object]


class Hands:
    """A context manager; ``damaged`` are the names of packs that are not what was written, complete at its end.

    What fails in the other thread is raised at the end.
    """

    def __init__(self) -> None:
        self.damaged: list[str] = []
        self._failure: BaseException | None = None
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="write", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        self._jobs.put(None)
        self._thread.join()
        if self._failure is not None and kind is None:
            raise self._failure

    def take(self, pack: Pack, name: str, write: Callable[[], object]) -> None:
        """Write a wheel, check its pack and close that: here, or in the other thread if that has nothing to do."""
        job = _Job(pack, name, write)
        if self._jobs.empty():
            self._jobs.put(job)
        else:
            self._do(job)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._do(job)
            except BaseException as error:
                self._failure = self._failure or error

    def _do(self, job: _Job) -> None:
        with job.pack as pack:
            if self._failure is not None or self.damaged:
                return  # nothing of it will be used
            if not write_checked(pack, job.write):
                self.damaged.append(job.name)


def write_checked(pack: Pack, write: Callable[[], object]) -> bool:
    """Write from a pack, and tell whether that is what was written to it."""
    try:
        write()
        return pack.is_whole()
    except DamagedPack:
        return False
