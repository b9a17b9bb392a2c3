"""Pages of an index, kept in the form that we use, with what tells whether they are still current.

An entry holds validators, when the page came and how long it is fresh, and the converted page.  Entries of one identity
never serve another.
"""

import marshal
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from piptools_clone.errors import IndexFailure
from piptools_clone.formats.sanitize import inert, redact_url, without_credentials
from piptools_clone.http.cache_control import fresh_for, may_store
from piptools_clone.http.steps import Ask, Idle, Order, Steps, follow
from piptools_clone.http.transport import Response, Transport
from piptools_clone.index.pages.page_request import PageRequest
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.store.cache import PAGES, Cache
from piptools_clone.store.shapes import is_header, load_plain

if TYPE_CHECKING:
    from piptools_clone.store.cache import Later

SECONDS_A_BYTE = 2e-8  # about what it takes to convert a page
WORTH_AN_ORDER = 64 * 1024  # bytes of a page that takes longer to convert than to be given away
TOO_LARGE = 8 * 2**20  # bytes of a page that two processes should not both hold
_VALIDATORS = ("etag", "last-modified", "cache-control", "expires")
"""Headers that are kept: what asks again, and what a 304 leaves in force."""

Payload = Any
"""A page in the form that is kept (plain values), or what makes it when there is time to write it."""
Convert = Callable[[Response], Payload]
ReadPartly = Callable[[Response], bool]


Span = tuple[float, float]
"""From when until when something holds, in seconds since the epoch."""


class StoredPage(NamedTuple):
    """A stored page: the kept headers, when it came (seconds since the epoch), until when it is fresh."""

    headers: Mapping[str, str]
    received: float
    fresh_until: float
    payload: Payload

    def is_fresh(self, now: float) -> bool:
        """Whether it may be used without asking; a clock that was set back makes it stale."""
        return self.received <= now < self.fresh_until

    def conditions(self) -> dict[str, str]:
        """Headers that ask for the page only if it changed (RFC 9110, section 13.1)."""
        wanted = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
        return {header: self.headers[name] for header, name in wanted if self.headers.get(name)}


STORED = {str: is_header}, float, float, bytes
"""The shape of a stored page: its payload is marshalled by itself, so that to learn how long it is fresh is quick."""


