"""Answers the solver: which version to try, what it needs, and why others were passed over.

The provider turns pages and metadata into sets of states.  It waits for the index where it must; what it says
depends on the questions and on what the index holds, never on the order in which the network answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from piptools_clone.errors import BuildFailure, BuildForbidden, MetadataError, ReleaseNotBuilt
from piptools_clone.formats.requirements.dependencies import Dependency, DependencyReader
from piptools_clone.formats.sanitize import inert
from piptools_clone.index.finder import Finder
from piptools_clone.index.index import Index
from piptools_clone.index.metadata.release_metadata import NeedsBuild
from piptools_clone.model.candidate import Candidate, CoreMetadata, Reason, Rejection
from piptools_clone.model.observer import Observer
from piptools_clone.model.requirement import Requirement
from piptools_clone.resolve.admitted_releases import Requester, Restart
from piptools_clone.resolve.candidate_filter import CandidateFilter, PrePolicy
from piptools_clone.resolve.incompatibility_builder import IncompatibilityBuilder
from piptools_clone.resolve.package_versions import ABSENT, PackageVersions
from piptools_clone.resolve.preferences import Preferences
from piptools_clone.resolve.prefetch import Prefetch
from piptools_clone.resolve.references import check_asked, is_on_this_machine, place_on_this_machine
from piptools_clone.solver.solver import Choice, Decide, Knowledge

if TYPE_CHECKING:
    from piptools_clone.index.metadata.directs import DirectCandidate

WALK_AFTER = 2  # versions of one package that are tried before the next are read in batches
LONG_WALK = 32  # versions in a batch from which on the next batch is asked for, too: shorter walks often end in it
SHOWN_WISHES = 3  # who wants a release that could not be built: more would hide the output of the build
BATCH_LIMIT = 64  # versions in one batch: enough to hide a round trip, few enough to waste little


class Provider:
    """Joins one index, one target and the user's requirements for the solver."""

    def __init__(
        self,
        *,
        index: Index,
        finder: Finder,
        reader: DependencyReader,
        preferences: Preferences,
        prefetch: Prefetch,
        observer: Observer,
        pre: PrePolicy,
        prefer_binary: bool = False,
    ) -> None:
        self.index = index
        self.finder = finder
        self.reader = reader
        self._prefetch = prefetch
        self._observer = observer
        self._filter = CandidateFilter(finder, preferences, pre, prefer_binary=prefer_binary)
        self._directs: dict[str, dict[str, DirectCandidate]] = {}
        self._root_directs: set[str] = set()
        self._constraints: dict[str, list[Requirement]] = {}
        self._refused: list[dict[str, int]] = []
        self.roots: list[Requirement] = []
        self.packages: dict[str, PackageVersions] = {}

    # the beginning

    def begin(self, roots: Sequence[Requirement], constraints: Sequence[Requirement]) -> Knowledge:
        """What the solver knows at the start; called again after each `Restart`."""
        self.packages = {}
        self._extras: dict[str, dict[str, None]] = {}
        self._read: dict[str, dict[int, CoreMetadata]] = {}
        self._reads = 0
        self._told: set[tuple[str, int, str]] = set()
        self._tried: dict[str, set[int]] = {}
        self._new_extras: list[tuple[str, str]] = []
        self._filter.begin()
        builder = IncompatibilityBuilder()
        self.roots = roots = [self._name_direct(root) for root in roots]
        self._named = {str(root.name) for root in roots}
        self._constraints = {}
        for constraint in map(self._name_direct, constraints):
            self._constraints.setdefault(str(constraint.name), []).append(constraint)
        self._prefetch.begin([root for root in roots if root.name not in self._root_directs], constraints)
        for root in roots:
            self._filter.admit_named(str(root.name), root.specifier)
        for root in roots:
            package = self._package(str(root.name), builder)
            builder.want(root, package, self._wanted_bits(root, package))
            self._note_extras(package.name, root.extras, builder)
        self._tell_new_extras(builder)
        for refused in self._refused:
            builder.refuse({self._package(name, builder).name: state for name, state in refused.items()})
        return builder.knowledge()

    def _name_direct(self, requirement: Requirement) -> Requirement:
        """A direct reference is read at once: only its metadata tells its name and version for sure."""
        if requirement.url is None:
            return requirement
        direct = self.index.direct(requirement).result()
        self._directs.setdefault(direct.name, {})[requirement.url] = direct
        self._filter.admit_reference(direct.name, direct.url)
        self._root_directs.add(direct.name)
        return requirement._replace(name=direct.name)

    def _wanted_bits(self, requirement: Requirement, package: PackageVersions) -> int:
        if requirement.url is not None:
            return package.bits_of_url(requirement.url)
        return package.bits(requirement.specifier, str(requirement.specifier))

    # packages

    def _package(self, name: str, builder: IncompatibilityBuilder) -> PackageVersions:
        """The states of a package; the first time it is declared to the solver with its constraints."""
        package = self.packages.get(name)
        if package is None:
            project = None if name in self._root_directs else self._prefetch.page(name)
            package = PackageVersions(name, project, list(self._directs.get(name, {}).values()))
            self.packages[name] = package
            builder.declare(package)
            for constraint in self._constraints.get(name, ()):
                self._filter.admit_named(name, constraint.specifier)
                builder.constrain(constraint, package, self._wanted_bits(constraint, package))
        return package

    def reconsider(self, decisions: Mapping[str, int]) -> bool:
        """Whether to begin again: something is chosen that nothing that is chosen asks for."""
        chosen = {name: state for name, state in decisions.items() if name in self.packages}
        unrequested = self._filter.unrequested(self.packages, chosen, lambda name: self._required(name, chosen))
        if unrequested and not self._filter.forget(unrequested):
            self._refused.append(chosen)
        return bool(unrequested)

    def _required(self, name: str, chosen: Mapping[str, int]) -> int:
        """The states of a package that the user's lines and the chosen releases admit."""
        package = self.packages[name]
        bits = package.all & ~ABSENT
        for requirement in (*self.roots, *self._constraints.get(name, ())):
            if requirement.name == name:
                bits &= self._wanted_bits(requirement, package)
        for other, state in chosen.items():
            extras = [extra for extra in self._extras.get(other, ()) if (other, state, extra) in self._told]
            for extra in ("", *extras):
                for dependency in self.reader.read(self._read[other][state], extra):
                    if dependency.name == name:
                        bits &= self._resolve(dependency, IncompatibilityBuilder(), (self.packages[other], state))[1]
        return bits

    def relent(self) -> bool:
        """Whether to begin again after a failure, and now with all that anybody asks for."""
        return self._filter.admit_all()

    # answers

    def answer(self, ask: Decide) -> Choice:
        """The best version among the allowed ones, with what it needs; or why there is none."""
        package = self.packages[ask.package]
        builder = IncompatibilityBuilder()
        self._observer.progress(len(self.packages), self._reads, package.name)
        chosen, batch = None, 0
        ahead: list[tuple[int, Candidate]] = []
        for state, candidate in self._to_try(package, ask, builder):
            batch = self._batch(package, state)
            ahead = self._ask_ahead(package, state, batch)
            metadata = self._metadata(package, state, candidate, builder)
            if metadata is not None:
                chosen = state
                self._tell(package, state, builder)
                break
        if chosen is not None:
            self._read_ahead(package, ahead[:batch], builder)
        return Choice(chosen, builder.knowledge())

    def _to_try(
        self, package: PackageVersions, ask: Decide, builder: IncompatibilityBuilder
    ) -> Iterator[tuple[int, Candidate | None]]:
        """Versions that may be chosen, the best first.

        What needs a build comes last, unless it is locked or the best that the requirements admit: that one is tried
        as pip tries it, but there is no walk down old source distributions while another version can do without.
        """
        waiting = []
        for state, candidate in self._filter.usable(package, ask, builder):
            if candidate is not None and self._waits(package, ask, state, candidate):
                waiting.append((state, candidate))
            else:
                yield state, candidate
        yield from waiting

    def _waits(self, package: PackageVersions, ask: Decide, state: int, candidate: Candidate) -> bool:
        """Whether a version needs a build and is none that is to be built before others are tried."""
        if candidate.preferred.is_wheel or state in self._read.get(package.name, ()):
            return False
        if self._filter.is_first(package, ask.required, state):
            return False
        try:
            self._prefetch.wait_for(self.index.metadata(candidate.preferred, build=False))
        except NeedsBuild:
            return True
        except MetadataError:
            return False  # which is met again, and said, where it is tried
        return False

    def _batch(self, package: PackageVersions, state: int) -> int:
        """How many versions below to read: a version that is tried again after a jump back is no step of a walk."""
        tried = self._tried.setdefault(package.name, set())
        if state in tried:
            return 0
        tried.add(state)
        return 0 if len(tried) < WALK_AFTER else min(BATCH_LIMIT, 1 << (len(tried) - WALK_AFTER + 1))

    def _metadata(
        self, package: PackageVersions, state: int, candidate: Candidate | None, builder: IncompatibilityBuilder
    ) -> CoreMetadata | None:
        """What a version needs, read once; None, and told to the solver, where that cannot be known."""
        read = self._read.setdefault(package.name, {})
        if state not in read:
            direct = package.direct(state)
            metadata = direct.metadata if direct else self._metadata_of_index(package, state, candidate, builder)
            if metadata is None or self._is_refused(package, state, self.reader.read(metadata), builder):
                return None
            read[state] = metadata
            self._reads += 1
        return read[state]

    def _metadata_of_index(
        self, package: PackageVersions, state: int, candidate: Candidate | None, builder: IncompatibilityBuilder
    ) -> CoreMetadata | None:
        assert candidate is not None
        try:
            metadata = self._prefetch.wait_for(self.index.metadata(candidate.preferred))
            self.reader.read(metadata)  # raises for what cannot be understood, before any of it is used
        except MetadataError as error:
            builder.pass_over(package.name, 1 << state, Rejection(Reason.BROKEN_METADATA, error.message))
            return None
        except BuildForbidden as error:
            builder.pass_over(package.name, 1 << state, Rejection(Reason.BUILD_FAILED, error.message))
            return None
        except BuildFailure as error:
            raise self._not_built(package, state, error) from error
        if not self.finder.python_fits(metadata.requires_python):
            reason = Rejection(Reason.REQUIRES_PYTHON, metadata.requires_python or "")
            builder.pass_over(package.name, 1 << state, reason)
            return None
        return metadata

    def _is_refused(
        self, package: PackageVersions, state: int, dependencies: Iterable[Dependency], builder: IncompatibilityBuilder
    ) -> bool:
        """Whether a version that is not the user's own names something on this machine; then the solver is told."""
        shown = place_on_this_machine(dependencies, package.direct(state))
        if shown:
            builder.pass_over(package.name, 1 << state, Rejection(Reason.LOCAL, shown))
        return bool(shown)

    def _not_built(self, package: PackageVersions, state: int, failure: BuildFailure) -> ReleaseNotBuilt:
        """The failure of a build with the release that it was for, who wants that, and what to do."""
        name = package.name
        wanted = [f"{root.origin} requires {name}{root.specifier}" for root in self.roots if root.name == name]
        for other, known, extra in sorted(self._told):
            for dependency in self.reader.read(self._read[other][known], extra):
                if dependency.name == name:
                    version = inert(str(self.packages[other].versions[known - 1]))
                    wanted.append(f"{other} {version} needs {name}{inert(dependency.specifier)}")
        release = f"{name} {inert(str(package.versions[state - 1]))}"
        return ReleaseNotBuilt(
            f"{release} could not be built, so what it requires is not known ({'; '.join(wanted[:SHOWN_WISHES])}): "
            f"{failure.message}",
            log=failure.log,
            hint="install what the build says is missing; or ask for a version that has a wheel for this Python; or "
            f"leave source distributions out with --only-binary {name}",
        )

    # what versions need

    def _tell(
        self, package: PackageVersions, state: int, builder: IncompatibilityBuilder, *, known_only: bool = False
    ) -> None:
        for extra in ("", *self._extras.get(package.name, ())):
            self._tell_extra(package, state, extra, builder, known_only=known_only)
        self._tell_new_extras(builder)

    def _tell_extra(
        self,
        package: PackageVersions,
        state: int,
        extra: str,
        builder: IncompatibilityBuilder,
        *,
        known_only: bool = False,
    ) -> None:
        key = package.name, state, extra
        if key in self._told:
            return
        dependencies = self.reader.read(self._read[package.name][state], extra)
        if extra and self._is_refused(package, state, dependencies, builder):
            return
        if known_only:
            dependencies = [each for each in dependencies if self._is_known(each)]
        else:
            self._told.add(key)
            self._prefetch.want(dependencies)
            for dependency in dependencies:
                self._heed(dependency, (package.name, state))
        for dependency in dependencies:
            other, bits = self._resolve(dependency, builder, (package, state))
            builder.need(package, state, extra, dependency, needed=(other, bits))
            self._note_extras(other.name, dependency.extras, builder)

    def _heed(self, dependency: Dependency, asker: Requester) -> None:
        if dependency.url is not None:
            self._filter.admit_reference(dependency.name, dependency.url, asker)
        else:
            self._filter.admit_named(dependency.name, self.reader.specifier(dependency.specifier), asker)

    def _resolve(
        self, dependency: Dependency, builder: IncompatibilityBuilder, asker: tuple[PackageVersions, int]
    ) -> tuple[PackageVersions, int]:
        """The package of a dependency of ``asker`` and the states that satisfy it."""
        if dependency.url is not None:
            self._meet_direct(dependency, *asker)
            package = self._package(dependency.name, builder)
            return package, package.bits_of_url(dependency.url)
        package = self._package(dependency.name, builder)
        return package, package.bits(self.reader.specifier(dependency.specifier), dependency.specifier)

    def _is_known(self, dependency: Dependency) -> bool:
        """Whether a dependency names nothing new to the solver."""
        extras = self._extras.get(dependency.name, {})
        return dependency.url is None and dependency.name in self.packages and extras.keys() >= set(dependency.extras)

    def _meet_direct(self, dependency: Dependency, asker: PackageVersions, state: int) -> None:
        """A direct reference inside a release's metadata becomes one more state of its package.

        Raises `MetadataError` for an address that must not be followed, nor reach a lock.
        """
        known = self._directs.setdefault(dependency.name, {})
        url = str(dependency.url)
        if url not in known:
            release = f"{asker.name} {asker.versions[state - 1]}"
            check_asked(dependency.name, url, release)
            foreign = "" if is_on_this_machine(asker.direct(state)) else inert(release)
            known[url] = self.index.direct_url(dependency.name, url, foreign).result()
            if dependency.name in self.packages:
                raise Restart

    def _note_extras(self, name: str, extras: Sequence[str], builder: IncompatibilityBuilder) -> None:
        """Declare extras that are asked for the first time."""
        for extra in extras:
            known = self._extras.setdefault(name, {})
            if extra in known:
                continue
            known[extra] = None
            builder.declare_extra(name, extra)
            self._new_extras.append((name, extra))

    def _tell_new_extras(self, builder: IncompatibilityBuilder) -> None:
        """Say what new extras add to the versions read so far, one after the other: each may ask for the next."""
        while self._new_extras:
            name, extra = self._new_extras.pop()
            for state in sorted(self._read.get(name, ())):
                if (name, state, "") in self._told:
                    self._tell_extra(self.packages[name], state, extra, builder)

    def _ask_ahead(self, package: PackageVersions, chosen: int, count: int) -> list[tuple[int, Candidate]]:
        """Down a long walk, ask for the versions below too, before anything is waited for; what was asked for."""
        if not count:
            return []
        ahead = 2 if count >= LONG_WALK else 1  # what is beyond the count is for the next batch
        unread = self._filter.wheels_below(package, chosen, beside=self._read.get(package.name, ()))
        batch = list(islice(unread, ahead * count))
        for _, candidate in batch:
            self.index.metadata(candidate.preferred)
        return batch

    def _read_ahead(
        self, package: PackageVersions, batch: Sequence[tuple[int, Candidate]], builder: IncompatibilityBuilder
    ) -> None:
        """Say of versions that may be chosen next what they need of the packages known so far.

        The solver then passes over all that meet the same obstacle in one step.  Nothing here names a
        package for the first time: a version that is never chosen must not widen the search.
        """
        for state, candidate in batch:
            if self._metadata(package, state, candidate, builder) is not None:
                self._tell(package, state, builder, known_only=True)

    # what graph and explanation ask

    def metadata_of(self, name: str, state: int) -> CoreMetadata:
        """The metadata of a version that was chosen."""
        return self._read[name][state]

    def candidate_of(self, name: str, state: int) -> Candidate:
        """The candidate of a version of an index that was chosen."""
        return self._filter.candidate(self.packages[name], state)

    def priority(self, package: str) -> tuple[int, ...]:
        """The order of decisions while nothing speaks against it: what leaves no choice, then what the user named."""
        known = self.packages.get(package)
        if known is None or known.states <= 1:
            return (0,)
        return (1,) if package in self._named else (2,)

    def constraints_of(self, name: str) -> Sequence[Requirement]:
        """The user's constraints on a package."""
        return self._constraints.get(name, ())

    @property
    def directs(self) -> Mapping[str, Mapping[str, DirectCandidate]]:
        """Direct references by name and address."""
        return self._directs
