"""Distribution files: fetched or read piece by piece, and held against every digest that was promised for them."""

# pathlib is a slow import, and local wheels are read on the way of every run:
from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from piptools_clone.errors import IndexFailure, MetadataError
from piptools_clone.formats.filenames import is_safe
from piptools_clone.formats.requirements.direct_reference import is_local
from piptools_clone.formats.sanitize import inert
from piptools_clone.http.steps import Ask, Steps
from piptools_clone.index.pages.links import local_path
from piptools_clone.index.stated_digests import Digests
from piptools_clone.model.artifact import Artifact
from piptools_clone.store.cache import FACTS
from piptools_clone.store.shapes import is_sha256

if TYPE_CHECKING:
    from piptools_clone.http.transport import Response, Transport
    from piptools_clone.index.metadata.trust import Trust
    from piptools_clone.store.cache import Cache

ARCHIVE_LIMIT = 16 * 2**30  # bytes of one distribution file
_CHUNK = 256 * 1024


class Files:
    """Reads the bytes of artifacts, whether remote or local.

    Where ``locked`` says that they will be held against digests of a lock, those of an index may be missing.
    """

    def __init__(self, transport: Transport, cache: Cache | None, trust: Trust) -> None:
        self._transport = transport
        self._cache = cache
        self._trust = trust

    def fetch(self, artifact: Artifact, path: str, *, locked: bool = False) -> str:
        """Write a file to ``path`` and return its hexadecimal SHA-256.

        Raises IndexFailure, also for a file of which nothing can be verified that must be (see `Trust`), HashMismatch
        when the bytes have not the digests that the index gives.
        """
        if not locked:
            self._trust.refuse_unverifiable(artifact)
        with open(path, "wb") as file:
            return self._read(artifact, file.write)

    def fetch_anew(
        self, artifact: Artifact, path: str, conditions: Mapping[str, str]
    ) -> tuple[str, Mapping[str, str]] | None:
        """Write a remote file to ``path`` and return its SHA-256 and the headers that came with it; raises as `fetch`.

        None where by ``conditions`` there is nothing new, and offline, where there are conditions at all.
        """
        what, digests = inert(artifact.filename), Digests(artifact.hashes)
        with open(path, "wb") as file:

            def sink(piece: bytes) -> None:
                digests.update(piece)
                file.write(piece)

            headers = self._transport.download(
                artifact.url, sink, limit=ARCHIVE_LIMIT, what=what, conditions=conditions
            )
        if headers is None:
            return None
        digests.check(what, artifact.url)
        return digests.sha256, headers

    def content(self, artifact: Artifact, limit: int, *, locked: bool = False) -> Steps[bytes]:
        """The bytes of a file of at most ``limit``, for files that memory holds many of.

        Raises as `fetch`, and BoundExceeded past the limit.
        """
        if not locked:
            self._trust.refuse_unverifiable(artifact)
        what = inert(artifact.filename)
        response: Response = yield Ask(artifact.url, {"Accept-Encoding": "identity"}, limit, what)
        if response.status != 200:
            raise IndexFailure(f"{what} {response.url} is not there ({response.status})", url=response.url, status=404)
        digests = Digests(artifact.hashes)
        digests.update(response.body)
        digests.check(what, artifact.url)
        return response.body

    def sha256(self, artifact: Artifact) -> str:
        """The hexadecimal SHA-256 of a file: what the index says, else that of its bytes; raises as `fetch`.

        A digest of fetched bytes is remembered when the index gives another digest, by which the file is known.
        """
        if artifact.sha256:
            return artifact.sha256
        self._trust.refuse_unverifiable(artifact)
        key = self._trust.content_key(artifact) or self._trust.said_key(artifact)
        cache = self._cache if artifact.hashes else None
        cached = cache.read(FACTS, f"sha256 {key}", is_sha256) if cache else None
        if cached is not None:
            return str(cached)
        digest = self._read(artifact, lambda piece: None)
        if cache:
            cache.write(FACTS, f"sha256 {key}", digest)
        return digest

    def _read(self, artifact: Artifact, write: Callable[[bytes], object]) -> str:
        """Pass the bytes of a file on, check them, and return their SHA-256."""
        digests = Digests(artifact.hashes)

        def sink(piece: bytes) -> None:
            digests.update(piece)
            write(piece)

        if is_local(artifact.url):
            _read_local(artifact.url, sink)
        else:
            self._transport.download(artifact.url, sink, limit=ARCHIVE_LIMIT, what=inert(artifact.filename))
        digests.check(inert(artifact.filename), artifact.url)
        return digests.sha256


def give_name(path: str, filename: str) -> str:
    """Give a file that was fetched under a name of ours, and verified, its own name; returns the new path.

    Raises MetadataError for a name that could lead elsewhere.
    """
    if not is_safe(filename):
        raise MetadataError(f"{inert(filename)!r} is no usable file name")
    named = os.path.join(os.path.dirname(path), filename)
    os.rename(path, named)
    return named


def _read_local(url: str, sink: Callable[[bytes], None]) -> None:
    path = local_path(url)
    try:
        with open(path, "rb") as file:
            while piece := file.read(_CHUNK):
                sink(piece)
    except OSError as error:
        raise IndexFailure(f"cannot read {inert(path)}: {error.strerror}", url=url) from error
