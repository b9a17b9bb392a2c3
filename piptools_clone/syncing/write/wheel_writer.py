"""Write wheels on two processors: with the helper process of the run, else with a thread.

A thread takes whole wheels: while the kernel makes a file for one, the other computes, and more than two gain nothing.
A helper process, which does not take turns with this one, is given the files that lie as they lie in the wheel.  Each
pack is held against its digest where it is written.  Nothing is being written any more when this has ended, whatever
happens, and nothing that was staged is used before.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self

from piptools_clone.process.workers import Task, Worker, WorkerThread
from piptools_clone.syncing.write.layout import Incoming
from piptools_clone.syncing.write.staging import Job
from piptools_clone.syncing.write.wheel_work import WRITE
from piptools_clone.syncing.write.write_wheels import LinkMode, Writer
from piptools_clone.wheels.pack import DamagedPack, Pack
from piptools_clone.wheels.wheel_cache import WheelCache


class WheelWriter:
    """A context manager; ``damaged`` are the names of packs that are not what was written, complete at its end.

    What fails beside is raised at the end.
    """

    def __init__(self, wheels: WheelCache, mode: LinkMode = LinkMode.AUTO, worker: Worker | None = None) -> None:
        self.damaged: list[str] = []
        self._wheels = wheels
        self._mode = mode
        self._thread: WorkerThread | None = None
        self._worker = worker or Worker()
        if not self._worker.is_there or mode is LinkMode.HARDLINK:
            self._thread = WorkerThread()
        self._given: list[tuple[str, Incoming, Job]] = []

    def __enter__(self) -> Self:
        if self._thread is not None:
            self._thread.begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        if self._thread is None:
            try:
                if kind is None:
                    self._finish()
            finally:
                self._worker.settle()
            return
        self._thread.settle()
        if self._thread.failure is not None and kind is None:
            raise self._thread.failure

    def take(self, pack: Pack, incoming: Incoming, job: Job) -> None:
        """Write a wheel, here or beside; its pack is checked and closed."""
        if self._thread is None:
            self._share_plain_files(pack, incoming, job)
            return
        with pack.closed_on_error():
            tree = self._wheels.tree(incoming.sha256, pack) if self._mode is LinkMode.HARDLINK else None
        task = Task("", partial(self._write_whole, pack, incoming, job, Writer(self._mode, tree=tree)))
        if not self._thread.give(task):
            task.here(b"")

    def _write_whole(self, pack: Pack, incoming: Incoming, job: Job, writer: Writer, _: bytes) -> None:
        """Write all of a wheel; for both threads."""
        with pack:
            if self.damaged or (self._thread is not None and self._thread.failure is not None):
                return  # nothing of it will be used
            self._write_checked(pack, incoming, lambda: job.write(pack, writer))

    def _share_plain_files(self, pack: Pack, incoming: Incoming, job: Job) -> None:
        """Leave the plain files of a wheel to the helper process if it takes them, and write the rest."""
        key = f"write {incoming.sha256}"
        about = WRITE, incoming.sha256, incoming.relaxed, job.folder, str(self._mode)
        with pack:
            task = Task(key, lambda _: self._write_plain(incoming, job), about)
            if job.plain is pack.manifest.plain and self._worker.give(task):
                self._given.append((key, incoming, job))
                job.write_others(pack, Writer(self._mode))
            else:
                self._write_checked(pack, incoming, lambda: job.write(pack, Writer(self._mode)))

    def _finish(self) -> None:
        """Write what the helper process has not begun, and what it could not write."""
        while not self.damaged and self._worker.do_one():
            continue
        for key, incoming, job in self._given:
            if not self.damaged and not self._worker.has_done(key):
                _remove(job)  # it may have begun it
                self._write_plain(incoming, job)

    def _write_plain(self, incoming: Incoming, job: Job) -> None:
        pack = self._wheels.open(incoming.sha256, relaxed=incoming.relaxed)
        if pack is None:
            raise DamagedPack(incoming.sha256)
        with pack:
            self._write_checked(pack, incoming, lambda: job.write_plain(pack, Writer(self._mode)))

    def _write_checked(self, pack: Pack, incoming: Incoming, write: Callable[[], object]) -> None:
        """Write from a pack, and note whether that is what was written to it."""
        try:
            write()
            is_whole = pack.is_whole()
        except DamagedPack:
            is_whole = False
        if not is_whole:
            self.damaged.append(incoming.name)


def _remove(job: Job) -> None:
    for path, *_ in job.plain:
        with suppress(FileNotFoundError):
            os.unlink(f"{job.folder}/{path}")
