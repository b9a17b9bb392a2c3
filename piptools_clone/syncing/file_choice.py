"""Which file a pin means on a target; choices are remembered, so that the next run sends no request."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.version import Version

from piptools_clone.errors import IndexFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.index.finder import Finder
from piptools_clone.index.pages.project import Project
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.candidate import Candidate, Rejection
from piptools_clone.model.policy import Policy
from piptools_clone.model.requirement import Requirement
from piptools_clone.model.target import Target
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.store.cache import FACTS, Cache
from piptools_clone.store.shapes import is_sha256
from piptools_clone.syncing.wanted import pinned_version, spell
from piptools_clone.syncing.write.layout import WheelOrigin


class ChosenFile(NamedTuple):
    """The file that a pin means: its SHA-256, its name, and where it is, without credentials.

    ``others`` are its digests in other algorithms, where the lock names it by them: ``sha512:aa.. sha384:bb..``.
    """

    sha256: str
    filename: str
    url: str
    others: str = ""

    @property
    def origin(self) -> WheelOrigin:
        """What is recorded of it."""
        others = [text.split(":", 1) for text in self.others.split()]
        return WheelOrigin(None, self.url, self.sha256, tuple((algorithm, digest) for algorithm, digest in others))


def _is_wheel_name(value: object) -> bool:
    return type(value) is str and value.isprintable() and value.endswith(".whl") and "/" not in value


def _are_digests(value: object) -> bool:
    return type(value) is str and value.isascii() and all(word.count(":") == 1 for word in value.split())


_SHAPE = (is_sha256, _is_wheel_name, str, _are_digests)
"""What is kept of a `ChosenFile`."""


class FileChoices:
    """Remembers choices of wheels among the files that a lock lists by SHA-256.

    Files never change under a digest, so nothing on an index can make a remembered wheel another one.  A source
    archive is chosen where there is no wheel, and tomorrow there may be one: that is looked for each time.
    """

    def __init__(self, cache: Cache | None, target: Target, policy: Policy) -> None:
        self._cache = cache
        self._target = " ".join(target.tags) + target.python_full_version
        self._policy = policy

    def read(self, requirement: Requirement) -> ChosenFile | None:
        """Give the choice of an earlier run."""
        key = self._key(requirement)
        found = self._cache.read(FACTS, key, _SHAPE) if self._cache and key else None
        return ChosenFile(*found) if found else None

    def keep(self, requirement: Requirement, chosen: ChosenFile) -> None:
        """Remember a choice, if it is one of a wheel."""
        key = self._key(requirement) if chosen.filename.endswith(".whl") else ""
        if self._cache and key:
            self._cache.write(FACTS, key, (*chosen,))

    def _key(self, requirement: Requirement) -> str:
        if not requirement.hashes or pinned_version(requirement) is None:
            return ""
        formats = self._policy.format_control.allows(requirement.name or "")
        return "\n".join(["choice", spell(requirement), *requirement.hashes, str(formats), self._target])


def choose(project: Project, requirement: Requirement, finder: Finder) -> Artifact:
    """Choose the best file for the version that a requirement pins, or for the newest that it admits.

    Raises `IndexFailure` saying why there is none.
    """
    where = f"{inert(str(requirement.origin))}: {spell(requirement)}"
    if not project.exists:
        raise IndexFailure(f"{where}: no index knows {requirement.name}")
    rejections: list[tuple[Version, Rejection]] = []
    for i in _in_order(project, requirement, finder):
        found = finder.examine(project, i, locked=True)
        if isinstance(found, Candidate):
            return found.preferred
        rejections.append((project.versions[i], found))
    if not rejections:
        known = ", ".join(str(version) for version in project.versions[-5:])
        raise IndexFailure(f"{where} is not on the index, which has {known or 'no usable version'}")
    reasons = "; ".join(f"{version}: {reason.reason} {reason.detail}".strip() for version, reason in rejections[:3])
    raise IndexFailure(f"{where} cannot be installed on this Python: {reasons}")


def _in_order(project: Project, requirement: Requirement, finder: Finder) -> Iterable[int]:
    """The versions that may be meant: one for a pin, else final ones, the newest first."""
    pinned = pinned_version(requirement)
    if pinned is not None:
        exact = [i for i, version in enumerate(project.versions) if version == pinned]
        public = [i for i, version in enumerate(project.versions) if _is_local_of(version, requirement)]
        return exact or public
    ranked = finder.ranked(project)
    admitted = [i for i in ranked if requirement.specifier.contains(project.versions[i], prereleases=True)]
    return [i for i in admitted if not project.versions[i].is_prerelease] or admitted


def _is_local_of(version: Version, requirement: Requirement) -> bool:
    """``==1.0`` admits ``1.0+cpu`` (PEP 440), where nothing is exactly it."""
    return version.local is not None and requirement.specifier.contains(version, prereleases=True)
