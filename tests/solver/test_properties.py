"""Laws of the solver over random small worlds, compared with an exhaustive search."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.solver.incompatibility import Derived, leaves, walk
from piptools_clone.solver.solver import Choice, Decide, Knowledge, Solution, Unsolvable, run, solve
from piptools_clone.solver.states import ABSENT
from tests.solver.worlds import World, follows, holds, is_satisfiable, law, worlds


def _states(world: World, solution: Solution) -> dict[str, int]:
    return {name: 1 << solution.decisions.get(name, 0) for name in world.packages}


@law
@given(worlds())
def test_a_solution_is_found_exactly_when_there_is_one(world: World) -> None:
    assert (world.solve() is not None) == is_satisfiable(world.packages, world.all_facts)


@law
@given(worlds())
def test_a_solution_violates_nothing(world: World) -> None:
    solution = world.solve()
    if solution is not None:
        assert not [found for found in world.all_facts if holds(found, _states(world, solution))]


@law
@given(worlds())
def test_every_package_of_a_solution_is_required(world: World) -> None:
    """Reached from the user's requirements over facts whose premises are chosen."""
    solution = world.solve()
    if solution is None:
        return
    states = _states(world, solution)
    reached: set[str] = set()
    for _ in world.packages:
        for found in world.all_facts:
            premises = [name for name, term in found.terms.items() if not term & ABSENT]
            if all(name in reached and states[name] & found.terms[name] for name in premises):
                reached |= found.terms.keys() - set(premises)
    assert set(solution.decisions) <= reached


@law
@given(worlds())
def test_a_refutation_stands_on_true_facts_that_suffice(world: World) -> None:
    try:
        run(solve(world.start()), world.answer)
    except Unsolvable as unsolvable:
        given_facts = leaves(unsolvable.incompatibility)
        assert not [found for found in given_facts if found not in world.all_facts]
        assert not is_satisfiable(world.packages, given_facts)


@law
@given(worlds(max_packages=4))
def test_every_step_of_a_refutation_follows(world: World) -> None:
    try:
        run(solve(world.start()), world.answer)
    except Unsolvable as unsolvable:
        for found in walk(unsolvable.incompatibility):
            if isinstance(found.cause, Derived):
                assert follows(world.packages, found.cause, found)


@law
@given(worlds(), st.randoms(use_true_random=False))
def test_neither_order_nor_portions_of_the_facts_change_the_solution(world: World, random) -> None:
    shuffled = World(
        dict(random.sample(sorted(world.packages.items()), len(world.packages))),
        tuple(random.sample(world.roots, len(world.roots))),
        tuple(random.sample(world.facts, len(world.facts))),
        world.virtual,
    )

    def in_random_portions(ask: Decide) -> Choice:
        more = random.sample(world.facts, random.randint(0, len(world.facts)))
        choice = world.answer(ask)
        return choice._replace(knowledge=Knowledge(incompatibilities=[*more, *choice.knowledge.incompatibilities]))

    def all_at_the_start() -> Solution:
        return run(solve(world.start()._replace(incompatibilities=world.all_facts)), world.answer)

    expected = world.solve()
    if expected is not None:
        assert shuffled.solve() == expected
        assert run(solve(shuffled.start()), shuffled.answer_at_once) == expected
        assert run(solve(world.start()), world.answer_unavailable_first) == expected
        assert run(solve(world.start()), in_random_portions) == expected
        assert all_at_the_start() == expected


@law
@given(worlds())
def test_required_states_are_what_requirements_and_decided_versions_admit(world: World) -> None:
    decided: dict[str, int] = {}

    def answer(ask: Decide) -> Choice:
        assert not ask.required & ABSENT
        for found in world.roots:
            if ask.package in found.terms:
                assert not ask.required & found.terms[ask.package]
        choice = world.answer(ask)
        decided[ask.package] = choice.state or 0
        return choice

    with suppress(Unsolvable):
        run(solve(world.start()), answer)
