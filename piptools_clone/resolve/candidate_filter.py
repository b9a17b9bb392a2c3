"""Which versions of a package may be chosen, and in which order they are tried.

Yanked releases, pre-releases and direct references may be only where somebody asks for them, and whether somebody does
changes while the search goes on: then it begins again (`Restart`, `openings`).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from piptools_clone.index.finder import Finder
from piptools_clone.index.pages.project import Project
from piptools_clone.model.candidate import Candidate, Reason, Rejection
from piptools_clone.resolve.admitted_prereleases import NO_FINALS, PRE_RELEASES, Asker, Opening, Openings, Restart
from piptools_clone.resolve.incompatibility_builder import Clauses
from piptools_clone.resolve.package_versions import World, states_down
from piptools_clone.resolve.preferences import Preferences
from piptools_clone.solver.solver import Decide

PrePolicy = Callable[[str], bool | None]
"""Whether the user admits (True) or refuses (False) pre-releases of a package; None leaves it to PEP 440."""


class Admission:
    """Joins what the files of a version say with what the user and other versions ask for."""

    def __init__(self, finder: Finder, preferences: Preferences, pre: PrePolicy, *, prefer_binary: bool) -> None:
        self._finder = finder
        self._preferences = preferences
        self._pre = pre
        self._prefer_binary = prefer_binary
        self._openings = Openings()
        self._closed: set[Opening] = set()

    def begin(self) -> None:
        """Begin a search; what was asked for in those before stays open."""
        self._closed = set()

    def heed(self, name: str, specifier: SpecifierSet, asker: Asker = None) -> None:
        """Open the pre-releases and yanked releases that a specifier asks for (PEP 440, PEP 592).

        Raises `Restart` if one of them was passed over before.
        """
        if specifier.prereleases:
            self._open(Opening(name, PRE_RELEASES), asker)
        for each in specifier:
            if each.operator in {"==", "==="} and not each.version.endswith(".*"):
                version = each.version if each.operator == "===" else str(Version(each.version))
                self._open(Opening(name, version), asker)

    def heed_direct(self, name: str, url: str, asker: Asker = None) -> None:
        """Open what a direct reference leads to, for that is asked for too.  Raises `Restart` as `heed` does."""
        self._open(Opening(name, url), asker)

    def _open(self, opening: Opening, asker: Asker = None) -> None:
        if self._openings.ask(opening, asker) and opening in self._closed:
            raise Restart

    def usable(self, world: World, ask: Decide, clauses: Clauses) -> Iterator[tuple[int, Candidate | None]]:
        """Allowed versions that may be chosen, the best first; the others are told to the solver.

        Raises `Restart` where pre-releases must be opened that were passed over before.
        """
        pre = self._admits_pre(world.name)
        found = False
        listed = self._ranked(world)
        for state in self._preferences.order(world, ask.allowed, pre=pre, ranked=listed):
            outcome = self._examine(world, state)
            if isinstance(outcome, Rejection):
                clauses.pass_over(world.name, 1 << state, outcome)
            else:
                found = True
                yield state, outcome
        hidden = ask.allowed & world.pre_releases
        if pre or found or not hidden:
            return
        opening = Opening(world.name, PRE_RELEASES)
        if self._pre(world.name) is None and self._only_pre_releases(world, ask.required):
            self._open(opening, NO_FINALS)
        if opening in self._openings:
            yield from self.usable(world, ask, clauses)
        else:
            self._closed.add(opening)
            clauses.pass_over(world.name, hidden, Rejection(Reason.PRE_RELEASE))

    def is_first(self, world: World, required: int, state: int) -> bool:
        """Whether a version is the locked one, or the best of those that the requirements admit."""
        pinned = self._preferences.pinned(world)
        if state == pinned:
            return True
        order = self._preferences.order(world, required, pre=self._admits_pre(world.name), ranked=self._ranked(world))
        fitting = (each for each in order if not isinstance(self._examine(world, each), Rejection))
        return next((each for each in fitting if each != pinned), None) == state

    def _ranked(self, world: World) -> Sequence[int] | None:
        """The states of the index in the order of choice, where that is not simply the newest first."""
        if not self._prefer_binary or world.project is None:
            return None
        return [i + 1 for i in self._finder.ranked(world.project)]

    def _admits_pre(self, name: str) -> bool:
        settled = self._pre(name)
        return Opening(name, PRE_RELEASES) in self._openings if settled is None else settled

    def _only_pre_releases(self, world: World, required: int) -> bool:
        """Whether no final release that the requirements admit can be chosen at all (PEP 440)."""
        finals = required & ~world.pre_releases
        return all(isinstance(self._examine(world, state), Rejection) for state in states_down(finals))

    def _examine(self, world: World, state: int) -> Candidate | Rejection | None:
        """A version's candidate, None for a direct reference, or why it may not be chosen."""
        direct = world.direct(state)
        if direct is not None:
            return None if self._is_open(Opening(world.name, direct.url)) else Rejection(Reason.NOT_ON_INDEX)
        assert world.project is not None
        outcome = self._outcome(world, world.project, state)
        if isinstance(outcome, Rejection) or outcome.preferred.yanked is None:
            return outcome
        if self._preferences.pinned(world) == state or self._is_open(Opening(world.name, _version(world, state))):
            return outcome
        return Rejection(Reason.YANKED, outcome.preferred.yanked)

    def _is_open(self, opening: Opening) -> bool:
        """Whether somebody asks for this; if not, it is closed for this search."""
        if opening in self._openings:
            return True
        self._closed.add(opening)
        return False

    def wheels_below(self, world: World, below: int, *, beside: Container[int]) -> Iterator[tuple[int, Candidate]]:
        """Versions below one that may be chosen, the best first, without those that are known already.

        Only wheels: a source distribution may have to be built, and nothing is built that is not tried.
        """
        pre = self._admits_pre(world.name)
        for state in self._preferences.order(world, (1 << below) - 2, pre=pre):
            candidate = None if state in beside else self._examine(world, state)
            if isinstance(candidate, Candidate) and candidate.preferred.is_wheel:
                yield state, candidate

    def candidate(self, world: World, state: int) -> Candidate:
        """The candidate of a version of an index that was chosen."""
        assert world.project is not None
        outcome = self._outcome(world, world.project, state)
        assert isinstance(outcome, Candidate)
        return outcome

    def unasked(
        self, worlds: Mapping[str, World], decisions: Mapping[str, int], required: Callable[[str], int]
    ) -> list[Opening]:
        """What a solution takes that neither the user nor any of its releases asks for.

        ``required`` tells the states of a package that the user and the releases of the solution admit.
        """
        return [
            opening
            for name, state in decisions.items()
            if (world := worlds.get(name)) and self._preferences.pinned(world) != state
            for opening in self._opened_for(world, state)
            if not self._openings.is_asked(opening, decisions)
            and not (opening.what == PRE_RELEASES and self._only_pre_releases(world, required(name)))
        ]

    def forget(self, openings: Iterable[Opening]) -> bool:
        """Hear no longer who asked for these; whether that changes anything."""
        forgotten = [opening for opening in openings if self._openings.forget(opening)]
        return bool(forgotten)

    def hear_again(self) -> bool:
        """Hear all wishes again; whether that changes anything."""
        return self._openings.hear_again()

    def _opened_for(self, world: World, state: int) -> Iterator[Opening]:
        """What had to be open for this version to be chosen."""
        direct = world.direct(state)
        if direct is not None:
            yield Opening(world.name, direct.url)
            return
        if world.pre_releases >> state & 1 and self._pre(world.name) is None:
            yield Opening(world.name, PRE_RELEASES)
        if self.candidate(world, state).preferred.yanked is not None:
            yield Opening(world.name, _version(world, state))

    def _outcome(self, world: World, project: Project, state: int) -> Candidate | Rejection:
        """What the files of a version say; a locked version may be younger than the cut-off date."""
        locked = self._finder.cuts_off and self._preferences.pinned(world) == state
        return self._finder.examine(project, state - 1, locked=locked)


def _version(world: World, state: int) -> str:
    return str(world.versions[state - 1])
