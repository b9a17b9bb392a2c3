"""The form in which the cache keeps pages: read in a millisecond, and each release only when it is looked at.

It is made of plain values: ``(versions, lines, skipped, status, base)``, with the versions ascending and one line for
each, in the same order.  Where there is a ``base``, a line is the text of JSON objects as the index gave them, which
are checked when they are looked at (see `page_split`) and whose URLs are relative to ``base``.  Else it is what
`marshal` makes of the files, each a tuple of the fields of an `Artifact`.  A listing (a find-links page, which is of no
one project) is ``(files, skipped, status)``.

What is no such page at all is passed over when the entry is read (`PAGE`, `LISTING`).  Lines and versions are looked
at when they are used, and what cannot be read then is damage: an IndexFailure.
"""

import marshal
from collections.abc import Iterable
from typing import Any

from packaging.version import InvalidVersion, Version

from piptools_clone.errors import IndexFailure
from piptools_clone.formats.filenames import parse_version
from piptools_clone.formats.sanitize import inert, without_credentials
from piptools_clone.index.pages.listing import Listing, ProjectStatus
from piptools_clone.index.pages.page import Page
from piptools_clone.model.artifact import HASH_ALGORITHMS, Artifact
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.store.shapes import Either, load_plain, matches

Kept = Any
"""Plain values."""
_ODD = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What reading raises of a line that is not of the form."""


def _is_page(value: object) -> bool:
    return matches(value, ((str, ...), tuple, _SKIPPED, _STATUS, str)) and len(value[0]) == len(value[1])  # type: ignore[index]


def _is_digest(value: object) -> bool:
    if not isinstance(value, tuple) or not matches(value, (str, str)):
        return False
    return HASH_ALGORITHMS.get(value[0]) == len(value[1]) and not value[1].strip("0123456789abcdef")


_SKIPPED, _STATUS = [(str, str)], (str, str)
_HASHES, _MAY_BE_TEXT = (_is_digest, ...), Either(None, str)
_FILES = (
    (str, str, _HASHES, _MAY_BE_TEXT, _MAY_BE_TEXT, Either(None, int), _MAY_BE_TEXT, Either(None, _HASHES)),
    ...,
)
PAGE, LISTING = _is_page, (_FILES, _SKIPPED, _STATUS)
"""The shapes of what `dump_page` and `dump_listing` make."""


class CompactPage(NamedTuple):
    """A page of which the files are unread: the lines are as described above, ``versions`` are texts.

    ``parsed`` are the versions where they have been parsed already.
    """

    versions: tuple[str, ...]
    lines: tuple[str | bytes, ...]
    skipped: tuple[tuple[str, str], ...]
    status: ProjectStatus
    base: str = ""
    parsed: tuple[Version, ...] = ()

    def artifacts(self, i: int, source: str) -> tuple[Artifact, ...]:
        """The files of the i-th version, as offered by ``source``."""
        line = self.lines[i]
        if isinstance(line, bytes):
            files = load_plain(line, _FILES)
            if files is None:
                raise _damaged(source)
            return _load_files(files, source)
        from piptools_clone.index.pages.page_json import read_line

        if not isinstance(line, str):
            raise _damaged(source)
        try:
            return read_line(line, self.base, source)
        except _ODD:
            raise _damaged(source) from None


def dump_page(page: Page | CompactPage) -> Kept:
    """The form of a page that is kept; `load_page` reads it."""
    if isinstance(page, CompactPage):
        return page.versions, page.lines, page.skipped, (*page.status,), page.base
    versions = tuple(str(version) for version, _ in page.releases)
    lines = tuple(marshal.dumps(_dump_files(artifacts), 4) for _, artifacts in page.releases)
    return versions, lines, tuple(page.skipped), (*page.status,), ""


def load_page(value: Kept) -> CompactPage:
    """Read what `dump_page` made."""
    versions, lines, skipped, status, base = value
    return CompactPage(versions, lines, skipped, ProjectStatus(*status), base)


def dump_listing(listing: Listing) -> Kept:
    """The form of a listing that is kept; `load_listing` reads it."""
    return _dump_files(listing.artifacts), listing.skipped, (*listing.status,)


def load_listing(value: Kept, source: str) -> Listing:
    """Read what `dump_listing` made."""
    files, skipped, status = value
    return Listing([*_load_files(files, source)], skipped, ProjectStatus(*status))


def parse_versions(page: CompactPage) -> tuple[Version, ...]:
    """The versions of a loaded page, ascending; it costs about two microseconds each."""
    try:
        return page.parsed or tuple([parse_version(text) or Version(text) for text in page.versions])
    except InvalidVersion:
        raise _damaged(page.base or "a page") from None


def _damaged(place: str) -> IndexFailure:
    shown = inert(without_credentials(place), 200)
    return IndexFailure(f"the cache entry of {shown} is damaged", url=shown, hint="delete the cache folder")


def _dump_files(artifacts: Iterable[Artifact]) -> tuple[tuple[Any, ...], ...]:
    """Files without the place that offers them, which the reader knows."""
    return tuple(artifact[:-1] for artifact in artifacts)


def _load_files(files: Iterable[tuple[Any, ...]], source: str) -> tuple[Artifact, ...]:
    return tuple([Artifact(*(*file, source)) for file in files])
