"""Project pages as HTML (PEP 503, 592, 658, 714, 792).  Pure.

Indexes write their pages by machine, so a regular expression reads nearly all of them, four times faster
than a parser.  It only speaks when it understood everything that might be an anchor; else
`page_tags` reads the page.  Both give the same tags, which a property test holds.
"""

import re
from collections.abc import Iterator

from piptools_clone.errors import BoundExceeded, IndexFailure
from piptools_clone.index.pages.entries import (
    Addresses,
    clean_text,
    filename_of,
    read_hash_text,
)
from piptools_clone.index.pages.listing import FILE_LIMIT, Listing, ProjectStatus, let_go
from piptools_clone.index.pages.page_json import check_version
from piptools_clone.index.pages.page_tags import Tag, parse_tags, unescape
from piptools_clone.model.artifact import Artifact, Hashes
from piptools_clone.named_tuple import NamedTuple

NAMES = frozenset(("a", "base", "meta", "input"))
"""The tags of interest."""
_INTERESTING = re.compile(r"<(a|base|meta|input)(?=[\s/>])", re.IGNORECASE)
_MACHINE_MADE = re.compile(
    r'<(a|base|meta|input)((?:[ \t\r\n]++[A-Za-z][A-Za-z0-9:_-]*+(?:="[^"]*+")?+)*+)[ \t\r\n]*+/?>', re.IGNORECASE
)
_ATTRIBUTE = re.compile(r'([A-Za-z][A-Za-z0-9:_-]*+)(?:="([^"]*+)")?+')
_CONFUSING = re.compile(
    r"<!--|<!\[|<\?|<(?:script|style|textarea|title|xmp|noscript|iframe|plaintext)[\s/>]", re.IGNORECASE
)
_PLAIN_TITLE = re.compile(r"<title>[^<]*</title>", re.IGNORECASE)
_LOOSE_ENTITY = re.compile(r"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{0,31};)")
_ANCHOR = frozenset("aA")
_BEGUN = re.compile(r"<html[\s>]", re.IGNORECASE)
_ENDED = re.compile(r"</html\s*+>\s*+(?:<!--(?:(?!-->).)*+-->\s*+)*+\Z", re.IGNORECASE | re.DOTALL)
_TAIL = 4096  # characters at the end of a page in which its end must stand
_CHARSETS = frozenset(("utf-8", "ascii", "iso8859-1", "cp1252"))
"""Codecs for pages of which all that matters is ASCII; among the others are some that take quadratic time."""


class _Tags(NamedTuple):
    """The tags of interest of a page: how many they are, and the attributes of its anchors, made one by one."""

    total: int
    others: list[Tag]
    anchors: Iterator[dict[str, str]]


def read_html(body: bytes, content_type: str, url: str) -> Listing:
    """Read a page; raises IndexFailure when it was cut, is a login page, or speaks another API version."""
    tags = _read_tags(_read_text(body, content_type, url))
    if any(tag == "input" and found.get("type", "").lower() == "password" for tag, found in tags.others):
        raise IndexFailure(
            f"{url} answered with a login page",
            url=url,
            hint="give credentials for this index, in its address, in a netrc file, or in a keyring",
        )
    if tags.total > FILE_LIMIT:
        raise BoundExceeded(f"the page {url} names more than {FILE_LIMIT:,} files", url=url)
    metas = {found.get("name", ""): found.get("content", "") for tag, found in tags.others if tag == "meta"}
    check_version(metas.get("pypi:repository-version", "1.0"), url)
    return _read_anchors(tags, url)._replace(status=_read_status(metas))


def _read_text(body: bytes, content_type: str, url: str) -> str:
    text = _decode(body, content_type)
    if _BEGUN.search(text) and not _ENDED.search(text[-_TAIL:]):
        raise IndexFailure(f"{url} answered with a page that was cut: it begins <html> and does not end it", url=url)
    return text


