"""Random worlds of some size, and a search through them that is watched at every ask.

An exhaustive search is out of reach here: a solution is held against all facts, and a refutation is checked step by
step.  At every ask the state of the search is held against the plainest possible account of it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from piptools_clone.solver.incompatibility import Derived, Fact, FactKind, Incompatibility, leaves, walk
from piptools_clone.solver.partial_solution import Assignment, PartialSolution
from piptools_clone.solver.solver import Choice, Decide, Event, Knowledge, Unsolvable, run, solve
from piptools_clone.solver.states import ABSENT, all_states, newest
from tests.solver.worlds import World, fact, holds


def random_world(seed: int) -> World:
    """3 to 7 packages with up to 25 versions, some with an extra, that need and bound each other."""
    return _WorldMaker(random.Random(seed)).make()


class _WorldMaker:
    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._packages = {f"p{number}": draw.choice((1, 4, 12, 25)) for number in range(draw.randint(3, 7))}
        self._virtual = {f"{name}[x]": 1 for name in self._packages if draw.random() < 0.15}
        self._everything = self._packages | self._virtual
        self._width = draw.choice((0.1, 0.3, 0.6))  # of what a dependency admits
        self._wishes = draw.choice(((0, 1), (1, 2), (1, 2, 3)))  # dependencies of a version
        self._density = draw.choice((None, None, draw.uniform(0.25, 0.6)))  # where all versions bound all packages

    def make(self) -> World:
        draw, names = self._draw, list(self._packages)
        roots = [fact(FactKind.ROOT, {name: ABSENT}) for name in draw.sample(names, draw.randint(1, 3))]
        roots.append(self._needs({}, draw.choice(names), FactKind.ROOT))
        if draw.random() < 0.3:
            name = draw.choice(names)
            roots.append(fact(FactKind.CONSTRAINT, {name: all_states(self._packages[name]) & ~self._some(name) & ~1}))
        facts = [fact(FactKind.DEPENDENCY, {extra: 2, extra[:-3]: ABSENT}, "base") for extra in self._virtual]
        for name in names:
            facts += self._of_package(name)
        return World(self._everything, tuple(roots), tuple(facts), frozenset(self._virtual))

    def _of_package(self, name: str) -> Iterator[Incompatibility]:
        draw = self._draw
        for version in range(1, self._packages[name] + 1):
            wishes = len(self._everything) if self._density else draw.choice(self._wishes)
            for target in draw.sample(list(self._everything), wishes):
                if target.removesuffix("[x]") != name:
                    premises = {name: 1 << version}
                    if f"{name}[x]" in self._virtual and draw.random() < 0.3:
                        premises[f"{name}[x]"] = 2
                    yield self._needs(premises, target, FactKind.DEPENDENCY)
        if draw.random() < 0.3:
            yield fact(FactKind.UNAVAILABLE, {name: self._some(name)}, name)

    def _needs(self, premises: dict[str, int], target: str, kind: FactKind) -> Incompatibility:
        wanted = 2 if target in self._virtual else self._some(target)
        return fact(kind, premises | {target: all_states(self._everything[target]) ^ wanted}, self._draw.random())

    def _some(self, name: str) -> int:
        """A run of versions, or any set of them."""
        draw, count = self._draw, self._packages[name]
        if self._density:
            return sum(1 << at for at in range(1, count + 1) if draw.random() < self._density) or 2
        if draw.random() < 0.2:
            return draw.randrange(1, 1 << count) << 1
        first = draw.randint(1, count)
        last = min(count, first + int(count * draw.random() * self._width))
        return (1 << last + 1) - (1 << first)


class Watched:
    """A search through a world that may take ``limit`` asks and conflicts; ``counts`` are its events."""

    def __init__(self, world: World, seed: int, limit: int) -> None:
        self.world = world
        self._limit = limit
        self.counts: Counter[Event] = Counter()
        self._draw = random.Random(seed)
        self._stack: list[tuple[str, int]] = []
        self._learned: dict[Incompatibility, None] = {}
        self._told: list[Incompatibility] = list(world.start().incompatibilities)

    def search(self) -> dict[str, int] | None:
        """Search to the end, checking everything; the decisions, or None where there is no solution."""
        self._asks = asks = solve(self.world.start(), tracer=self._hear)
        try:
            found = run(asks, self._answer).decisions
        except Unsolvable as unsolvable:
            check_refutation(self.world, unsolvable.incompatibility)
            return None
        states = {name: 1 << found.get(name, 0) for name in self.world.packages}
        assert not [each for each in self.world.all_facts if holds(each, states)]
        return found

    @property
    def steps(self) -> int:
        """Asks and conflicts so far."""
        return self.counts[Event.ASK] + self.counts[Event.CONFLICT]

    def _hear(self, event: Event, package: str, number: int) -> None:
        self.counts[event] += 1
        assert self.steps <= self._limit, "the search does not end"
        assert self.counts.total() <= 10 * self._limit, "the search does not end"
        if event is Event.DECIDE:
            self._stack.append((package, number))
        elif event is Event.BACKJUMP:
            assert number <= len(self._stack)
            del self._stack[number:]

    def _answer(self, ask: Decide) -> Choice:
        self._check(ask)
        state = newest(ask.allowed) if self._draw.random() < 0.8 else _any_of(ask.allowed, self._draw)
        told = self.world.told_with(ask.package, 1 << state)
        told += self._draw.sample(self.world.facts, min(len(self.world.facts), self._draw.choice((0, 0, 0, 1, 3))))
        self._told += told
        return Choice(state, Knowledge(incompatibilities=told))

    def _check(self, ask: Decide) -> None:
        """Nothing that follows by propagation alone is overlooked or forgotten; only what is asked for is decided."""
        partial: PartialSolution = self._asks.gi_frame.f_locals["search"]._partial
        check_levels(partial)
        self._learned |= {made.cause: None for made in partial._trail if made.cause}
        states = propagated(self.world.packages, [*self._told, *self._learned], dict(self._stack))
        assert states is not None, "a conflict was overlooked"
        assert not ask.allowed & ~states[ask.package], "a consequence was overlooked"
        assert ask.package not in self.world.virtual | dict(self._stack).keys()
        required = self._required()
        assert ask.package in required, "nothing asks for this"
        assert ask.required == required[ask.package]

    def _required(self) -> dict[str, int]:
        """What the user and the decided versions require, by package; extras that are required count as decided."""
        decided = {name: 1 << state for name, state in self._stack}
        required: dict[str, int] = {}
        for _ in self.world.packages:
            required = {}
            for found in self._told:
                self._add_required(found, decided, required)
            decided |= dict.fromkeys(self.world.virtual & required.keys(), 2)
        for found in self.world.roots:
            if isinstance(found.cause, Fact) and found.cause.kind is FactKind.CONSTRAINT:
                for name in found.terms.keys() & required.keys():
                    required[name] &= ~found.terms[name]
        return required

    def _add_required(self, found: Incompatibility, decided: Mapping[str, int], required: dict[str, int]) -> None:
        targets = [name for name, term in found.terms.items() if term & ABSENT]
        premises = [(name, term) for name, term in found.terms.items() if not term & ABSENT]
        if targets and all(decided.get(name, 0) & term for name, term in premises):
            everything = all_states(self.world.packages[targets[0]])
            required[targets[0]] = required.get(targets[0], everything) & ~found.terms[targets[0]]


def check_levels(partial: PartialSolution) -> None:
    """What is due at a level follows from what is due there or before: else jumps back would be too far."""
    before: list[Assignment] = []
    for made in partial._trail:
        for name, term in made.cause.terms.items() if made.cause else ():
            if name != made.package:
                left = partial.everything[name]
                for each in before:
                    if each.package == name and each.due <= made.due:
                        left &= ~each.cause.terms[name] if each.cause else each.states
                assert not left & ~term, f"{made.package} is not due at {made.due}"
        assert made.due <= made.level
        before.append(made)


def _any_of(states: int, draw: random.Random) -> int:
    return draw.choice([index for index in range(newest(states) + 1) if states >> index & 1])


def propagated(
    packages: Mapping[str, int], facts: Iterable[Incompatibility], decided: Mapping[str, int]
) -> dict[str, int] | None:
    """What unit propagation leaves to each package, by trying all facts again and again; None for a conflict."""
    states = {name: 1 << decided[name] if name in decided else all_states(count) for name, count in packages.items()}
    facts, changed = list(facts), True
    while changed:
        changed = False
        for found in facts:
            open_terms = [name for name, term in found.terms.items() if states[name] & ~term]
            if not open_terms:
                return None
            if len(open_terms) == 1 and states[open_terms[0]] & found.terms[open_terms[0]]:
                states[open_terms[0]] &= ~found.terms[open_terms[0]]
                changed = True
    return states


def check_refutation(world: World, refutation: Incompatibility) -> None:
    """It stands on given facts, each of its steps follows, and it holds whatever is chosen."""
    assert set(leaves(refutation)) <= set(world.all_facts)
    everything = {name: all_states(count) for name, count in world.packages.items()}
    for found in walk(refutation):
        if isinstance(found.cause, Derived):
            assert is_covered(everything | found.terms, [everything | cause.terms for cause in found.cause])
    assert everything | refutation.terms == everything


def is_covered(box: Mapping[str, int], boxes: list[dict[str, int]]) -> bool:
    """Whether every choice of states out of ``box`` lies in one of the boxes: what sticks out of one is cut off."""
    if not all(box.values()):
        return True
    if not boxes:
        return False
    first, *rest = boxes
    inside = dict(box)
    for name, states in box.items():
        if not is_covered({**inside, name: states & ~first[name]}, rest):
            return False
        inside[name] = states & first[name]
    return True
