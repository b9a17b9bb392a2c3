"""The pages of a project at the places of a run, put together to a `Project`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from piptools_clone.errors import IndexFailure
from piptools_clone.formats.sanitize import inert, without_credentials
from piptools_clone.http.absent_status import means_absent
from piptools_clone.http.request_steps import Blocking
from piptools_clone.http.steps import Order, Steps
from piptools_clone.index.pages.compact_page import (
    LISTING,
    PAGE,
    CompactPage,
    dump_listing,
    dump_page,
    load_listing,
    load_page,
)
from piptools_clone.index.pages.links import FindLinks, read_local_index, why_unfit_index
from piptools_clone.index.pages.listing import Listing
from piptools_clone.index.pages.page import Page, read_listing, read_page
from piptools_clone.index.pages.page_cache import PageCache, Payload
from piptools_clone.index.pages.page_request import (
    JSON_TYPE,
    LISTING_FORM,
    PAGE_FORM,
    PageRequest,
    is_remote,
    page_request,
)
from piptools_clone.index.pages.project import Project, ProjectSource

if TYPE_CHECKING:
    from piptools_clone.http.transport import Response, Transport
    from piptools_clone.index.pages.page_split import Sought
    from piptools_clone.settings.index_settings import IndexSettings
    from piptools_clone.store.cache import Cache, Later

T = TypeVar("T")


class PartialReader(Protocol):
    """Takes the likely releases of large pages before the whole is read."""

    def sought(self, name: str) -> Sought:
        """Which releases of a project are likely."""

    def take_partial(self, project: Project) -> bool:
        """Take what was read; whether that will do for the moment."""


LARGE = 16 * 1024
"""Bytes of a page of which a partial read says nearly always what its whole would, in a fraction of the time."""

FIND_LINKS = "find-links"
"""The place that stands for all find-links places together."""


class Pages:
    """Reads what places know of projects.  For several threads.  ``places`` are in the order of preference.

    ``reader`` takes the likely releases of a large page before the whole is read.
    """

    def __init__(
        self,
        settings: IndexSettings,
        cache: Cache | None,
        transport: Transport,
        warn: Callable[[str], None],
        *,
        offline: bool = False,
        refresh: Callable[[str], bool] = lambda _: False,
        later: Later = lambda job: job(),
    ) -> None:
        self.places: tuple[str, ...] = ((FIND_LINKS,) if settings.find_links else ()) + settings.indexes
        self.reader: PartialReader | None = None
        self._indexes = settings.indexes
        self._absent_statuses = settings.absent_statuses
        self._cache = PageCache(cache, transport, later=later, shapes={PAGE_FORM: PAGE, LISTING_FORM: LISTING})
        self._links = FindLinks(settings.find_links, self._fetch_listing, warn)
        self._links_lock = threading.Lock()
        self._offline = offline
        self._refresh = refresh
        for place in settings.indexes:
            if why := why_unfit_index(place):
                warn(f"the index {inert(without_credentials(place))} is passed over: {why}")

    @property
    def taken_unasked(self) -> tuple[float, float] | None:
        """When all pages are fresh that were taken from the cache without asking the index; None for no page."""
        return self._cache.taken_unasked

    def steps(self, place: str, name: str) -> Steps[list[ProjectSource]]:
        """What a place knows of a project.  Raises IndexFailure."""
        if place == FIND_LINKS:
            if self._links.is_local:
                return self._link_sources(name)
            found: list[ProjectSource] = yield Blocking(partial(self._link_sources, name))
            return found
        if not is_remote(place):
            return _local_sources(place, name)
        try:
            page = yield from self._fetch_page(place, name)
        except IndexFailure as failure:
            if not means_absent(failure, place, self._absent_statuses):
                raise
            return [ProjectSource(without_credentials(place), Page(()), refused=failure.status or 0)]
        return [] if page is None else [ProjectSource(without_credentials(place), page)]

    def first_steps(self, name: str) -> Steps[list[list[ProjectSource]]]:
        """What find-links and the first index that knows a project know of it.  Raises IndexFailure."""
        found: list[list[ProjectSource]] = []
        for place in self.places:
            found.append((yield from self.steps(place, name)))
            if place != FIND_LINKS and any(not source.refused for source in found[-1]):
                break
        return found

    def _link_sources(self, name: str) -> list[ProjectSource]:
        with self._links_lock:
            return [ProjectSource(location, page, is_index=False) for location, page in self._links.pages(name)]

    def _fetch_page(self, place: str, name: str) -> Steps[CompactPage | Page | None]:
        fresh: list[CompactPage | Page] = []

        def convert(response: Response) -> Payload:
            page, payload = _read(name, response)
            fresh.append(page)
            return payload

        wanted = page_request(place, name, refresh=self._refresh(name), offline=self._offline)
        data = yield from self._cache.steps(wanted, convert, partial(self._read_partly, name), partial(_order, name))
        if fresh:
            return fresh[0]
        return None if data is None else load_page(data)

    def _fetch_listing(self, url: str) -> Listing | None:
        def convert(response: Response) -> Payload:
            content_type = response.headers.get("content-type", "")
            return dump_listing(read_listing(response.body, content_type, response.url))

        wanted = PageRequest(url, "the find-links page", LISTING_FORM, self._refresh(""), self._offline)
        data = self._cache.fetch(wanted, convert)
        return None if data is None else load_listing(data, "")

    def fill_order(self, body: bytes, about: str) -> None:
        """Read and keep a page that this process is asked to by another one's order."""
        from piptools_clone.http.transport import Response

        name, wanted, url, headers = json.loads(about)
        response = Response(200, url, headers, body)
        self._cache.keep(response, lambda response: _read(name, response)[1], PageRequest(*wanted))

    def _read_partly(self, name: str, response: Response) -> bool:
        """Give the likely releases of a large page to its reader; whether that was enough."""
        if self.reader is None or len(response.body) < LARGE or len(self._indexes) != 1:
            return False
        if JSON_TYPE not in response.headers.get("content-type", ""):
            return False
        from piptools_clone.index.pages.page_split import split_newest

        page = split_newest(response.body, response.url, name, self.reader.sought(name))
        place = without_credentials(self._indexes[0])
        return page is not None and self.reader.take_partial(Project(name, [ProjectSource(place, page)]))


def _order(name: str, wanted: PageRequest, response: Response) -> Order:
    """How another process is asked to read and keep a page."""
    return Order(response.body, json.dumps((name, wanted, response.url, dict(response.headers))))


def _read(name: str, response: Response) -> tuple[CompactPage | Page, Payload]:
    """A page, and what is kept of it."""
    page: CompactPage | Page | None = _split(response, name)
    if page is None:
        page = read_page(response.body, response.headers.get("content-type", ""), response.url, name)
    return page, partial(dump_page, page)


def _split(response: Response, name: str) -> CompactPage | None:
    if JSON_TYPE not in response.headers.get("content-type", ""):
        return None
    from piptools_clone.index.pages.page_split import split_page

    return split_page(response.body, response.url, name)


def put_together(name: str, found: Iterable[Iterable[ProjectSource]]) -> Project:
    """The project that all sources make together."""
    return Project(name, [source for sources in found for source in sources])


def _local_sources(location: str, name: str) -> list[ProjectSource]:
    page = read_local_index(location, name)
    return [] if page is None else [ProjectSource(location, page)]
