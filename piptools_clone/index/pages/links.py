"""Find-links places and ``file://`` indexes: folders and pages of links -> listings.

A place that is not there is passed over with a warning, as pip does; a place that answers wrongly is a failure.
"""

# pathlib is a slow import, and a folder of wheels is read on the way of every run:
from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol

from piptools_clone.errors import IndexFailure
from piptools_clone.formats.filenames import is_safe, sdist_stem
from piptools_clone.formats.sanitize import inert, without_credentials
from piptools_clone.index.pages.entries import filename_of, read_hash_text
from piptools_clone.index.pages.listing import Listing
from piptools_clone.index.pages.page import Page, read_listing, read_page, select
from piptools_clone.index.pages.page_request import PAGE_LIMIT, is_remote
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.names import canonical_name

_HTML_SUFFIXES = (".html", ".htm")


class FetchListing(Protocol):
    """Fetches a remote page of links; None when there is none (404)."""

    def __call__(self, url: str) -> Listing | None:
        """Fetch the page of an address, with credentials as given."""


class FindLinks:
    """The find-links places of a run, each listed once.

    ``warn`` is told of places that are passed over.
    """

    def __init__(self, locations: tuple[str, ...], fetch: FetchListing, warn: Callable[[str], None]) -> None:
        self._locations = locations
        self._fetch = fetch
        self._warn = warn
        self._places: list[tuple[str, _ByName]] | None = None

    @property
    def is_local(self) -> bool:
        """Whether no place needs the network."""
        return not any(is_remote(location) for location in self._locations)

    def pages(self, name: str) -> list[tuple[str, Page]]:
        """Pairs of place and page, for the places that have files of the project.  Raises IndexFailure."""
        if self._places is None:
            self._places = [
                (without_credentials(location), _ByName(listing))
                for location in self._locations
                if (listing := self._list(location)) is not None
            ]
        pages = [(location, by_name.page(name)) for location, by_name in self._places]
        return [(location, page) for location, page in pages if page.releases]

    def _list(self, location: str) -> Listing | None:
        if is_remote(location):
            return list_remote(location, self._fetch)
        path = local_path(location)
        if os.path.isdir(path):
            return list_folder(path)
        if os.path.isfile(path):
            return _list_file(path)
        self._warn(f"the find-links location {inert(without_credentials(location))} is passed over: it is not there")
        return None


class _ByName:
    """A listing whose files are found by project: by what their names begin with."""

    def __init__(self, listing: Listing) -> None:
        self._first_words: dict[str, list[Artifact]] = {}
        for artifact in listing.artifacts:
            self._first_words.setdefault(_first_word(artifact.filename), []).append(artifact)

    def page(self, name: str) -> Page:
        return select(Listing(self._first_words.get(_first_word(name), []), []), name)


def _first_word(name: str) -> str:
    return name.replace("_", "-").replace(".", "-").partition("-")[0].lower()


def list_remote(location: str, fetch: FetchListing) -> Listing:
    """What a remote find-links place offers: itself where it is an archive, else what its page names.

    Raises IndexFailure for a page that is not there, and what ``fetch`` raises.
    """
    from urllib.parse import urlsplit

    url, _, fragment = without_credentials(location).partition("#")
    if _is_archive(urlsplit(url).path):
        return Listing([Artifact(filename_of(url), url, read_hash_text(fragment))], [])
    listing = fetch(location)
    if listing is None:
        raise IndexFailure(f"the find-links page {url} is not there (404)", url=url, status=404)
    return listing


def why_unfit_index(location: str) -> str:
    """Why a place can be no index, or "": neither an address that can be fetched nor a folder that is there."""
    if is_remote(location):
        return ""
    if "://" in location and not location.lower().startswith("file:"):
        return "only http, https and file addresses can be read"
    return "" if os.path.isdir(local_path(location)) else "it is not there"


def read_local_index(location: str, name: str) -> Page | None:
    """The page of a project on a ``file://`` index: ``name/index.html``, else the folder ``name``; None without either.

    Raises IndexFailure for a page that cannot be read.
    """
    folder = os.path.join(local_path(location), canonical_name(name))
    page = os.path.join(folder, "index.html")
    if os.path.isfile(page):
        return read_page(_read_bytes(page), "text/html", path_to_url(page), name)
    return select(list_folder(folder), name) if os.path.isdir(folder) else None


def list_folder(path: str) -> Listing:
    """The archives of a folder, and those that its HTML pages link to, in the order of their names."""
    found = Listing([], [])
    try:
        names = sorted(os.listdir(path))
    except OSError as error:
        raise IndexFailure(f"cannot list the folder {inert(path)}: {error.strerror}") from error
    for name in names:
        inside = _list_file(os.path.join(path, name)) if is_safe(name) else None
        if inside is not None:
            found.artifacts.extend(inside.artifacts)
    return found


def _list_file(path: str) -> Listing | None:
    if path.lower().endswith(_HTML_SUFFIXES):
        return read_listing(_read_bytes(path), "text/html", path_to_url(path))
    return Listing([Artifact(os.path.basename(path), path_to_url(path))], []) if _is_archive(path) else None


def _is_archive(path: str) -> bool:
    return path.endswith(".whl") or sdist_stem(path) is not None


def _read_bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(PAGE_LIMIT + 1)
    except OSError as error:
        raise IndexFailure(f"cannot read {inert(path)}: {error.strerror}") from error


def local_path(location: str) -> str:
    """The absolute path of a path or a ``file:`` URL."""
    if location.lower().startswith("file:"):
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        return os.path.abspath(url2pathname(urlsplit(location).path))
    return os.path.abspath(os.path.expanduser(location))


def path_to_url(path: str) -> str:
    """The ``file:`` URL of a path."""
    if os.sep == "/":
        from urllib.parse import quote

        return "file://" + quote(os.path.abspath(path))
    from pathlib import Path

    return Path(os.path.abspath(path)).as_uri()
