from __future__ import annotations

import doctest
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.solver import solver, states
from piptools_clone.solver.incompatibility import Fact, FactKind, Incompatibility
from piptools_clone.solver.solver import Choice, Knowledge, run, solve

indexes = st.frozensets(st.integers(0, 300))


@given(indexes)
def test_a_set_gives_back_its_indexes_in_order(found: frozenset[int]) -> None:
    assert list(states.newest_first(states.state_set(found, 300))) == sorted(found - {0}, reverse=True)


@given(indexes)
def test_runs_are_maximal_and_cover_the_set(found: frozenset[int]) -> None:
    runs = states.runs(states.state_set(found, 300))
    assert {index for first, last in runs for index in range(first, last + 1)} == found
    assert all(before[1] + 1 < after[0] for before, after in pairwise(runs))


@given(indexes)
def test_the_ends_of_a_set(found: frozenset[int]) -> None:
    assert states.newest(states.state_set(found, 300)) == max(found, default=-1)
    assert states.oldest(states.state_set(found, 300)) == min(found, default=-1)


def test_the_examples_in_the_documentation() -> None:
    assert doctest.testmod(states).failed == 0
    names = {"Incompatibility": Incompatibility, "Fact": Fact, "FactKind": FactKind, "newest": states.newest}
    names |= {"run": run, "solve": solve, "Knowledge": Knowledge, "Choice": Choice}
    assert doctest.testmod(solver, extraglobs=names).failed == 0
