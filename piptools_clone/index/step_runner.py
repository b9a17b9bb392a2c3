"""Takes the steps of many answers at the same time, each question once: all concurrency of the index lives here.

Requests are moved by the `Driver` of the HTTP client while a future is waited for; what blocks (builds, whole files)
goes to a pool of threads; what may wait is done when nothing arrives, or by a helper process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from piptools_clone.errors import IndexFailure
from piptools_clone.http.futures import Future
from piptools_clone.http.request_steps import Blocking
from piptools_clone.http.steps import Ask, Idle, IndexStep, Steps
from piptools_clone.process.workers import ReportingWorker

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from piptools_clone.http.transport import Transport
    from piptools_clone.index.early_requests import EarlyRequests

T = TypeVar("T")

Then = Callable[[Any], None]
"""Goes on with the result of a step, or with the exception that it failed with."""

THREADS = 16  # slow pieces of work at once: whole files share one bandwidth, and servers count connections
WORTH_A_PROCESS = 192 * 1024  # bytes of a page that takes as long to read as it takes to make another process
LEFT_OF_AN_ORDER = 0.1  # of the time that something takes: to fetch what another process has made of it


class StepRunner:
    """Runs steps over a transport.  For several threads.

    ``early`` requests are answers to the same questions that are under way.  An ``executor`` that is given is not shut
    down.  ``fill`` is what a helper process does on an `Order`.  ``has_asked`` tells whether a request was sent.
    """

    def __init__(
        self,
        transport: Transport,
        fill: Callable[[bytes, str], object],
        *,
        early: EarlyRequests | None,
        offline: bool,
        executor: Executor | None,
    ) -> None:
        self.has_asked = self.is_closed = False
        self._transport = transport
        self._early = early
        self._offline = offline
        self._executor = executor
        self._own_executor: Executor | None = None
        self._lock = threading.Lock()
        self._asked: dict[Hashable, Future[Any]] = {}
        self._page_worker = ReportingWorker(
            fill, lambda *each: transport.open_driver().watch(*each), worth_it=WORTH_A_PROCESS
        )

    def known(self, key: Hashable) -> Future[Any] | None:
        """The answer to a question that was asked before."""
        return self._asked.get(key)

    def keep(self, key: Hashable, future: Future[T]) -> Future[T]:
        """Make an answer known, unless there is one already; the one that is known."""
        with self._lock:
            return self._asked.setdefault(key, future)

    def once(self, key: Hashable, begin: Callable[[], Steps[T]]) -> Future[T]:
        """The answer to a question; the first thread that asks takes the steps, up to where they must wait."""
        known = self._asked.get(key)
        if known is not None:
            return known
        future: Future[T] = Future(self.wait)
        asked = self.keep(key, future)
        if asked is future:
            self._advance(future, begin())
            self._wake()  # another thread may wait for it already
        return asked

    def run(self, steps: Steps[T]) -> Future[T]:
        """Take steps whose answer is not remembered."""
        future: Future[T] = Future(self.wait)
        self._advance(future, steps)
        return future

    def wait(self, done: Callable[[], bool], timeout: float | None) -> None:
        """Move requests until something is done, at most so many seconds."""
        self._transport.open_driver().run_until(done, timeout)

    def attend(self) -> None:
        """Take in what has arrived, without waiting."""
        if self._transport.driver is not None:
            self._transport.driver.attend()

    def hurry(self, url: str) -> None:
        """Do what idles for a page now, if that is there."""
        if self._transport.driver is not None:
            self._page_worker.hurry(url)
            self._transport.driver.hurry(url)

    def later(self, job: Callable[[], object]) -> None:
        """Do something when there is time."""
        if self._transport.driver is None:
            job()
        else:
            self._transport.driver.later(job)

    def stop(self) -> None:
        """Begin nothing any more."""
        with self._lock:
            self.is_closed = True

    def close(self) -> None:
        """End everything that is under way.  Promises that were not kept fail."""
        self.stop()
        self._page_worker.close()
        self._transport.close()
        with self._lock:
            waiting = [future for future in self._asked.values() if not future.done()]
        for future in waiting:
            future.fail(_ending())
        if self._own_executor is not None:
            self._own_executor.shutdown(wait=True, cancel_futures=True)

    def _advance(self, future: Future[T], steps: Steps[T], outcome: object = None) -> None:
        """Take the next step with what came of the last one."""
        try:
            step = steps.throw(outcome) if isinstance(outcome, Exception) else steps.send(outcome)
        except StopIteration as done:
            future.fulfil(done.value)
        except Exception as error:
            future.fail(error)
        else:
            self._perform(step, partial(self._advance, future, steps))

    def _perform(self, step: IndexStep, then: Then) -> None:
        """Do what a step asks for, by the HTTP client or in a thread, and pass its result or failure on."""
        if self.is_closed:
            then(_ending())
        elif isinstance(step, Idle):
            then_idle = partial(self._when_idle, step, then)
            if step.order is None or not self._page_worker.give(step.url, step.order, then_idle):
                then_idle(False)
        elif isinstance(step, Blocking):
            self._submit(step.call, then)
        else:
            self._ask(step, then)

    def _when_idle(self, step: Idle, then: Then, is_done: bool) -> None:
        """Go on when nothing arrives."""
        seconds = step.seconds * LEFT_OF_AN_ORDER if is_done else step.seconds
        driver = self._transport.open_driver()
        driver.soon(lambda: then(_ending() if self.is_closed else is_done), seconds, step.url)

    def _ask(self, ask: Ask, then: Then) -> None:
        """Send a request, unless it was sent early."""
        self.has_asked = not self._offline
        if self._early is None or not self._early.take(ask, then):
            self._transport.ask(ask.url, headers=ask.headers, limit=ask.limit, what=ask.what, then=then)

    def _submit(self, work: Callable[[], Any], then: Then) -> None:
        """Let a thread of the pool do something that blocks."""
        with self._lock:
            executor = None if self.is_closed else self._open_executor()
        if executor is None:
            then(_ending())
        else:
            executor.submit(self._work, work, then)

    def _work(self, work: Callable[[], Any], then: Then) -> None:
        try:
            try:
                outcome = work()
            except Exception as error:
                outcome = error
            then(outcome)
        finally:
            self._wake()

    def _wake(self) -> None:
        if self._transport.driver is not None:
            self._transport.driver.wake()

    def _open_executor(self) -> Executor:
        if self._executor is None:
            from concurrent.futures import ThreadPoolExecutor

            self._own_executor = self._executor = ThreadPoolExecutor(THREADS, "index")
        return self._executor


def _ending() -> IndexFailure:
    return IndexFailure("the run is ending")
