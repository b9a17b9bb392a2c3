"""Direct references: wheels, archives, folders and repositories, given by an address instead of an index.

The cheapest way to the metadata comes first: METADATA of a wheel, static metadata of an archive or a folder; else
pip builds.
"""

# pathlib is a slow import:
from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from packaging.version import Version

from piptools_clone.errors import BuildFailure, HashMismatch, InputError, MetadataError
from piptools_clone.formats.filenames import is_safe, sdist_stem
from piptools_clone.formats.requirements.direct_reference import is_local, subdirectory_of, why_refused, with_egg
from piptools_clone.formats.sanitize import inert, redact_url, without_credentials
from piptools_clone.formats.schemes import is_vcs
from piptools_clone.index.files import give_name
from piptools_clone.index.metadata.archives import NOTHING, Archives, KnownArchive
from piptools_clone.index.metadata.core_metadata import dump_metadata, load_metadata, parse_metadata
from piptools_clone.index.metadata.release_metadata import STATIC
from piptools_clone.index.metadata.static_project import parse_static_project, read_pyproject
from piptools_clone.index.metadata.wheel_range import read_wheel_metadata
from piptools_clone.index.pages.entries import filename_of
from piptools_clone.index.pages.links import local_path, path_to_url
from piptools_clone.index.pages.page_request import is_remote
from piptools_clone.index.stated_digests import digests_of, holds, stated_in
from piptools_clone.model.artifact import Artifact, Hashes
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.names import canonical_name
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.store.cache import FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from piptools_clone.index.files import Files
    from piptools_clone.index.metadata.source_builder import Built, SourceBuilder
    from piptools_clone.index.metadata.trust import Trust
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.store.cache import Cache

_COMMIT = re.compile(r"@([0-9a-f]{40})(?=#|\Z)")


class DirectCandidate(NamedTuple):
    """What a direct reference leads to.

    ``name`` is canonical; ``url`` is the reference as it was asked for, and may hold credentials.  ``commit`` is what a
    checkout came to; ``hashes`` hold the SHA-256 of an archive (which is neither a folder nor a checkout), where its
    bytes are known.
    """

    name: str
    version: Version
    metadata: CoreMetadata
    url: str
    commit: str = ""
    hashes: Hashes = ()
    is_folder: bool = False
    is_vcs: bool = False
    editable: bool = False


class _Reference(NamedTuple):
    """A direct reference taken apart; ``shown`` is fit for messages."""

    url: str
    address: str
    subdirectory: str
    promised: Hashes
    allowed: frozenset[str]
    name: str | None
    shown: str
    config_settings: tuple[str, ...]


