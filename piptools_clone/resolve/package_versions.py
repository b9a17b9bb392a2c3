"""The states of one package: which version is which bit."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from piptools_clone.formats.requirements.packaging_gaps import admitted_numbers
from piptools_clone.index.pages.project import Project
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.resolve.slices import admitted

if TYPE_CHECKING:
    from piptools_clone.index.metadata.directs import DirectCandidate

ABSENT = 1
"""The state "not installed": bit 0."""

PRESENT = 2
"""The one present state of an extra."""


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
        self.all = (1 << (len(self.versions) + 1)) - 1
        self._bits: dict[str, int] = {}
        self._pre_releases: int | None = None

    @property
    def states(self) -> int:
        """How many versions there are."""
        return len(self.versions)

    @property
    def direct_bits(self) -> int:
        """The states that are direct references."""
        return self.all & ~((1 << (self.listed + 1)) - 1)

    @property
    def pre_releases(self) -> int:
        """The states of an index that are pre-releases (PEP 440)."""
        if self._pre_releases is None:
            bits = 0
            for i, version in enumerate(self.versions[: self.listed], 1):
                if version.is_prerelease:
                    bits |= 1 << i
            self._pre_releases = bits
        return self._pre_releases

    def bits(self, specifier: SpecifierSet, text: str) -> int:
        """The states that a specifier admits, pre-releases too; ``text`` is its key."""
        if text not in self._bits:
            self._bits[text] = self._filter(specifier) if text else self.all & ~ABSENT
        return self._bits[text]

    def _filter(self, specifier: SpecifierSet) -> int:
        quick = None if self.directs else admitted(self.versions, specifier)
        if quick is not None:
            return quick << 1
        return _join(admitted_numbers(specifier, self.versions))

    def bits_of_url(self, url: str) -> int:
        """The states that are this direct reference."""
        return sum(1 << i for i, direct in enumerate(self.directs, self.listed + 1) if direct.url == url)

    def direct(self, state: int) -> "DirectCandidate | None":
        """The direct reference of a state, None for a version of an index."""
        return self.directs[state - self.listed - 1] if state > self.listed else None

    def state_of(self, version: Version) -> int | None:
        """The state of a version of the index."""
        for i, each in enumerate(self.versions[: self.listed], 1):
            if each == version:
                return i
        return None


class Run(NamedTuple):
    """Versions next to each other on an index, from the first to the last."""

    first: Version
    last: Version


def states_down(bits: int) -> Iterator[int]:
    """The states of a set, the highest first, without absence."""
    bits &= ~ABSENT
    while bits:
        state = bits.bit_length() - 1
        yield state
        bits ^= 1 << state


def _join(states: list[int]) -> int:
    """The set of some states; runs are set at once, so that many states cost little."""
    bits = 0
    start = previous = None
    for state in states:
        if start is None or previous is None:
            start = state
        elif state != previous + 1:
            bits |= (1 << (previous + 1)) - (1 << start)
            start = state
        previous = state
    if start is not None and previous is not None:
        bits |= (1 << (previous + 1)) - (1 << start)
    return bits
