"""The metadata of a file on an index, by the cheapest way that is there.

In this order: the cache; the sidecar (PEP 658, PEP 714); byte ranges of the wheel; the whole wheel; static metadata of
a source distribution (PEP 643, PEP 621); a build.  What was read is kept for ever, by the content it belongs to.
"""

# pathlib is a slow import:
# ruff: noqa: PTH118, PTH123
from __future__ import annotations

import os
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from piptools_clone.errors import MetadataError
from piptools_clone.formats.inert import inert
from piptools_clone.index.core_metadata import (
    METADATA_LIMIT,
    check_filename,
    dump_metadata,
    load_metadata,
    parse_metadata,
)
from piptools_clone.index.filenames import sdist_stem
from piptools_clone.index.files import Digests, Files, is_local, known_by
from piptools_clone.index.links import local_path, path_to_url
from piptools_clone.index.wheel_range import NoRanges, Ranges, read_wheel_metadata
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.candidate import CoreMetadata

if TYPE_CHECKING:
    from piptools_clone.index.build import Builder
    from piptools_clone.index.cache import Cache
    from piptools_clone.index.fetcher import Fetcher

_KIND = "metadata"


class MetadataReader:
    """Reads the metadata of artifacts.  For several threads."""

    def __init__(self, transport: Fetcher, cache: Cache | None, files: Files, builder: Builder) -> None:
        self._transport = transport
        self._cache = cache
        self._files = files
        self._builder = builder
        self._ranges = Ranges(transport)

    def cached(self, artifact: Artifact) -> CoreMetadata | None:
        """What the cache knows; local wheels are not cached, they are as near as it."""
        if self._cache is None or (is_local(artifact.url) and artifact.is_wheel):
            return None
        data = self._cache.read(_KIND, known_by(artifact))
        return None if data is None else load_metadata(data)

    def read(self, artifact: Artifact) -> CoreMetadata:
        """The metadata of a file, checked against the file's name.

        Raises MetadataError (broken, or of another release), BuildFailure, IndexFailure, BoundExceeded, HashMismatch.
        """
        found = self.cached(artifact)
        if found is not None:
            return found
        metadata = self._read_wheel(artifact) if artifact.is_wheel else self._read_sdist(artifact)
        if self._cache and not is_local(artifact.url):
            self._cache.write(_KIND, known_by(artifact), dump_metadata(metadata))
        return metadata

    def _read_wheel(self, artifact: Artifact) -> CoreMetadata:
        filename = artifact.filename
        if is_local(artifact.url):
            return parse_metadata(_read_local_wheel(artifact), filename)
        sidecar = self._read_sidecar(artifact)
        if sidecar is not None:
            return parse_metadata(sidecar, filename)
        try:
            return parse_metadata(self._ranges.read_metadata(artifact.url, filename), filename)
        except NoRanges:
            return self._read_whole_wheel(artifact)

    def _read_sidecar(self, artifact: Artifact) -> bytes | None:
        """The sidecar, checked against its digest; None when the index has none after all."""
        if artifact.sidecar is None:
            return None
        what = f"the metadata of {inert(artifact.filename)}"
        url = sidecar_url(artifact.url)
        response = self._transport.get(url, limit=METADATA_LIMIT, what=what)
        if response.status != 200:
            return None
        digests = Digests(artifact.sidecar)
        digests.update(response.body)
        digests.check(what, url)
        return response.body

    def _read_whole_wheel(self, artifact: Artifact) -> CoreMetadata:
        import tempfile

        with tempfile.TemporaryDirectory(prefix="piptools-wheel-") as folder:
            path = os.path.join(folder, "wheel")
            self._files.fetch(artifact, path)
            with open(path, "rb") as file:
                return parse_metadata(read_wheel_metadata(file, artifact.filename), artifact.filename)

    def _read_sdist(self, artifact: Artifact) -> CoreMetadata:
        """Fetch, look for static metadata, build."""
        import tempfile

        with tempfile.TemporaryDirectory(prefix="piptools-sdist-") as folder:
            path = os.path.join(folder, artifact.filename)
            self._files.fetch(artifact, path)
            return self.read_fetched_sdist(path, artifact.filename)

    def read_fetched_sdist(self, path: str, filename: str) -> CoreMetadata:
        """The metadata of a source distribution on disk: static, else by a build."""
        from piptools_clone.index.sdist import read_static_metadata

        found = read_static_metadata(path, filename)
        if found is not None:
            return found
        metadata = self._builder.build(path_to_url(path), inert(filename), name=_probable_name(filename)).metadata
        check_filename(metadata, filename)
        return metadata


def sidecar_url(url: str) -> str:
    """The address of the metadata beside a file (PEP 658)."""
    path, mark, query = url.partition("?")
    return f"{path}.metadata{mark}{query}"


def _read_local_wheel(artifact: Artifact) -> bytes:
    path = local_path(artifact.url)
    try:
        with open(path, "rb") as file:
            return read_wheel_metadata(file, artifact.filename)
    except OSError as error:
        raise MetadataError(f"cannot read {inert(path)}: {error.strerror}") from error


def _key(artifact: Artifact) -> str:
    return known_by(artifact)


def _probable_name(filename: str) -> str:
    """The canonical name of a source distribution by PEP 625: all before the last dash."""
    return canonicalize_name((sdist_stem(filename) or filename).rpartition("-")[0])
