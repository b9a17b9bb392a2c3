"""What is installed in an environment: names and versions from names of folders, everything else when asked for.

Reading 115 distributions this way takes half a millisecond; reading their metadata takes a hundred.
Standards: Recording installed projects (``.dist-info``), Recording the direct URL origin (PEP 610);
``.egg-info`` and ``.egg-link`` are what setuptools and distutils left before them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from piptools_clone.environment.plain_file import read_plain
from piptools_clone.environment.record_file import RecordLine, parse_record
from piptools_clone.formats.requirements.grammar import VERSION_LENGTH
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.names import canonical_name

MANAGERS = frozenset({"conda", "debian", "rpm"})
"""Managers that keep their own books of what they installed; what another tool changes under them is broken."""
MAX_TEXT = 64 << 20
"""Bytes of a file that tells of a distribution; the RECORD of one with 200,000 files has some 30 MB."""
_EDITABLE_LINK_LIMIT = 65536  # an .egg-link holds two short lines
_LONGEST = 4096  # characters of a path; no system takes more, and each of its folders is looked at


class InstallKind(StrEnum):
    """How a distribution was recorded when it was installed."""

    DIST_INFO = "dist-info"
    EGG_INFO = "egg-info folder"
    EGG_INFO_FILE = "distutils"
    EGG_LINK = "egg-link"


class Distribution:
    """Something installed.

    ``name`` is canonical and ``version`` as recorded, both made harmless, and cut to no version where that is too long;
    ``info`` is the ``.dist-info`` folder (or the legacy folder or file) and ``site`` the folder of modules that holds
    it.  Details are read from disk when first asked for.  Equality is by what was installed where.
    """

    __slots__ = ("_texts", "info", "kind", "name", "site", "version")

    def __init__(self, name: str, version: str, info: Path, kind: InstallKind = InstallKind.DIST_INFO) -> None:
        self.name = inert(name)
        self.version = inert(version, VERSION_LENGTH)
        self.info = info
        self.site = info.parent
        self.kind = kind
        self._texts: dict[str, str | None] = {}

    def __repr__(self) -> str:
        return f"<Distribution {self.name} {self.version} at {self.info}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Distribution):
            return NotImplemented
        return (self.name, self.version, self.info) == (other.name, other.version, other.info)

    def __hash__(self) -> int:
        return hash(self.info)

    def read(self, file: str) -> str | None:
        """Read a text of the info folder; None when there is none of at most `MAX_TEXT` bytes, or it is no text."""
        if file not in self._texts:
            self._texts[file] = _read_text(f"{self.info}/{file}", MAX_TEXT)
        return self._texts[file]

    @property
    def is_broken(self) -> bool:
        """Whether the core metadata is missing, as after an interrupted removal."""
        return self.kind is InstallKind.DIST_INFO and not (self.info / "METADATA").is_file()

    @property
    def installer(self) -> str:
        """The name of the tool that installed it, or ""."""
        return (self.read("INSTALLER") or "").strip()

    @property
    def manager(self) -> str:
        """The name of the package manager that it belongs to, or ""."""
        return self.installer if self.installer in MANAGERS else ""

    @property
    def direct_url(self) -> dict[str, Any] | None:
        """The parsed ``direct_url.json``, None for what came from an index."""
        return self._json("direct_url.json")

    @property
    def provenance(self) -> dict[str, Any] | None:
        """The parsed ``provenance_url.json``: the file of an index that this was installed from, where known."""
        return self._json("provenance_url.json")

    @property
    def is_editable(self) -> bool:
        """Whether its modules are those of a source folder."""
        if self.kind is InstallKind.EGG_LINK:
            return True
        origin = self.direct_url or {}
        folder = origin.get("dir_info")
        return isinstance(folder, dict) and folder.get("editable") is True

    @property
    def requires(self) -> tuple[str, ...]:
        """The ``Requires-Dist`` texts of its metadata."""
        return metadata_values(self.read("METADATA") or self.read("PKG-INFO") or "", "requires-dist")

    @property
    def record(self) -> list[RecordLine] | None:
        """The lines of RECORD; None when there is none that can be read."""
        text = self.read("RECORD")
        if text is None:
            return None
        try:
            return parse_record(text)
        except ValueError:
            return None

    def files(self) -> list[str] | None:
        """List what removal may remove: absolute paths, normalised; None when nothing recorded it.

        What no file can be called is left out.

        For an egg-info folder that is pip's ``installed-files.txt``, for an egg-link the link alone.
        """
        if self.kind is InstallKind.EGG_LINK:
            return [str(self.info)]
        if self.kind is InstallKind.EGG_INFO:
            listed = self.read("installed-files.txt")
            return _absolute(self.info, listed.splitlines()) if listed else None
        record = self.record
        return None if record is None else _absolute(self.site, [line.path for line in record])

    def _json(self, file: str) -> dict[str, Any] | None:
        text = self.read(file)
        if text is None:
            return None
        import json

        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


def read_installed(sites: Iterable[Path]) -> tuple[Distribution, ...]:
    """List what is installed in these folders of modules, sorted by name and place.

    Nothing but these folders counts: neither the working folder nor anything that ``.pth`` files add.
    A name can appear twice, which is a fault that a sync repairs.  A link that leads nowhere is nothing installed.
    """
    found: list[Distribution] = []
    for site in dict.fromkeys(Path(os.path.realpath(site)) for site in sites):
        try:
            with os.scandir(site) as entries:
                names = [entry.name for entry in entries if not (entry.is_symlink() and _leads_nowhere(entry))]
        except OSError:
            continue
        found += filter(None, (_recognise(site, name) for name in names))
    return tuple(sorted(found, key=lambda each: (each.name, each.info)))


def _leads_nowhere(link: os.DirEntry[str]) -> bool:
    """Whether a link leads to nothing: what it recorded is not installed any more."""
    return not os.path.exists(link.path)


def metadata_values(text: str, field: str) -> tuple[str, ...]:
    """Read the values of a header field (given in lower case) up to the first blank line of core metadata."""
    head = text.replace("\r\n", "\n").partition("\n\n")[0].replace("\n ", " ").replace("\n\t", " ")
    pairs = (line.partition(":") for line in head.split("\n"))
    return tuple(value.strip() for name, _, value in pairs if name.lower() == field)


def index_by_name(distributions: Sequence[Distribution]) -> dict[str, list[Distribution]]:
    """Group distributions by their name."""
    groups: dict[str, list[Distribution]] = {}
    for distribution in distributions:
        groups.setdefault(distribution.name, []).append(distribution)
    return groups


def _recognise(site: Path, entry: str) -> Distribution | None:
    stem, _, suffix = entry.rpartition(".")
    if entry.startswith("~") or not stem:  # pip's left-overs of interrupted removals
        return None
    if suffix == "dist-info":
        return _modern(site / entry, stem)
    if suffix == "egg-info":
        return _egg_info(site / entry, stem)
    return _egg_link(site / entry, stem) if suffix == "egg-link" else None


def _modern(info: Path, stem: str) -> Distribution:
    name, dash, version = stem.rpartition("-")
    if dash:
        return Distribution(canonical_name(name), version.replace("_", "-") if "+" not in version else version, info)
    return _by_metadata(Distribution(canonical_name(stem), "", info), "METADATA")


def _egg_info(info: Path, stem: str) -> Distribution:
    kind = InstallKind.EGG_INFO if info.is_dir() else InstallKind.EGG_INFO_FILE
    parts = stem.split("-")  # name-version-py3.8
    if len(parts) >= 2:
        return Distribution(canonical_name(parts[0]), parts[1].replace("_", "-"), info, kind)
    return _by_metadata(Distribution(canonical_name(stem), "", info, kind), "PKG-INFO")


def _egg_link(link: Path, stem: str) -> Distribution:
    """Take the version of a ``setup.py develop`` install from the metadata in its source folder."""
    version, source = "", first_line(link)
    try:
        infos = list(Path(source).glob("*.egg-info/PKG-INFO")) if os.path.isabs(source) else []
    except (OSError, ValueError):
        infos = []
    for info in infos:
        text = _read_text(os.fspath(info), MAX_TEXT) or ""
        names, versions = metadata_values(text, "name"), metadata_values(text, "version")
        if names and versions and canonical_name(names[0]) == canonical_name(stem):
            version = versions[0]
    return Distribution(canonical_name(stem), version, link, InstallKind.EGG_LINK)


def _by_metadata(distribution: Distribution, file: str) -> Distribution:
    versions = metadata_values(distribution.read(file) or "", "version")
    version = versions[0] if versions else ""
    return Distribution(distribution.name, version, distribution.info, distribution.kind)


def _absolute(folder: Path, paths: Iterable[str]) -> list[str]:
    return [
        os.path.normpath(os.path.join(folder, path))
        for path in paths
        if path and len(path) <= _LONGEST and "\0" not in path
    ]


def first_line(link: Path) -> str:
    """The first line of an ``.egg-link``: the source folder; "" where there is none."""
    lines = (_read_text(os.fspath(link), _EDITABLE_LINK_LIMIT) or "").splitlines()
    return lines[0].strip() if lines else ""


def _read_text(path: str, most: int) -> str | None:
    try:
        return read_plain(path, most).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except (OSError, ValueError):
        return None
