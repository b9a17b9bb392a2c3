"""A pool of threads for large downloads and builds; it is made, and imported, only when there are some."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from piptools_clone.http.futures import Future

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

THREADS = 8  # unpacking shares two to eight cores with downloads; more gains nothing

T = TypeVar("T")


class Jobs:
    """Notes jobs, and runs them in threads once they are to begin."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: list[Callable[[], object]] = []

    def add(self, job: Callable[[], T]) -> Callable[[], T]:
        """Note a job; what is returned waits for its end once all have begun, and raises what it raised."""
        future: Future[T] = Future()
        self._waiting.append(lambda: self._open_pool().submit(future.run, job))
        return future.result

    def begin(self) -> None:
        """Begin all that was noted.  Before that there are no threads, and nothing is said by any."""
        for begin in self._waiting:
            begin()
        self._waiting.clear()

    def drop(self) -> None:
        """Begin nothing that is not begun."""
        self._waiting.clear()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def end(self) -> None:
        """Wait for everything that was begun."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)

    def _open_pool(self) -> ThreadPoolExecutor:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(THREADS, "stage")
        return self._pool