class DirectReader:
    """Reads direct references.  For several threads."""

    def __init__(self, files: Files, cache: Cache | None, builder: SourceBuilder, trust: Trust) -> None:
        self._files = files
        self._cache = cache
        self._builder = builder
        self._trust = trust
        self._archives = Archives(cache, trust.address_key)

    def answer(self, requirement: Requirement) -> DirectCandidate:
        """Read what a requirement with a direct reference leads to.  Raises as `read`, naming its origin."""
        try:
            return self.read(
                requirement.url or "",
                name=requirement.name,
                editable=requirement.editable,
                hashes=requirement.hashes,
                config_settings=requirement.config_settings,
                shown=requirement.shown,
            )
        except (InputError, MetadataError, BuildFailure, HashMismatch) as error:
            error.message = f"{inert(str(requirement.origin))}: {error.message}"
            raise

    def read_asked(self, url: str, *, name: str, asker: str) -> DirectCandidate:
        """Read what the foreign release ``asker`` requires.  Raises as `read` and `Trust.refuse_open_reference`."""
        self._trust.refuse_open_reference(url, asker)
        return self.read(url, name=name)

    def read(
        self,
        url: str,
        *,
        name: str | None = None,
        editable: bool = False,
        hashes: Sequence[str] = (),
        config_settings: Sequence[str] = (),
        shown: str = "",
    ) -> DirectCandidate:
        """Read what is at a ``file:``, http(s) or VCS address, with its fragment (``subdirectory=``, ``sha256=``).

        ``name`` is the canonical name it must have; of ``hashes`` (``algorithm:digest``) an archive must have one;
        ``config_settings`` are those of its build; ``shown`` is what messages call it, such as what the user typed.
        Raises InputError for a path that is not there, MetadataError, BuildFailure, IndexFailure, HashMismatch.
        """
        reference = _take_apart(url, name, hashes, config_settings)
        if "${" in shown:
            reference = reference._replace(shown=inert(redact_url(shown), 500))
        candidate = self._read(reference, editable=editable)
        if name is not None and candidate.name != name:
            raise MetadataError(f"{reference.shown} holds {candidate.name}, and not {name}")
        return candidate

    def _read(self, reference: _Reference, *, editable: bool) -> DirectCandidate:
        if is_vcs(reference.url):
            _refuse_hashes(reference, "a checkout")
            return self._read_repository(reference, editable=editable)
        if is_local(reference.address):
            path = local_path(reference.address)
            if os.path.isdir(path):
                _refuse_hashes(reference, "a folder")
                return self._read_folder(reference, os.path.join(path, reference.subdirectory), editable=editable)
            if not os.path.isfile(path):
                raise InputError(f"{inert(path)} is not there")
        elif not is_remote(reference.address):
            raise InputError(f"{reference.shown} is no address that can be fetched")
        return self._read_archive(reference)

    def _read_repository(self, reference: _Reference, *, editable: bool) -> DirectCandidate:
        """Pip checks out and builds; a full commit never changes, so what it gave is kept."""
        fixed = _COMMIT.search(reference.url)
        key = self._key(reference, without_credentials(reference.url)) if fixed else ""
        metadata = self._load(key)
        commit = fixed[1] if fixed else ""
        if metadata is None:
            url = with_egg(reference.url, reference.name) if editable and reference.name else reference.url
            metadata, commit = self._build(reference, url, editable=editable, is_vcs=True)
            self._store(key, metadata)
        return _candidate(reference, metadata)._replace(commit=commit, is_vcs=True, editable=editable)

    def _read_folder(self, reference: _Reference, path: str, *, editable: bool) -> DirectCandidate:
        metadata = parse_static_project(read_pyproject(path))
        if metadata is None:
            self._check_project(path)
            metadata = self._build(reference, path_to_url(path), editable=editable).metadata
        return _candidate(reference, metadata)._replace(is_folder=True, editable=editable)

    def _check_project(self, path: str) -> None:
        if not any(os.path.exists(os.path.join(path, name)) for name in ("pyproject.toml", "setup.py")):
            folder = inert(os.path.normpath(path))
            raise InputError(
                f"the folder {folder} holds no project: there is neither pyproject.toml nor setup.py",
                hint="name the folder that has one of them (a relative path begins at the working folder); the lines "
                "of a requirements file are taken over with: -r FILE",
            )

    def _read_archive(self, reference: _Reference) -> DirectCandidate:
        filename = archive_at(reference.url).filename
        digest, metadata = self._as_promised(reference, filename) or self._read_anew(reference, filename)
        return _candidate(reference, metadata)._replace(hashes=(("sha256", digest),) if digest else ())

    def _as_promised(self, reference: _Reference, filename: str) -> tuple[str, CoreMetadata] | None:
        """What the one archive that may be at an address came to before: it need not be asked for."""
        promised = {f"sha256:{digest}" for algorithm, digest in reference.promised if algorithm == "sha256"}
        texts = promised & reference.allowed if promised and reference.allowed else promised or reference.allowed
        algorithm, _, digest = next(iter(texts), "").partition(":")
        if len(texts) != 1 or algorithm != "sha256" or len(reference.promised) > 1 or is_local(reference.address):
            return None
        metadata = self._load_archive(reference, filename, digest)
        return None if metadata is None else (digest, metadata)

    def _read_anew(self, reference: _Reference, filename: str) -> tuple[str, CoreMetadata]:
        """The digest, empty where it is not sure, and the metadata of an archive for which its place is asked."""
        import tempfile

        known, metadata = self._remembered(reference, filename)
        with tempfile.TemporaryDirectory(prefix="piptools-direct-") as folder:
            path = os.path.join(folder, "archive")
            digest = self._fetch(reference, path, known.conditions)
            if not digest and metadata is not None:
                return known.sha256 if known.exact else "", metadata
            self._check_allowed(reference, path, digest)
            return digest, self._read_fetched(reference, give_name(path, filename), filename, digest)

    def _remembered(self, reference: _Reference, filename: str) -> tuple[KnownArchive, CoreMetadata | None]:
        """What is known of a remote archive of which nothing is promised."""
        if is_local(reference.address) or reference.promised or reference.allowed:
            return NOTHING, None
        known = self._archives.read(reference.address)
        metadata = self._load_archive(reference, filename, known.sha256)
        return (NOTHING, None) if metadata is None else (known, metadata)

    def _fetch(self, reference: _Reference, path: str, conditions: Mapping[str, str]) -> str:
        """Bring an archive to a path and return its SHA-256; empty, where by ``conditions`` there is nothing new."""
        artifact = archive_at(reference.url)
        if is_local(artifact.url):
            return self._files.fetch(artifact, path)
        fetched = self._files.fetch_anew(artifact, path, conditions)
        if fetched is None:
            return ""
        self._archives.remember(artifact.url, *fetched)
        return fetched[0]

    def _check_allowed(self, reference: _Reference, path: str, digest: str) -> None:
        """As in pip one of the hashes that stand after a requirement must be that of the file."""
        with open(path, "rb") as file:
            found = digests_of(file, digest, reference.allowed)
        if not holds(reference.allowed, found):
            raise HashMismatch(
                f"{reference.shown} has the digest sha256:{digest}, which is none of those that are required",
                url=without_credentials(reference.address),
            )

    def _read_fetched(self, reference: _Reference, path: str, filename: str, digest: str) -> CoreMetadata:
        """The metadata of an archive on disk, which is kept by its content."""
        metadata = self._load_archive(reference, filename, digest)
        if metadata is None:
            metadata, is_built = self._read_unknown(reference, path, filename)
            self._store(self._archive_key(reference, filename, digest, is_built=is_built), metadata)
        return metadata

    def _read_unknown(self, reference: _Reference, path: str, filename: str) -> tuple[CoreMetadata, bool]:
        """The metadata of an archive, and whether it was built for that."""
        if filename.endswith(".whl"):
            with open(path, "rb") as file:
                return parse_metadata(read_wheel_metadata(file, filename), filename), False
        from piptools_clone.index.metadata.sdist import read_texts, settled_metadata

        if sdist_stem(filename) is None:
            path = _give_suffix(path, reference.shown)
        found = settled_metadata(read_texts(path, path, reference.subdirectory), reference.shown)
        if found is not None:
            return found, False
        fragment = f"#subdirectory={reference.subdirectory}" if reference.subdirectory else ""
        return self._build(reference, path_to_url(path) + fragment).metadata, True

    def _build(self, reference: _Reference, url: str, *, editable: bool = False, is_vcs: bool = False) -> Built:
        return self._builder.build(
            url,
            reference.shown,
            name=reference.name,
            editable=editable,
            is_vcs=is_vcs,
            config_settings=reference.config_settings,
        )

    def _key(self, reference: _Reference, what: str) -> str:
        """What the outcome of a build is kept under."""
        return f"{what} {self._builder.key(reference.name, reference.config_settings)}"

    def _load_archive(self, reference: _Reference, filename: str, digest: str) -> CoreMetadata | None:
        """What is known of an archive by its content, which may not have needed a build."""
        keys = (self._archive_key(reference, filename, digest, is_built=is_built) for is_built in (False, True))
        return next((found for key in keys if (found := self._load(key)) is not None), None)

    def _archive_key(self, reference: _Reference, filename: str, digest: str, *, is_built: bool) -> str:
        what = f"{digest} {filename} {reference.subdirectory}"
        return self._key(reference, what) if is_built else f"{what} {STATIC}"

    def _load(self, key: str) -> CoreMetadata | None:
        data = self._cache.read(FACTS, f"metadata {key}", bytes) if self._cache and key else None
        return None if data is None else load_metadata(data)

    def _store(self, key: str, metadata: CoreMetadata) -> None:
        if self._cache and key:
            self._cache.write(FACTS, f"metadata {key}", dump_metadata(metadata))


