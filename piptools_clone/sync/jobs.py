"""Work that is slow by itself, in threads; none is started, and nothing of it imported, unless there is some."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

THREADS = 8  # unpacking shares two to eight cores with downloads; more gains nothing

T = TypeVar("T")


class Jobs:
    """A pool of threads, made when the first job comes."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def add(self, job: Callable[[], T]) -> Callable[[], T]:
        """Begin a job; what is returned waits for its end, and raises what it raised."""
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(THREADS, "stage")
        return self._pool.submit(job).result

    def drop(self) -> None:
        """Begin nothing that is not begun."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def end(self) -> None:
        """Wait for everything that was begun."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
