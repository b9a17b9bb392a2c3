"""What the readers of files and metadata need of a transport, and the one of a run that may send nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NoReturn, Protocol

from piptools_clone.errors import IndexFailure
from piptools_clone.formats.sanitize import inert, redact_url

if TYPE_CHECKING:
    from piptools_clone.http.transport import Response


class Fetcher(Protocol):
    """`piptools_clone.http.transport.Transport`, as far as files are concerned."""

    def get(self, url: str, *, headers: Mapping[str, str] = {}, limit: int, what: str) -> Response:
        """Fetch into memory."""

    def download(
        self, url: str, sink: Callable[[bytes], None], *, limit: int, what: str, conditions: Mapping[str, str] = {}
    ) -> Mapping[str, str] | None:
        """Fetch piece by piece; None where by ``conditions`` nothing is new."""


class OfflineFetcher:
    """Refuses whatever a `Transport` would fetch."""

    def get(self, url: str, *, headers: Mapping[str, str] = {}, limit: int, what: str) -> Response:
        """Raise IndexFailure."""
        _refuse(url, what)

    def download(
        self, url: str, sink: Callable[[bytes], None], *, limit: int, what: str, conditions: Mapping[str, str] = {}
    ) -> Mapping[str, str] | None:
        """Raise IndexFailure, but where there is something of old."""
        if conditions:
            return None
        _refuse(url, what)


def _refuse(url: str, what: str) -> NoReturn:
    shown = inert(redact_url(url), 500)
    raise IndexFailure(f"{what} ({shown}) is not in the cache", url=shown, hint="run once without --offline")
