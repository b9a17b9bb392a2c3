"""Answers the solver: which version to try, what it needs, and why others were passed over.

The provider turns pages and metadata into sets of states.  It waits for the index where it must; what it says
depends on the questions and on what the index holds, never on the order in which the network answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from piptools_clone.errors import BuildFailure, ForeignBuild, ReleaseNotBuilt
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.candidate import Candidate
from piptools_clone.resolve.candidate_filter import CandidateFilter
from piptools_clone.resolve.known_packages import KnownPackages
from piptools_clone.resolve.references import DirectReferences
from piptools_clone.solver.solver import Choice, Decide, Knowledge

if TYPE_CHECKING:
    from piptools_clone.model.observer import Observer
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.resolve.package_versions import PackageVersions
    from piptools_clone.resolve.selection import Selection

WALK_AFTER = 2  # versions of one package that are tried before the next are read in batches
LONG_WALK = 32  # versions in a batch from which on the next batch is asked for, too: shorter walks often end in it
SHOWN_REQUIRERS = 3  # of a release that could not be built: more would hide the output of the build
BATCH_LIMIT = 64  # versions in one batch: enough to hide a round trip, few enough to waste little


class Provider:
    """Joins what there is to choose from and the user's requirements for the solver.

    ``known`` is what the search that goes on, or was the last, knows; ``references`` stay over all searches.
    """

    known: KnownPackages

    def __init__(self, selection: Selection, observer: Observer) -> None:
        self.selection = selection
        self.references = DirectReferences(selection.index)
        self._observer = observer
        self._filter = CandidateFilter(selection.candidates)
        self._forbidden: list[dict[str, int]] = []
        self._tried: dict[str, set[int]] = {}
        self._asked: dict[str, set[int]] = {}
        self._named: set[str] = set()

    # one search after the other

    def begin(self, roots: Sequence[Requirement], constraints: Sequence[Requirement]) -> Knowledge:
        """What the solver knows at the start; called again after each `Restart`."""
        self._filter.begin()
        self._tried, self._asked = {}, {}
        named = [self.references.read(root) for root in roots]
        self._named = {str(root.name) for root in named}
        bounds = map(self.references.read, constraints)
        self.known = KnownPackages(self.selection, self._filter, self.references, named, bounds)
        of_index = [root for root in named if root.name not in self.references.of_user]
        self.selection.prefetch.begin(of_index, constraints)
        self.known.tell_roots()
        for decisions in self._forbidden:
            self.known.builder.forbid_together({self.known.package(name).name: at for name, at in decisions.items()})
        return self.known.builder.take()

    def rejects(self, decisions: Mapping[str, int]) -> bool:
        """Whether to begin again after a solution: it takes something that nothing in it asks for."""
        packages = self.known.by_name
        chosen = {name: state for name, state in decisions.items() if name in packages}
        unrequested = self._filter.unrequested(packages, chosen, lambda name: self.known.required(name, chosen))
        if unrequested and not self._filter.forget(unrequested):
            self._forbidden.append(chosen)
        return bool(unrequested)

    def can_widen(self) -> bool:
        """Whether to begin again after a failure, and now with all that was ever asked for."""
        return self._filter.forget_nothing()

    def priority(self, package: str) -> tuple[int, ...]:
        """The order of decisions while nothing speaks against it: what leaves no choice, then what the user named."""
        known = self.known.by_name.get(package)
        if known is None or known.states <= 1:
            return (0,)
        return (1,) if package in self._named else (2,)

    # answers

    def answer(self, ask: Decide) -> Choice:
        """The best version among the allowed ones, with what it needs; or why there is none."""
        known = self.known
        package = known.by_name[ask.package]
        self._observer.progress(len(known.by_name), known.releases.count, package.name)
        chosen = None
        for state, candidate in self._to_try(package, ask):
            batch = self._batch(package, state)
            asked = self._ask_below(package, state, batch)
            if self._read(package, state, candidate):
                chosen = state
                known.tell(package, state)
                self._tell_below(package, asked[:batch])
                break
        return Choice(chosen, known.builder.take())

    def _to_try(self, package: PackageVersions, ask: Decide) -> Iterator[tuple[int, Candidate | None]]:
        """Versions that may be chosen, the best first.

        What needs a build comes last, unless it is locked or the best that the requirements admit: that one is tried
        as pip tries it, but there is no walk down old source distributions while another version can do without.
        """
        waiting = []
        for state, candidate in self._filter.usable(package, ask, self.known.builder):
            if candidate is not None and self._waits(package, ask, state, candidate):
                waiting.append((state, candidate))
            else:
                yield state, candidate
        yield from waiting

    def _waits(self, package: PackageVersions, ask: Decide, state: int, candidate: Candidate) -> bool:
        """Whether a version needs a build and is none that is to be built before others are tried."""
        if candidate.preferred.is_wheel or state in self.known.releases.states(package.name):
            return False
        return not self._filter.is_first(package, ask.required, state) and self.known.releases.needs_build(candidate)

    def _read(self, package: PackageVersions, state: int, candidate: Candidate | None) -> bool:
        """Read what a version needs; whether it can be chosen.  Raises `ReleaseNotBuilt`: that ends the run."""
        try:
            return self.known.releases.read(package, state, candidate)
        except BuildFailure as failure:
            requirers = "; ".join(self.known.requirers(package.name)[:SHOWN_REQUIRERS])
            release = f"{package.name} {inert(str(package.version(state)))}"
            raise ReleaseNotBuilt(
                f"{release} could not be built, so what it requires is not known ({requirers}): {failure.message}",
                log=failure.log,
                hint=failure.hint
                if isinstance(failure, ForeignBuild)
                else "install what the build says is missing; or ask for a version that has a wheel for this Python; "
                f"or leave source distributions out with --only-binary {package.name}",
            ) from failure

    # walks down many versions of one package

    def _batch(self, package: PackageVersions, state: int) -> int:
        """How many versions below to read: a version that is tried again after a jump back is no step of a walk."""
        tried = self._tried.setdefault(package.name, set())
        if state in tried:
            return 0
        tried.add(state)
        return 0 if len(tried) < WALK_AFTER else min(BATCH_LIMIT, 1 << (len(tried) - WALK_AFTER + 1))

    def _ask_below(self, package: PackageVersions, chosen: int, count: int) -> list[tuple[int, Candidate]]:
        """Ask for the versions below too, before anything is waited for; what was asked for."""
        if not count:
            return []
        batches = 2 if count >= LONG_WALK else 1  # what is beyond the count is for the next batch
        unread = self._filter.wheels_below(package, chosen, beside=self.known.releases.states(package.name))
        asked = list(islice(unread, batches * count))
        known = self._asked.setdefault(package.name, set())
        for state, candidate in asked:
            if state not in known:  # nearly half of a long walk was asked for with the batch before
                known.add(state)
                self.selection.index.metadata(candidate.preferred)
        return asked

    def _tell_below(self, package: PackageVersions, batch: Sequence[tuple[int, Candidate]]) -> None:
        """Say of versions that may be chosen next what they need of the packages known so far.

        The solver then passes over all that meet the same obstacle in one step.  Nothing here names a
        package for the first time: a version that is never chosen must not widen the search.
        """
        for state, candidate in batch:
            if self._read(package, state, candidate):
                self.known.tell(package, state, known_only=True)
