"""The index of incompatibilities by package, and unit propagation over it.

Only the incompatibilities that speak of a changed package are looked at, newest first, and of those only the
ones whose term on that package has come to hold can have a consequence.  Those that cannot be violated any
more since an earlier level sleep until that level is undone (for ever, at level 0): a package that walks
down thousands of versions does not look at the dependencies of the versions behind it again and again.
"""

from collections import defaultdict
from collections.abc import Callable

from piptools_clone.named_tuple import NamedTuple
from piptools_clone.solver.incompatibility import Incompatibility
from piptools_clone.solver.partial_solution import PartialSolution

SWEEP_AFTER = 8
"""How many changes of a package it takes to sort out its list: putting one entry to sleep costs about as
much as reading it eight times."""

Terms = tuple[tuple[str, int], ...]
"""Pairs of a package and the states *outside* of its term: the term holds when none of these is left."""


class WatchedTerm(NamedTuple):
    """An incompatibility in the list of one of its packages: that package's ``outside``, and its other terms."""

    outside: int
    others: Terms
    incompatibility: Incompatibility


class TermsOutcome(NamedTuple):
    """What some terms come to: see `Watchers.outcome`."""

    package: str
    left: int


VIOLATED = TermsOutcome("", 0)


class Watchers:
    """The known incompatibilities; ``derive`` is told of each package, its narrowed states and the reason."""

    def __init__(self, partial: PartialSolution, derive: Callable[[str, int, Incompatibility], None]) -> None:
        self._partial = partial
        self._derive = derive
        self._entries: defaultdict[str, list[WatchedTerm]] = defaultdict(list)
        self._scans: defaultdict[str, int] = defaultdict(int)  # package -> scans that read in vain
        self._swept: dict[str, int] = {}  # package -> epoch of the last sweep
        self._asleep: defaultdict[int, list[tuple[str, WatchedTerm]]] = defaultdict(list)

    def add(self, incompatibility: Incompatibility) -> None:
        """Index an incompatibility; it is not looked at before `examine` or a change of one of its packages."""
        terms = self.terms(incompatibility)
        for position, (package, outside) in enumerate(terms):
            others = terms[:position] + terms[position + 1 :]
            self._entries[package].append(WatchedTerm(outside, others, incompatibility))

    def terms(self, incompatibility: Incompatibility) -> Terms:
        """The terms with their complements, as propagation reads them."""
        everything = self._partial.everything
        return tuple((package, everything[package] & ~states) for package, states in incompatibility.terms.items())

    def outcome(self, terms: Terms) -> TermsOutcome | None:
        """What terms come to: VIOLATED when all hold; None when two or more are open.

        Otherwise the package of the one open term with the states that it is left with, or, with 0
        states, a package whose term cannot hold any more.
        """
        found = VIOLATED
        states = self._partial.states
        for package, outside in terms:
            now = states[package]
            left = now & outside
            if not left:
                continue
            if left == now:
                return TermsOutcome(package, 0)
            if found is not VIOLATED:
                return None
            found = TermsOutcome(package, left)
        return found

    def examine(self, incompatibility: Incompatibility) -> bool:
        """Draw the consequence of one incompatibility; true when it is violated."""
        outcome = self.outcome(self.terms(incompatibility))
        if outcome is not None and outcome.left:
            self._derive(outcome.package, outcome.left, incompatibility)
        return outcome is VIOLATED

    def scan(self, package: str) -> tuple[Incompatibility | None, int]:
        """Draw the consequences of a changed package: a violated incompatibility or None, and how many were read."""
        mine = self._partial.states[package]
        entries = self._entries[package]
        idle: list[tuple[WatchedTerm, str]] = []
        violated = None
        for entry in reversed(entries):
            left = mine & entry[0]
            if left == mine:
                idle.append((entry, package))
            elif not left:
                outcome = self.outcome(entry[1])
                if outcome is None:
                    continue
                if outcome is VIOLATED:
                    violated = entry.incompatibility
                    break
                if outcome.left:
                    self._derive(outcome.package, outcome.left, entry.incompatibility)
                else:
                    idle.append((entry, outcome.package))
        read = len(entries)
        if idle:
            self._scans[package] += 1
            if self._partial.level == 0:
                self._take_out(package, [entry for entry, _ in idle])
            elif self._scans[package] % SWEEP_AFTER == 0:
                self._put_to_sleep(package, idle)
        return violated, read

    def wake(self, level: int) -> None:
        """Take up again what slept because of a level above ``level``."""
        for slept in sorted(found for found in self._asleep if found > level):
            for package, entry in self._asleep.pop(slept):
                self._entries[package].append(entry)

    def _put_to_sleep(self, package: str, idle: list[tuple[WatchedTerm, str]]) -> None:
        """Take from the package's list what cannot be violated any more because of the state of another package.

        What only the current level made harmless stays at first, since it has to come back as soon as that is
        undone.  It goes when the package keeps changing under the same decisions.
        """
        again = self._swept.get(package) == self._partial.epoch
        self._swept[package] = self._partial.epoch
        before = {culprit: self._partial.before_level(culprit) for culprit in {culprit for _, culprit in idle}}
        gone = []
        for entry, culprit in idle:
            term = entry.incompatibility.terms[culprit]
            if again or not before[culprit] & term:
                gone.append(entry)
                self._asleep[self._harmless_since(culprit, term)].append((package, entry))
        self._take_out(package, gone)

    def _take_out(self, package: str, entries: list[WatchedTerm]) -> None:
        gone = set(map(id, entries))
        if gone:
            self._entries[package] = [entry for entry in self._entries[package] if id(entry) not in gone]

    def _harmless_since(self, package: str, term: int) -> int:
        satisfier = self._partial.satisfier(package, term)
        return satisfier.level if satisfier else 0
