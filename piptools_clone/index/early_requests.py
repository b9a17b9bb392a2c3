"""Requests for pages that are sent before the `Index` is there to ask for them.

They are sent by the client that the index will use; where it asks for something else, for whatever reason, it does
not meet them, and nothing but a request was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from piptools_clone.http.steps import Ask
from piptools_clone.http.transport import Transport
from piptools_clone.index.pages.page_cache import PageCache
from piptools_clone.index.pages.page_request import PageRequest, is_remote, page_request
from piptools_clone.model.policy import IndexStrategy
from piptools_clone.store.cache import Cache

if TYPE_CHECKING:
    from piptools_clone.http.transport import Response
    from piptools_clone.settings.index_settings import IndexSettings


class EarlyRequests:
    """A transport with requests under way.  For one thread, until an index takes it over."""

    def __init__(self, settings: IndexSettings, *, cache_dir: str | None, environ: Mapping[str, str]) -> None:
        self.settings = settings
        self.transport = Transport(settings, environ=environ)
        self._pages = PageCache(Cache(cache_dir) if cache_dir else None, self.transport)
        self._sent: dict[tuple[object, ...], _Sent] = {}

    def begin(self, names: Iterable[str], *, strategy: str, refresh: bool = False) -> EarlyRequests | None:
        """Ask the indexes for the pages of projects that the cache does not hold; None, closed, where it holds all.

        ``names`` are canonical, ``strategy`` is an `IndexStrategy`.  Whatever fails will fail again, where it counts.
        """
        places = self.settings.indexes[: 1 if strategy == IndexStrategy.FIRST_INDEX else None]
        for name in names:
            for place in filter(is_remote, places):
                wanted = page_request(place, name, refresh=refresh)
                if not self._pages.holds(wanted):
                    self._send(wanted)
        if self.transport.driver is None:
            self.close()
            return None
        return self

    def attend(self) -> None:
        """Take in what has come, and go on with what is being connected."""
        if self.transport.driver is not None:
            self.transport.driver.attend()

    def take(self, ask: Ask, then: Callable[[Any], object]) -> bool:
        """Pass on the answer to exactly this request, once; whether it was sent."""
        sent = self._sent.pop(ask.key, None)
        if sent is None:
            return False
        if sent.outcome is None:
            sent.then = then
        else:
            size = getattr(sent.outcome, "size", 0)
            self.transport.open_driver().pass_on(size, partial(then, sent.outcome))
        return True

    def close(self) -> None:
        """Drop everything, if no index took it over."""
        self.transport.close()

    def _send(self, wanted: PageRequest) -> Ask | None:
        """Send a request that may go out at once; None for one that may not, or was sent."""
        ask = Ask(wanted.url, wanted.headers({}), wanted.limit, wanted.what)
        if ask.key in self._sent or not self.transport.is_direct(ask.url):
            return None
        sent = self._sent[ask.key] = _Sent()
        self.transport.ask(ask.url, headers=ask.headers, limit=ask.limit, what=ask.what, then=sent)
        return ask


class _Sent:
    """A request that was sent: what came of it, a `Response` or a failure, or what is to be told that."""

    __slots__ = ("outcome", "then")

    def __init__(self) -> None:
        self.then: Callable[[Any], object] | None = None
        self.outcome: Response | Exception | None = None

    def __call__(self, outcome: Any) -> None:  # noqa: ANN401 - as `Transport.ask` tells it
        if self.then is None:
            self.outcome = outcome
        else:
            self.then(outcome)