class PageCache:
    """Pages by address, asked for again only when they may have changed; used by many threads at once.

    ``later`` is given what stores a page: it is of use before it is on the disk.  ``shapes`` are those of payloads
    (see `shapes`) by their form.
    """

    def __init__(
        self,
        cache: Cache | None,
        transport: Transport,
        *,
        now: Callable[[], float] = time.time,
        later: "Later" = lambda job: job(),
        shapes: Mapping[str, Any] = {},
    ) -> None:
        self._cache = cache
        self._later = later
        self._transport = transport
        self._shapes = shapes
        self._now = now
        self._began_empty = cache is None or not cache.has_any(PAGES)
        self._stored: set[str] = set()
        self._taken_unasked: list[Span] = []

    @property
    def taken_unasked(self) -> Span | None:
        """When all pages were fresh that were taken without asking the index; None where there was none."""
        taken = self._taken_unasked
        return (max(since for since, _ in taken), min(until for _, until in taken)) if taken else None

    def fetch(self, wanted: PageRequest, convert: Convert) -> Payload | None:
        """Take the steps of `steps`, waiting for the answer."""
        payload = follow(self.steps(wanted, convert), self._transport)
        return payload() if callable(payload) else payload

    def steps(
        self,
        wanted: PageRequest,
        convert: Convert,
        read_partly: ReadPartly = lambda _: False,
        order: Callable[[PageRequest, Response], Order] | None = None,
    ) -> Steps[Payload | None]:
        """Return the page at an address in the form that ``convert`` gives it, or None for a 404.

        A stored page is used as it is while it is fresh, unless ``wanted.refresh``.  ``read_partly`` gets a new page as
        soon as it comes; where that was enough, the page is converted when there is time, or by another process that is
        asked by an ``order`` to `keep` it.
        Raises `IndexFailure` as `Transport.get` does, and when ``wanted.offline`` finds nothing; what ``convert``
        raises passes through.
        """
        entry = self._load(wanted) if self._may_hold(wanted) else None
        if entry and (wanted.offline or (not wanted.refresh and entry.is_fresh(self._now()))):
            self._taken_unasked.append((entry.received, entry.fresh_until))
            return entry.payload
        if wanted.offline:
            shown = inert(redact_url(wanted.url), 500)
            raise IndexFailure(
                f"{wanted.what} ({shown}) is not in the cache", url=shown, hint="run once without --offline"
            )
        headers = wanted.headers(entry.conditions() if entry else {})
        response: Response = yield Ask(wanted.url, headers, wanted.limit, wanted.what)
        if response.status == 304 and entry:
            return self._confirmed(entry, response, wanted)
        entry = None  # a page may be large, and is not held twice
        if response.status == 200 and read_partly(response):
            give = partial(order, wanted, response) if order and self._may_give(response) else None
            kept = yield Idle(len(response.body) * SECONDS_A_BYTE, wanted.url, give)
            entry = self._load(wanted) if kept else None
            if entry is not None:
                self._stored.add(wanted.url)
                return entry.payload
        return self._converted(response, convert, wanted)

    def _may_give(self, response: Response) -> bool:
        """Whether another process may read a page and keep it, and it takes longer than to say so."""
        has_cache = self._cache is not None and not self._cache.problem
        return has_cache and WORTH_AN_ORDER < len(response.body) < TOO_LARGE and may_store(response.headers)

    def keep(self, response: Response, convert: Convert, wanted: PageRequest) -> None:
        """Convert a page and store it at once: what another process does on an order."""
        entry = self._entry(response.headers, convert(response), self._now())
        if self._cache:
            self._cache.write(PAGES, self._key(wanted), _dump(entry))

    def _confirmed(self, entry: StoredPage, response: Response, wanted: PageRequest) -> Payload:
        """Take a 304 in: the page is current, and for how long is told anew (RFC 9111, section 4.3.4)."""
        headers = {**entry.headers, **_kept(response.headers)}
        renewed = self._entry({**response.headers, **headers}, entry.payload, self._now())
        if renewed.fresh_until > renewed.received or renewed.headers != entry.headers:
            self._store(lambda: renewed, wanted)
        return entry.payload

    def _converted(self, response: Response, convert: Convert, wanted: PageRequest) -> Payload | None:
        if response.status == 404:
            return None
        if response.status != 200:
            shown = inert(redact_url(wanted.url), 500)
            raise IndexFailure(
                f"{wanted.what} could not be fetched: {shown} answered {response.status} to a plain request",
                url=shown,
                status=response.status,
            )
        payload, received, headers = convert(response), self._now(), response.headers

        def entry() -> StoredPage | None:
            return self._entry(headers, payload, received) if may_store(headers) else None

        self._store(entry, wanted)
        return payload

    def _entry(self, headers: Mapping[str, str], payload: Payload, received: float) -> StoredPage:
        content = payload() if callable(payload) else payload
        return StoredPage(_kept(headers), received, received + fresh_for(headers, received), content)

    def holds(self, wanted: PageRequest) -> bool:
        """Whether a page is stored, fresh or not."""
        return self._cache is not None and self._cache.holds(PAGES, self._key(wanted))

    def _may_hold(self, wanted: PageRequest) -> bool:
        """Whether it is worth looking for a page: to look costs as much as half of a request."""
        return not self._began_empty or wanted.url in self._stored

    def _load(self, wanted: PageRequest) -> StoredPage | None:
        found = self._cache.read(PAGES, self._key(wanted), STORED) if self._cache else None
        if found is None:
            return None
        headers, received, fresh_until, marshalled = found
        payload = load_plain(marshalled, self._shapes.get(wanted.form, object))
        return None if payload is None else StoredPage(headers, received, fresh_until, payload)

    def _store(self, make: Callable[[], StoredPage | None], wanted: PageRequest) -> None:
        """Store an entry, if it is one, when there is time."""
        cache = self._cache
        if cache is None:
            return

        def store() -> None:
            entry = make()
            if entry is not None:
                self._stored.add(wanted.url)
                cache.write(PAGES, self._key(wanted), _dump(entry))

        self._later(store)

    def _key(self, wanted: PageRequest) -> str:
        """Hashed by the cache before it touches the disk; the identity holds a user name, never a password."""
        url = wanted.url
        return "\0".join((without_credentials(url), wanted.accept, wanted.form, self._transport.identity(url)))


def _dump(entry: StoredPage) -> tuple[Any, ...]:
    """The value that is stored of a page, of the shape `STORED`."""
    return *entry[:3], marshal.dumps(entry.payload, 4)


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in _VALIDATORS if name in headers}
