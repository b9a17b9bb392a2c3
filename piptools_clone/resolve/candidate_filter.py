"""Which versions of a package may be chosen, and in which order they are tried.

Yanked releases, pre-releases and direct references may be only where somebody asks for them, and whether somebody does
changes while the search goes on: then it begins again (`Restart`, `restricted`).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from piptools_clone.index.finder import Finder
from piptools_clone.index.pages.project import Project
from piptools_clone.model.candidate import Candidate, Reason, Rejection
from piptools_clone.resolve.admitted_releases import (
    NO_FINALS,
    PRE_RELEASES,
    AdmittedReleases,
    Requester,
    Restart,
    Restricted,
)
from piptools_clone.resolve.incompatibility_builder import IncompatibilityBuilder
from piptools_clone.resolve.package_versions import PackageVersions, states_down
from piptools_clone.resolve.preferences import Preferences
from piptools_clone.solver.solver import Decide

PrePolicy = Callable[[str], bool | None]
"""Whether the user admits (True) or refuses (False) pre-releases of a package; None leaves it to PEP 440."""


class CandidateFilter:
    """Joins what the files of a version say with what the user and other versions ask for."""

    def __init__(self, finder: Finder, preferences: Preferences, pre: PrePolicy, *, prefer_binary: bool) -> None:
        self._finder = finder
        self._preferences = preferences
        self._pre = pre
        self._prefer_binary = prefer_binary
        self._admitted = AdmittedReleases()
        self._closed: set[Restricted] = set()

    def begin(self) -> None:
        """Begin a search; what was asked for in those before stays open."""
        self._closed = set()

    def admit_named(self, name: str, specifier: SpecifierSet, asker: Requester = None) -> None:
        """Open the pre-releases and yanked releases that a specifier asks for (PEP 440, PEP 592).

        Raises `Restart` if one of them was passed over before.
        """
        if specifier.prereleases:
            self._open(Restricted(name, PRE_RELEASES), asker)
        for each in specifier:
            if each.operator in {"==", "==="} and not each.version.endswith(".*"):
                version = each.version if each.operator == "===" else str(Version(each.version))
                self._open(Restricted(name, version), asker)

    def admit_reference(self, name: str, url: str, asker: Requester = None) -> None:
        """Open what a direct reference leads to, for that is asked for too.  Raises `Restart` as `admit_named` does."""
        self._open(Restricted(name, url), asker)

    def _open(self, restricted: Restricted, asker: Requester = None) -> None:
        if self._admitted.ask(restricted, asker) and restricted in self._closed:
            raise Restart

    def usable(
        self, package: PackageVersions, ask: Decide, builder: IncompatibilityBuilder
    ) -> Iterator[tuple[int, Candidate | None]]:
        """Allowed versions that may be chosen, the best first; the others are told to the solver.

        Raises `Restart` where pre-releases must be opened that were passed over before.
        """
        pre = self._admits_pre(package.name)
        found = False
        listed = self._ranked(package)
        for state in self._preferences.order(package, ask.allowed, pre=pre, ranked=listed):
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
        if self._pre(package.name) is None and self._only_pre_releases(package, ask.required):
            self._open(restricted, NO_FINALS)
        if restricted in self._admitted:
            yield from self.usable(package, ask, builder)
        else:
            self._closed.add(restricted)
            builder.pass_over(package.name, hidden, Rejection(Reason.PRE_RELEASE))

    def is_first(self, package: PackageVersions, required: int, state: int) -> bool:
        """Whether a version is the locked one, or the best of those that the requirements admit."""
        pinned = self._preferences.pinned(package)
        if state == pinned:
            return True
        order = self._preferences.order(
            package, required, pre=self._admits_pre(package.name), ranked=self._ranked(package)
        )
        fitting = (each for each in order if not isinstance(self._examine(package, each), Rejection))
        return next((each for each in fitting if each != pinned), None) == state

    def _ranked(self, package: PackageVersions) -> Sequence[int] | None:
        """The states of the index in the order of choice, where that is not simply the newest first."""
        if not self._prefer_binary or package.project is None:
            return None
        return [i + 1 for i in self._finder.ranked(package.project)]

    def _admits_pre(self, name: str) -> bool:
        settled = self._pre(name)
        return Restricted(name, PRE_RELEASES) in self._admitted if settled is None else settled

    def _only_pre_releases(self, package: PackageVersions, required: int) -> bool:
        """Whether no final release that the requirements admit can be chosen at all (PEP 440)."""
        finals = required & ~package.pre_releases
        return all(isinstance(self._examine(package, state), Rejection) for state in states_down(finals))

    def _examine(self, package: PackageVersions, state: int) -> Candidate | Rejection | None:
        """A version's candidate, None for a direct reference, or why it may not be chosen."""
        direct = package.direct(state)
        if direct is not None:
            return None if self._is_open(Restricted(package.name, direct.url)) else Rejection(Reason.NOT_ON_INDEX)
        assert package.project is not None
        outcome = self._outcome(package, package.project, state)
        if isinstance(outcome, Rejection) or outcome.preferred.yanked is None:
            return outcome
        if self._preferences.pinned(package) == state or self._is_open(
            Restricted(package.name, _version(package, state))
        ):
            return outcome
        return Rejection(Reason.YANKED, outcome.preferred.yanked)

    def _is_open(self, restricted: Restricted) -> bool:
        """Whether somebody asks for this; if not, it is closed for this search."""
        if restricted in self._admitted:
            return True
        self._closed.add(restricted)
        return False

    def wheels_below(
        self, package: PackageVersions, below: int, *, beside: Container[int]
    ) -> Iterator[tuple[int, Candidate]]:
        """Versions below one that may be chosen, the best first, without those that are known already.

        Only wheels: a source distribution may have to be built, and nothing is built that is not tried.
        """
        pre = self._admits_pre(package.name)
        for state in self._preferences.order(package, (1 << below) - 2, pre=pre):
            candidate = None if state in beside else self._examine(package, state)
            if isinstance(candidate, Candidate) and candidate.preferred.is_wheel:
                yield state, candidate

    def candidate(self, package: PackageVersions, state: int) -> Candidate:
        """The candidate of a version of an index that was chosen."""
        assert package.project is not None
        outcome = self._outcome(package, package.project, state)
        assert isinstance(outcome, Candidate)
        return outcome

    def unrequested(
        self, packages: Mapping[str, PackageVersions], decisions: Mapping[str, int], required: Callable[[str], int]
    ) -> list[Restricted]:
        """What a solution takes that neither the user nor any of its releases asks for.

        ``required`` tells the states of a package that the user and the releases of the solution admit.
        """
        return [
            restricted
            for name, state in decisions.items()
            if (package := packages.get(name)) and self._preferences.pinned(package) != state
            for restricted in self._opened_for(package, state)
            if not self._admitted.is_requested(restricted, decisions)
            and not (restricted.what == PRE_RELEASES and self._only_pre_releases(package, required(name)))
        ]

    def forget(self, restricted: Iterable[Restricted]) -> bool:
        """Hear no longer who asked for these; whether that changes anything."""
        forgotten = [restricted for restricted in restricted if self._admitted.forget(restricted)]
        return bool(forgotten)

    def admit_all(self) -> bool:
        """Hear all wishes again; whether that changes anything."""
        return self._admitted.admit_all()

    def _opened_for(self, package: PackageVersions, state: int) -> Iterator[Restricted]:
        """What had to be open for this version to be chosen."""
        direct = package.direct(state)
        if direct is not None:
            yield Restricted(package.name, direct.url)
            return
        if package.pre_releases >> state & 1 and self._pre(package.name) is None:
            yield Restricted(package.name, PRE_RELEASES)
        if self.candidate(package, state).preferred.yanked is not None:
            yield Restricted(package.name, _version(package, state))

    def _outcome(self, package: PackageVersions, project: Project, state: int) -> Candidate | Rejection:
        """What the files of a version say; a locked version may be younger than the cut-off date."""
        locked = self._finder.cuts_off and self._preferences.pinned(package) == state
        return self._finder.examine(project, state - 1, locked=locked)


def _version(package: PackageVersions, state: int) -> str:
    return str(package.versions[state - 1])
