"""The states of one package: which version is which bit."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from piptools_clone.formats.requirements.packaging_gaps import admitted_numbers
from piptools_clone.index.pages.project import Project
from piptools_clone.resolve.slices import admitted
from piptools_clone.solver.states import ABSENT, all_states, state_set

if TYPE_CHECKING:
    from piptools_clone.index.metadata.directs import DirectCandidate


class PackageVersions:
    """The versions of one package, in the order of their bits: an index's, ascending, then direct references.

    Bit 0 stands for absence, bit i for version i - 1 of ``versions``.
    """

    def __init__(self, name: str, project: Project | None, directs: "Sequence[DirectCandidate]" = ()) -> None:
        self.name = name
        self.project = project
        self.directs = tuple(directs)
        listed = project.versions if project else ()
        self.listed = len(listed)
        self.versions: tuple[Version, ...] = (*listed, *(direct.version for direct in directs))
        self.all = all_states(len(self.versions))
        self._bits: dict[str, int] = {"": self.all & ~ABSENT}

    @property
    def states(self) -> int:
        """How many versions there are."""
        return len(self.versions)

    @property
    def direct_bits(self) -> int:
        """The states that are direct references."""
        return self.all & ~all_states(self.listed)

    @cached_property
    def pre_releases(self) -> int:
        """The states of an index that are pre-releases (PEP 440)."""
        listed = self.versions[: self.listed]
        return state_set((i for i, version in enumerate(listed, 1) if version.is_prerelease), self.states)

    def bits(self, specifier: SpecifierSet, text: str) -> int:
        """The states that a specifier admits, pre-releases too; ``text`` is its key."""
        if text not in self._bits:
            self._bits[text] = self._filter(specifier)
        return self._bits[text]

    def _filter(self, specifier: SpecifierSet) -> int:
        quick = None if self.directs else admitted(self.versions, specifier)
        return state_set(admitted_numbers(specifier, self.versions), self.states) if quick is None else quick << 1

    def admitted(self, specifier: SpecifierSet, text: str, url: str | None) -> int:
        """The states that a requirement admits: of its specifier, with ``text`` as the key, or of its address."""
        return self.bits(specifier, text) if url is None else self.bits_of_url(url)

    def bits_of_url(self, url: str) -> int:
        """The states that are this direct reference."""
        return sum(1 << i for i, direct in enumerate(self.directs, self.listed + 1) if direct.url == url)

    def direct(self, state: int) -> "DirectCandidate | None":
        """The direct reference of a state, None for a version of an index."""
        return self.directs[state - self.listed - 1] if state > self.listed else None

    def version(self, state: int) -> Version:
        """The version of a state."""
        return self.versions[state - 1]

    def state_of(self, version: Version) -> int | None:
        """The state of a version of the index."""
        for i, each in enumerate(self.versions[: self.listed], 1):
            if each == version:
                return i
        return None
