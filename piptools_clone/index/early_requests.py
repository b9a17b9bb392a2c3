"""Requests for pages that are sent before the `Index` is there to ask for them.

They are sent over the lane and with the very bytes that the index will use; where it asks for something else, for
whatever reason, it does not meet them, and nothing but a request was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.http.transport import Transport
from piptools_clone.index.pages.page_cache import PageCache
from piptools_clone.index.pages.page_request import PageRequest, is_remote, page_request
from piptools_clone.model.policy import IndexStrategy
from piptools_clone.store.cache import Cache

if TYPE_CHECKING:
    from piptools_clone.http.address import Address
    from piptools_clone.http.lane import Lane
    from piptools_clone.http.lane_connection import Outcome
    from piptools_clone.settings.index_settings import IndexSettings


class EarlyRequests:
    """A transport and a lane, with requests under way.  For one thread, until an index takes it over.

    ``lane`` is None as long as nothing was sent.
    """

    def __init__(self, settings: IndexSettings, *, cache_dir: str | None, environ: Mapping[str, str]) -> None:
        self.settings = settings
        self.transport = Transport(settings, environ=environ)
        self.lane: Lane | None = None
        self._pages = PageCache(Cache(cache_dir) if cache_dir else None, self.transport)
        self._sent: dict[tuple[Address, bytes], _Sent] = {}

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
        if self.lane is None:
            self.close()
            return None
        return self

    def attend(self) -> None:
        """Take in what has come, and go on with what is being connected."""
        if self.lane is not None:
            self.lane.attend()

    def take(self, address: Address, payload: bytes, done: Callable[[Outcome], object]) -> bool:
        """Pass on the answer to exactly these bytes, once; whether they were sent."""
        sent = self._sent.pop((address, payload), None)
        if sent is None or self.lane is None:
            return False
        if sent.outcome is None:
            sent.done = done
        else:
            self.lane.pass_on(sent.outcome, done)
        return True

    def close(self) -> None:
        """Drop everything, if no index took it over."""
        self.transport.close()
        if self.lane is not None:
            self.lane.close()

    def _send(self, wanted: PageRequest) -> None:
        try:
            prepared = self.transport.prepare(wanted.url, wanted.headers({}))
        except PiptoolsCloneError:
            return
        if prepared is not None and prepared not in self._sent:
            address, payload = prepared
            if self.lane is None:
                self.lane = self.transport.lane()
            sent = self._sent[prepared] = _Sent()
            self.lane.send(address, payload, wanted.limit, sent)


class _Sent:
    """A request that was sent: what came of it, or who is to hear that."""

    __slots__ = ("done", "outcome")

    def __init__(self) -> None:
        self.done: Callable[[Outcome], object] | None = None
        self.outcome: Outcome | None = None

    def __call__(self, outcome: Outcome) -> None:
        if self.done is None:
            self.outcome = outcome
        else:
            self.done(outcome)
