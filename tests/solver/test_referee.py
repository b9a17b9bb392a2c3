"""A referee sees conflicts before anything is learned, and may ask why states are excluded."""

from __future__ import annotations

import pytest

from piptools_clone.solver.incompatibility import Fact, FactKind, Incompatibility
from piptools_clone.solver.solver import Choice, Decide, Knowledge, Search, run, solve
from piptools_clone.solver.states import newest

ROOTS = (
    Incompatibility({"a": 0b001}, Fact(FactKind.ROOT, "a")),
    Incompatibility({"b": 0b001}, Fact(FactKind.ROOT, "b")),
)
A2_NEEDS_C1 = Incompatibility({"a": 0b100, "c": 0b101}, Fact(FactKind.DEPENDENCY, "a 2 needs c 1"))
B2_NEEDS_C2 = Incompatibility({"b": 0b100, "c": 0b011}, Fact(FactKind.DEPENDENCY, "b 2 needs c 2"))
WORLD = Knowledge({"a": 2, "b": 2, "c": 2}, (*ROOTS, A2_NEEDS_C1, B2_NEEDS_C2))


class _Witness:
    """Writes down what it hears; ``stops`` ends the search at the first conflict."""

    def __init__(self, *, stops: bool = False) -> None:
        self.searches: list[Search] = []
        self.met: list[Incompatibility] = []
        self._stops = stops

    def begin(self, search: Search) -> None:
        self.searches.append(search)

    def meet(self, violated: Incompatibility) -> None:
        self.met.append(violated)
        if self._stops:
            raise InterruptedError


def best(ask: Decide) -> Choice:
    return Choice(newest(ask.allowed))


def test_a_referee_hears_of_the_search() -> None:
    witness = _Witness()
    found = run(solve(WORLD, referee=witness), best)
    assert [search.decisions() for search in witness.searches] == [found.decisions]


def test_why_states_are_excluded_is_told_down_to_facts_and_decisions() -> None:
    witness = _Witness()
    seen = []

    def answer(ask: Decide) -> Choice:
        [search] = witness.searches
        if ask.package == "b":
            [(cause, lost)] = search.removals("b", 0b100)
            seen.append((cause, lost, search.exclusion(term for term in cause.terms.items() if term[0] != "b")))
        return best(ask)

    found = run(solve(WORLD, referee=witness), answer)
    assert found.decisions == {"a": 2, "b": 1, "c": 1}
    [(cause, lost, exclusion)] = seen
    assert (cause, lost) == (B2_NEEDS_C2, 0b100)
    assert [each.cause.detail for each in exclusion.causes] == ["a 2 needs c 1"]
    assert list(exclusion.decided) == ["a"]


def test_a_conflict_is_met_before_it_is_learned_from_and_may_end_the_search() -> None:
    facts = (*ROOTS, Incompatibility({"a": 0b110, "b": 0b110}, Fact(FactKind.DEPENDENCY, "a and b do not go together")))
    witness = _Witness(stops=True)
    with pytest.raises(InterruptedError):
        run(solve(Knowledge({"a": 2, "b": 2}, facts), referee=witness), best)
    assert len(witness.met) == 1
    assert witness.met[0] in facts
