"""A JSON page (PEP 691) split by release, its entries left as they are.

A page of three thousand files takes 40 ms to read and to check, and a run probes at one or two of its releases.  So
the page is only taken apart here: each entry is given to the release that its file name speaks of, as text, and
`page_json.read_file` checks it when the release is looked at.  The work on each entry is left to loops of the
interpreter's own wherever that can be.  `split_page` leaves everything unusual to `page`.

To read the likely releases of a large page first (`split_newest`) saves 4 % of a cold compile where such pages stand on
the longest chain (``tox -e bench``, "jupyter").

In one piece the objects of a page take three times the memory of its text, and a page may have 64 MiB.  So it is read
in parts, and the objects of one part are there at a time; nearly all pages are one part.
"""

import json
import re
from collections.abc import Callable, Sequence
from itertools import pairwise, repeat
from typing import Any

from packaging.version import Version

from piptools_clone.errors import BoundExceeded
from piptools_clone.formats.filenames import Filenames
from piptools_clone.index.pages.compact_page import CompactPage
from piptools_clone.index.pages.entries import Addresses, clean_text
from piptools_clone.index.pages.listing import FILE_LIMIT
from piptools_clone.index.pages.page_json import check_version, read_status
from piptools_clone.index.pages.page_request import PAGE_LIMIT
from piptools_clone.named_tuple import NamedTuple

