"""What exists: pages, metadata, direct references and files, asked for by name and answered by promises.

Concurrency lives here alone.  What the cache holds is answered at once, in the asking thread; everything else by a
pool of threads.  Asking twice costs nothing.  Failures travel in the promises.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from piptools_clone.errors import IndexFailure
from piptools_clone.index.build import Builder, BuildOptions
from piptools_clone.index.direct import DirectCandidate, DirectReader
from piptools_clone.index.fetcher import Fetcher, OfflineFetcher
from piptools_clone.index.files import Files, is_local
from piptools_clone.index.metadata import MetadataReader
from piptools_clone.index.pages import Pages, put_together
from piptools_clone.index.project import Project, Source
from piptools_clone.index.promises import Promise, join
from piptools_clone.index.settings import IndexSettings
from piptools_clone.index.transport import Transport
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.policy import IndexStrategy, Policy
from piptools_clone.model.requirement import Requirement

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from piptools_clone.index.cache import Cache

T = TypeVar("T")

THREADS = 16  # requests under way at once: more gains little on one connection's bandwidth, and servers count them


class Index:
    """The indexes and find-links places of a run as one.  For several threads.

    ``announce`` is told of each build.  ``offline`` answers from the cache however old it is, ``refresh`` asks again
    for every page.  An ``executor`` that is given is not shut down.  ``warnings`` fill up with what a user should hear.
    """

    def __init__(
        self,
        settings: IndexSettings,
        policy: Policy,
        *,
        cache: Cache | None,
        environ: Mapping[str, str],
        announce: Callable[[str], None],
        transport: Transport | None = None,
        build_options: BuildOptions | None = None,
        offline: bool = False,
        refresh: bool = False,
        executor: Executor | None = None,
    ) -> None:
        self.warnings: list[str] = []
        self._transport = transport or Transport(settings, environ=environ)
        reachable: Fetcher = OfflineFetcher() if offline else self._transport
        options = build_options or BuildOptions(isolation=settings.build_isolation)
        self._builder = Builder(settings, policy, environ=environ, announce=announce, options=options)
        self._files = Files(reachable, cache)
        self._metadata = MetadataReader(reachable, cache, self._files, self._builder)
        self._direct = DirectReader(self._files, cache, self._builder)
        self._pages = Pages(settings, cache, self._transport, self.warnings.append, offline=offline, refresh=refresh)
        self._first_only = policy.strategy is IndexStrategy.FIRST_INDEX
        self._executor = executor
        self._own_executor: Executor | None = None
        self._lock = threading.Lock()
        self._asked: dict[Hashable, Promise[Any]] = {}
        self._closed = False

    def page(self, name: str) -> Promise[Project]:
        """Everything that is known of a project, by canonical name; one that nobody knows does not ``exist``.

        All places are asked at the same time, or, by the strategy first-index, one after the other.
        """
        with self._lock:
            known = self._asked.get(("page", name))
        if known is not None:
            return known
        if self._first_only:
            sources = self._once(("sources", name), None, partial(self._pages.first_sources, name))
            whole = join([sources], lambda found: put_together(name, found[0]))
        else:
            whole = join([self._sources(place, name) for place in self._pages.places], partial(put_together, name))
        with self._lock:
            return self._asked.setdefault(("page", name), whole)

    def metadata(self, artifact: Artifact) -> Promise[CoreMetadata]:
        """The metadata of a file.  Fails with MetadataError, BuildFailure or IndexFailure."""
        key = "metadata", artifact.url, artifact.hashes
        return self._once(key, partial(self._metadata_now, artifact), partial(self._metadata.read, artifact))

    def direct(self, requirement: Requirement) -> Promise[DirectCandidate]:
        """What the direct reference of a requirement leads to.  Fails with InputError too."""
        url = requirement.url or ""
        editable, name, hashes = requirement.editable, requirement.name, requirement.hashes
        work = partial(self._direct.read, url, name=name, editable=editable, hashes=hashes)
        return self._once(("direct", url, editable, name, hashes), None, work)

    def direct_url(self, name: str, url: str) -> Promise[DirectCandidate]:
        """What a direct reference in the metadata of a release leads to; ``name`` is what it must hold."""
        return self._once(("direct", url, False, name, ()), None, partial(self._direct.read, url, name=name))

    def sha256(self, artifact: Artifact) -> Promise[str]:
        """The hexadecimal SHA-256 of a file: the index's word, else that of its bytes, which are fetched."""
        key = "sha256", artifact.url, artifact.hashes
        return self._once(key, lambda: artifact.sha256, partial(self._files.sha256, artifact))

    def download(self, artifact: Artifact, path: str) -> Promise[str]:
        """Fetch a file to ``path``, held against the digests of the index; the answer is its SHA-256."""
        return self._once(("download", artifact, path), None, partial(self._files.fetch, artifact, path))

    def close(self) -> None:
        """End everything that is under way: builds, requests, threads.  Promises that were not kept fail."""
        with self._lock:
            self._closed = True
            waiting = [promise for promise in self._asked.values() if not promise.done()]
        self._builder.stop()
        self._transport.close()
        for promise in waiting:
            promise.fail(_ending())
        if self._own_executor is not None:
            self._own_executor.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _sources(self, place: str, name: str) -> Promise[list[Source]]:
        now, later = self._pages.sources_now, self._pages.sources
        return self._once(("sources", place, name), partial(now, place, name), partial(later, place, name))

    def _metadata_now(self, artifact: Artifact) -> CoreMetadata | None:
        if is_local(artifact.url) and artifact.is_wheel:
            return self._metadata.read(artifact)
        return self._metadata.cached(artifact)

    def _once(self, key: Hashable, now: Callable[[], T | None] | None, later: Callable[[], T]) -> Promise[T]:
        """The promise of a key: kept at once if ``now`` has an answer, else by a thread that does ``later``."""
        promise: Promise[T] = Promise()
        with self._lock:
            asked = self._asked.setdefault(key, promise)
        if asked is not promise:
            return asked
        try:
            found = now() if now else None
        except Exception as error:
            promise.fail(error)
            return promise
        if found is not None:
            promise.fulfil(found)
        else:
            self._submit(promise, later)
        return promise

    def _submit(self, promise: Promise[T], work: Callable[[], T]) -> None:
        with self._lock:
            executor = None if self._closed else self._open_executor()
        if executor is None:
            promise.fail(_ending())
        else:
            executor.submit(promise.run, work)

    def _open_executor(self) -> Executor:
        if self._executor is None:
            from concurrent.futures import ThreadPoolExecutor

            self._own_executor = self._executor = ThreadPoolExecutor(THREADS, "index")
        return self._executor


def _ending() -> IndexFailure:
    return IndexFailure("the run is ending")
