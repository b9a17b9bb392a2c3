"""The packages that the solver knows in one search, and what it was told that their releases need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from piptools_clone.resolve.admitted_releases import Restart
from piptools_clone.resolve.incompatibility_builder import IncompatibilityBuilder
from piptools_clone.resolve.package_versions import PackageVersions
from piptools_clone.resolve.release_reader import ReleaseReader, requirers_of
from piptools_clone.solver.states import ABSENT

if TYPE_CHECKING:
    from piptools_clone.formats.requirements.dependencies import Dependency
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.resolve.candidate_filter import CandidateFilter
    from piptools_clone.resolve.references import DirectReferences
    from piptools_clone.resolve.selection import Selection


class KnownPackages:
    """Declares packages and extras to the solver when they are first named, and tells what releases need of them.

    ``builder`` collects what is to be told; ``roots`` and ``constraints`` are the user's lines, with their names.
    """

    def __init__(
        self,
        selection: Selection,
        candidate_filter: CandidateFilter,
        references: DirectReferences,
        roots: Sequence[Requirement],
        constraints: Iterable[Requirement],
    ) -> None:
        self._selection = selection
        self._filter = candidate_filter
        self._references = references
        self.roots = roots
        self._constraints: dict[str, list[Requirement]] = {}
        for constraint in constraints:
            self._constraints.setdefault(str(constraint.name), []).append(constraint)
        self.builder = IncompatibilityBuilder()
        self.releases = ReleaseReader(selection, self.builder)
        self.by_name: dict[str, PackageVersions] = {}
        self._extras: dict[str, dict[str, None]] = {}
        self._new_extras: list[tuple[str, str]] = []
        self._told: set[tuple[str, int, str]] = set()

    def package(self, name: str) -> PackageVersions:
        """The versions of a package; the first time it is declared to the solver, with its constraints."""
        package = self.by_name.get(name)
        if package is None:
            package = self.by_name[name] = self._versions(name)
            self.builder.declare(package)
            for constraint in self.constraints_of(name):
                self._filter.note(name, constraint.specifier, constraint.url)
                self.builder.constrain(constraint, package, self._admitted_by(constraint, package))
        return package

    def _versions(self, name: str) -> PackageVersions:
        project = None if name in self._references.of_user else self._selection.prefetch.page(name)
        directs = self._references.of(name)
        if project is None or directs:
            return PackageVersions(name, project, directs)
        return self._selection.candidates.package(project)

    def constraints_of(self, name: str) -> Sequence[Requirement]:
        """The user's constraints on a package."""
        return self._constraints.get(name, ())

    def tell_roots(self) -> None:
        """Tell what the user requires."""
        for root in self.roots:
            self._filter.note(str(root.name), root.specifier, root.url)
        for root in self.roots:
            package = self.package(str(root.name))
            self.builder.require(root, package, self._admitted_by(root, package))
            self._note_extras(package.name, root.extras)
        self._tell_new_extras()

    def tell(self, package: PackageVersions, state: int, *, known_only: bool = False) -> None:
        """Tell what a release needs; with ``known_only`` no more than what it needs of packages known so far.

        Raises `Restart` where that admits what was passed over, or is a new address of a package known so far.
        """
        for extra in ("", *self._extras.get(package.name, ())):
            self._tell_extra(package, state, extra, known_only=known_only)
        self._tell_new_extras()

    def required(self, name: str, chosen: Mapping[str, int]) -> int:
        """The states of a package that the user's lines and the chosen releases admit."""
        package = self.by_name[name]
        bits = package.all & ~ABSENT
        for requirement in (*self.roots, *self.constraints_of(name)):
            if requirement.name == name:
                bits &= self._admitted_by(requirement, package)
        for other, dependency, state in self._told_of(name):
            if chosen.get(other) == state:
                bits &= self._admitted_by_dependency(dependency, package)
        return bits

    def requirers(self, name: str) -> list[str]:
        """Who requires a package, in words: lines of the user, and the releases of which that was told."""
        told = self._told_of(name)
        return requirers_of(
            name, self.roots, ((self.by_name[other], state, dependency) for other, dependency, state in told)
        )

    def _told_of(self, name: str) -> Iterator[tuple[str, Dependency, int]]:
        """What was told to need a package: a name, what it needs, and the state that needs it."""
        for other, state, extra in sorted(self._told):
            for dependency in self.releases.needs(other, state, extra):
                if dependency.name == name:
                    yield other, dependency, state

    def _tell_extra(self, package: PackageVersions, state: int, extra: str, *, known_only: bool = False) -> None:
        key = package.name, state, extra
        if key in self._told:
            return
        dependencies = self.releases.needs(*key)
        if extra and self.releases.is_refused(package, state, dependencies):
            return
        if known_only:
            dependencies = [each for each in dependencies if self._is_known(each)]
        else:
            self._told.add(key)
            self._selection.prefetch.want(dependencies)
            for each in dependencies:
                specifier = self._selection.reader.specifier(each.specifier)
                self._filter.note(each.name, specifier, each.url, (package.name, state))
        for dependency in dependencies:
            if dependency.url is not None and self._references.meet(dependency, package, state):
                self._restart_if_known(dependency.name)
            other = self.package(dependency.name)
            forbidden = other.all & ~self._admitted_by_dependency(dependency, other)
            self.builder.need(*key, dependency, forbidden)
            self._note_extras(other.name, dependency.extras)

    def _restart_if_known(self, name: str) -> None:
        """A package that is known to the solver gets no more states."""
        if name in self.by_name:
            raise Restart

    def _is_known(self, dependency: Dependency) -> bool:
        """Whether a dependency names nothing new to the solver."""
        extras = self._extras.get(dependency.name, {})
        return dependency.url is None and dependency.name in self.by_name and extras.keys() >= set(dependency.extras)

    def _admitted_by(self, requirement: Requirement, package: PackageVersions) -> int:
        return package.admitted(requirement.specifier, str(requirement.specifier), requirement.url)

    def _admitted_by_dependency(self, dependency: Dependency, package: PackageVersions) -> int:
        specifier = self._selection.reader.specifier(dependency.specifier)
        return package.admitted(specifier, dependency.specifier, dependency.url)

    def _note_extras(self, name: str, extras: Iterable[str]) -> None:
        """Declare extras that are asked for the first time."""
        for extra in extras:
            known = self._extras.setdefault(name, {})
            if extra not in known:
                known[extra] = None
                self.builder.declare_extra(name, extra)
                self._new_extras.append((name, extra))

    def _tell_new_extras(self) -> None:
        """Tell what new extras add to the versions told so far, one after the other: each may ask for the next."""
        while self._new_extras:
            name, extra = self._new_extras.pop()
            for state in sorted(self.releases.states(name)):
                if (name, state, "") in self._told:
                    self._tell_extra(self.by_name[name], state, extra)
