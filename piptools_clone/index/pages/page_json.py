"""Project pages as JSON (PEP 691, 700, 714, 792).  Pure."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from piptools_clone.errors import BoundExceeded, IndexFailure
from piptools_clone.index.pages.entries import (
    Addresses,
    clean_text,
    read_hashes,
    read_sidecar,
)
from piptools_clone.index.pages.listing import FILE_LIMIT, Listing, ProjectStatus, let_go
from piptools_clone.model.artifact import Artifact

_TIME = re.compile(r"[0-9T:.+Z -]{10,40}").fullmatch


def read_json(body: bytes, url: str) -> Listing:
    """Read a page of version 1; unknown keys are ignored.  Raises IndexFailure when it is none, or not whole."""
    try:
        page = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise IndexFailure(f"{url} answered with JSON that is broken or cut", url=url) from error
    files = page.get("files") if isinstance(page, dict) else None
    if not isinstance(files, list):
        raise IndexFailure(f"{url} answered with JSON that is no project page: it has no list of files", url=url)
    if len(files) > FILE_LIMIT:
        raise BoundExceeded(f"the page {url} names more than {FILE_LIMIT:,} files", url=url)
    check_version(_meta(page).get("api-version", "1.0"), url)
    addresses = Addresses(url)
    artifacts: list[Artifact] = []
    skipped: list[tuple[str, str]] = []
    for entry in let_go(files):
        artifact = read_file(entry, addresses)
        if isinstance(artifact, Artifact):
            artifacts.append(artifact)
        else:
            skipped.append((artifact, "an unusable entry of the page"))
    return Listing(artifacts, skipped, read_status(page.get("project-status")))


def check_version(version: object, url: str) -> None:
    """Refuse a page whose major API version is not 1 (PEP 629)."""
    told = str(version) if isinstance(version, str | float) else "that is no text"
    if told.partition(".")[0].strip() != "1":
        raise IndexFailure(
            f"{url} speaks version {clean_text(told[:40])} of the Simple API, and only 1 is understood", url=url
        )


def _meta(page: dict[str, Any]) -> dict[str, Any]:
    meta = page.get("meta")
    return meta if isinstance(meta, dict) else {}


@lru_cache(maxsize=64)  # a release that was read early is read again with its page
def read_line(line: str, base: str, source: str) -> tuple[Artifact, ...]:
    """The usable artifacts of some entries, a JSON array, of the page at ``base``, as offered by ``source``."""
    addresses = _addresses(base)
    read = [read_file(entry, addresses, source) for entry in json.loads(line)]
    return tuple([each for each in read if isinstance(each, Artifact)])


@lru_cache(maxsize=64)  # of the pages that are looked at in turn
def _addresses(base: str) -> Addresses:
    return Addresses(base)


def read_file(entry: object, addresses: Addresses, source: str = "") -> Artifact | str:
    """The artifact of an entry, or what to call the entry when it is unusable."""
    if not isinstance(entry, dict):
        return "?"
    filename, url, size, time = entry.get("filename"), entry.get("url"), entry.get("size"), entry.get("upload-time")
    if not isinstance(filename, str) or not isinstance(url, str):
        return clean_text(filename) or "?"
    address = addresses.join(url.partition("#")[0])
    if address is None:
        return clean_text(filename) or "?"
    sidecar = entry.get("core-metadata")
    return Artifact(
        filename,
        address,
        read_hashes(entry.get("hashes")),
        clean_text(entry.get("requires-python")) or None,
        _read_yanked(entry.get("yanked")),
        size if isinstance(size, int) and size >= 0 else None,
        time if isinstance(time, str) and _TIME(time) else None,
        read_sidecar(entry.get("dist-info-metadata") if sidecar is None else sidecar),
        source,
    )


def _read_yanked(given: object) -> str | None:
    """PEP 592: a reason, or true for none; anything false is a file in good standing."""
    if isinstance(given, str):
        return clean_text(given)
    return "" if given is True else None


def read_status(given: object) -> ProjectStatus:
    """The status of a project (PEP 792)."""
    if not isinstance(given, dict):
        return ProjectStatus()
    return ProjectStatus(clean_text(given.get("status")) or "active", clean_text(given.get("reason")) or "")
