"""Hold packs against their digests in a thread, while the next one is being written.

Making a file is the business of the kernel, a digest that of the processor: together they take no longer than the
first alone.  Nothing that was staged is used before `Checker` has ended.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from piptools_clone.sync.pack import Pack


class Checker:
    """A context manager; ``damaged`` are the names of packs that are not what was written, complete at its end."""

    def __init__(self) -> None:
        self.damaged: list[str] = []
        self._packs: SimpleQueue[tuple[Pack, str] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="check", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        self._packs.put(None)
        self._thread.join()

    @contextmanager
    def checked(self, pack: Pack, name: str) -> Iterator[None]:
        """Check a pack after the block, and close it."""
        try:
            yield
        except BaseException:
            pack.close()
            raise
        self._packs.put((pack, name))

    def _run(self) -> None:
        while (item := self._packs.get()) is not None:
            pack, name = item
            with pack:
                if not pack.is_whole():
                    self.damaged.append(name)
