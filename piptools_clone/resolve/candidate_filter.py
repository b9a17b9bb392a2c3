"""Which candidates may be chosen, given what the user and other releases ask for.

Yanked releases, pre-releases and direct references may be only where a requirement asks for them, and whether one does
changes while the search goes on: then it begins again (`Restart`, `admitted_releases`).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from piptools_clone.model.candidate import Candidate, Reason, Rejection
from piptools_clone.resolve.admitted_releases import (
    NO_FINALS,
    PRE_RELEASES,
    AdmittedReleases,
    Requester,
    Restart,
    Restricted,
)
from piptools_clone.resolve.candidates import Candidates
from piptools_clone.resolve.incompatibility_builder import IncompatibilityBuilder
from piptools_clone.resolve.package_versions import PackageVersions
from piptools_clone.solver.solver import Decide
from piptools_clone.solver.states import newest_first


class CandidateFilter:
    """Joins what the files of a version say with what the user and other versions ask for."""

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._admits_pre_releases = candidates.policy.admits_pre_releases
        self._admitted = AdmittedReleases()
        self._passed_over: set[Restricted] = set()

    def begin(self) -> None:
        """Begin a search; what was asked for in those before stays admitted."""
        self._passed_over = set()

    def note(self, name: str, specifier: SpecifierSet, url: str | None, requester: Requester = None) -> None:
        """Admit what a requirement asks for by its specifier or its address (PEP 440, PEP 592, PEP 508).

        Raises `Restart` if that was passed over before.
        """
        for restricted in asked_for(name, specifier, url):
            self._admit(restricted, requester)

    def _admit(self, restricted: Restricted, requester: Requester) -> None:
        if self._admitted.request(restricted, requester) and restricted in self._passed_over:
            raise Restart

    def _is_admitted(self, restricted: Restricted) -> bool:
        """Whether a requirement asks for this; if none does, it is passed over in this search."""
        if restricted in self._admitted:
            return True
        self._passed_over.add(restricted)
        return False

    def usable(
        self, package: PackageVersions, ask: Decide, builder: IncompatibilityBuilder
    ) -> Iterator[tuple[int, Candidate | None]]:
        """Allowed versions that may be chosen, the best first; the others are told to the solver.

        Raises `Restart` where pre-releases must be admitted that were passed over before.
        """
        pre = self._tries_pre_releases(package.name)
        found = False
        for state in self._candidates.order(package, ask.allowed, pre=pre):
            outcome = self._examine(package, state)
            if isinstance(outcome, Rejection):
                builder.pass_over(package.name, 1 << state, outcome)
            else:
                found = True
                yield state, outcome
        hidden = ask.allowed & package.pre_releases
        if pre or found or not hidden:
            return
        restricted = Restricted(package.name, PRE_RELEASES)
        if self._admits_pre_releases(package.name) is None and self._has_no_finals(package, ask.required):
            self._admit(restricted, NO_FINALS)
        if self._is_admitted(restricted):
            yield from self.usable(package, ask, builder)
        else:
            builder.pass_over(package.name, hidden, Rejection(Reason.PRE_RELEASE))

    def is_first(self, package: PackageVersions, required: int, state: int) -> bool:
        """Whether a version is the locked one, or the best of those that the requirements admit."""
        pinned = self._candidates.pinned(package)
        if state == pinned:
            return True
        order = self._candidates.order(package, required, pre=self._tries_pre_releases(package.name))
        fitting = (each for each in order if not isinstance(self._examine(package, each), Rejection))
        return next((each for each in fitting if each != pinned), None) == state

    def wheels_below(
        self, package: PackageVersions, below: int, *, beside: Container[int]
    ) -> Iterator[tuple[int, Candidate]]:
        """Versions below one that may be chosen, the best first, without those that are known already.

        Only wheels: a source distribution may have to be built, and nothing is built that is not tried.
        """
        pre = self._tries_pre_releases(package.name)
        for state in self._candidates.order(package, (1 << below) - 2, pre=pre):
            candidate = None if state in beside else self._examine(package, state)
            if isinstance(candidate, Candidate) and candidate.preferred.is_wheel:
                yield state, candidate

    def _tries_pre_releases(self, name: str) -> bool:
        settled = self._admits_pre_releases(name)
        return Restricted(name, PRE_RELEASES) in self._admitted if settled is None else settled

    def _has_no_finals(self, package: PackageVersions, required: int) -> bool:
        """Whether no final release that the requirements admit can be chosen at all (PEP 440)."""
        finals = required & ~package.pre_releases
        return all(isinstance(self._examine(package, state), Rejection) for state in newest_first(finals))

    def _examine(self, package: PackageVersions, state: int) -> Candidate | Rejection | None:
        """A version's candidate, None for a direct reference, or why it may not be chosen."""
        direct = package.direct(state)
        if direct is not None:
            admitted = self._is_admitted(Restricted(package.name, direct.url))
            return None if admitted else Rejection(Reason.NOT_ON_INDEX)
        outcome = self._candidates.examine(package, state)
        if isinstance(outcome, Rejection) or outcome.preferred.yanked is None:
            return outcome
        if self._candidates.pinned(package) == state or self._is_admitted(_yanked(package, state)):
            return outcome
        return Rejection(Reason.YANKED, outcome.preferred.yanked)

    # after a search

    def unrequested(
        self, packages: Mapping[str, PackageVersions], decisions: Mapping[str, int], required: Callable[[str], int]
    ) -> list[Restricted]:
        """What a solution takes that neither the user nor any of its releases asks for.

        ``required`` tells the states of a package that the user and the releases of the solution admit.
        """
        return [
            restricted
            for name, state in decisions.items()
            if (package := packages.get(name)) and self._candidates.pinned(package) != state
            for restricted in self._restrictions(package, state)
            if not self._admitted.is_requested(restricted, decisions)
            and not (restricted.what == PRE_RELEASES and self._has_no_finals(package, required(name)))
        ]

    def forget(self, requested: Iterable[Restricted]) -> bool:
        """Ignore all that asked for these so far; whether that changes anything."""
        forgotten = [each for each in requested if self._admitted.forget(each)]
        return bool(forgotten)

    def forget_nothing(self) -> bool:
        """Count all requests from now on, the forgotten ones too; whether that changes anything."""
        return self._admitted.forget_nothing()

    def _restrictions(self, package: PackageVersions, state: int) -> Iterator[Restricted]:
        """What had to be admitted for this version to be chosen."""
        direct = package.direct(state)
        if direct is not None:
            yield Restricted(package.name, direct.url)
            return
        if package.pre_releases >> state & 1 and self._admits_pre_releases(package.name) is None:
            yield Restricted(package.name, PRE_RELEASES)
        if self._candidates.candidate(package, state).preferred.yanked is not None:
            yield _yanked(package, state)


def asked_for(name: str, specifier: SpecifierSet, url: str | None) -> Iterator[Restricted]:
    """What a requirement admits by its specifier or its address (PEP 440, PEP 592, PEP 508)."""
    if url is not None:
        yield Restricted(name, url)
        return
    if specifier.prereleases:
        yield Restricted(name, PRE_RELEASES)
    for each in specifier:
        if each.operator in {"==", "==="} and not each.version.endswith(".*"):
            yield Restricted(name, each.version if each.operator == "===" else str(Version(each.version)))


def _yanked(package: PackageVersions, state: int) -> Restricted:
    return Restricted(package.name, str(package.version(state)))