def _read_tags(text: str) -> _Tags:
    found = _scan(text)
    if found is None:
        tags = parse_tags(text, NAMES)
        anchors = (attributes for tag, attributes in let_go(tags) if tag == "a")
        return _Tags(len(tags), [each for each in tags if each[0] != "a"], anchors)
    others = [_read_tag(*each) for each in found if each[0] not in _ANCHOR]
    anchors = (_attributes(attributes) for tag, attributes in let_go(found) if tag in _ANCHOR)
    return _Tags(len(found), others, anchors)


def scan_tags(text: str) -> list[Tag] | None:
    """The tags of interest by regular expression, None when the page is not plain enough to be sure."""
    found = _scan(text)
    return None if found is None else [_read_tag(*each) for each in found]


def _scan(text: str) -> list[tuple[str, str]] | None:
    """Names and attributes of the tags of interest, as they are written."""
    title = _PLAIN_TITLE.search(text, 0, 8192)
    begin, end = title.span() if title else (0, 0)
    if _CONFUSING.search(text, 0, begin) or _CONFUSING.search(text, end) or _LOOSE_ENTITY.search(text):
        return None
    interesting = len(_INTERESTING.findall(text))
    if interesting > FILE_LIMIT:  # `parse_tags` stops there
        return None
    found = _MACHINE_MADE.findall(text)
    return found if len(found) == interesting else None


def _read_tag(tag: str, attributes: str) -> Tag:
    return tag.lower(), _attributes(attributes)


def _attributes(text: str) -> dict[str, str]:
    pairs = _ATTRIBUTE.findall(text)
    if "&" not in text and text.islower() and len(found := dict(pairs)) == len(pairs):
        return found
    pairs.reverse()  # the first of equal names stands
    return {name.lower(): unescape(value) for name, value in pairs}


def _decode(body: bytes, content_type: str) -> str:
    found = re.search(r"charset\s*+=\s*+[\"']?([\w-]++)", content_type, re.IGNORECASE)
    return body.decode(_charset(found[1]) if found else "utf-8", "replace")


def _charset(name: str) -> str:
    """The codec of a page that says so, UTF-8 for one that pages are not in."""
    import codecs

    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        return "utf-8"
    return codec if codec in _CHARSETS else "utf-8"


def _read_anchors(tags: _Tags, url: str) -> Listing:
    bases = [found["href"] for tag, found in tags.others if tag == "base" and found.get("href")]
    addresses = Addresses(Addresses(url).join(bases[0]) or url if bases else url)
    artifacts: list[Artifact] = []
    skipped: list[tuple[str, str]] = []
    for found in tags.anchors:
        url, _, fragment = found.get("href", "").partition("#")
        if not filename_of(url):  # a link to a folder, or to a place of this page
            continue
        artifact = _read_anchor(url, fragment, found, addresses)
        if artifact is None:
            skipped.append((clean_text(filename_of(url)) or "?", "an unusable address"))
        else:
            artifacts.append(artifact)
    return Listing(artifacts, skipped)


def _read_anchor(url: str, fragment: str, found: dict[str, str], addresses: Addresses) -> Artifact | None:
    sidecar = found.get("data-core-metadata", found.get("data-dist-info-metadata"))
    yanked = found.get("data-yanked")
    address = addresses.join(url)
    if address is None:
        return None
    return Artifact(
        filename_of(url),
        address,
        hashes=_read_fragment(fragment),
        requires_python=clean_text(found.get("data-requires-python")) or None,
        yanked=None if yanked is None else clean_text(yanked),
        sidecar=None if sidecar is None or sidecar.lower() == "false" else read_hash_text(sidecar),
    )


def _read_fragment(fragment: str) -> Hashes:
    """The digest of a fragment, which may hold other things too (``sha256=...&egg=...``)."""
    if "&" not in fragment:
        return read_hash_text(fragment) if fragment else ()
    return tuple(sorted(each for part in fragment.split("&") for each in read_hash_text(part)))


def _read_status(metas: dict[str, str]) -> ProjectStatus:
    state = clean_text(metas.get("pypi:project-status")) or "active"
    return ProjectStatus(state, clean_text(metas.get("pypi:project-status-reason")) or "")
