"""The form in which the cache keeps pages: read in a millisecond, and each release only when it is looked at.

Lines end with a newline::

    piptools-clone page 2 <number of lines that follow>
    {"skipped": [[file name, reason], ...], "status": [state, reason], "base": address}
    1.0<TAB>1.1<TAB>...                    the versions, ascending
    [file, ...]                            one line for each version, in the same order

Where there is a ``base``, a file is the JSON object that the index gave, which is checked when it is looked at (see
`page_split`) and whose URL is relative to ``base``.  Else it is the JSON array ``[file name, URL, hashes,
Requires-Python, yanked, size, upload time, sidecar]`` cut after its last value that is not null.  A URL in an array
that ends with a slash stands for itself plus the file name, one that ends with ``#`` for itself without that; hashes
are one text ``sha256:aa.. md5:bb..``.  A listing (a find-links page, which is of no one project) is kept the same way
under ``piptools-clone listing 1``, with one line for all files.

Anything else, such as the form of another release of this program, loads as None: a miss.  The cache itself holds
a checksum, so that damage inside a line is what no release of this program wrote: an IndexFailure.
"""

import json
from collections.abc import Iterable
from itertools import chain
from typing import Any

from packaging.version import InvalidVersion, Version

from piptools_clone.errors import IndexFailure
from piptools_clone.formats.filenames import parse_version
from piptools_clone.formats.sanitize import inert, without_credentials
from piptools_clone.index.pages.listing import Listing, ProjectStatus
from piptools_clone.index.pages.page import Page
from piptools_clone.index.pages.page_request import LISTING_FORM, PAGE_FORM
from piptools_clone.model.artifact import Artifact, Hashes
from piptools_clone.named_tuple import NamedTuple

_ODD = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What reading raises of a line that is not of the form."""

_TEXT = (str, type(None))
_TYPES: tuple[Any, ...] = (str, str, _TEXT, _TEXT, _TEXT, (int, type(None)), _TEXT, _TEXT)
"""Of the values that stand for a file."""


class CompactPage(NamedTuple):
    """A loaded page; ``versions`` are texts and ``lines`` are unread.

    ``parsed`` are the versions where somebody has parsed them already.
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
        try:
            if not self.base:
                return tuple([_load_file(row, source) for row in json.loads(line)])
            from piptools_clone.index.pages.page_json import read_line

            return read_line(line if isinstance(line, str) else line.decode(), self.base, source)
        except _ODD:
            raise _damaged(source) from None


def dump_page(page: Page) -> bytes:
    """The compact form of a page; `load_page` reads it."""
    versions = "\t".join(str(version) for version, _ in page.releases)
    lines = (_json([_dump_file(artifact) for artifact in artifacts]) for _, artifacts in page.releases)
    return _seal(PAGE_FORM, len(page.releases) + 2, [_dump_head(page.skipped, page.status), versions], lines)


def render_page(page: CompactPage) -> bytes:
    """The compact form of a page whose lines are texts; `load_page` reads it."""
    head = _dump_head(page.skipped, page.status, page.base)
    return _seal(PAGE_FORM, len(page.lines) + 2, [head, "\t".join(page.versions)], map(str, page.lines))


def load_page(data: bytes) -> CompactPage | None:
    """Read a compact form, None when it is none."""
    lines = _open(PAGE_FORM, data)
    if lines is None:
        return None
    try:
        skipped, status, base = _load_head(lines[0])
        versions = tuple(lines[1].decode("ascii").split("\t")) if lines[1] else ()
    except _ODD:
        return None
    if len(versions) != len(lines) - 2:
        return None
    return CompactPage(versions, tuple(lines[2:]), tuple(skipped), status, base)


def dump_listing(listing: Listing) -> bytes:
    """The compact form of a listing; `load_listing` reads it."""
    files = _json([_dump_file(artifact) for artifact in listing.artifacts])
    return _seal(LISTING_FORM, 2, [_dump_head(listing.skipped, listing.status)], [files])


def load_listing(data: bytes, source: str) -> Listing | None:
    """Read the compact form of a listing, None when it is none."""
    lines = _open(LISTING_FORM, data)
    if lines is None:
        return None
    try:
        skipped, status, _ = _load_head(lines[0])
        return Listing([_load_file(row, source) for row in json.loads(lines[1])], skipped, status)
    except _ODD:
        return None


def parse_versions(page: CompactPage) -> tuple[Version, ...]:
    """The versions of a loaded page, ascending; it costs about two microseconds each."""
    try:
        return page.parsed or tuple([parse_version(text) or Version(text) for text in page.versions])
    except InvalidVersion:
        raise _damaged(page.base or "a page") from None


def _damaged(place: str) -> IndexFailure:
    shown = inert(without_credentials(place), 200)
    return IndexFailure(f"the cache entry of {shown} is damaged", url=shown, hint="delete the cache folder")


def _seal(form: str, count: int, *lines: Iterable[str]) -> bytes:
    """A form of so many lines; each is let go as soon as it was encoded, for a page may be large."""
    return b"\n".join(map(str.encode, chain([f"piptools-clone {form} {count}"], *lines)))


def _open(form: str, data: bytes) -> list[bytes] | None:
    """The lines after the first, None unless there are as many as it says."""
    head, *lines = data.split(b"\n")
    return lines if head == f"piptools-clone {form} {len(lines)}".encode("ascii") else None


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _dump_head(skipped: Iterable[tuple[str, str]], status: ProjectStatus, base: str = "") -> str:
    return _json({"skipped": [list(pair) for pair in skipped], "status": list(status), "base": base})


def _load_head(line: bytes) -> tuple[list[tuple[str, str]], ProjectStatus, str]:
    head = json.loads(line)
    skipped = [(filename, reason) for filename, reason in head["skipped"]]
    status, base = ProjectStatus(*head["status"]), head["base"]
    if not all(isinstance(text, str) for text in (*chain(*skipped), *status, base)):
        raise TypeError
    return skipped, status, base


def _dump_file(artifact: Artifact) -> list[Any]:
    filename, url, hashes, requires_python, yanked, size, upload_time, sidecar, _ = artifact
    if url.endswith("/" + filename):
        url = url[: -len(filename)]
    elif url[-1] in "/#":
        url += "#"
    row = [
        filename,
        url,
        _dump_hashes(hashes) or None,
        requires_python,
        yanked,
        size,
        upload_time,
        None if sidecar is None else _dump_hashes(sidecar),
    ]
    while row[-1] is None:
        row.pop()
    return row


def _dump_hashes(hashes: Hashes) -> str:
    return " ".join(f"{algorithm}:{digest}" for algorithm, digest in hashes)


def _load_file(row: list[Any], source: str) -> Artifact:
    values = row + [None] * (8 - len(row))
    filename, url, hashes, requires_python, yanked, size, upload_time, sidecar = values
    if not all(map(isinstance, values, _TYPES)):
        raise TypeError
    if url[-1] == "/":
        url += filename
    elif url[-1] == "#":
        url = url[:-1]
    sidecar = None if sidecar is None else _load_hashes(sidecar)
    return Artifact(filename, url, _load_hashes(hashes), requires_python, yanked, size, upload_time, sidecar, source)


def _load_hashes(text: str | None) -> Hashes:
    if not text:
        return ()
    if " " not in text:  # nearly always
        algorithm, _, digest = text.partition(":")
        return ((algorithm, digest),)
    return tuple((algorithm, digest) for algorithm, _, digest in (pair.partition(":") for pair in text.split(" ")))
