"""Direct references against ``direct_url.json`` (PEP 610, Recording the direct URL origin).  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from piptools_clone.formats.requirements.direct_reference import subdirectory_of
from piptools_clone.formats.requirements.grammar import is_archive
from piptools_clone.formats.sanitize import without_credentials
from piptools_clone.formats.schemes import is_vcs
from piptools_clone.index.stated_digests import holds, stated_in
from piptools_clone.model.artifact import Hashes
from piptools_clone.model.requirement import Requirement
from piptools_clone.named_tuple import NamedTuple

_COMMIT = re.compile(r"[0-9a-f]{40}\Z")


class SourceReference(NamedTuple):
    """A direct reference taken apart; ``vcs`` is such as ``git``, ``url`` holds no credentials and no fragment.

    ``promised`` are the digests that the fragment states.
    """

    url: str
    vcs: str = ""
    revision: str = ""
    subdirectory: str = ""
    promised: Hashes = ()

    @property
    def is_archive(self) -> bool:
        """Whether this is a wheel or a source archive, not a folder or a repository."""
        return not self.vcs and (is_archive(self.url) or not self.url.startswith("file:"))


def take_apart(url: str) -> SourceReference:
    """Take the address of a requirement apart."""
    address = url.partition("#")[0]
    subdirectory, promised = subdirectory_of(url), stated_in(url)
    if not is_vcs(url):
        return SourceReference(without_credentials(address), "", "", subdirectory, promised)
    vcs, _, address = address.partition("+")
    head, at, revision = address.rpartition("@")
    if not at or "/" not in head.partition("://")[2]:  # the @ of a user, not of a revision
        head, revision = address, ""
    return SourceReference(without_credentials(head), vcs, revision, subdirectory, promised)


def without_revision(requirement: Requirement, reference: SourceReference) -> str:
    """Give the address of a repository, with its login, without revision and fragment."""
    address = (requirement.url or "").partition("#")[0]
    return address.rpartition("@")[0] if reference.revision else address


def is_fixed(requirement: Requirement) -> bool:
    """Whether a requirement can mean one thing only: a full commit, or an archive of a stated digest."""
    reference = take_apart(requirement.url or "")
    if reference.vcs:
        return _COMMIT.match(reference.revision) is not None
    return bool(reference.promised or requirement.hashes)


def recorded_reference(requirement: Requirement) -> SourceReference:
    """Take a requirement apart as it is recorded: where variables stand in its address, as it was typed.

    The address of a local folder or file holds no secret, and other tools look there.
    """
    reference = take_apart(requirement.url or "")
    if "${" not in requirement.shown or reference.url.startswith("file:"):
        return reference
    return reference._replace(url=take_apart(requirement.shown).url)


def is_same(requirement: Requirement, recorded: Mapping[str, Any]) -> bool:
    """Whether what is installed came from the address of a requirement."""
    wanted, as_typed = take_apart(requirement.url or ""), recorded_reference(requirement)
    if not any(_same_address(each.url, str(recorded.get("url", ""))) for each in (wanted, as_typed)):
        return False
    if str(recorded.get("subdirectory", "")).strip("/") != wanted.subdirectory:
        return False
    if wanted.vcs:
        return _same_revision(wanted, recorded.get("vcs_info"))
    folder = recorded.get("dir_info")
    if isinstance(folder, Mapping):
        return bool(folder.get("editable")) is requirement.editable
    return not requirement.editable and _same_content(wanted, requirement, recorded)


def recorded_hashes(recorded: Mapping[str, Any]) -> dict[str, str]:
    """Read the digests of an archive from ``direct_url.json`` or ``provenance_url.json``, by algorithm."""
    archive = recorded.get("archive_info")
    if not isinstance(archive, Mapping):
        return {}
    hashes = archive.get("hashes")
    if isinstance(hashes, Mapping) and hashes:
        return {str(algorithm): str(digest).lower() for algorithm, digest in hashes.items()}
    algorithm, equals, digest = str(archive.get("hash", "")).partition("=")  # the old form
    return {algorithm: digest.lower()} if equals else {}


def direct_url_of_archive(url: str, digests: Hashes) -> dict[str, Any]:
    """Give the ``direct_url.json`` of an archive, ``url`` being without credentials; one digest is its SHA-256."""
    hashes = dict(digests)
    return {"url": url, "archive_info": {"hash": f"sha256={hashes['sha256']}", "hashes": hashes}}


def direct_url_of_folder(url: str, *, editable: bool) -> dict[str, Any]:
    """Give the ``direct_url.json`` of a source folder."""
    return {"url": url, "dir_info": {"editable": True} if editable else {}}


def direct_url_of_checkout(reference: SourceReference, commit: str) -> dict[str, Any]:
    """Give the ``direct_url.json`` of a checkout."""
    info = {"vcs": reference.vcs, "commit_id": commit}
    if reference.revision:
        info["requested_revision"] = reference.revision
    found: dict[str, Any] = {"url": reference.url, "vcs_info": info}
    return found | ({"subdirectory": reference.subdirectory} if reference.subdirectory else {})


def _same_address(first: str, second: str) -> bool:
    return _plain(first) == _plain(second)


def _plain(url: str) -> str:
    plain = unquote(without_credentials(url.partition("#")[0])).rstrip("/")
    return plain.replace("file://localhost/", "file:///", 1)


def _same_revision(wanted: SourceReference, info: object) -> bool:
    if not isinstance(info, Mapping) or info.get("vcs") != wanted.vcs:
        return False
    if _COMMIT.match(wanted.revision):
        return info.get("commit_id") == wanted.revision
    return str(info.get("requested_revision", "")) == wanted.revision


def _same_content(wanted: SourceReference, requirement: Requirement, recorded: Mapping[str, Any]) -> bool:
    """Whether all that is stated is known to hold of what was installed."""
    found = recorded_hashes(recorded)
    promised = all(found.get(algorithm) == digest for algorithm, digest in wanted.promised)
    return promised and holds(requirement.hashes, found.items())
