"""A JSON page (PEP 691) split by release, its entries left as they are.

A page of three thousand files takes 40 ms to read and to check, and a run looks at one or two of its releases.  So
the page is only taken apart here: each entry is given to the release that its file name speaks of, as text, and
`page_json.read_file` checks it when the release is looked at.  `split_page` leaves everything unusual to `page`.
"""

from __future__ import annotations

import re
from json import JSONDecoder
from typing import Any

from packaging.version import Version

from piptools_clone.errors import BoundExceeded
from piptools_clone.index.compact import CompactPage
from piptools_clone.index.entries import Addresses, clean_text
from piptools_clone.index.filenames import Filenames
from piptools_clone.index.listing import FILE_LIMIT
from piptools_clone.index.page_json import check_version, read_status
from piptools_clone.index.page_request import PAGE_LIMIT

_SPACE = re.compile(r"[ \t\r\n]*")
_USUAL = re.compile(
    r"([a-zA-Z0-9_.]+-[0-9][0-9.]*(?:(?:a|b|rc|\.post|\.dev)[0-9]+)?)(?:(?:-[\w.]+){3}\.whl|\.tar\.gz|\.zip)", re.ASCII
).fullmatch
"""File names that need no closer look: they begin with name and version, and these hold no dash but the one between."""
_BETWEEN = re.compile(r"\}\s*,\s*(?=\{)")
_END = 96 * 1024  # bytes: the newest release of all but a few projects, and some older ones
_decode = JSONDecoder().raw_decode

Entry = tuple[Any, int, int]
"""A decoded entry, and where in the text it begins and ends."""


def split_page(body: bytes, url: str, name: str) -> CompactPage | None:
    """The page of a project by release; ``url`` is where it came from, ``name`` is canonical.

    None for a page that is not plain JSON with a list of files: it wants a closer look.  Raises IndexFailure for
    a version of the API that is not understood, BoundExceeded for a page that is too large.
    """
    if len(body) > PAGE_LIMIT:
        return None
    try:
        text = body.decode()
        if "\n" in text:  # between the tokens: no string of JSON holds one
            text = text.replace("\n", " ")
        facts, entries = _split(text)
    except (ValueError, IndexError, RecursionError):
        return None
    if facts is None or entries is None:
        return None
    if len(entries) > FILE_LIMIT:
        raise BoundExceeded(f"the page {url} names more than {FILE_LIMIT:,} files", url=url)
    meta = facts.get("meta")
    check_version(meta.get("api-version", "1.0") if isinstance(meta, dict) else "1.0", url)
    return _Releases(text, entries, url, name).page(facts)


def split_end(body: bytes, url: str, name: str) -> CompactPage | None:
    """The last releases of a large page, read from its last bytes alone: enough for a guess, never for an answer.

    Indexes list their files by version, the newest last.  None where the end cannot be understood by itself.
    """
    text = body[-_END:].decode(errors="replace").replace("\n", " ")
    begin = _BETWEEN.search(text)
    if begin is None:
        return None
    try:
        entries, _ = _entries(f"[{text[begin.end() :]}", 0)
        first = entries[0][0]["filename"].partition("-")[2].partition("-")[0]
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    whole = [entry for entry in entries if f"-{first}" not in str(entry[0].get("filename"))]  # that one may be cut
    return _Releases(f"[{text[begin.end() :]}", whole, url, name).page({})


def _split(text: str) -> tuple[dict[str, Any] | None, list[Entry] | None]:
    """The members of the outermost object, and the entries of its member ``files``."""
    at = _after_space(text, 0)
    if text[at] != "{":
        return None, None
    facts: dict[str, Any] = {}
    entries: list[Entry] | None = None
    mark = text[at]
    while mark != "}":
        key, at = _decode(text, _after_space(text, at + 1))
        at = _after_space(text, at)
        if text[at] != ":" or not isinstance(key, str):
            raise ValueError
        at = _after_space(text, at + 1)
        if key == "files" and text[at] == "[":
            entries, at = _entries(text, at)
        else:
            facts[key], at = _decode(text, at)
        at = _after_space(text, at)
        mark = text[at]
        if mark not in ",}":
            raise ValueError
    if _after_space(text, at + 1) != len(text):
        raise ValueError
    return facts, entries


def _entries(text: str, at: int) -> tuple[list[Entry], int]:
    """The elements of an array that begins at ``at``, and where it ends."""
    found: list[Entry] = []
    at = _after_space(text, at + 1)
    if text[at] == "]":
        return found, at + 1
    while True:
        entry, end = _decode(text, at)
        found.append((entry, at, end))
        mark = text[end]
        if mark in " \t\r":
            end = _after_space(text, end)
            mark = text[end]
        if mark == "]":
            return found, end + 1
        if mark != ",":
            raise ValueError
        at = end + 1
        if text[at] in " \t\r":
            at = _after_space(text, at)


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


class _Releases:
    """Gives entries to releases."""

    def __init__(self, text: str, entries: list[Entry], url: str, name: str) -> None:
        self._text = text
        self._filenames = Filenames(name)
        self._addresses = Addresses(url)
        self._url = url
        self._folders: dict[str, bool] = {}
        self._skipped: list[tuple[str, str]] = []
        self._groups: dict[str, list[Entry]] = {}  # by the beginning of the file name
        self._releases: dict[Version, list[Entry]] = {}
        self._texts: dict[Version, str] = {}  # how versions were written
        for entry in entries:
            self._take(entry)
        for beginning, group in self._groups.items():
            self._place(beginning, group)

    def page(self, facts: dict[str, Any]) -> CompactPage:
        """What was found."""
        ordered = sorted(self._releases.items(), key=_first)
        versions = tuple(version for version, _ in ordered)
        texts = tuple(self._texts.get(version) or str(version) for version in versions)
        lines = tuple(f"[{','.join([self._text[start:end] for _, start, end in found])}]" for _, found in ordered)
        status = read_status(facts.get("project-status"))
        return CompactPage(texts, lines, tuple(self._skipped), status, self._url, versions)

    def _take(self, entry: Entry) -> None:
        """Give an entry to the group of its release, which most file names tell at a glance."""
        content = entry[0]
        if type(content) is dict:
            filename, url = content.get("filename"), content.get("url")
            if type(filename) is str and type(url) is str and self._can_be_fetched(url, filename):
                usual = _USUAL(filename)
                self._groups.setdefault(usual[1] if usual else "\0" + filename, []).append(entry)
                return
            self._skipped.append((clean_text(filename) or "?", "an unusable entry of the page"))
        else:
            self._skipped.append(("?", "an unusable entry of the page"))

    def _place(self, beginning: str, group: list[Entry]) -> None:
        """Give a group to its release; a version is spelled as the first of its files has it."""
        if beginning[0] == "\0":
            version = self._filenames.version(beginning[1:])
        else:
            name, _, text = beginning.partition("-")
            version = self._filenames.read(name, text)
            if isinstance(version, Version) and version not in self._releases:
                self._texts[version] = text
        if isinstance(version, str):
            self._skipped += [(content["filename"], version) for content, _, _ in group]
        elif version in self._releases:  # in the order of the page again
            self._releases[version] = sorted(self._releases[version] + group, key=_start)
        else:
            self._releases[version] = group

    def _can_be_fetched(self, url: str, filename: str) -> bool:
        """Whether the address of an entry is one of http or https; the files of a page share a few folders."""
        folder = url.removesuffix(filename)
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = self._addresses.join(url.partition("#")[0]) is not None
        return known


def _first(item: tuple[Version, list[Entry]]) -> Version:
    return item[0]


def _start(entry: Entry) -> int:
    return entry[1]
