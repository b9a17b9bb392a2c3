"""Small worlds: what is known of packages, told in portions to the solver, and an exhaustive search for comparison."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st

from piptools_clone.solver.incompatibility import Fact, FactKind, Incompatibility
from piptools_clone.solver.solver import Choice, Decide, Knowledge, Solution, Unsolvable, run, solve
from piptools_clone.solver.states import ABSENT, all_states, newest

law = settings(max_examples=60, deadline=None)
"""For properties over worlds: as many examples as a quick run affords, however slow the machine."""


def fact(kind: FactKind, terms: Mapping[str, int], detail: object = None) -> Incompatibility:
    return Incompatibility(terms, Fact(kind, detail))


class World(NamedTuple):
    """``roots`` are told at the start; a fact about states of a package is told when one of them is asked for."""

    packages: dict[str, int]
    roots: tuple[Incompatibility, ...]
    facts: tuple[Incompatibility, ...]
    virtual: frozenset[str] = frozenset()

    @property
    def all_facts(self) -> tuple[Incompatibility, ...]:
        return self.roots + self.facts

    def start(self) -> Knowledge:
        """What must be known before the first ask: extras are never asked for, so what they imply is told now."""
        extras = [found for found in self.facts if self._of_extra(found)]
        return Knowledge(self.packages, [*self.roots, *extras], self.virtual)

    def told_with(self, package: str, states: int) -> list[Incompatibility]:
        """The facts that some of these states imply."""
        return [
            found for found in self.facts if not found.terms.get(package, 1) & ABSENT and found.terms[package] & states
        ]

    def _of_extra(self, found: Incompatibility) -> bool:
        return all(name in self.virtual for name, states in found.terms.items() if not states & ABSENT)

    def answer(self, ask: Decide) -> Choice:
        assert not ask.allowed & ABSENT
        assert not ask.allowed & ~all_states(self.packages[ask.package])
        state = newest(ask.allowed)
        return Choice(state, Knowledge(incompatibilities=self.told_with(ask.package, 1 << state)))

    def answer_unavailable_first(self, ask: Decide) -> Choice:
        """Decide nothing as long as there is a bad state among those allowed."""
        bad = [
            found
            for found in self.facts
            if found.cause.kind is FactKind.UNAVAILABLE and found.terms.get(ask.package, 0) & ask.allowed
        ]
        return Choice(None, Knowledge(incompatibilities=bad[:1])) if bad else self.answer(ask)

    def answer_at_once(self, ask: Decide) -> Choice:
        """Tell all about a package as soon as it is asked for."""
        told = self.told_with(ask.package, all_states(self.packages[ask.package]))
        return Choice(newest(ask.allowed), Knowledge(incompatibilities=told))

    def solve(self) -> Solution | None:
        try:
            return run(solve(self.start()), self.answer)
        except Unsolvable:
            return None


def holds(incompatibility: Incompatibility, states: Mapping[str, int]) -> bool:
    """Whether every term holds, given one state per package as a set of one."""
    return all(states[package] & term for package, term in incompatibility.terms.items())


def assignments(packages: Mapping[str, int]) -> Iterator[dict[str, int]]:
    names = sorted(packages)
    for indexes in product(*(range(packages[name] + 1) for name in names)):
        yield {name: 1 << index for name, index in zip(names, indexes, strict=True)}


def is_satisfiable(packages: Mapping[str, int], facts: Iterable[Incompatibility]) -> bool:
    """Try every state of every package in turn, keeping the facts that still can be violated."""
    return _can_go_on(sorted(packages.items()), list(facts))


def _can_go_on(undecided: list[tuple[str, int]], facts: list[Incompatibility]) -> bool:
    names = {name for name, _ in undecided}
    if any(names.isdisjoint(found.terms) for found in facts):
        return False
    if not undecided:
        return True
    (name, count), *rest = undecided
    anything = all_states(count)
    return any(
        _can_go_on(rest, [found for found in facts if found.terms.get(name, anything) >> state & 1])
        for state in range(count + 1)
    )


def follows(packages: Mapping[str, int], premises: Iterable[Incompatibility], conclusion: Incompatibility) -> bool:
    """Whether whatever violates the conclusion violates one of the premises."""
    premises = list(premises)
    named = {name for found in (*premises, conclusion) for name in found.terms}
    for states in assignments({name: packages[name] for name in named}):
        if holds(conclusion, states) and not any(holds(found, states) for found in premises):
            return False
    return True


@st.composite
def worlds(draw: st.DrawFn, max_packages: int = 6, max_versions: int = 4) -> World:
    """Packages with versions, some with an extra, that require and forbid each other."""
    names = [f"p{number}" for number in range(draw(st.integers(1, max_packages)))]
    packages = {name: draw(st.integers(1, max_versions)) for name in names}
    virtual = {f"{name}[x]": 1 for name in names if draw(st.integers(0, 3)) == 0}
    everything = packages | virtual

    def some(name: str, *, least: int = 1) -> int:
        """A set of versions."""
        return draw(st.integers(least, (1 << everything[name]) - 1)) << 1

    def needs(premises: dict[str, int], target: str, kind: FactKind, number: int) -> Incompatibility:
        wanted = 2 if target in virtual else some(target, least=int(number % 7 > 0))
        return fact(kind, premises | {target: all_states(everything[target]) ^ wanted}, number)

    roots = [
        needs({}, draw(st.sampled_from(sorted(everything))), FactKind.ROOT, number)
        for number in range(1, 1 + draw(st.integers(1, 3)))
    ]
    for number in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from(names))
        roots.append(fact(FactKind.CONSTRAINT, {name: (all_states(packages[name]) ^ 1) & ~some(name)}, number))
    facts = [fact(FactKind.DEPENDENCY, {extra: 2, extra[:-3]: ABSENT}, "base") for extra in virtual]
    for number in range(draw(st.integers(0, 10))):
        source = draw(st.sampled_from(names))
        target = draw(st.sampled_from([name for name in everything if name != source] or [None]))
        if target is None or (target == f"{source}[x]" and draw(st.booleans())):
            continue
        premises = {source: some(source)}
        if f"{source}[x]" in virtual and target != f"{source}[x]" and draw(st.booleans()):
            premises[f"{source}[x]"] = 2
        facts.append(needs(premises, target, FactKind.DEPENDENCY, number))
    for number in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from(names))
        facts.append(fact(FactKind.UNAVAILABLE, {name: some(name)}, number))
    return World(everything, tuple(roots), tuple(facts), frozenset(virtual))
