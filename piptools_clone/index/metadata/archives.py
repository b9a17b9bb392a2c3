"""What is remembered of archives that were fetched by address: their digest, and what asks whether it still holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from piptools_clone.http.cache_control import may_store
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.store.cache import FACTS
from piptools_clone.store.shapes import Either, is_header, is_sha256

if TYPE_CHECKING:
    from piptools_clone.store.cache import Cache


_SHAPE = (is_sha256, Either({"If-None-Match": is_header}, {"If-Modified-Since": is_header}))
"""What is kept of a `KnownArchive`."""


class KnownArchive(NamedTuple):
    """An archive as it was: its hexadecimal SHA-256, and the headers of a request that asks for another one only.

    Without ``exact`` an archive that means the same counts as no other, even if its bytes differ: what archives made on
    request are like (RFC 9110, section 8.8.1, weak validators).
    """

    sha256: str
    conditions: Mapping[str, str]

    @property
    def exact(self) -> bool:
        """Whether the bytes are the same where the server says so."""
        return not self.conditions.get("If-None-Match", "").startswith("W/")


NOTHING = KnownArchive("", {})


class Archives:
    """Remembers archives by address.  For several threads.  ``key`` tells what an address is known by in the cache."""

    def __init__(self, cache: Cache | None, key: Callable[[str], str]) -> None:
        self._cache = cache
        self._key = key

    def read(self, url: str) -> KnownArchive:
        """What was there the last time; `NOTHING` where that is not known."""
        if self._cache is None:
            return NOTHING
        found = self._cache.read(FACTS, f"archive {self._key(url)}", _SHAPE)
        return KnownArchive(*found) if found else NOTHING

    def remember(self, url: str, sha256: str, headers: Mapping[str, str]) -> None:
        """Remember what has just been fetched, if the server tells how to ask whether it is still the same."""
        conditions = _conditions(headers)
        if self._cache and conditions and may_store(headers):
            self._cache.write(FACTS, f"archive {self._key(url)}", (sha256, conditions))


def _conditions(headers: Mapping[str, str]) -> dict[str, str]:
    """What asks for another archive only (RFC 9110, section 13.1)."""
    tag, date = headers.get("etag", ""), headers.get("last-modified", "")
    if tag:
        return {"If-None-Match": tag}
    return {"If-Modified-Since": date} if date else {}
