"""A very large JSON page, split by release as `page_split` does it, but read in parts.

In one piece the objects of a page take three times the memory of its text, and a page may have 64 MiB.  Here those of
one part are there at a time.
"""

import json
import re
from typing import Any

from piptools_clone.errors import BoundExceeded
from piptools_clone.index.pages.compact_page import CompactPage
from piptools_clone.index.pages.entries import Addresses
from piptools_clone.index.pages.listing import FILE_LIMIT
from piptools_clone.index.pages.page_json import check_version
from piptools_clone.index.pages.page_request import PAGE_LIMIT
from piptools_clone.index.pages.page_split import Entries, Releases, can_be_fetched, one_line, read_entries

_PART = 2 * 2**20  # bytes; more saves no time
_FILES = re.compile(rb'"files"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*')
_BETWEEN = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*(?=\{)")
_decode = json.JSONDecoder().raw_decode


def split_large(body: bytes, url: str, name: str, part: int = _PART) -> CompactPage | None:
    """The page of a project by release, as `split_page` gives it, from parts of so many bytes."""
    if len(body) > PAGE_LIMIT:
        return None
    try:
        entries, page = _read(body, url, part)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    meta = page.get("meta")
    check_version(meta.get("api-version", "1.0") if isinstance(meta, dict) else "1.0", url)
    return Releases(entries, url, name).page(page)


def _read(body: bytes, url: str, size: int) -> tuple[Entries, dict[str, Any]]:
    """All entries of a page, and the page without them."""
    addresses = Addresses(url)
    whole = Entries([], [], [])
    at = begin = _start(body)
    while True:
        parting = _BETWEEN.search(body, at + size)
        end = parting.start() + 1 if parting else len(body)
        array = f"[{one_line(body[at:end].decode())}]"
        files, stop = _decode(array)
        entries = read_entries(files, array, 1)
        if not can_be_fetched(entries, addresses):
            raise ValueError
        whole.names.extend(entries.names)
        whole.texts.extend(entries.texts)
        if len(whole.names) > FILE_LIMIT:
            raise BoundExceeded(f"the page {url} names more than {FILE_LIMIT:,} files", url=url)
        if stop < len(array):
            rest = f"{array[stop - 1 : -1]}{one_line(body[end:].decode())}"
            return whole, _without_files(one_line(body[:begin].decode()) + rest)
        if parting is None:
            raise ValueError
        at = parting.end()


def _start(body: bytes) -> int:
    """Where the first file of a page is.  Raises ValueError unless there is one list of files."""
    found = _FILES.search(body)
    if found is None or _FILES.search(body, found.end()):
        raise ValueError
    return found.end()


def _without_files(text: str) -> dict[str, Any]:
    """A page of which all files were taken away.  Raises ValueError where they were none of its own."""
    page: dict[str, Any] = json.loads(text)
    if page["files"] != []:
        raise ValueError
    return page
