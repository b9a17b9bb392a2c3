"""What exists: pages, metadata, direct references and files, asked for by name and answered by futures.

A page tells the files of a project, the pages of all places make the `Project`, a `Finder` tells which of its versions
are candidates, and the metadata of a candidate's file tells what it requires.  What the cache holds is answered at
once, in the asking thread; everything else by the `StepRunner`, where all concurrency lives.  Asking twice costs
nothing.  Failures travel in the futures.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from piptools_clone.http.futures import Future, join
from piptools_clone.http.request_steps import Blocking
from piptools_clone.http.steps import Steps
from piptools_clone.http.transport import Transport
from piptools_clone.index.files import Files
from piptools_clone.index.metadata.release_metadata import MetadataReader
from piptools_clone.index.metadata.trust import Trust
from piptools_clone.index.pages.page_request import page_request
from piptools_clone.index.pages.pages import Pages, PartialReader, put_together
from piptools_clone.index.pages.project import Project
from piptools_clone.index.step_runner import StepRunner
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.policy import IndexStrategy, Policy
from piptools_clone.settings.index_settings import IndexSettings

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from piptools_clone.index.early_requests import EarlyRequests
    from piptools_clone.index.metadata.directs import DirectCandidate, DirectReader
    from piptools_clone.index.metadata.source_builder import SourceBuilder
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.store.cache import Cache

T = TypeVar("T")


class Index:
    """The indexes and find-links places of a run as one.  For several threads.

    ``make_builder`` makes what builds sources, when that is needed.  ``offline`` answers from the cache however old it
    is, ``refresh`` tells of which projects (canonical names) the pages are asked for again however fresh they are.  An
    ``executor`` that is given is not shut down.  ``early`` requests are taken over and closed with the index.
    ``warnings`` fill up with what a user should hear.
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
        self._transport = early.transport if early else Transport(settings, environ=environ, offline=offline)
        self._runner = StepRunner(self._transport, self._fill, early=early, offline=offline, executor=executor)
        self._make_builder = make_builder
        self._made_builder: SourceBuilder | None = None
        self._builder_lock = threading.Lock()
        self._trust = Trust(self._transport.identity, settings)
        self._files = Files(self._transport, cache, self._trust)
        self._metadata = MetadataReader(cache, self._files, self._open_builder, self._runner.later, self._trust)
        self._cache = cache
        self._pages = Pages(
            settings,
            cache,
            self._transport,
            self.warnings.append,
            offline=offline,
            refresh=refresh,
            later=self._runner.later,
        )
        self._first_only = policy.strategy is IndexStrategy.FIRST_INDEX

    @property
    def has_asked(self) -> bool:
        """Whether anything was asked of the network."""
        return self._runner.has_asked

    @property
    def taken_unasked(self) -> tuple[float, float] | None:
        """When all pages are fresh that were taken from the cache unasked: the index may know more by now.

        From when until when, in seconds since the epoch; None where there was no such page.
        """
        return self._pages.taken_unasked

    def show(self, reader: PartialReader) -> None:
        """Have the likely releases of each large page read as soon as it comes; see `Pages`."""
        self._pages.reader = reader

    def hurry(self, name: str) -> None:
        """Read the page of a project now, if it is there: the solver waits for it."""
        for place in self._pages.places:
            self._runner.hurry(page_request(place, name).url)

    def attend(self) -> None:
        """Take in what has arrived, without waiting."""
        self._runner.attend()

    def page(self, name: str) -> Future[Project]:
        """Everything that is known of a project, by canonical name; one that no place knows does not ``exist``.

        All places are asked at the same time, or, by the strategy first-index, one after the other.
        """
        known = self._runner.known(("page", name))
        if known is not None:
            return known
        if self._first_only:
            sources = self._runner.once(("sources", name), partial(self._pages.first_steps, name))
            whole = join([sources], lambda found: put_together(name, found[0]), self._runner.wait)
        else:
            parts = [
                self._runner.once(("sources", place, name), partial(self._pages.steps, place, name))
                for place in self._pages.places
            ]
            whole = join(parts, partial(put_together, name), self._runner.wait)
        return self._runner.keep(("page", name), whole)

    def metadata(self, artifact: Artifact, *, build: bool = True) -> Future[CoreMetadata]:
        """The metadata of a file.  Fails with MetadataError, BuildFailure or IndexFailure.

        Without ``build`` nothing is built for it: it fails with NeedsBuild where a build would be needed.
        """
        key = "metadata", artifact.url, artifact.hashes, artifact.sidecar, artifact.source, build
        read = self._runner.known((*key[:-1], False)) if build and not artifact.is_wheel else None
        if read is not None and read.done() and read.exception() is None:
            return read
        return self._runner.once(key, partial(self._metadata.steps, artifact, build=build))

    def direct(self, requirement: Requirement) -> Future[DirectCandidate]:
        """What the direct reference of a requirement leads to.  Fails with InputError too."""
        url, editable, name, hashes = requirement.url, requirement.editable, requirement.name, requirement.hashes
        self.vouch(url or "")
        key = "direct", url, editable, name, hashes, requirement.config_settings
        return self._runner.once(key, partial(_working, partial(self._direct.answer, requirement)))

    def direct_url(self, name: str, url: str, asker: str = "") -> Future[DirectCandidate]:
        """What a direct reference in the metadata of a release leads to; ``name`` is what it must hold.

        ``asker`` is the release, fit to be shown, unless it is the user's own.
        """
        read = partial(self._direct.read_asked, asker=asker) if asker else self._direct.read
        return self._runner.once(
            ("direct", url, bool(asker), name, ()), partial(_working, partial(read, url, name=name))
        )

    @cached_property
    def _direct(self) -> DirectReader:
        from piptools_clone.index.metadata.directs import DirectReader

        return DirectReader(self._files, self._cache, self._open_builder(), self._trust)

    def sha256(self, artifact: Artifact) -> Future[str]:
        """The hexadecimal SHA-256 of a file: the index's word, else that of its bytes, which are fetched."""
        key = "sha256", artifact.url, artifact.hashes, artifact.source
        return self._runner.once(key, partial(self._sha256, artifact))

    def download(self, artifact: Artifact, path: str, *, locked: bool = False) -> Future[str]:
        """Fetch a file to ``path``, held against the digests of the index; the answer is its SHA-256.

        ``locked`` tells that the caller holds it against digests of a lock.
        """
        fetch = partial(self._files.fetch, artifact, path, locked=locked)
        return self._runner.once(("download", artifact, path), partial(_working, fetch))

    def content(self, artifact: Artifact, limit: int, *, locked: bool = False) -> Future[bytes]:
        """The bytes of a remote file of at most ``limit``, as `download`; not remembered."""
        return self._runner.run(self._files.content(artifact, limit, locked=locked))

    def vouch(self, url: str) -> None:
        """Note that the user wrote an address themselves; see `Credentials.vouch`."""
        self._transport.vouch(url)

    def close(self) -> None:
        """End everything that is under way: builds, requests, threads.  Promises that were not kept fail."""
        self._runner.stop()
        if self._made_builder is not None:
            self._made_builder.stop()
        self._metadata.save()
        self._runner.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open_builder(self) -> SourceBuilder:
        """What builds, for those few runs that need it."""
        with self._builder_lock:
            if self._made_builder is None:
                self._made_builder = self._make_builder()
                if self._runner.is_closed:
                    self._made_builder.stop()
            return self._made_builder

    def _fill(self, body: bytes, about: str) -> None:
        self._pages.fill_order(body, about)

    def _sha256(self, artifact: Artifact) -> Steps[str]:
        known = artifact.sha256
        found: str = known or (yield Blocking(partial(self._files.sha256, artifact)))
        return found


def _working(work: Callable[[], T]) -> Steps[T]:
    """One step that blocks."""
    found: T = yield Blocking(work)
    return found
