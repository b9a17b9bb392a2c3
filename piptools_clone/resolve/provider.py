"""Answers the solver: which version to try, what it needs, and why others were passed over.

The provider turns pages and metadata into sets of states.  It waits for the index where it must; what it says
depends on the questions and on what the index holds, never on the order in which the network answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from piptools_clone.errors import BuildFailure
from piptools_clone.model.candidate import Candidate
from piptools_clone.resolve.candidate_filter import CandidateFilter
from piptools_clone.resolve.known_packages import KnownPackages
from piptools_clone.resolve.references import DirectReferences
from piptools_clone.resolve.release_reader import not_built
from piptools_clone.resolve.walk import Walk
from piptools_clone.solver.solver import Choice, Decide, Knowledge

if TYPE_CHECKING:
    from piptools_clone.model.observer import Observer
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.resolve.package_versions import PackageVersions
    from piptools_clone.resolve.selection import Selection


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
        self._named: set[str] = set()

    # one search after the other

    def begin(self, roots: Sequence[Requirement], constraints: Sequence[Requirement]) -> Knowledge:
        """What the solver knows at the start; called again after each `Restart`."""
        self._filter.begin()
        self._walk = Walk(self.selection.index)
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
            batch = self._walk.batch(package.name, state)
            beside = self.known.releases.states(package.name)
            asked = self._walk.ask(package.name, self._filter.wheels_below(package, state, beside=beside), batch)
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
            raise not_built(package, state, failure, self.known.requirers(package.name)) from failure

    def _tell_below(self, package: PackageVersions, batch: Sequence[tuple[int, Candidate]]) -> None:
        """Say of versions that may be chosen next what they need of the packages known so far.

        The solver then passes over all that meet the same obstacle in one step.  Nothing here names a
        package for the first time: a version that is never chosen must not widen the search.
        """
        for state, candidate in batch:
            if self._read(package, state, candidate):
                self.known.tell(package, state, known_only=True)
