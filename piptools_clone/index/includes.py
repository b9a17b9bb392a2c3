"""Requirements files that are included by address, for compile and sync alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from piptools_clone.errors import IndexFailure
from piptools_clone.formats.sanitize import inert, redact_url

if TYPE_CHECKING:
    from piptools_clone.http.transport import Transport
    from piptools_clone.settings.index_settings import IndexSettings

LIMIT = 16 * 1024 * 1024  # bytes of a requirements file that is fetched: far more than any lock
_WHAT = "the included requirements file"


class Includes:
    """Fetches included files; nothing is asked offline.

    ``settings`` are those that hold before any file is read: the machine's, and those of the command line.
    """

    def __init__(self, settings: Callable[[], IndexSettings], environ: Mapping[str, str], *, offline: bool) -> None:
        self._settings = settings
        self._environ = environ
        self._offline = offline
        self._transport: Transport | None = None

    @property
    def were_asked(self) -> bool:
        """Whether anything was fetched."""
        return self._transport is not None

    def fetch(self, url: str) -> bytes:
        """Read the file at an address that the user wrote.  Raises `IndexFailure`, offline too."""
        if self._offline:
            shown = inert(redact_url(url), 500)
            raise IndexFailure(f"{_WHAT} {shown} cannot be read offline", url=shown, hint="leave out --offline")
        if self._transport is None:
            from piptools_clone.http.transport import Transport

            self._transport = Transport(self._settings(), environ=self._environ)
        self._transport.vouch(url)
        response = self._transport.get(url, limit=LIMIT, what=_WHAT)
        if response.status != 200:
            raise IndexFailure(f"{_WHAT} {response.url} is not there (404)", url=response.url, status=404)
        return response.body

    def close(self) -> None:
        """End what is under way."""
        if self._transport is not None:
            self._transport.close()
