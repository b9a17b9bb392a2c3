"""What exists: pages, metadata, direct references and files, asked for by name and answered by promises.

Concurrency lives here alone.  What the cache holds is answered at once, in the asking thread.  Requests are moved by
the `Driver` of the HTTP client while a promise is waited for; what blocks (builds, whole files) goes to a pool of
threads.  Asking twice costs nothing.  Failures travel in the promises.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from piptools_clone.errors import IndexFailure
from piptools_clone.http.fetcher import Fetcher, OfflineFetcher
from piptools_clone.http.futures import Promise, join
from piptools_clone.http.steps import Ask, Idle, Step, Steps, Work, perform
from piptools_clone.http.transport import Transport
from piptools_clone.index.files import Files
from piptools_clone.index.metadata.release_metadata import MetadataReader
from piptools_clone.index.metadata.trust import Trust
from piptools_clone.index.pages.page_request import page_request
from piptools_clone.index.pages.pages import Pages, PartialReader, put_together
from piptools_clone.index.pages.project import Project, ProjectSource
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.policy import IndexStrategy, Policy
from piptools_clone.process.workers import ReportingWorker
from piptools_clone.settings.index_settings import IndexSettings

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from piptools_clone.http.driver import Driver
    from piptools_clone.index.early_requests import EarlyRequests
    from piptools_clone.index.metadata.directs import DirectCandidate, DirectReader
    from piptools_clone.index.metadata.source_builder import SourceBuilder
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.store.cache import Cache

T = TypeVar("T")

Then = Callable[[Any], None]
"""Who goes on with the result of a step, or with the exception that it failed with."""

THREADS = 16  # slow pieces of work at once: whole files share one bandwidth, and servers count connections
WORTH_A_PROCESS = 192 * 1024  # bytes of a page that takes as long to read as it takes to make another process
LEFT_OF_AN_ORDER = 0.1  # of the time that something takes: to fetch what another process has made of it


class Index:
    """The indexes and find-links places of a run as one.  For several threads.

    ``make_builder`` makes what builds sources, when that is needed.  ``offline`` answers from the cache however old it
    is, ``refresh`` tells of which projects (canonical names) the pages are asked for again however fresh they are.  An
    ``executor`` that is given is not shut down.  ``early`` requests are taken over and closed with the index.
    ``warnings`` fill up with what a user should hear; ``has_asked`` tells whether anything was asked of the network.
    """

    def __init__(
        self,
        settings: IndexSettings,
        policy: Policy,
        *,
        cache: Cache | None,
        environ: Mapping[str, str],
        make_builder: Callable[[], SourceBuilder],
        early: EarlyRequests | None = None,
        offline: bool = False,
        refresh: Callable[[str], bool] = lambda _: False,
        executor: Executor | None = None,
    ) -> None:
        self.warnings: list[str] = []
        self._early = early
        self._transport = early.transport if early else Transport(settings, environ=environ)
        self._fetcher: Fetcher = OfflineFetcher() if offline else self._transport
        self._offline = offline
        self.has_asked = False
        self._make_builder = make_builder
        self._made_builder: SourceBuilder | None = None
        self._trust = Trust(self._transport.identity, settings)
        self._files = Files(self._fetcher, cache, self._trust)
        self._metadata = MetadataReader(cache, self._files, self._open_builder, self._later, self._trust)
        self._cache = cache
        self._pages = Pages(
            settings,
            cache,
            self._transport,
            self.warnings.append,
            offline=offline,
            refresh=refresh,
            later=self._later,
        )
        self._page_worker = ReportingWorker(
            self._pages.fill_order, lambda *each: self._driver().watch(*each), worth_it=WORTH_A_PROCESS
        )
        self._first_only = policy.strategy is IndexStrategy.FIRST_INDEX
        self._executor = executor
        self._own_executor: Executor | None = None
        self._lock = threading.Lock()
        self._asked: dict[Hashable, Promise[Any]] = {}
        self._closed = False

    @property
    def took_unasked(self) -> bool:
        """Whether a page was taken from the cache without asking the index: it may know more by now."""
        return self._pages.took_unasked

    def show(self, reader: PartialReader) -> None:
        """Have the likely releases of each large page read as soon as it comes; see `Pages`."""
        self._pages.reader = reader

    def hurry(self, name: str) -> None:
        """Read the page of a project now, if it is there: the solver waits for it."""
        driver = self._transport.driver
        if driver is not None:
            for url in [page_request(place, name).url for place in self._pages.places]:
                self._page_worker.hurry(url)
                driver.hurry(url)

    def attend(self) -> None:
        """Take in what has arrived, without waiting."""
        if self._transport.driver is not None:
            self._transport.driver.attend()

    def page(self, name: str) -> Promise[Project]:
        """Everything that is known of a project, by canonical name; one that no place knows does not ``exist``.

        All places are asked at the same time, or, by the strategy first-index, one after the other.
        """
        with self._lock:
            known = self._asked.get(("page", name))
        if known is not None:
            return known
        if self._first_only:
            sources = self._once(("sources", name), partial(self._pages.first_steps, name))
            whole = join([sources], lambda found: put_together(name, found[0]), self._wait)
        else:
            parts = [self._sources(place, name) for place in self._pages.places]
            whole = join(parts, partial(put_together, name), self._wait)
        with self._lock:
            return self._asked.setdefault(("page", name), whole)

    def metadata(self, artifact: Artifact, *, build: bool = True) -> Promise[CoreMetadata]:
        """The metadata of a file.  Fails with MetadataError, BuildFailure or IndexFailure.

        Without ``build`` nothing is built for it: it fails with NeedsBuild where a build would be needed.
        """
        key = "metadata", artifact.url, artifact.hashes, artifact.sidecar, artifact.source, build
        read = self._asked.get((*key[:-1], False)) if build else None
        if read is not None and read.done() and read.exception() is None:
            return read
        return self._once(key, partial(self._metadata.steps, artifact, build=build))

    def direct(self, requirement: Requirement) -> Promise[DirectCandidate]:
        """What the direct reference of a requirement leads to.  Fails with InputError too."""
        url, editable, name, hashes = requirement.url, requirement.editable, requirement.name, requirement.hashes
        self.vouch(url or "")
        key = "direct", url, editable, name, hashes, requirement.config_settings
        return self._once(key, partial(_working, partial(self._direct.answer, requirement)))

    def direct_url(self, name: str, url: str, asker: str = "") -> Promise[DirectCandidate]:
        """What a direct reference in the metadata of a release leads to; ``name`` is what it must hold.

        ``asker`` is the release, fit to be shown, unless it is the user's own.
        """
        read = partial(self._direct.read_asked, asker=asker) if asker else self._direct.read
        return self._once(("direct", url, bool(asker), name, ()), partial(_working, partial(read, url, name=name)))

    @cached_property
    def _direct(self) -> DirectReader:
        from piptools_clone.index.metadata.directs import DirectReader

        return DirectReader(self._files, self._cache, self._open_builder(), self._trust)

    def sha256(self, artifact: Artifact) -> Promise[str]:
        """The hexadecimal SHA-256 of a file: the index's word, else that of its bytes, which are fetched."""
        key = "sha256", artifact.url, artifact.hashes, artifact.source
        return self._once(key, partial(self._sha256, artifact))

    def download(self, artifact: Artifact, path: str, *, locked: bool = False) -> Promise[str]:
        """Fetch a file to ``path``, held against the digests of the index; the answer is its SHA-256.

        ``locked`` tells that the caller holds it against digests of a lock.
        """
        fetch = partial(self._files.fetch, artifact, path, locked=locked)
        return self._once(("download", artifact, path), partial(_working, fetch))

    def content(self, artifact: Artifact, limit: int, *, locked: bool = False) -> Promise[bytes]:
        """The bytes of a remote file of at most ``limit``, as `download`; not remembered."""
        promise: Promise[bytes] = Promise(self._wait)
        self._advance(promise, self._files.content(artifact, limit, locked=locked))
        return promise

    def vouch(self, url: str) -> None:
        """Note that the user wrote an address themselves; see `Credentials.vouch`."""
        self._transport.vouch(url)

    def close(self) -> None:
        """End everything that is under way: builds, requests, threads.  Promises that were not kept fail."""
        with self._lock:
            self._closed = True
            waiting = [promise for promise in self._asked.values() if not promise.done()]
        if self._made_builder is not None:
            self._made_builder.stop()
        self._page_worker.close()
        self._transport.close()
        self._metadata.save()
        for promise in waiting:
            promise.fail(_ending())
        if self._own_executor is not None:
            self._own_executor.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open_builder(self) -> SourceBuilder:
        """What builds, for those few runs that need it."""
        with self._lock:
            if self._made_builder is None:
                self._made_builder = self._make_builder()
                if self._closed:
                    self._made_builder.stop()
            return self._made_builder

    def _sources(self, place: str, name: str) -> Promise[list[ProjectSource]]:
        return self._once(("sources", place, name), partial(self._pages.steps, place, name))

    def _sha256(self, artifact: Artifact) -> Steps[str]:
        known = artifact.sha256
        found: str = known or (yield Work(partial(self._files.sha256, artifact)))
        return found

    def _once(self, key: Hashable, begin: Callable[[], Steps[T]]) -> Promise[T]:
        """The promise of a key; the first one who asks takes the steps, up to where they must wait."""
        known = self._asked.get(key)
        if known is not None:
            return known
        promise: Promise[T] = Promise(self._wait)
        with self._lock:
            asked = self._asked.setdefault(key, promise)
        if asked is promise:
            self._advance(promise, begin())
            self._wake()  # another thread may wait for it already
        return asked

    def _advance(self, promise: Promise[T], steps: Steps[T], outcome: object = None) -> None:
        """Take the next step with what came of the last one."""
        try:
            step = steps.throw(outcome) if isinstance(outcome, Exception) else steps.send(outcome)
        except StopIteration as done:
            promise.fulfil(done.value)
        except Exception as error:
            promise.fail(error)
        else:
            self._perform(step, partial(self._advance, promise, steps))

    def _perform(self, step: Step, then: Then) -> None:
        """Do what a step asks for, by the HTTP client or in a thread, and pass its result or failure on."""
        if self._closed:
            then(_ending())
        elif isinstance(step, Idle):
            then_idle = partial(self._when_idle, step, then)
            if step.order is None or not self._page_worker.give(step.url, step.order, then_idle):
                then_idle(False)
        elif isinstance(step, Work):
            self._submit(step.call, then)
        elif self._offline:
            then(_outcome(partial(perform, step, self._fetcher)))
        else:
            self._ask(step, then)

    def _when_idle(self, step: Idle, then: Then, is_done: bool) -> None:
        """Go on when nothing arrives."""
        seconds = step.seconds * LEFT_OF_AN_ORDER if is_done else step.seconds
        self._driver().soon(lambda: then(_ending() if self._closed else is_done), seconds, step.url)

    def _ask(self, ask: Ask, then: Then) -> None:
        """Send a request, unless it was sent early."""
        self.has_asked = True
        if self._early is None or not self._early.take(ask, then):
            self._transport.ask(ask.url, headers=ask.headers, limit=ask.limit, what=ask.what, then=then)

    def _submit(self, work: Callable[[], Any], then: Then) -> None:
        """Let a thread of the pool do something that blocks."""
        with self._lock:
            executor = None if self._closed else self._open_executor()
        if executor is None:
            then(_ending())
        else:
            executor.submit(self._work, work, then)

    def _work(self, work: Callable[[], Any], then: Then) -> None:
        try:
            then(_outcome(work))
        finally:
            self._wake()

    def _wait(self, done: Callable[[], bool], timeout: float | None) -> None:
        self._driver().run_until(done, timeout)

    def _wake(self) -> None:
        if self._transport.driver is not None:
            self._transport.driver.wake()

    def _later(self, job: Callable[[], object]) -> None:
        if self._transport.driver is None:
            job()
        else:
            self._transport.driver.later(job)

    def _driver(self) -> Driver:
        return self._transport.open_driver()

    def _open_executor(self) -> Executor:
        if self._executor is None:
            from concurrent.futures import ThreadPoolExecutor

            self._own_executor = self._executor = ThreadPoolExecutor(THREADS, "index")
        return self._executor


def _working(work: Callable[[], T]) -> Steps[T]:
    """One step that blocks."""
    found: T = yield Work(work)
    return found


def _outcome(work: Callable[[], Any]) -> object:
    """What a call returns, or the exception that it raises."""
    try:
        return work()
    except Exception as error:
        return error


def _ending() -> IndexFailure:
    return IndexFailure("the run is ending")
