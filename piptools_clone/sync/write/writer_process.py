"""Write wheels with two processes: as `hands.Hands`, but where there is a helper, which does not take turns with us.

Only files that lie as they lie in the wheel are left to the helper; what it has not begun when all is laid out is taken
back.  It checks each pack that it writes of.  Nothing is being written any more when this has ended, whatever happens.
"""

from __future__ import annotations

import os
from contextlib import suppress
from types import TracebackType
from typing import Self

from piptools_clone.named_tuple import NamedTuple
from piptools_clone.process.helper_process import Helper
from piptools_clone.sync.write.helper_work import WRITE
from piptools_clone.sync.write.layout import Incoming
from piptools_clone.sync.write.staging import Job
from piptools_clone.sync.write.write_wheels import LinkMode, Writer
from piptools_clone.sync.write.writer_thread import write_checked
from piptools_clone.wheels.pack import DamagedPack, Pack
from piptools_clone.wheels.wheel_cache import WheelCache


class _Task(NamedTuple):
    incoming: Incoming
    job: Job


class TwoProcesses:
    """A context manager; ``damaged`` are the names of packs that are not what was written, complete at its end."""

    def __init__(self, helper: Helper, wheels: WheelCache, mode: LinkMode) -> None:
        self.damaged: list[str] = []
        self._helper = helper
        self._wheels = wheels
        self._mode = mode
        self._given: dict[str, _Task] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._helper.settle()
            self._helper.dismiss()  # to leave takes a process some milliseconds

    def take(self, pack: Pack, incoming: Incoming, job: Job) -> None:
        """Write a wheel, or leave it to the helper; check its pack and close that."""
        key = f"write {incoming.sha256}"
        about = incoming.sha256, incoming.relaxed, job.folder, str(self._mode)
        with pack:
            if job.plain is pack.manifest.plain and self._helper.give(key, b"", WRITE, *about):
                self._given[key] = _Task(incoming, job)
                job.write_others(pack, Writer(self._mode))
            else:
                self._note(incoming, whole=write_checked(pack, lambda: job.write(pack, Writer(self._mode))))

    def _finish(self) -> None:
        while not self.damaged and (key := self._helper.take_back()) is not None:
            self._write(self._given.pop(key))
        for key, task in self._given.items():
            if not self._helper.has_done(key) and not self.damaged:
                _remove(task.job)  # the helper may have begun it
                self._write(task)

    def _write(self, task: _Task) -> None:
        pack = self._wheels.open(task.incoming.sha256, relaxed=task.incoming.relaxed)
        if pack is None:
            raise DamagedPack(task.incoming.sha256)
        with pack:
            write = lambda: task.job.write_plain(pack, Writer(self._mode))  # noqa: E731 - one word for a step
            self._note(task.incoming, whole=write_checked(pack, write))

    def _note(self, incoming: Incoming, *, whole: bool) -> None:
        if not whole:
            self.damaged.append(incoming.name)


def _remove(job: Job) -> None:
    for path, *_ in job.plain:
        with suppress(FileNotFoundError):
            os.unlink(f"{job.folder}/{path}")
