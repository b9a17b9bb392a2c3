"""The text of refutations: short, true, and every step follows."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest
from hypothesis import given

from piptools_clone.solver.core import given_facts, refutation_core
from piptools_clone.solver.explain import ProofStep, explain, prove, write_steps
from piptools_clone.solver.incompatibility import FactKind, Incompatibility
from piptools_clone.solver.solver import Knowledge, Unsolvable, run, solve
from tests.solver.test_solver import Ladder, depend, require, take_newest
from tests.solver.wording import PlainWording
from tests.solver.worlds import World, assignments, fact, follows, holds, is_satisfiable, law, worlds


def refutation(packages: dict[str, int], facts: Sequence[Incompatibility]) -> Incompatibility:
    with pytest.raises(Unsolvable) as caught:
        run(solve(Knowledge(packages, facts)), take_newest)
    return caught.value.incompatibility


def lines(packages: dict[str, int], facts: Sequence[Incompatibility]) -> list[str]:
    versions = {name: [f"{number}.0" for number in range(1, count + 1)] for name, count in packages.items()}
    return explain(refutation(packages, facts), PlainWording(versions))


def test_a_single_fact() -> None:
    assert lines({"foo": 2}, [fact(FactKind.ROOT, {"foo": 0b111})]) == [
        "Because you require an impossible foo, your requirements cannot be met."
    ]


def test_two_requirements_are_one_line() -> None:
    assert lines({"foo": 2}, [require("foo", 2, 0b10), require("foo", 2, 0b100)]) == [
        "Because you require foo 1.0 and you require foo 2.0, your requirements cannot be met."
    ]


def test_versions_with_the_same_dependency_are_one_fact() -> None:
    packages = {"foo": 50, "bar": 3}
    told = [depend("foo", 1 << version, "bar", 3, 0b0010) for version in range(1, 51)]
    assert lines(packages, [require("foo", 50), require("bar", 3, 0b1000), *told]) == [
        "Because you require any foo and any foo needs bar 1.0, bar 1.0 is needed.",
        "So, because you require bar 3.0, your requirements cannot be met.",
    ]


def test_versions_with_different_dependencies_share_a_weaker_one() -> None:
    packages = {"foo": 40, "bar": 40}
    told = [depend("foo", 1 << version, "bar", 40, 1 << version - 1) for version in range(2, 41)]
    told.append(fact(FactKind.UNAVAILABLE, {"foo": 0b10}, "yanked"))
    assert lines(packages, [require("foo", 40), require("bar", 40, 1 << 40), *told]) == [
        "Because foo 1.0 cannot be used (yanked) and you require any foo, foo 2.0 to 40.0 is needed.",
        "So, because foo 2.0 to 40.0 needs bar 1.0 to 39.0 and you require bar 40.0, your requirements cannot be met.",
    ]


def test_what_does_not_matter_is_left_out() -> None:
    packages = {"foo": 2, "bar": 2, "baz": 2, "other": 2}
    told = [
        depend("foo", 0b110, "bar", 2, 0b010),
        depend("foo", 0b110, "baz", 2, 0b010),
        depend("baz", 0b110, "other", 2, 0b100),
        require("foo", 2),
        require("other", 2),
        require("bar", 2, 0b100),
    ]
    core = refutation_core(refutation(packages, told))
    assert sorted(told.index(found) for found in core) == [0, 3, 5]


def test_a_ladder_of_3000_versions_is_explained_in_two_lines() -> None:
    ladder = Ladder(3000)
    roots = [require("foo", 3000), require("baz", 2, 0b100)]
    with pytest.raises(Unsolvable) as caught:
        run(solve(Knowledge(ladder.packages, roots)), ladder.answer)
    versions = {name: [str(number) for number in range(1, count + 1)] for name, count in ladder.packages.items()}
    assert explain(caught.value.incompatibility, PlainWording(versions)) == [
        "Because any foo needs any bar and any bar needs baz 1, any foo needs baz 1.",
        "So, because you require any foo and you require baz 2, your requirements cannot be met.",
    ]


def test_a_derivation_deeper_than_the_recursion_limit_is_written() -> None:
    facts = [require("foo", 3000)] + [fact(FactKind.UNAVAILABLE, {"foo": 1 << at}, at) for at in range(1, 3001)]
    steps = write_steps(refutation({"foo": 3000}, facts))
    assert len(steps) > sys.getrecursionlimit()


def test_the_explanation_does_not_depend_on_the_order_of_the_facts() -> None:
    packages = {"foo": 3, "bar": 3, "baz": 3}
    told = [depend("foo", 1 << at, "bar", 3, 1 << at) for at in (1, 2, 3)]
    told += [depend("bar", 1 << at, "baz", 3, 1 << at) for at in (1, 2, 3)]
    told += [require("foo", 3, 0b1100), require("baz", 3, 0b0010)]
    assert lines(packages, told) == lines(dict(reversed(packages.items())), told[::-1])


def premises(steps: list[ProofStep], at: int) -> list[Incompatibility]:
    step = steps[at]
    before = [found.conclusion for found in steps[at - step.follows_on : at]]
    return [*step.facts, *(found.conclusion for found in step.references), *before]


@law
@given(worlds(max_packages=5))
def test_every_step_follows_and_every_leaf_is_a_given_fact(world: World) -> None:
    try:
        run(solve(world.start()), world.answer)
    except Unsolvable as unsolvable:
        steps = prove(unsolvable.incompatibility)
        for at, step in enumerate(steps):
            assert follows(world.packages, premises(steps, at), step.conclusion)
            assert all(found in steps[:at] for found in step.references)
            for found in step.facts:
                assert set(given_facts(found)) <= set(world.all_facts)
                assert follows(world.packages, given_facts(found), found)
        assert all(holds(steps[-1].conclusion, states) for states in assignments(world.packages))


@law
@given(worlds())
def test_a_core_cannot_be_true_and_no_fact_of_it_can_be_spared(world: World) -> None:
    try:
        run(solve(world.start()), world.answer)
    except Unsolvable as unsolvable:
        core = refutation_core(unsolvable.incompatibility)
        assert not is_satisfiable(world.packages, core)
        for found in core:
            assert is_satisfiable(world.packages, [other for other in core if other is not found])


@law
@given(worlds(max_packages=5))
def test_the_text_of_any_refutation_ends_with_the_failure(world: World) -> None:
    try:
        run(solve(world.start()), world.answer)
    except Unsolvable as unsolvable:
        versions = {name: [str(at) for at in range(1, count + 1)] for name, count in world.packages.items()}
        text = explain(unsolvable.incompatibility, PlainWording(versions))
        assert text[-1].endswith("your requirements cannot be met.")
