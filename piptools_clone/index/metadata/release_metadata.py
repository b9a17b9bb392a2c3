"""The metadata of a file on an index, by the cheapest way that is there.

In this order: the cache; the sidecar (PEP 658, PEP 714); byte ranges of the wheel; the whole wheel; static metadata of
a source distribution (PEP 643, PEP 621); a build.  What was read is kept for ever, by what was verified of it
(see `trust`).
"""

# pathlib is a slow import:
from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING

from piptools_clone.errors import MetadataError
from piptools_clone.formats.filenames import sdist_stem
from piptools_clone.formats.requirements.direct_reference import is_local
from piptools_clone.formats.sanitize import inert
from piptools_clone.http.request_steps import Blocking
from piptools_clone.http.steps import Ask, Steps
from piptools_clone.index.files import Files, give_name
from piptools_clone.index.metadata.core_metadata import (
    METADATA_LIMIT,
    check_filename,
    dump_metadata,
    load_metadata,
    parse_metadata,
)
from piptools_clone.index.pages.links import local_path, path_to_url
from piptools_clone.index.stated_digests import Digests
from piptools_clone.model.artifact import Artifact, Hashes
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.names import canonical_name
from piptools_clone.store.bundles import Bundles

if TYPE_CHECKING:
    from piptools_clone.http.transport import Response
    from piptools_clone.index.metadata.source_builder import SourceBuilder
    from piptools_clone.index.metadata.trust import Trust
    from piptools_clone.index.metadata.wheel_range import Ranges
    from piptools_clone.store.cache import Cache, Later

STATIC = "static"
"""In place of what a build depends on, for metadata that needed none."""


class NeedsBuild(Exception):
    """Only a build can tell the metadata of a source distribution, and none was asked for."""