_BEGINNINGS = re.compile(
    r"^(?:([a-zA-Z0-9_.]+-[0-9][0-9.]*(?:(?:a|b|rc|\.post|\.dev)[0-9]+)?)(?:-[\w.]+-[\w.]+-[\w.]+(?<=\w\.whl)|\.tar\.gz|\.zip)|.*)$",
    re.ASCII | re.MULTILINE,
).findall
"""Of each line, a file name, the name and version that it begins with; these hold no dash but the one between.

Empty for a file name that needs a closer probe.
"""
_USUAL_FOLDER = re.compile(r"https?://[a-zA-Z0-9.-]+(?::[0-9]+)?/[\w./+~-]*", re.ASCII).fullmatch
"""Addresses that need no closer look, less the name of the file."""
_FILES = re.compile(rb'"files"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*')
_COMMA = re.compile(r"[ \t\r]*,[ \t\r]*")
_BETWEEN = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*(?=\{)")
_find_release = re.compile(
    rb'"filename"\s*:\s*"([a-zA-Z0-9_.]+)-([0-9][0-9.]*(?:(?:a|b|rc|\.post|\.dev)[0-9]+)?)(?:-[\w.]+-|\.tar\.gz|\.zip)'
).search
"""Finds a usual file name in a page; name and version."""
_PROBES, _STEP, _PEAKS = 64, 2048, 3  # probes of a page, bytes between two at least, and newest finds that count
_MARGIN = 4096  # bytes that are read before and after what a probe finds
_PART = 2 * 2**20  # bytes; more saves no time
_ODD = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading raises of a page that is not plain."""
_decode = json.JSONDecoder().raw_decode


_Group = tuple[Version, str, list[int]]
"""A version, how it is written where that is known, and the numbers of files."""


class Sought(NamedTuple):
    """Which releases of a project are looked for: versions that fit, or ``exact`` ones, as file names spell them.

    ``least`` is the version from which on others fit: where few do, they stand near it.
    """

    fits: Callable[[Version], bool]
    exact: Sequence[str] = ()
    least: str | None = None


class _Probe(NamedTuple):
    """A version that was found in a page, and the probes before and after it, as places in bytes."""

    version: Version
    begin: int
    end: int


class Entries(NamedTuple):
    """File names and addresses of the entries of a page, and their texts without the outer braces."""

    names: list[str]
    urls: list[str]
    texts: list[str]


def split_page(body: bytes, url: str, name: str, part: int = _PART) -> CompactPage | None:
    """The page of a project by release; ``url`` is where it came from, ``name`` is canonical.

    None for a page that is not plain JSON with a list of plain files: it wants a closer probe.  Raises IndexFailure for
    a version of the API that is not understood, BoundExceeded for a page that is too large.
    """
    if len(body) > PAGE_LIMIT:
        return None
    try:
        entries, page = _read_parts(body, url, part)
    except _ODD:
        return None
    meta = page.get("meta")
    check_version(meta.get("api-version", "1.0") if isinstance(meta, dict) else "1.0", url)
    return Releases(entries, url, name).page(page)


def _read_parts(body: bytes, url: str, size: int) -> tuple[Entries, dict[str, Any]]:
    """All entries of a page, read in parts of so many bytes, and the page without them."""
    addresses = Addresses(url)
    whole = Entries([], [], [])
    at = begin = _start(body)
    while True:
        parting = _BETWEEN.search(body, at + size)
        end = parting.start() + 1 if parting else len(body)
        array = f"[{_one_line(body[at:end])}]"
        files, stop = _decode(array)
        if len(whole.names) + len(files) > FILE_LIMIT:
            raise BoundExceeded(f"the page {url} names more than {FILE_LIMIT:,} files", url=url)
        entries = _read_entries(files, array)
        if not _can_be_fetched(entries, addresses):
            raise ValueError
        whole.names.extend(entries.names)
        whole.texts.extend(entries.texts)
        if stop < len(array):
            rest = f"{array[stop - 1 : -1]}{_one_line(body[end:])}"
            return whole, _without_files(_one_line(body[:begin]) + rest)
        if parting is None:
            raise ValueError
        at = parting.end()


def _start(body: bytes) -> int:
    """Where the first file of a page is.  Raises ValueError unless there is one list of files."""
    found = _FILES.search(body)
    if found is None or (body.find(b'"files"', found.end()) >= 0 and _FILES.search(body, found.end())):
        raise ValueError
    return found.end()


def _without_files(text: str) -> dict[str, Any]:
    """A page of which all files were taken away.  Raises ValueError where they were none of its own."""
    page: dict[str, Any] = json.loads(text)
    if page["files"] != []:
        raise ValueError
    return page


def split_newest(body: bytes, url: str, name: str, sought: Sought) -> CompactPage | None:
    """Most likely the newest releases that are sought of a large page, from a few probes of it.

    For a guess, never for an answer.  Indexes list the files of a release together, and the releases by version or,
    as the largest index does, by its text.  Either way the newest are where the next probe finds an older one, or one
    that does not fit, or at the end.  None where nothing is understood by itself.
    """
    names: list[str] = []
    urls: list[str] = []
    texts: list[str] = []
    for begin, end in _newest_parts(body, Filenames(name), sought):
        try:
            part = _read_part(body, begin, end)
        except _ODD:
            continue
        names += part.names
        urls += part.urls
        texts += part.texts
    return Releases(Entries(names, urls, texts), url, name).page({}) if names else None


def _newest_parts(body: bytes, filenames: Filenames, sought: Sought) -> list[tuple[int, int]]:
    """Where the newest releases lie, as far as probes of a page tell: ascending, none overlapping another."""
    step = max(_STEP, len(body) // _PROBES)
    found = _places(body, sought.exact, 4 * step)
    if not found:
        probes = _probes(body, step, filenames, sought)
        peaks = [probe for probe, following in pairwise(probes) if following.version < probe.version]
        found = [(probe.begin, probe.end) for probe in sorted((*peaks, *probes[-1:]))[-_PEAKS:]]
        found += [] if found else _places(body, [sought.least] if sought.least else (), step)
        found.append((len(body), len(body)))
    joined: list[tuple[int, int]] = []
    for begin, end in sorted((max(0, begin - _MARGIN), min(end + _MARGIN, len(body))) for begin, end in found):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((begin, end))
    return joined


def _places(body: bytes, versions: Sequence[str], size: int) -> list[tuple[int, int]]:
    """Where the files of these versions begin, each with so many bytes that follow."""
    ends = ("-", ".tar", ".zip")
    found = [body.find(f"-{version}{end}".encode()) for version in versions for end in ends]
    return [(at, at + size) for at in found if at >= 0]


def _probes(body: bytes, step: int, filenames: Filenames, sought: Sought) -> list[_Probe]:
    """The releases that fit among those that probes of a page find, one for each step."""
    matches: list[re.Match[bytes]] = []
    while match := _find_release(body, matches[-1].start() + step if matches else 0):
        matches.append(match)
    places = [0, *[match.start() for match in matches], len(body)]
    probes: list[_Probe] = []
    for match, begin, end in zip(matches, places, places[2:], strict=False):
        version = filenames.read(match[1].decode(), match[2].decode())
        if isinstance(version, str) or not sought.fits(version):
            continue
        if probes and probes[-1].version == version:
            probes[-1] = probes[-1]._replace(end=end)
        else:
            probes.append(_Probe(version, begin, end))
    return probes


def _read_part(body: bytes, begin: int, end: int) -> Entries:
    """The entries that a part of a page holds as a whole."""
    start, parting = (_BETWEEN if begin else _FILES).search(body, begin, end), _BETWEEN.search(body, begin, end)
    if start is None or parting is None:
        raise ValueError
    array = f"[{_one_line(body[start.end() : end], errors='replace')}"
    if end < len(body):  # the last entry is cut
        array = f"{array.rpartition(f'{_one_line(parting[0])}{{')[0]}}}]"
    return _read_entries(_decode(array)[0], array)


def _one_line(part: bytes, *, errors: str = "strict") -> str:
    """A text of JSON without line breaks: they are between the tokens, for no string holds one."""
    text = part.decode(errors=errors)
    return text.replace("\n", " ") if "\n" in text else text


def _read_entries(files: list[dict[str, Any]], array: str) -> Entries:
    """What is to be known of the entries of an array, which its text begins with.

    Raises an error of looking up for entries that are not plain.
    """
    names, urls = [file["filename"] for file in files], [file["url"] for file in files]
    texts = _split(array, len(files))
    if not all(map(str.__contains__, texts, names)) or "\n" in "".join(names):
        raise ValueError
    return Entries(names, urls, texts)


def _split(array: str, count: int) -> list[str]:
    """The texts of the ``count`` objects of an array, without their outer braces.

    They must be parted alike, as machines do it, and nothing in them must look like what parts them.
    """
    if count == 0:
        return []
    _, end = _decode(array, 1)
    comma = _COMMA.match(array, end)
    *texts, last = array[2:].split(f"}}{comma[0]}{{", count - 1) if comma else [array[2:]]
    if len(texts) != count - 1:
        raise ValueError
    _, end = _decode(f"{{{last}")
    return [*texts, last[: end - 2]]


def _can_be_fetched(entries: Entries, addresses: Addresses) -> bool:
    """Whether all addresses are of http or https, or lead on from the page."""
    folders = set(map(str.removesuffix, entries.urls, entries.names))
    return all(
        _USUAL_FOLDER(folder) or addresses.join(f"{folder.partition('#')[0]}x") is not None for folder in folders
    )


class Releases:
    """Gives entries to releases, by their names."""

    def __init__(self, entries: Entries, url: str, name: str) -> None:
        self._entries = entries
        self._filenames = Filenames(name)
        self._url = url
        self._skipped: list[tuple[str, str]] = []
        self._found: list[_Group] = []
        for beginning, group in _grouped(entries.names).items():
            self._place(beginning, group)

    def page(self, facts: dict[str, Any]) -> CompactPage:
        """What was found."""
        releases = self._merged()
        versions = tuple([version for version, _, _ in releases])
        texts = tuple([text or str(version) for version, text, _ in releases])
        lines = tuple([self._line(group) for _, _, group in releases])
        status = read_status(facts.get("project-status"))
        return CompactPage(texts, lines, tuple(self._skipped), status, self._url, versions)

    def _merged(self) -> list[_Group]:
        """The groups by version, ascending; a version is spelled as the first of its files has it."""
        releases: list[_Group] = []
        for each in sorted(self._found, key=_first):
            if releases and releases[-1][0] == each[0]:  # in the order of the page again
                version, text, group = releases[-1]
                releases[-1] = version, text, sorted(group + each[2])
            else:
                releases.append(each)
        return releases

    def _line(self, group: list[int]) -> str:
        """The entries of a release as an array of JSON; those that stand together are let go."""
        texts, begin, end = self._entries.texts, group[0], group[-1] + 1
        if end - begin != len(group):
            return f"[{{{'},{'.join([texts[i] for i in group])}}}]"
        line = f"[{{{'},{'.join(texts[begin:end])}}}]"
        texts[begin:end] = repeat("", end - begin)
        return line

    def _place(self, beginning: str, group: list[int]) -> None:
        """Find the version of a group, and how it is written, if the names of its files are usual."""
        if beginning[0] == "\0":
            text, version = "", self._filenames.version(beginning[1:])
        else:
            name, _, text = beginning.partition("-")
            version = self._filenames.read(name, text)
        if isinstance(version, str):
            self._skipped += [(clean_text(self._entries.names[i]) or "?", version) for i in group]
        else:
            self._found.append((version, text, group))


def _grouped(names: Sequence[str]) -> dict[str, list[int]]:
    """The numbers of files by what their names begin with: name and version, or a NUL and an unusual name."""
    groups: dict[str, list[int]] = {}
    beginnings = _BEGINNINGS("\n".join(names)) if names else []
    for i, beginning in enumerate(beginnings):
        key = beginning or f"\0{names[i]}"
        if key in groups:
            groups[key].append(i)
        else:
            groups[key] = [i]
    return groups


def _first(group: _Group) -> Version:
    return group[0]
