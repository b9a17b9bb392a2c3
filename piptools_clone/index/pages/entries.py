"""What an entry of a page says: where addresses, digests and texts of an index are checked.  Pure."""

from __future__ import annotations

import re

from piptools_clone.model.artifact import HASH_ALGORITHMS, Hashes

TEXT_LIMIT = 2_000  # characters of a Requires-Python or a reason; the longest seen have about 300

_ODD_IN_URL = r"[^!#-;=?-\[\]_a-z~]"
_QUOTE_SAFE = "!#$%&'()*+,/:;=?@[]~"
_HEX = r"[0-9a-f]+"
_USUAL_DIGEST = re.compile(r"[0-9a-f]{64}").fullmatch


_SEGMENTS = r"(?:[\w+~%-][\w.+~%-]*+/)*+[\w+~%-][\w.+~%-]*+"
_USUAL_ADDRESS = re.compile(rf"https?://[a-zA-Z0-9.-]+(?::[0-9]+)?/{_SEGMENTS}", re.ASCII).fullmatch
"""Absolute already: no user, no dots that lead up, nothing to be quoted."""
_USUAL_WAY = re.compile(rf"((?:\.\./)*)({_SEGMENTS})", re.ASCII).fullmatch
"""The way from a page to a file: up some folders, and down."""
_USUAL_BASE = re.compile(
    r"(https?://[a-zA-Z0-9.-]+(?::[0-9]+)?)/((?:[\w+~%-][\w.+~%-]*+/)*+)(?:[\w+~%-][\w.+~%-]*+)?", re.ASCII
).fullmatch
"""The address of a page as it is nearly always: a host, and folders without dots that lead up."""


class Addresses:
    """Makes the addresses of one page absolute; ``base`` is the page's own address or its ``<base>``.

    A page of thousands of files may name as many folders, but they lead off from few.
    """

    def __init__(self, base: str) -> None:
        self._base = base
        self._local = base.startswith("file:")
        self._folders: dict[str, str | None] = {}

    def join(self, url: str) -> str | None:
        """The absolute address without credentials and fragment; None when it is not http, https or (from a file) file.

        ``url`` has no fragment any more.
        """
        if _USUAL_ADDRESS(url):
            return url
        way = _USUAL_WAY(url)
        if way is not None:
            above = self._above(way[1])
            return None if above is None else above + way[2]
        if re.search(_ODD_IN_URL, url):
            from urllib.parse import quote

            url = quote(url.strip(), safe=_QUOTE_SAFE, errors="replace")
        if "?" in url:
            return self._join(url)
        before, _, last = url.rpartition("/")
        if last in ("", ".", "..") or (not before and ":" in last):
            return self._join(url)
        folder = self._folder(url[: len(url) - len(last)])
        return None if folder is None else folder + last

    def _above(self, ups: str) -> str | None:
        """The folder that some ``../`` lead up to; to join by the book takes as long as to read a release."""
        if ups not in self._folders:
            usual = _USUAL_BASE(self._base)
            if usual is not None:
                folders = usual[2].split("/")[:-1]
                left = folders[: max(0, len(folders) - len(ups) // 3)]
                self._folders[ups] = "/".join([usual[1], *left, ""])
        return self._folder(ups)

    def _folder(self, url: str) -> str | None:
        """The absolute address of a folder, with a slash at its end."""
        if url not in self._folders:
            self._folders[url] = self._join(url)
        return self._folders[url]

    def _join(self, url: str) -> str | None:
        from urllib.parse import urljoin, urlsplit, urlunsplit

        try:
            parts = urlsplit(urljoin(self._base, url or "."))
        except ValueError:
            return None
        host = parts.netloc.rpartition("@")[2]
        if not (parts.scheme in ("http", "https") and host) and not (parts.scheme == "file" and self._local):
            return None
        return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def filename_of(url: str) -> str:
    """The last segment of an address, unquoted: what the file is called."""
    last = url.partition("?")[0].rpartition("/")[2]
    if "%" not in last:
        return last
    from urllib.parse import unquote

    return unquote(last)


def read_hashes(given: object) -> Hashes:
    """The digests of a page's entry that are well formed and of a known algorithm, sorted."""
    if not isinstance(given, dict):
        return ()
    usual = given.get("sha256")
    if len(given) == 1 and isinstance(usual, str) and _USUAL_DIGEST(usual):
        return (("sha256", usual),)
    return tuple(sorted(_checked_hash(*item) for item in given.items() if _is_hash(*item)))


def read_hash_text(text: str) -> Hashes:
    """The digest of a text such as ``sha256=aa00...``, as fragments and attributes hold it."""
    algorithm, _, digest = text.partition("=")
    if algorithm == "sha256" and _USUAL_DIGEST(digest):
        return ((algorithm, digest),)
    return read_hashes({algorithm: digest.partition("&")[0]})


def _is_hash(algorithm: object, digest: object) -> bool:
    if not isinstance(algorithm, str) or not isinstance(digest, str):
        return False
    return HASH_ALGORITHMS.get(algorithm.lower()) == len(digest) and re.fullmatch(_HEX, digest.lower()) is not None


def _checked_hash(algorithm: str, digest: str) -> tuple[str, str]:
    return algorithm.lower(), digest.lower()


def clean_text(text: object) -> str | None:
    """A text of a page without control characters and not too long, None for anything else."""
    if not isinstance(text, str):
        return None
    if len(text) <= TEXT_LIMIT and text.isprintable():
        return text
    return "".join(each if each.isprintable() else " " for each in text[:TEXT_LIMIT])


def read_sidecar(given: object) -> Hashes | None:
    """What ``core-metadata`` says (PEP 714): None for no sidecar, else its digests."""
    if isinstance(given, dict):
        return read_hashes(given)
    return () if given is True else None
