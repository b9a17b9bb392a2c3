"""Bytes and a content type -> the files of a project: the Simple Repository API.  Pure.

JSON by PEP 691, 700, 708, 714, 740, 792; HTML by PEP 503, 592, 658, 714, 792.  Whatever is no such page ends
in an `IndexFailure`, so that an outage, a proxy or a login page is never taken for "there is nothing".
Everything is checked here, once, where it enters: what leaves is absolute, clean and bounded.
"""

import re

from packaging.version import Version

from piptools_clone.errors import BoundExceeded, IndexFailure
from piptools_clone.formats.filenames import Filenames, looks_like_distribution
from piptools_clone.formats.sanitize import inert
from piptools_clone.index.pages.listing import FILE_LIMIT, Listing, ProjectStatus
from piptools_clone.index.pages.page_request import HTML_TYPE, JSON_TYPE, PAGE_LIMIT
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.names import canonical_name
from piptools_clone.named_tuple import NamedTuple

_SCRIPT = rb"(?i)<script"
_FORM = rb"(?i)<form[^>]*+"

_HEADING = rb"(?i)<(?:title|h1)\b[^<>]*+>([^<]*+)"
_OF_A_LIST = r"(?i)\s*(?:links|simple index|index of|directory listing)\b"


class Page(NamedTuple):
    """The files of one project: versions ascending, for each its files in the order of the page."""

    releases: tuple[tuple[Version, tuple[Artifact, ...]], ...]
    skipped: tuple[tuple[str, str], ...] = ()
    status: ProjectStatus = ProjectStatus()


def read_page(body: bytes, content_type: str, url: str, name: str) -> Page:
    """Read the page of a project; ``url`` is where it came from, without credentials; ``name`` is canonical.

    Raises IndexFailure for anything that is no whole page, BoundExceeded for one that is too large.
    """
    listing = read_listing(body, content_type, url)
    page = select(listing, name)
    if not page.releases and "json" not in content_type.lower():
        _refuse_foreign_page(body, listing, url, name)
    return page


def read_listing(body: bytes, content_type: str, url: str) -> Listing:
    """Read a page without asking what project it is of, as for find-links; raises as `read_page`."""
    if len(body) > PAGE_LIMIT:
        raise BoundExceeded(f"the page {url} is larger than {PAGE_LIMIT >> 20} MiB", url=url)
    kind = content_type.partition(";")[0].strip().lower()
    if kind in (JSON_TYPE, "application/json"):
        from piptools_clone.index.pages.page_json import read_json

        listing = read_json(body, url)
    elif kind in (HTML_TYPE, "text/html"):
        from piptools_clone.index.pages.page_html import read_html

        listing = read_html(body, content_type, url)
    else:
        shown = inert(kind, 80) or "none"
        raise IndexFailure(f"{url} is no page of a package index: its content type is {shown}", url=url)
    if len(listing.artifacts) > FILE_LIMIT:
        raise BoundExceeded(f"the page {url} names more than {FILE_LIMIT:,} files", url=url)
    return listing


def select(listing: Listing, name: str) -> Page:
    """The part of a listing that is of one project, by version."""
    filenames = Filenames(name)
    skipped = list(listing.skipped)
    releases: dict[Version, list[Artifact]] = {}
    for artifact in listing.artifacts:
        version = filenames.version(artifact.filename)
        if isinstance(version, str):
            skipped.append((artifact.filename or "?", version))
        else:
            releases.setdefault(version, []).append(artifact)
    ordered = sorted(releases.items(), key=_first)
    return Page(tuple((version, tuple(files)) for version, files in ordered), tuple(skipped), listing.status)


def _first(item: tuple[Version, list[Artifact]]) -> Version:
    return item[0]


def _refuse_foreign_page(body: bytes, listing: Listing, url: str, name: str) -> None:
    """Refuse a page without a release when it speaks to humans: it may be a login page or an apology.

    A page with files of any kind passes, and so does an empty page at the project's own address.
    """
    if any(looks_like_distribution(artifact.filename) for artifact in listing.artifacts):
        return
    if _is_address_of(url, name) and not listing.artifacts and not _is_for_humans(body) and _lists(body, name):
        return
    raise IndexFailure(f"{url} answered with something that is no page of the project {name}", url=url)


def _is_for_humans(body: bytes) -> bool:
    """Whether a page runs scripts or asks for something; devpi has a form that refreshes a page."""
    forms = re.finditer(_FORM, body)
    return re.search(_SCRIPT, body) is not None or any(b"refresh" not in form[0].lower() for form in forms)


def _without_tags(body: bytes) -> bytes:
    end = body.rfind(b">") + 1  # what is not ended is no tag, and must not be looked for again and again
    return re.sub(rb"<[^>]*+>", b"", body[:end]) + body[end:]


def _lists(body: bytes, name: str) -> bool:
    """Whether a page without a link says nothing else, or that it is a list, or whose: an apology does not."""
    if b"pypi:repository-version" in body or not _without_tags(body).strip():
        return True
    from piptools_clone.index.pages.page_tags import unescape

    headings = [unescape(found.decode(errors="replace")) for found in re.findall(_HEADING, body)]
    words = {canonical_name(word) for heading in headings for word in re.split(r"[\s/:'\"]+", heading)}
    return name in words or any(re.match(_OF_A_LIST, heading) for heading in headings)


def _is_address_of(url: str, name: str) -> bool:
    from urllib.parse import unquote, urlsplit

    segments = [unquote(segment) for segment in urlsplit(url).path.split("/") if segment]
    if segments and segments[-1] == "index.html":
        segments.pop()
    return bool(segments) and canonical_name(segments[-1]) == name
