"""Answers the solver about parts: which version to try in which environments, and what that needs where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from piptools_clone.errors import BuildFailure
from piptools_clone.model.candidate import Candidate, Rejection
from piptools_clone.resolve.parts.part import order_of
from piptools_clone.resolve.release_reader import not_built
from piptools_clone.resolve.walk import Walk
from piptools_clone.solver.solver import Choice, Decide, Knowledge
from piptools_clone.solver.states import newest_first

if TYPE_CHECKING:
    from piptools_clone.model.observer import Observer
    from piptools_clone.resolve.package_versions import PackageVersions
    from piptools_clone.resolve.parts.part import Part
    from piptools_clone.resolve.parts.parts_choice import PartsChoice
    from piptools_clone.resolve.parts.reach import Need
    from piptools_clone.resolve.parts.releases_by_part import ReleasesByPart

MAY_BE_LIMIT = 20  # excluded versions that are looked at before a package is cut for their sake


class PartsProvider:
    """Joins the user's lines and what there is to choose from for the solver, in one search after the other."""

    def __init__(self, releases: ReleasesByPart, choice: PartsChoice, observer: Observer) -> None:
        self.releases = releases
        self.choice = choice
        self.builder = releases.builder
        self._law = releases.law
        self._observer = observer
        self._forbidden: list[dict[Part, int]] = []

    # one search after the other

    def begin(self) -> Knowledge:
        """What the solver knows at the start; called again after each cut and each restart."""
        releases = self.releases
        self._walk = Walk(releases.selection.index)
        self._told: set[tuple[Need, Part]] = set()
        self._declared: set[Part] = set()
        self._extras: dict[Part, dict[str, None]] = {}
        self.choice.begin()
        releases.reach.begin(releases.roots)
        releases.reach.follow({})
        for root in releases.roots:
            for part in releases.parts_in(str(root.name), releases.reader.cells(root.marker)):
                package = self._declare(part)
                self._note_extras(part, root.extras)
                self.builder.require(root, part, package.all & ~releases.admitted(root, package))
        for decisions in self._forbidden:
            self._forbid(decisions)
        return self.builder.take()

    def forbid(self, decisions: Mapping[Part, int]) -> None:
        """Take a solution out of those that may be found."""
        self._forbidden.append(dict(decisions))
        self._law.has_forbidden = True

    def _forbid(self, decisions: Mapping[Part, int]) -> None:
        if any(part not in self.releases.partition.of(part.name) for part in decisions):
            return  # one was cut since: what was found then is not found again
        for part in decisions:
            self._declare(part)
        self.builder.forbid_together({part.key: state for part, state in decisions.items()})

    def priority(self, key: str) -> tuple[int, ...]:
        """The order of decisions while nothing speaks against it: what leaves no choice, then what the user named.

        Of the parts of one package those for newer Pythons come first.
        """
        part = self.releases.partition.part(key)
        if self.releases.package(part.name).states <= 1:
            return (0,)
        named = 1 if part.name in self.releases.named else 2
        return (named, *order_of(self.releases.environments, part.cells))

    # answers

    def answer(self, ask: Decide) -> Choice:
        """The best version among the allowed ones, with what it needs where it is reached; or why there is none."""
        releases = self.releases
        part = releases.partition.part(ask.package)
        package = releases.package(part.name)
        self.builder.asked = part
        now = self._law.decisions()
        releases.reach.follow(now)
        self.choice.ask(ask.allowed)
        self._observer.progress(len(releases.by_name), releases.count, part.name)
        for state, candidate, better in self._to_try(part, package, ask, now):
            batch = self._walk.batch(part.key, state)
            below = self._walk.ask(part.key, self._wheels_below(package, state), batch)
            if not self._read(package, state, candidate) or not self.choice.fits(part, package, state, now):
                continue
            self._law.check_choice(part, better, lambda states: self._may_be(package, states))
            now[part] = state
            self._grow(now)
            for lower, candidate_below in below[:batch]:
                if self._read(package, lower, candidate_below):
                    self._tell_known(part, lower)
            return Choice(state, self.builder.take())
        self.choice.tell_closed()
        return Choice(None, self.builder.take())

    def _to_try(
        self, part: Part, package: PackageVersions, ask: Decide, now: Mapping[Part, int]
    ) -> Iterator[tuple[int, Candidate | None, int]]:
        """Allowed versions that may be chosen, the best first, each with the better ones that are excluded.

        What needs a build comes last, unless it is locked or the best that the requirements admit: see `Provider`.
        """
        better, waiting = 0, []
        plain = ~(package.pre_releases | package.direct_bits)
        for state in self.choice.order(part, package, now):
            if not ask.allowed >> state & 1:
                better |= 1 << state & plain
                continue
            outcome = self.choice.examine(part, package, state)
            if isinstance(outcome, Rejection):
                continue
            if outcome is not None and self._waits(part, package, ask, state, outcome):
                waiting.append((state, outcome, better))
            else:
                yield state, outcome, better
        yield from waiting

    def _waits(self, part: Part, package: PackageVersions, ask: Decide, state: int, candidate: Candidate) -> bool:
        """Whether a version needs a build and is none that is to be built before others are tried."""
        if candidate.preferred.is_wheel or self.releases.is_read(package.name, state):
            return False
        if self.choice.is_old(part, package, state):
            return False
        best = next((each for each in newest_first(ask.required) if self._may_be(package, 1 << each)), None)
        return state != best and self.releases.needs_build(candidate)

    def _may_be(self, package: PackageVersions, states: int) -> bool:
        """Whether one of some versions could be chosen, without a requirement that asks for it."""
        for count, state in enumerate(newest_first(states & ~package.pre_releases)):
            outcome = self.releases.examine(package, state)
            if isinstance(outcome, Candidate) and outcome.preferred.yanked is None:
                return True
            if count >= MAY_BE_LIMIT:
                return False
        return False

    def _read(self, package: PackageVersions, state: int, candidate: Candidate | None) -> bool:
        """Read what a version needs; whether it can be chosen.  Raises `ReleaseNotBuilt`: that ends the run."""
        try:
            return self.releases.read(package, state, candidate)
        except BuildFailure as failure:
            raise not_built(package, state, failure, self.releases.requirers(package.name)) from failure

    def _wheels_below(self, package: PackageVersions, below: int) -> Iterator[tuple[int, Candidate]]:
        for state in newest_first((1 << below) - 2 & package.all & ~package.pre_releases & ~package.direct_bits):
            if not self.releases.is_read(package.name, state):
                outcome = self.releases.examine(package, state)
                if isinstance(outcome, Candidate) and outcome.preferred.is_wheel and outcome.preferred.yanked is None:
                    yield state, outcome

    # telling

    def _grow(self, now: Mapping[Part, int]) -> None:
        """Tell what is reached now, and was not before."""
        reach = self.releases.reach
        reach.follow(now)
        fresh = reach.take_fresh()
        self.releases.selection.prefetch.want([need.dependency for need in fresh])
        for need in fresh:
            if now.get(need.part) == need.state:
                self._tell(need, reach.needs[need])

    def _tell(self, need: Need, cells: int) -> None:
        if self.releases.is_refused(need):
            return
        self.choice.restricted.heed(need, cells)
        self.releases.meet(need)
        for part in self.releases.parts_in(need.dependency.name, cells):
            if (need, part) not in self._told:
                self._told.add((need, part))
                self._declare(part)
                self._note_extras(part, need.dependency.extras)
                self._say(need, part)

    def _tell_known(self, part: Part, state: int) -> None:
        """Say what a version that may be chosen next needs of the parts that are known: one step passes over many.

        Nothing here names a part for the first time: a version that is never chosen must not widen the search.
        """
        for extra in ("", *self._extras.get(part, ())):
            for edge in self.releases.edges(part, state, extra):
                need = self.releases.need(part, state, extra, edge)
                for wanted in self.releases.parts_in(edge.dependency.name, edge.cells & part.cells, known=True):
                    extras = self._extras.get(wanted, {}).keys()
                    if wanted in self._declared and edge.dependency.url is None and extras >= {*edge.dependency.extras}:
                        self._say(need, wanted)

    def _say(self, need: Need, wanted: Part) -> None:
        package = self.releases.package(wanted.name)
        forbidden = package.all & ~self.releases.admitted_by(need.dependency, package)
        self.builder.need(need, wanted, forbidden)

    def _declare(self, part: Part) -> PackageVersions:
        """The versions of a part's package; the first time it is declared to the solver, with what bounds it."""
        package = self.releases.package(part.name)
        if part not in self._declared:
            self._declared.add(part)
            self.builder.declare(part, package)
            for constraint in self.releases.constraints_on(part):
                bits = self.releases.admitted(constraint, package)
                self.builder.constrain(constraint, part, package.all & ~bits & ~1)
            self.choice.tell_forbidden(part, package)
        return package

    def _note_extras(self, part: Part, extras: tuple[str, ...]) -> None:
        known = self._extras.setdefault(part, {})
        for extra in extras:
            if extra not in known:
                known[extra] = None
                self.builder.declare_extra(part, extra)
