"""The partial solution: the trail of assignments, the decision levels, and who satisfied what."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence

from piptools_clone.named_tuple import NamedTuple
from piptools_clone.solver.incompatibility import Incompatibility
from piptools_clone.solver.states import ABSENT, all_states


class Assignment:
    """One narrowing of a package's states: a decision when ``cause`` is None, else a derivation.

    ``states`` is what was left to the package after this assignment and all before it.  ``level`` is the decision
    level at which the assignment was made and with which it is undone; ``due`` is the least level at which its cause
    would have made it, which is lower when the cause was learned late.  ``bound`` is the highest ``due`` of the
    package so far.
    """

    __slots__ = ("bound", "cause", "due", "level", "package", "position", "states")

    def __init__(self, package: str, states: int, cause: Incompatibility | None) -> None:
        self.package = package
        self.states = states
        self.cause = cause
        self.level = self.position = self.due = self.bound = 0

    def held_since(self, outside: int) -> int:
        """The least level that keeps the package out of ``outside``, which it is since this assignment.

        That is the assignment's own doing if its cause forbids all of ``outside``, else earlier ones had a part in it.
        """
        own = self.cause is None or not outside & ~self.cause.terms[self.package]
        return self.due if own else self.bound


class Exclusion(NamedTuple):
    """Why some states are excluded: the incompatibilities that had a part in it, and the decisions behind them."""

    causes: Sequence[Incompatibility]
    decided: Collection[str]


class PartialSolution:
    """What is assumed and what follows from it.

    ``everything`` and ``states`` are, per package, all its states and those still allowed; ``level`` is the number
    of decisions; ``epoch`` grows with each decision and each jump back.  The states of one package only shrink along
    the trail, so "when did this begin to hold" is a binary search in the package's own assignments.
    """

    def __init__(self) -> None:
        self.everything: dict[str, int] = {}
        self.states: dict[str, int] = {}
        self.level = 0
        self.epoch = 0
        self._trail: list[Assignment] = []
        self._history: dict[str, list[Assignment]] = {}
        self._decisions: list[Assignment] = []

    def declare(self, package: str, count: int) -> None:
        """Make a package with ``count`` versions known; raises ValueError when it was known with another count."""
        everything = all_states(count)
        if self.everything.setdefault(package, everything) != everything:
            raise ValueError(f"the number of states of {package!r} changed to {count}")
        self.states.setdefault(package, everything)
        self._history.setdefault(package, [])

    def decide(self, package: str, index: int) -> None:
        """Open a decision level with one state of a package."""
        self.level += 1
        self.epoch += 1
        assignment = Assignment(package, 1 << index, None)
        assignment.due = self.level
        self._decisions.append(assignment)
        self._append(assignment)

    def derive(self, package: str, states: int, cause: Incompatibility) -> None:
        """Narrow a package to ``states``, some of those still allowed, because all other terms of ``cause`` hold."""
        assignment = Assignment(package, states, cause)
        if self.level:
            others = (term for term in cause.terms.items() if term[0] != package)
            assignment.due = max((self._held_since(*term) for term in others), default=0)
        self._append(assignment)

    def _append(self, assignment: Assignment) -> None:
        history = self._history[assignment.package]
        assignment.level = self.level
        assignment.position = len(self._trail)
        assignment.bound = max(assignment.due, history[-1].bound) if history else assignment.due
        self._trail.append(assignment)
        history.append(assignment)
        self.states[assignment.package] = assignment.states

    def _held_since(self, package: str, states: int) -> int:
        outside = self.everything[package] & ~states
        satisfier = self.satisfier(package, outside)
        return satisfier.held_since(outside) if satisfier else 0

    def decision(self, level: int) -> str:
        """The package whose decision opened a level, which counts from 1."""
        return self._decisions[level - 1].package

    def backjump(self, level: int) -> None:
        """Undo every assignment of the levels above ``level``."""
        start = self._decisions[level].position
        undone = self._trail[start:]
        del self._trail[start:]
        del self._decisions[level:]
        self.level = level
        self.epoch += 1
        for assignment in undone:
            history = self._history[assignment.package]
            history.pop()
            self.states[assignment.package] = history[-1].states if history else self.everything[assignment.package]

    def satisfier(self, package: str, outside: int) -> Assignment | None:
        """The assignment since which the package is in no state of ``outside``; None if it can still be in one.

        Also None when ``outside`` is empty, as for a term that allows every state.
        """
        history = self._history[package]
        position = bisect_left(history, True, key=lambda assignment: not assignment.states & outside)
        return history[position] if outside and position < len(history) else None

    def removals(self, package: str, states: int) -> list[tuple[Incompatibility, int]]:
        """The incompatibilities by which a package lost some of these states, each with those that it took away."""
        found, before = [], self.everything[package]
        for assignment in self._history[package]:
            lost = before & ~assignment.states & states
            if lost and assignment.cause is not None:
                found.append((assignment.cause, lost))
            before = assignment.states
        return found

    def exclusion(self, terms: Iterable[tuple[str, int]]) -> Exclusion:
        """Why all of these terms hold: the trail is followed back from what excluded the other states of each.

        An assignment is followed for the states that it took away, down to decisions.  That a decided package is not
        absent is the decision's own doing, whoever required it first.
        """
        causes: list[Incompatibility] = []
        decided: dict[str, None] = {}
        seen: set[int] = set()
        waiting = [(package, self.everything[package] & ~states, len(self._trail)) for package, states in terms]
        while waiting:
            package, outside, until = waiting.pop()
            if outside & ABSENT and self._is_decided(package, until):
                decided[package] = None
                outside &= ~ABSENT
            before = self.everything[package]
            for assignment in self._history[package]:
                if assignment.position >= until:
                    break
                removed = before & ~assignment.states & outside
                before = assignment.states
                if not removed or assignment.position in seen:
                    continue
                seen.add(assignment.position)
                if assignment.cause is None:
                    decided[package] = None
                    continue
                causes.append(assignment.cause)
                others = (term for term in assignment.cause.terms.items() if term[0] != package)
                waiting += [(other, self.everything[other] & ~held, assignment.position) for other, held in others]
        return Exclusion(causes, decided)

    def _is_decided(self, package: str, until: int) -> bool:
        """Whether a package was decided before a position of the trail."""
        return any(each.cause is None and each.position < until for each in self._history[package])

    def before_level(self, package: str) -> int:
        """The states that the package had when the current level was opened."""
        history = self._history[package]
        position = bisect_left(history, self.level, key=lambda assignment: assignment.level)
        return history[position - 1].states if position else self.everything[package]

    def satisfied_levels(self, terms: Iterable[tuple[str, int]]) -> list[int | None]:
        """For each (package, states outside its term) the least level at which the term holds, None if it does not."""
        levels: list[int | None] = []
        for package, outside in terms:
            satisfier = self.satisfier(package, outside)
            if satisfier is None:
                levels.append(None if outside else 0)
            else:
                levels.append(satisfier.held_since(outside))
        return levels

    def satisfiers(self, incompatibility: Incompatibility) -> tuple[Assignment | None, int]:
        """The assignment that completed a violated incompatibility, and the least level at which the rest holds.

        From that level on, up to the level of the satisfier, the incompatibility leaves one term open.  The first is
        None when the incompatibility is violated whatever is assigned.
        """
        last: Assignment | None = None
        rest = since = 0
        for package, states in incompatibility.terms.items():
            outside = self.everything[package] & ~states
            satisfier = self.satisfier(package, outside)
            if satisfier is None:
                continue
            if last is None or satisfier.position > last.position:
                last, rest, since = satisfier, max(rest, since), satisfier.held_since(outside)
            else:
                rest = max(rest, satisfier.held_since(outside))
        return last, max(rest, self._partial_level(last, incompatibility)) if last else 0

    def _partial_level(self, last: Assignment, incompatibility: Incompatibility) -> int:
        """The level at which the satisfier's own package was narrowed enough for its cause to do the rest.

        With b left at {absent, 1, 2} by one incompatibility, {b: 1 or 2} is completed by another that only forbids
        "absent": the first one matters as well.
        """
        if last.cause is None:
            return 0
        union = incompatibility.terms[last.package] | last.cause.terms[last.package]
        return self._held_since(last.package, union)