class MetadataReader:
    """Reads the metadata of artifacts.  For several threads."""

    def __init__(
        self, cache: Cache | None, files: Files, open_builder: Callable[[], SourceBuilder], later: Later, trust: Trust
    ) -> None:
        self._trust = trust
        self._bundles = Bundles(cache, later)
        self._files = files
        self._open_builder = open_builder

    @cached_property
    def _ranges(self) -> Ranges:
        from piptools_clone.index.metadata.wheel_range import (
            Ranges,  # here, for most indexes have the metadata beside the files
        )

        return Ranges()

    def save(self) -> None:
        """Keep what was read for the next run."""
        self._bundles.save()

    def steps(self, artifact: Artifact, *, build: bool = True) -> Steps[CoreMetadata]:
        """The metadata of a file, checked against the file's name.

        Without ``build`` raises NeedsBuild where one is needed.  Local wheels are not cached, they are near as it is.
        Raises MetadataError (broken, or of another release), BuildFailure, IndexFailure, BoundExceeded, HashMismatch.
        """
        if is_local(artifact.url) and artifact.is_wheel:
            return parse_metadata(_read_local_wheel(artifact), artifact.filename)
        if is_local(artifact.url) and not artifact.hashes:  # what was built is kept by the content of the archive
            digest = yield Blocking(partial(self._files.sha256, artifact))
            artifact = artifact._replace(hashes=(("sha256", digest),))
        bundle = _bundle(artifact.filename)
        for key in self._keys(artifact):
            data = self._bundles.read(bundle, key)
            known = None if data is None else load_metadata(data)
            if known is not None:
                return known
        if artifact.is_wheel:
            read = yield from self._read_wheel(artifact)
        else:
            found, is_built = yield Blocking(partial(self._read_sdist, artifact, build=build))
            read = self._sdist_key(artifact, is_built=is_built), found
        self._bundles.write(bundle, read[0], partial(dump_metadata, read[1]))
        return read[1]

    def _keys(self, artifact: Artifact) -> Iterator[str]:
        """What the metadata may be kept under, each by what was verified when it was read; the usual one first."""
        if not artifact.is_wheel:
            yield from (self._sdist_key(artifact, is_built=is_built) for is_built in (False, True))
            return
        trust = self._trust
        if key := trust.sidecar_key(artifact):
            yield key
        if not trust.is_open_to_all(artifact):
            yield trust.said_key(artifact)
        if key := trust.content_key(artifact):
            yield key

    def _sdist_key(self, artifact: Artifact, *, is_built: bool) -> str:
        """The whole file was read; if it was built, what was read depends on all that the build depends on."""
        key = self._trust.content_key(artifact) or self._trust.said_key(artifact)
        how = self._open_builder().key(_probable_name(artifact.filename)) if is_built else STATIC
        return f"{key} {how}"

    def _read_wheel(self, artifact: Artifact) -> Steps[tuple[str, CoreMetadata]]:
        """What to keep the metadata under, and the metadata."""
        filename, trust = artifact.filename, self._trust
        sidecar_key, is_open = trust.sidecar_key(artifact), trust.is_open_to_all(artifact)
        if artifact.sidecar is not None and (sidecar_key or not is_open):
            what, url = f"the metadata of {inert(filename)}", sidecar_url(artifact.url)
            response: Response = yield Ask(url, {}, METADATA_LIMIT, what)
            if response.status == 200:
                _check_digests(response.body, artifact.sidecar, what, url)
                return sidecar_key or trust.said_key(artifact), parse_metadata(response.body, filename)
        if not is_open:
            from piptools_clone.index.metadata.wheel_range import NoRanges

            with suppress(NoRanges):
                data = yield from self._ranges.read_metadata(artifact.url, filename)
                return trust.said_key(artifact), parse_metadata(data, filename)
        found: CoreMetadata = yield Blocking(partial(self._read_whole_wheel, artifact))
        return trust.content_key(artifact) or trust.said_key(artifact), found

    def _read_whole_wheel(self, artifact: Artifact) -> CoreMetadata:
        import tempfile

        from piptools_clone.index.metadata.wheel_range import read_wheel_metadata

        with tempfile.TemporaryDirectory(prefix="piptools-wheel-") as folder:
            path = os.path.join(folder, "wheel")
            self._files.fetch(artifact, path)
            with open(path, "rb") as file:
                return parse_metadata(read_wheel_metadata(file, artifact.filename), artifact.filename)

    def _read_sdist(self, artifact: Artifact, *, build: bool) -> tuple[CoreMetadata, bool]:
        """Fetch, look for static metadata, build."""
        import tempfile

        with tempfile.TemporaryDirectory(prefix="piptools-sdist-") as folder:
            path = os.path.join(folder, "sdist")
            self._files.fetch(artifact, path)
            path = give_name(path, artifact.filename)
            return self._read_fetched_sdist(path, artifact.filename, build=build)

    def _read_fetched_sdist(self, path: str, filename: str, *, build: bool) -> tuple[CoreMetadata, bool]:
        """The metadata of a source distribution on disk: static, else by a build; and whether it was built.

        Raises NeedsBuild where only a build can tell and none is wanted.
        """
        from piptools_clone.index.metadata.sdist import read_static_metadata

        found = read_static_metadata(path, filename)
        if found is not None:
            return found, False
        if not build:
            raise NeedsBuild(filename)
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
    from piptools_clone.index.metadata.wheel_range import read_wheel_metadata

    path = local_path(artifact.url)
    try:
        with open(path, "rb") as file:
            return read_wheel_metadata(file, artifact.filename)
    except OSError as error:
        raise MetadataError(f"cannot read {inert(path)}: {error.strerror}") from error


def _bundle(filename: str) -> str:
    """What is kept together: the files of one project, or for old names with dashes of a few."""
    return canonical_name(filename.partition("-")[0])


def _check_digests(data: bytes, promised: Hashes, what: str, url: str) -> None:
    if promised:
        digests = Digests(promised)
        digests.update(data)
        digests.check(what, url)


def _probable_name(filename: str) -> str:
    """The canonical name of a source distribution by PEP 625: all before the last dash."""
    return canonical_name((sdist_stem(filename) or filename).rpartition("-")[0])
