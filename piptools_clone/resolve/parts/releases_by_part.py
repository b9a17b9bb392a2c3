"""What releases there are for the parts of packages, and what they need where; read once for a whole resolution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from piptools_clone.model.candidate import Candidate, Rejection
from piptools_clone.resolve.admitted_releases import Restart
from piptools_clone.resolve.package_versions import PackageVersions
from piptools_clone.resolve.parts.labels import Labels
from piptools_clone.resolve.parts.law import Law
from piptools_clone.resolve.parts.parts_builder import PartsBuilder
from piptools_clone.resolve.parts.reach import Need, Reach
from piptools_clone.resolve.references import DirectReferences
from piptools_clone.resolve.release_reader import ReleaseReader, requirers_of
from piptools_clone.solver.states import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from piptools_clone.formats.requirements.dependencies import Dependency
    from piptools_clone.model.environments import Environments
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.resolve.parts.environments_reader import Edge, EnvironmentsReader
    from piptools_clone.resolve.parts.part import Part, Partition
    from piptools_clone.resolve.selection import Selection


class ReleasesByPart:
    """Packages, parts, and the edges of what was read.

    ``roots`` and ``constraints`` are the user's lines with the names that direct references turn out to have.
    """

    def __init__(
        self,
        selection: Selection,
        environments: Environments,
        reader: EnvironmentsReader,
        partition: Partition,
        spell: Callable[[int, Iterable[str]], str],
    ) -> None:
        self.selection = selection
        self.environments = environments
        self.reader = reader
        self.partition = partition
        self.reach = Reach(environments, partition, reader, self.edges)
        self.labels = Labels(environments, reader)
        self.law = Law(environments, partition, self.labels, self.reach, spell)
        self.builder = PartsBuilder(environments, self.labels.forget)
        self.by_name: dict[str, PackageVersions] = {}
        self.references = DirectReferences(selection.index)
        self.roots: Sequence[Requirement] = ()
        self.constraints: Sequence[Requirement] = ()
        self.named: frozenset[str] = frozenset()
        self.releases = ReleaseReader(selection, self.builder)
        self._edges: dict[tuple[str, int, str], list[Edge]] = {}
        self._generation = -1

    def read_lines(self, roots: Sequence[Requirement], constraints: Sequence[Requirement]) -> None:
        """Take the user's lines, of which some name an address alone."""
        self.roots = [self.references.read(root) for root in roots if self.reader.cells(root.marker)]
        self.constraints = [self.references.read(each) for each in constraints if self.reader.cells(each.marker)]
        self.named = frozenset(str(root.name) for root in self.roots)

    @property
    def count(self) -> int:
        """How many releases were read."""
        return self.releases.count

    def package(self, name: str) -> PackageVersions:
        """The versions of a package: of its index, and what is at addresses."""
        if name not in self.by_name:
            project = None if self._is_given(name) else self.selection.prefetch.page(name)
            directs = self.references.of(name)
            if project is None or directs:
                self.by_name[name] = PackageVersions(name, project, directs)
            else:
                self.by_name[name] = self.selection.candidates.package(project)
        return self.by_name[name]

    def _is_given(self, name: str) -> bool:
        """Whether the user gives addresses for a package in all environments, so that no index is asked."""
        if name not in self.references.of_user:
            return False
        cells = 0
        for line in (*self.roots, *self.constraints):
            if line.name == name and line.url is not None:
                cells |= self.reader.cells(line.marker)
        return cells == self.environments.everything

    def parts_in(self, name: str, cells: int, *, known: bool = False) -> Iterator[Part]:
        """The parts of a package that meet a set; with ``known`` none of a package that is not known yet."""
        if not known or name in self.by_name:
            for part in self.partition.of(name):
                if part.cells & cells:
                    yield part

    def constraints_of(self, name: str) -> list[Requirement]:
        """The user's constraints on a package."""
        return [each for each in self.constraints if each.name == name]

    def constraints_on(self, part: Part) -> list[Requirement]:
        """The user's constraints that hold in some environment of a part."""
        return [each for each in self.constraints_of(part.name) if self.reader.cells(each.marker) & part.cells]

    def admitted(self, line: Requirement, package: PackageVersions) -> int:
        """The states that a line of the user admits."""
        return package.admitted(line.specifier, str(line.specifier), line.url)

    def admitted_by(self, dependency: Dependency, package: PackageVersions) -> int:
        """The states that a dependency admits."""
        specifier = self.reader.specifier(dependency.specifier)
        return package.admitted(specifier, dependency.specifier, dependency.url)

    def required(self, name: str, cells: int) -> list[tuple[int, int]]:
        """Some environments taken apart by what they require of a package: each set with the states that it admits.

        Required is what the user's lines say, and what is followed says.
        """
        package = self.package(name)
        lines = [each for each in (*self.roots, *self.constraints) if each.name == name]
        said = [(self.reader.cells(line.marker), self.admitted(line, package)) for line in lines]
        needs = self.reach.into.get(name, ())
        said += [(self.reach.needs[need], self.admitted_by(need.dependency, package)) for need in needs]
        regions = [(cells, package.all & ~ABSENT)]
        for where, bits in said:
            apart = {left & bits: 0 for _, left in regions} | {left: 0 for _, left in regions}
            for region, left in regions:
                apart[left & bits] |= region & where
                apart[left] |= region & ~where
            regions = [(region, left) for left, region in apart.items() if region]
        return regions

    def requirers(self, name: str) -> list[str]:
        """Who requires a package, in words: lines of the user, and the releases that are followed."""
        needs = self.reach.into.get(name, ())
        return requirers_of(
            name, self.roots, ((self.package(need.part.name), need.state, need.dependency) for need in needs)
        )

    def examine(self, package: PackageVersions, state: int, *, locked: bool = False) -> Candidate | Rejection | None:
        """A version's candidate, None for a direct reference, or why no environment can use it."""
        if package.direct(state) is not None:
            return None
        assert package.project is not None
        return self.selection.candidates.finder.examine(package.project, state - 1, locked=locked)

    def is_read(self, name: str, state: int) -> bool:
        """Whether a release was read, and can be chosen."""
        return state in self.releases.states(name)

    def read(self, package: PackageVersions, state: int, candidate: Candidate | None) -> bool:
        """Read a release; whether it can be chosen.  Raises `BuildFailure`."""
        return self.releases.read(package, state, candidate)

    def needs_build(self, candidate: Candidate) -> bool:
        """Whether only a build tells what a source distribution needs."""
        return self.releases.needs_build(candidate)

    def requires_python(self, name: str, state: int) -> str | None:
        """The Requires-Python of a release that was read."""
        return self.releases.metadata(name, state).requires_python

    def edges(self, part: Part, state: int, extra: str) -> list[Edge]:
        """What a release that was read needs, with an extra what that adds.  May refine the partition."""
        if self._generation != self.environments.generation:
            self._edges, self._generation = {}, self.environments.generation
        key = part.name, state, extra
        found = self._edges.get(key)
        if found is None:
            found = self.reader.edges(self.releases.metadata(part.name, state), extra)
            if self._generation != self.environments.generation:
                self._edges, self._generation = {}, self.environments.generation
            self._edges[key] = found
        return found

    def need(self, part: Part, state: int, extra: str, edge: Edge) -> Need:
        """An edge with where it comes from."""
        return Need(part, state, extra, edge.dependency, edge.marker)

    def is_refused(self, need: Need) -> bool:
        """Whether what an extra adds names something on this machine, where it may not; that is told."""
        if not need.extra:
            return False  # that was seen when the release was read
        asked, self.builder.asked = self.builder.asked, need.part
        refused = self.releases.is_refused(self.package(need.part.name), need.state, [need.dependency])
        self.builder.asked = asked
        return refused

    def meet(self, need: Need) -> None:
        """Read what a dependency refers to by an address; raises `Restart` where its package was known without it."""
        if need.dependency.url is None:
            return
        package = self.package(need.part.name)
        is_new = self.references.meet(need.dependency, package, need.state)
        if is_new and self.by_name.pop(need.dependency.name, None) is not None:
            raise Restart