def _refuse_hashes(reference: _Reference, kind: str) -> None:
    """What is stated and cannot be held against anything would be taken for verified."""
    if reference.promised or reference.allowed:
        raise InputError(
            f"{reference.shown}: a hash is stated for it, but {kind} has none",
            hint="leave the hash out, or name an archive of the project",
        )


def archive_at(url: str) -> Artifact:
    """The archive that an address leads to, with what its fragment promises of it.

    Raises InputError for one whose name could lead elsewhere, or of which no digest is promised but a text like one.
    """
    address = url.partition("#")[0]
    filename = filename_of(address)
    if not is_safe(filename):
        raise InputError(f"{inert(redact_url(url), 500)} has no usable file name")
    return Artifact(filename, address, stated_in(url))


def _take_apart(url: str, name: str | None, hashes: Sequence[str], config_settings: Sequence[str]) -> _Reference:
    address = url.partition("#")[0]
    shown = inert(redact_url(url), 500)
    wrong = why_refused(url)
    if wrong:
        raise InputError(f"{shown} is refused: {wrong}")
    promised, settings = stated_in(url), tuple(config_settings)
    return _Reference(url, address, subdirectory_of(url), promised, frozenset(hashes), name, shown, settings)


def _candidate(reference: _Reference, metadata: CoreMetadata) -> DirectCandidate:
    return DirectCandidate(canonical_name(metadata.name), Version(metadata.version), metadata, reference.url)


def _give_suffix(path: str, shown: str) -> str:
    """Rename an archive whose address does not tell its kind to what its first bytes tell."""
    with open(path, "rb") as file:
        start = file.read(6)
    kinds = {b"PK\x03\x04": ".zip", b"\x1f\x8b": ".tar.gz", b"BZh": ".tar.bz2", b"\xfd7zXZ\x00": ".tar.xz"}
    suffix = next((suffix for magic, suffix in kinds.items() if start.startswith(magic)), None)
    if suffix is None:
        raise InputError(f"{shown} is neither a wheel nor an archive of a project")
    os.rename(path, path + suffix)
    return path + suffix
