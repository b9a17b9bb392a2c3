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
from piptools_clone.resolve.admitted_prereleases import Asker, Restart
from piptools_clone.resolve.candidate_filter import Admission, PrePolicy
from piptools_clone.resolve.incompatibility_builder import Clauses
from piptools_clone.resolve.package_versions import ABSENT, World
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
        self._admission = Admission(finder, preferences, pre, prefer_binary=prefer_binary)
        self._directs: dict[str, dict[str, DirectCandidate]] = {}
        self._root_directs: set[str] = set()
        self._constraints: dict[str, list[Requirement]] = {}
        self._refused: list[dict[str, int]] = []
        self.roots: list[Requirement] = []
        self.worlds: dict[str, World] = {}

    # the beginning

    def begin(self, roots: Sequence[Requirement], constraints: Sequence[Requirement]) -> Knowledge:
        """What the solver knows at the start; called again after each `Restart`."""
        self.worlds = {}
        self._extras: dict[str, dict[str, None]] = {}
        self._read: dict[str, dict[int, CoreMetadata]] = {}
        self._reads = 0
        self._told: set[tuple[str, int, str]] = set()
        self._tried: dict[str, set[int]] = {}
        self._new_extras: list[tuple[str, str]] = []
        self._admission.begin()
        clauses = Clauses()
        self.roots = roots = [self._name_direct(root) for root in roots]
        self._named = {str(root.name) for root in roots}
        self._constraints = {}
        for constraint in map(self._name_direct, constraints):
            self._constraints.setdefault(str(constraint.name), []).append(constraint)
        self._prefetch.begin([root for root in roots if root.name not in self._root_directs], constraints)
        for root in roots:
            self._admission.heed(str(root.name), root.specifier)
        for root in roots:
            world = self._world(str(root.name), clauses)
            clauses.want(root, world, self._wanted_bits(root, world))
            self._note_extras(world.name, root.extras, clauses)
        self._tell_new_extras(clauses)
        for refused in self._refused:
            clauses.refuse({self._world(name, clauses).name: state for name, state in refused.items()})
        return clauses.knowledge()

    def _name_direct(self, requirement: Requirement) -> Requirement:
        """A direct reference is read at once: only its metadata tells its name and version for sure."""
        if requirement.url is None:
            return requirement
        direct = self.index.direct(requirement).result()
        self._directs.setdefault(direct.name, {})[requirement.url] = direct
        self._admission.heed_direct(direct.name, direct.url)
        self._root_directs.add(direct.name)
        return requirement._replace(name=direct.name)

    def _wanted_bits(self, requirement: Requirement, world: World) -> int:
        if requirement.url is not None:
            return world.bits_of_url(requirement.url)
        return world.bits(requirement.specifier, str(requirement.specifier))

    # packages

    def _world(self, name: str, clauses: Clauses) -> World:
        """The states of a package; the first time it is declared to the solver with its constraints."""
        world = self.worlds.get(name)
        if world is None:
            project = None if name in self._root_directs else self._prefetch.page(name)
            world = World(name, project, list(self._directs.get(name, {}).values()))
            self.worlds[name] = world
            clauses.declare(world)
            for constraint in self._constraints.get(name, ()):
                self._admission.heed(name, constraint.specifier)
                clauses.constrain(constraint, world, self._wanted_bits(constraint, world))
        return world

    def reconsider(self, decisions: Mapping[str, int]) -> bool:
        """Whether to begin again: something is chosen that nothing that is chosen asks for."""
        chosen = {name: state for name, state in decisions.items() if name in self.worlds}
        unasked = self._admission.unasked(self.worlds, chosen, lambda name: self._required(name, chosen))
        if unasked and not self._admission.forget(unasked):
            self._refused.append(chosen)
        return bool(unasked)

    def _required(self, name: str, chosen: Mapping[str, int]) -> int:
        """The states of a package that the user's lines and the chosen releases admit."""
        world = self.worlds[name]
        bits = world.all & ~ABSENT
        for requirement in (*self.roots, *self._constraints.get(name, ())):
            if requirement.name == name:
                bits &= self._wanted_bits(requirement, world)
        for other, state in chosen.items():
            extras = [extra for extra in self._extras.get(other, ()) if (other, state, extra) in self._told]
            for extra in ("", *extras):
                for dependency in self.reader.read(self._read[other][state], extra):
                    if dependency.name == name:
                        bits &= self._resolve(dependency, Clauses(), (self.worlds[other], state))[1]
        return bits

    def relent(self) -> bool:
        """Whether to begin again after a failure, and now with all that anybody asks for."""
        return self._admission.hear_again()

    # answers

    def answer(self, ask: Decide) -> Choice:
        """The best version among the allowed ones, with what it needs; or why there is none."""
        world = self.worlds[ask.package]
        clauses = Clauses()
        self._observer.progress(len(self.worlds), self._reads, world.name)
        chosen, batch = None, 0
        ahead: list[tuple[int, Candidate]] = []
        for state, candidate in self._to_try(world, ask, clauses):
            batch = self._batch(world, state)
            ahead = self._ask_ahead(world, state, batch)
            metadata = self._metadata(world, state, candidate, clauses)
            if metadata is not None:
                chosen = state
                self._tell(world, state, clauses)
                break
        if chosen is not None:
            self._read_ahead(world, ahead[:batch], clauses)
        return Choice(chosen, clauses.knowledge())

    def _to_try(self, world: World, ask: Decide, clauses: Clauses) -> Iterator[tuple[int, Candidate | None]]:
        """Versions that may be chosen, the best first.

        What needs a build comes last, unless it is locked or the best that the requirements admit: that one is tried
        as pip tries it, but there is no walk down old source distributions while another version can do without.
        """
        waiting = []
        for state, candidate in self._admission.usable(world, ask, clauses):
            if candidate is not None and self._waits(world, ask, state, candidate):
                waiting.append((state, candidate))
            else:
                yield state, candidate
        yield from waiting

    def _waits(self, world: World, ask: Decide, state: int, candidate: Candidate) -> bool:
        """Whether a version needs a build and is none that is to be built before others are tried."""
        if candidate.preferred.is_wheel or state in self._read.get(world.name, ()):
            return False
        if self._admission.is_first(world, ask.required, state):
            return False
        try:
            self._prefetch.wait_for(self.index.metadata(candidate.preferred, build=False))
        except NeedsBuild:
            return True
        except MetadataError:
            return False  # which is met again, and said, where it is tried
        return False

    def _batch(self, world: World, state: int) -> int:
        """How many versions below to read: a version that is tried again after a jump back is no step of a walk."""
        tried = self._tried.setdefault(world.name, set())
        if state in tried:
            return 0
        tried.add(state)
        return 0 if len(tried) < WALK_AFTER else min(BATCH_LIMIT, 1 << (len(tried) - WALK_AFTER + 1))

    def _metadata(self, world: World, state: int, candidate: Candidate | None, clauses: Clauses) -> CoreMetadata | None:
        """What a version needs, read once; None, and told to the solver, where that cannot be known."""
        read = self._read.setdefault(world.name, {})
        if state not in read:
            direct = world.direct(state)
            metadata = direct.metadata if direct else self._metadata_of_index(world, state, candidate, clauses)
            if metadata is None or self._is_refused(world, state, self.reader.read(metadata), clauses):
                return None
            read[state] = metadata
            self._reads += 1
        return read[state]

    def _metadata_of_index(
        self, world: World, state: int, candidate: Candidate | None, clauses: Clauses
    ) -> CoreMetadata | None:
        assert candidate is not None
        try:
            metadata = self._prefetch.wait_for(self.index.metadata(candidate.preferred))
            self.reader.read(metadata)  # raises for what cannot be understood, before any of it is used
        except MetadataError as error:
            clauses.pass_over(world.name, 1 << state, Rejection(Reason.BROKEN_METADATA, error.message))
            return None
        except BuildForbidden as error:
            clauses.pass_over(world.name, 1 << state, Rejection(Reason.BUILD_FAILED, error.message))
            return None
        except BuildFailure as error:
            raise self._not_built(world, state, error) from error
        if not self.finder.python_fits(metadata.requires_python):
            reason = Rejection(Reason.REQUIRES_PYTHON, metadata.requires_python or "")
            clauses.pass_over(world.name, 1 << state, reason)
            return None
        return metadata

    def _is_refused(self, world: World, state: int, dependencies: Iterable[Dependency], clauses: Clauses) -> bool:
        """Whether a version that is not the user's own names something on this machine; then the solver is told."""
        shown = place_on_this_machine(dependencies, world.direct(state))
        if shown:
            clauses.pass_over(world.name, 1 << state, Rejection(Reason.LOCAL, shown))
        return bool(shown)

    def _not_built(self, world: World, state: int, failure: BuildFailure) -> ReleaseNotBuilt:
        """The failure of a build with the release that it was for, who wants that, and what to do."""
        name = world.name
        wanted = [f"{root.origin} requires {name}{root.specifier}" for root in self.roots if root.name == name]
        for other, known, extra in sorted(self._told):
            for dependency in self.reader.read(self._read[other][known], extra):
                if dependency.name == name:
                    version = inert(str(self.worlds[other].versions[known - 1]))
                    wanted.append(f"{other} {version} needs {name}{inert(dependency.specifier)}")
        release = f"{name} {inert(str(world.versions[state - 1]))}"
        return ReleaseNotBuilt(
            f"{release} could not be built, so what it requires is not known ({'; '.join(wanted[:SHOWN_WISHES])}): "
            f"{failure.message}",
            log=failure.log,
            hint="install what the build says is missing; or ask for a version that has a wheel for this Python; or "
            f"leave source distributions out with --only-binary {name}",
        )

    # what versions need

    def _tell(self, world: World, state: int, clauses: Clauses, *, known_only: bool = False) -> None:
        for extra in ("", *self._extras.get(world.name, ())):
            self._tell_extra(world, state, extra, clauses, known_only=known_only)
        self._tell_new_extras(clauses)

    def _tell_extra(self, world: World, state: int, extra: str, clauses: Clauses, *, known_only: bool = False) -> None:
        key = world.name, state, extra
        if key in self._told:
            return
        dependencies = self.reader.read(self._read[world.name][state], extra)
        if extra and self._is_refused(world, state, dependencies, clauses):
            return
        if known_only:
            dependencies = [each for each in dependencies if self._is_known(each)]
        else:
            self._told.add(key)
            self._prefetch.want(dependencies)
            for dependency in dependencies:
                self._heed(dependency, (world.name, state))
        for dependency in dependencies:
            other, bits = self._resolve(dependency, clauses, (world, state))
            clauses.need(world, state, extra, dependency, needed=(other, bits))
            self._note_extras(other.name, dependency.extras, clauses)

    def _heed(self, dependency: Dependency, asker: Asker) -> None:
        if dependency.url is not None:
            self._admission.heed_direct(dependency.name, dependency.url, asker)
        else:
            self._admission.heed(dependency.name, self.reader.specifier(dependency.specifier), asker)

    def _resolve(self, dependency: Dependency, clauses: Clauses, asker: tuple[World, int]) -> tuple[World, int]:
        """The package of a dependency of ``asker`` and the states that satisfy it."""
        if dependency.url is not None:
            self._meet_direct(dependency, *asker)
            world = self._world(dependency.name, clauses)
            return world, world.bits_of_url(dependency.url)
        world = self._world(dependency.name, clauses)
        return world, world.bits(self.reader.specifier(dependency.specifier), dependency.specifier)

    def _is_known(self, dependency: Dependency) -> bool:
        """Whether a dependency names nothing new to the solver."""
        extras = self._extras.get(dependency.name, {})
        return dependency.url is None and dependency.name in self.worlds and extras.keys() >= set(dependency.extras)

    def _meet_direct(self, dependency: Dependency, asker: World, state: int) -> None:
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
            if dependency.name in self.worlds:
                raise Restart

    def _note_extras(self, name: str, extras: Sequence[str], clauses: Clauses) -> None:
        """Declare extras that are asked for the first time."""
        for extra in extras:
            known = self._extras.setdefault(name, {})
            if extra in known:
                continue
            known[extra] = None
            clauses.declare_extra(name, extra)
            self._new_extras.append((name, extra))

    def _tell_new_extras(self, clauses: Clauses) -> None:
        """Say what new extras add to the versions read so far, one after the other: each may ask for the next."""
        while self._new_extras:
            name, extra = self._new_extras.pop()
            for state in sorted(self._read.get(name, ())):
                if (name, state, "") in self._told:
                    self._tell_extra(self.worlds[name], state, extra, clauses)

    def _ask_ahead(self, world: World, chosen: int, count: int) -> list[tuple[int, Candidate]]:
        """Down a long walk, ask for the versions below too, before anything is waited for; what was asked for."""
        if not count:
            return []
        ahead = 2 if count >= LONG_WALK else 1  # what is beyond the count is for the next batch
        unread = self._admission.wheels_below(world, chosen, beside=self._read.get(world.name, ()))
        batch = list(islice(unread, ahead * count))
        for _, candidate in batch:
            self.index.metadata(candidate.preferred)
        return batch

    def _read_ahead(self, world: World, batch: Sequence[tuple[int, Candidate]], clauses: Clauses) -> None:
        """Say of versions that may be chosen next what they need of the packages known so far.

        The solver then passes over all that meet the same obstacle in one step.  Nothing here names a
        package for the first time: a version that is never chosen must not widen the search.
        """
        for state, candidate in batch:
            if self._metadata(world, state, candidate, clauses) is not None:
                self._tell(world, state, clauses, known_only=True)

    # what graph and explanation ask

    def metadata_of(self, name: str, state: int) -> CoreMetadata:
        """The metadata of a version that was chosen."""
        return self._read[name][state]

    def candidate_of(self, name: str, state: int) -> Candidate:
        """The candidate of a version of an index that was chosen."""
        return self._admission.candidate(self.worlds[name], state)

    def priority(self, package: str) -> tuple[int, ...]:
        """The order of decisions while nothing speaks against it: what leaves no choice, then what the user named."""
        world = self.worlds.get(package)
        if world is None or world.states <= 1:
            return (0,)
        return (1,) if package in self._named else (2,)

    def constraints_of(self, name: str) -> Sequence[Requirement]:
        """The user's constraints on a package."""
        return self._constraints.get(name, ())

    @property
    def directs(self) -> Mapping[str, Mapping[str, DirectCandidate]]:
        """Direct references by name and address."""
        return self._directs
