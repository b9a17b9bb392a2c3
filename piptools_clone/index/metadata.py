"""The metadata of a file on an index, by the cheapest way that is there.

In this order: the cache; the sidecar (PEP 658, PEP 714); byte ranges of the wheel; the whole wheel; static metadata of
a source distribution (PEP 643, PEP 621); a build.  What was read is kept for ever, by the content it belongs to.
"""

# pathlib is a slow import:
# ruff: noqa: PTH118, PTH123
from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from piptools_clone.errors import MetadataError
from piptools_clone.formats.inert import inert
from piptools_clone.index.bundles import Bundles
from piptools_clone.index.core_metadata import (
    METADATA_LIMIT,
    check_filename,
    dump_metadata,
    load_metadata,
    parse_metadata,
)
from piptools_clone.index.digests import Digests
from piptools_clone.index.filenames import sdist_stem
from piptools_clone.index.files import Files, give_name, is_local, known_by
from piptools_clone.index.links import local_path, path_to_url
from piptools_clone.index.steps import Ask, Steps, Work
from piptools_clone.model.artifact import Artifact, Hashes
from piptools_clone.model.candidate import CoreMetadata

if TYPE_CHECKING:
    from piptools_clone.index.build import Builder
    from piptools_clone.index.cache import Cache
    from piptools_clone.index.freshness import Later
    from piptools_clone.index.transport import Response
    from piptools_clone.index.wheel_range import Ranges

_KIND = "metadata"
STATIC = "static"
"""In place of what a build depends on, for metadata that needed none."""


class MetadataReader:
    """Reads the metadata of artifacts.  For several threads."""

    def __init__(self, cache: Cache | None, files: Files, open_builder: Callable[[], Builder], later: Later) -> None:
        self._bundles = Bundles(cache, _KIND, later)
        self._files = files
        self._open_builder = open_builder

    @cached_property
    def _ranges(self) -> Ranges:
        from piptools_clone.index.wheel_range import Ranges  # here, for most indexes have the metadata beside the files

        return Ranges()

    def save(self) -> None:
        """Keep what was read for the next run."""
        self._bundles.save()

    def steps(self, artifact: Artifact) -> Steps[CoreMetadata]:
        """The metadata of a file, checked against the file's name.

        Local wheels are not cached, they are as near as the cache.
        Raises MetadataError (broken, or of another release), BuildFailure, IndexFailure, BoundExceeded, HashMismatch.
        """
        if is_local(artifact.url) and artifact.is_wheel:
            return parse_metadata(_read_local_wheel(artifact), artifact.filename)
        if is_local(artifact.url) and not artifact.hashes:  # what was built is kept by the content of the archive
            digest = yield Work(partial(self._files.sha256, artifact))
            artifact = artifact._replace(hashes=(("sha256", digest),))
        bundle = _bundle(artifact.filename)
        for is_built in (False,) if artifact.is_wheel else (False, True):
            data = self._bundles.read(bundle, self._key(artifact, is_built=is_built))
            found = None if data is None else load_metadata(data)
            if found is not None:
                return found
        if artifact.is_wheel:
            found, is_built = (yield from self._read_wheel(artifact)), False
        else:
            found, is_built = yield Work(partial(self._read_sdist, artifact))
        self._bundles.write(bundle, self._key(artifact, is_built=is_built), partial(dump_metadata, found))
        return found

    def _key(self, artifact: Artifact, *, is_built: bool) -> str:
        """What the metadata is kept under: its file, and of what was built all that the build depends on."""
        if artifact.is_wheel:
            return known_by(artifact)
        how = self._open_builder().key(_probable_name(artifact.filename)) if is_built else STATIC
        return f"{known_by(artifact)} {how}"

    def _read_wheel(self, artifact: Artifact) -> Steps[CoreMetadata]:
        filename = artifact.filename
        if artifact.sidecar is not None:
            what, url = f"the metadata of {inert(filename)}", sidecar_url(artifact.url)
            response: Response = yield Ask(url, {}, METADATA_LIMIT, what)
            if response.status == 200:
                _check_digests(response.body, artifact.sidecar, what, url)
                return parse_metadata(response.body, filename)
        from piptools_clone.index.wheel_range import NoRanges

        try:
            return parse_metadata((yield from self._ranges.read_metadata(artifact.url, filename)), filename)
        except NoRanges:
            found: CoreMetadata = yield Work(partial(self._read_whole_wheel, artifact))
            return found

    def _read_whole_wheel(self, artifact: Artifact) -> CoreMetadata:
        import tempfile

        from piptools_clone.index.wheel_range import read_wheel_metadata

        with tempfile.TemporaryDirectory(prefix="piptools-wheel-") as folder:
            path = os.path.join(folder, "wheel")
            self._files.fetch(artifact, path)
            with open(path, "rb") as file:
                return parse_metadata(read_wheel_metadata(file, artifact.filename), artifact.filename)

    def _read_sdist(self, artifact: Artifact) -> tuple[CoreMetadata, bool]:
        """Fetch, look for static metadata, build."""
        import tempfile

        with tempfile.TemporaryDirectory(prefix="piptools-sdist-") as folder:
            path = os.path.join(folder, "sdist")
            self._files.fetch(artifact, path)
            return self.read_fetched_sdist(give_name(path, artifact.filename), artifact.filename)

    def read_fetched_sdist(self, path: str, filename: str) -> tuple[CoreMetadata, bool]:
        """The metadata of a source distribution on disk: static, else by a build; and whether it was built."""
        from piptools_clone.index.sdist import read_static_metadata

        found = read_static_metadata(path, filename)
        if found is not None:
            return found, False
        metadata = (
            self._open_builder().build(path_to_url(path), inert(filename), name=_probable_name(filename)).metadata
        )
        check_filename(metadata, filename)
        return metadata, True


def sidecar_url(url: str) -> str:
    """The address of the metadata beside a file (PEP 658)."""
    path, mark, query = url.partition("?")
    return f"{path}.metadata{mark}{query}"


def _read_local_wheel(artifact: Artifact) -> bytes:
    from piptools_clone.index.wheel_range import read_wheel_metadata

    path = local_path(artifact.url)
    try:
        with open(path, "rb") as file:
            return read_wheel_metadata(file, artifact.filename)
    except OSError as error:
        raise MetadataError(f"cannot read {inert(path)}: {error.strerror}") from error


def _bundle(filename: str) -> str:
    """What is kept together: the files of one project, or for old names with dashes of a few."""
    return canonicalize_name(filename.partition("-")[0])


def _check_digests(data: bytes, promised: Hashes, what: str, url: str) -> None:
    if promised:
        digests = Digests(promised)
        digests.update(data)
        digests.check(what, url)


def _probable_name(filename: str) -> str:
    """The canonical name of a source distribution by PEP 625: all before the last dash."""
    return canonicalize_name((sdist_stem(filename) or filename).rpartition("-")[0])
