"""Early requests that go on from pages to wheels, and hand those to a worker, before anything can be planned.

Only a wheel that is sure to be installed is asked for: the lock lists its SHA-256 and that of no other wheel of its
page, it fits every Python 3, and nothing says which formats are wanted.  Its bytes are held against the digest before
they are used.  What is asked for in vain, or fails, is left to the planned sync.
What that saves: see `run.sync_start`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.formats.sanitize import without_credentials
from piptools_clone.index.early_requests import EarlyRequests
from piptools_clone.index.pages.page_json import read_json
from piptools_clone.index.pages.page_request import JSON_TYPE, PageRequest
from piptools_clone.process.workers import Task, Worker
from piptools_clone.syncing.write.wheel_work import AT_ONCE, SMALL, UNPACK, WORTH_HELP, key_of

if TYPE_CHECKING:
    from piptools_clone.http.transport import Response
    from piptools_clone.index.pages.listing import Listing
    from piptools_clone.index.pages.project import Project
    from piptools_clone.model.artifact import Artifact
    from piptools_clone.settings.index_settings import IndexSettings

SMALL_PAGE = 1 << 18  # bytes; to read a larger one twice takes longer than what is gained
_ENDS = ("-py3-none-any.whl", "-py2.py3-none-any.whl")


class EarlyWheels(EarlyRequests):
    """Requests for pages and for wheels whose SHA-256 is among ``digests``; see `EarlyRequests`.

    ``worker`` is for what goes on with the wheels, too.
    """

    def __init__(
        self, settings: IndexSettings, *, cache_dir: str | None, environ: Mapping[str, str], digests: frozenset[str]
    ) -> None:
        super().__init__(settings, cache_dir=cache_dir, environ=environ)
        self.worker = Worker()
        self._cache_dir = cache_dir or ""
        self._digests = digests if cache_dir else frozenset()
        self._files: dict[tuple[object, ...], Artifact] = {}
        self._seen: set[tuple[object, ...]] = set()
        self._listings: dict[str, Listing] = {}
        self._projects: dict[str, Project] = {}

    def start_worker(self) -> None:
        """Start the worker, if there is enough for it to do; what it needs is best loaded before."""
        if len(self._digests) >= WORTH_HELP:
            from piptools_clone.syncing.write.wheel_work import WheelWork
            from piptools_clone.wheels.wheel_cache import WheelCache

            self.worker.begin(WheelWork(WheelCache(self._cache_dir)))

    def attend(self) -> None:
        """Take in what has come, and go on from there."""
        super().attend()
        for key, sent in tuple(self._sent.items()):
            if sent.outcome is None or key in self._seen or (key in self._files and not self.worker.is_there):
                continue
            self._seen.add(key)
            if not isinstance(sent.outcome, Exception):
                with suppress(PiptoolsCloneError):  # it fails again in the sync, which reports it
                    self._go_on(key, sent.outcome)

    def close(self) -> None:
        """Drop everything, if no index took it over, and let the worker go."""
        super().close()
        self.worker.end()

    def _go_on(self, key: tuple[object, ...], response: Response) -> None:
        artifact = self._files.get(key)
        if response.status != 200:
            return
        if artifact is None:
            self._ask(response)
        elif self._give(artifact, response.body):
            del self._sent[key]  # the worker holds it now

    def _give(self, artifact: Artifact, content: bytes) -> bool:
        from hashlib import sha256

        digest = sha256(content).hexdigest()
        unwanted = lambda _: None  # noqa: E731 - until the sync asks for it
        task = Task(key_of(digest), unwanted, (UNPACK, artifact.filename, digest, False), content)
        return digest == artifact.sha256 and self.worker.give(task)

    def project(self, name: str) -> Project | None:
        """What is known of a project whose page has come and was read: the same as an index would say."""
        if name in self._listings and name not in self._projects:
            from piptools_clone.index.pages.page import select
            from piptools_clone.index.pages.project import Project, ProjectSource

            page = select(self._listings[name], name)
            self._projects[name] = Project(name, [ProjectSource(without_credentials(self.settings.indexes[0]), page)])
        return self._projects.get(name)

    def _ask(self, page: Response) -> None:
        """Ask for the one wheel of a page that is sure to be installed."""
        if not page.headers.get("content-type", "").startswith(JSON_TYPE) or len(page.body) > SMALL_PAGE:
            return
        listing = read_json(page.body, page.url)
        artifact = only_wheel(each for each in listing.artifacts if each.sha256 in self._digests)
        if artifact is not None and len(self._files) < AT_ONCE:
            wanted = _FileRequest(artifact.url, artifact.filename, limit=SMALL)
            ask = self._send(wanted)
            if ask is not None:
                self._files[ask.key] = artifact
                self._listings[page.url.rstrip("/").rpartition("/")[2]] = listing


class _FileRequest(PageRequest):
    """A file, asked for as `Files.content` does."""

    def headers(self, conditions: Mapping[str, str]) -> dict[str, str]:
        return {"Accept-Encoding": "identity", **conditions}


def only_wheel(listed: Iterable[Artifact]) -> Artifact | None:
    """The wheel among the files of a project that a lock lists, if there is one, it is small, and fits any Python 3."""
    wheels = [each for each in listed if each.is_wheel]
    if len(wheels) == 1 and wheels[0].filename.endswith(_ENDS) and 0 < (wheels[0].size or 0) <= SMALL:
        return wheels[0]
    return None
