"""Rules of asking and answering, the order of decisions, and the number of steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from piptools_clone.solver.incompatibility import Derived, FactKind, Incompatibility, leaves
from piptools_clone.solver.solver import Choice, Decide, Event, Knowledge, Unsolvable, run, solve
from piptools_clone.solver.states import all_states, newest
from tests.solver.worlds import fact

Answer = Callable[[Decide], Choice]


def require(package: str, count: int, states: int | None = None) -> Incompatibility:
    wanted = all_states(count) ^ 1 if states is None else states
    return fact(FactKind.ROOT, {package: all_states(count) & ~wanted})


def depend(package: str, states: int, target: str, count: int, wanted: int) -> Incompatibility:
    return fact(FactKind.DEPENDENCY, {package: states, target: all_states(count) & ~wanted})


def take_newest(ask: Decide) -> Choice:
    return Choice(newest(ask.allowed))


def telling(*told: Incompatibility) -> Answer:
    return lambda ask: Choice(newest(ask.allowed), Knowledge(incompatibilities=told))


def test_nothing_required_needs_no_ask() -> None:
    assert run(solve(Knowledge({"foo": 3})), take_newest).decisions == {}


def test_a_constraint_alone_requires_nothing_but_bounds_what_is_required() -> None:
    constraint = fact(FactKind.CONSTRAINT, {"foo": 0b1000})
    assert run(solve(Knowledge({"foo": 3}, [constraint])), take_newest).decisions == {}
    both = Knowledge({"foo": 3}, [constraint, require("foo", 3)])
    assert run(solve(both), take_newest).decisions == {"foo": 2}


def test_required_ignores_what_is_unavailable() -> None:
    """The asker can tell "no version fits" from "the fitting ones cannot be used"."""
    unavailable = fact(FactKind.UNAVAILABLE, {"foo": 0b1000}, "yanked")
    asks = solve(Knowledge({"foo": 3}, [require("foo", 3, 0b1100), unavailable]))
    assert next(asks) == Decide("foo", allowed=0b0100, required=0b1100)


def test_required_counts_decided_versions_only() -> None:
    told = depend("foo", 0b10, "zoo", 3, 0b0110)
    asks = solve(Knowledge({"foo": 1, "zoo": 3}, [require("foo", 1), require("zoo", 3), told]))
    assert next(asks).package == "foo"
    assert asks.send(Choice(1)) == Decide("zoo", allowed=0b0110, required=0b0110)


def test_an_answer_that_forbids_its_own_choice_is_not_decided() -> None:
    knowledge = Knowledge({"bar": 2, "foo": 2}, [require("bar", 2, 0b010), require("foo", 2)])
    told = depend("foo", 0b100, "bar", 2, 0b100)
    assert run(solve(knowledge), telling(told)).decisions == {"bar": 1, "foo": 1}


def test_an_answer_may_declare_packages_and_forbid_states_only() -> None:
    def answer(ask: Decide) -> Choice:
        if ask.package == "foo" and ask.allowed & 0b100:
            return Choice(None, Knowledge(incompatibilities=[fact(FactKind.UNAVAILABLE, {"foo": 0b100})]))
        return Choice(newest(ask.allowed), Knowledge({"new": 1}, [depend("foo", 0b10, "new", 1, 0b10)]))

    assert run(solve(Knowledge({"foo": 2}, [require("foo", 2)])), answer).decisions == {"foo": 1, "new": 1}


def test_a_virtual_package_is_never_asked_about() -> None:
    extra = [
        depend("foo[x]", 0b10, "foo", 2, 0b110),
        fact(FactKind.DEPENDENCY, {"foo": 0b100, "foo[x]": 0b10, "bar": 0b11}),
    ]
    knowledge = Knowledge({"foo": 2, "foo[x]": 1, "bar": 2}, [require("foo[x]", 1), *extra], ["foo[x]"])
    asked = []

    def answer(ask: Decide) -> Choice:
        asked.append(ask.package)
        return take_newest(ask)

    assert run(solve(knowledge), answer).decisions == {"bar": 2, "foo": 2, "foo[x]": 1}
    assert asked == ["foo", "bar"]


def test_extras_may_require_each_other() -> None:
    circle = [
        depend("foo[a]", 0b10, "foo[b]", 1, 0b10),
        depend("foo[b]", 0b10, "foo[a]", 1, 0b10),
        depend("foo[b]", 0b10, "foo", 1, 0b10),
    ]
    packages = {"foo": 1, "foo[a]": 1, "foo[b]": 1}
    knowledge = Knowledge(packages, [require("foo[a]", 1), *circle], ["foo[a]", "foo[b]"])
    assert run(solve(knowledge), take_newest).decisions == packages


def test_a_fact_told_late_survives_a_jump_back_to_where_it_belongs() -> None:
    """What foo needs is told only with the answer for the second package after it, whose decision is then undone."""
    packages = {"a": 1, "b": 1, "c": 2, "d": 1, "late": 1}
    late = depend("a", 0b10, "late", 1, 0b10)
    # c 2 needs d, and d cannot be with b; c 1 needs nothing.
    conflict = [depend("c", 0b100, "d", 1, 0b10), fact(FactKind.DEPENDENCY, {"b": 0b10, "d": 0b10})]
    told: dict[str, Sequence[Incompatibility]] = {"c": [late, conflict[0]], "d": conflict[1:]}

    def answer(ask: Decide) -> Choice:
        return Choice(newest(ask.allowed), Knowledge(incompatibilities=told.get(ask.package, ())))

    roots = [require(name, packages[name]) for name in "abc"]
    expected = {"a": 1, "b": 1, "c": 1, "late": 1}
    assert run(solve(Knowledge(packages, roots)), answer).decisions == expected


def test_a_dependency_on_nothing_that_exists_forbids_its_version() -> None:
    told = fact(FactKind.DEPENDENCY, {"foo": 0b100, "bar": 0b11})
    knowledge = Knowledge({"foo": 2, "bar": 1}, [require("foo", 2)])
    assert run(solve(knowledge), telling(told)).decisions == {"foo": 1}


def test_an_impossible_requirement_is_refuted_by_itself() -> None:
    impossible = fact(FactKind.ROOT, {"foo": 0b111})
    with pytest.raises(Unsolvable) as caught:
        run(solve(Knowledge({"foo": 2}, [impossible])), take_newest)
    assert leaves(caught.value.incompatibility) == [impossible]


def test_a_refutation_ends_without_terms() -> None:
    with pytest.raises(Unsolvable) as caught:
        run(solve(Knowledge({"foo": 2}, [require("foo", 2, 0b10), require("foo", 2, 0b100)])), take_newest)
    assert caught.value.incompatibility.terms == {}
    assert isinstance(caught.value.incompatibility.cause, Derived)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (Choice(3), "not allowed"),
        (Choice(0), "not allowed"),
        (Choice(None), "none was forbidden"),
        (Choice(1, Knowledge({"foo": 5})), "number of states"),
        (Choice(1, Knowledge(incompatibilities=[fact(FactKind.DEPENDENCY, {"new": 1})])), "not declared"),
        (Choice(1, Knowledge(incompatibilities=[fact(FactKind.DEPENDENCY, {"foo": 0b1000})])), "does not have"),
        (Choice(1, Knowledge({"bar": 1}, [fact(FactKind.DEPENDENCY, {"foo": 1, "bar": 1})])), "one conclusion"),
        (Choice(1, Knowledge({"bar": 2}, virtual=["bar"])), "boolean"),
    ],
)
def test_answers_that_break_the_rules_are_refused(choice: Choice, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(solve(Knowledge({"foo": 2}, [require("foo", 2)])), lambda _: choice)


def test_packages_are_decided_by_priority_then_by_name() -> None:
    packages = {"b": 1, "a": 1, "c": 1}
    asked = []

    def answer(ask: Decide) -> Choice:
        asked.append(ask.package)
        return take_newest(ask)

    knowledge = Knowledge(packages, [require(name, 1) for name in packages])
    run(solve(knowledge, priority=lambda name: (name != "c",)), answer)
    assert asked == ["c", "a", "b"]


class Siblings:
    """A "cloud" and a "files" package that both pin "core", where old versions of files pin nothing."""

    def __init__(self, versions: int) -> None:
        self.versions = versions

    def solve(self) -> dict[str, int]:
        packages = dict.fromkeys(("cloud", "files", "core"), self.versions)
        roots = [require("cloud", self.versions), require("files", self.versions)]
        return run(solve(Knowledge(packages, roots)), self.answer).decisions

    def answer(self, ask: Decide) -> Choice:
        state = newest(ask.allowed)
        core = {"cloud": state, "files": state - 1 or None}.get(ask.package)
        told = [depend(ask.package, 1 << state, "core", self.versions, 1 << core)] if core else []
        return Choice(state, Knowledge(incompatibilities=told))


def test_few_conflicts_leave_the_order_to_the_caller() -> None:
    assert Siblings(4).solve() == {"cloud": 4, "core": 4, "files": 1}


def test_a_package_whose_versions_keep_being_ruled_out_is_decided_first() -> None:
    """Else "files" would fall to its oldest version for the sake of the newest "cloud"."""
    assert Siblings(40).solve() == {"cloud": 39, "core": 39, "files": 40}


class Ladder:
    """Every version of foo is bad, each for itself: it needs its own bar, and every bar needs a baz that cannot be."""

    def __init__(self, versions: int, before: int = 0) -> None:
        self.versions = versions
        self.packages = {"foo": versions, "bar": versions, "baz": 2} | {f"a{at}": 1 for at in range(before)}
        self.counts: Counter[Event] = Counter()

    def walk(self) -> None:
        roots = [require(f"a{at}", 1) for at in range(len(self.packages) - 3)]
        roots += [require("foo", self.versions), require("baz", 2, 0b100)]
        with pytest.raises(Unsolvable):
            run(solve(Knowledge(self.packages, roots), tracer=self.count), self.answer)

    def count(self, event: Event, package: str, number: int) -> None:
        self.counts[event] += number if event is Event.SCAN else 1

    def answer(self, ask: Decide) -> Choice:
        state = newest(ask.allowed)
        needs = {"foo": ("bar", self.versions, 1 << state), "bar": ("baz", 2, 0b10)}.get(ask.package)
        told = [depend(ask.package, 1 << state, *needs)] if needs else []
        return Choice(state, Knowledge(incompatibilities=told))


def test_a_ladder_of_3000_versions_costs_a_fixed_number_of_steps_per_version() -> None:
    ladder = Ladder(3000)
    ladder.walk()
    assert ladder.counts[Event.ASK] <= 4 * 3000
    assert ladder.counts[Event.DERIVE] <= 4 * 3000
    assert ladder.counts[Event.CONFLICT] <= 2 * 3000
    assert ladder.counts[Event.SCAN] <= 20 * 3000  # incompatibilities read; a list read in full each time is 9,000,000


def test_a_ladder_below_many_decisions_does_not_repeat_them_for_each_version() -> None:
    ladder = Ladder(600, before=100)
    ladder.walk()
    assert ladder.counts[Event.ASK] <= 8 * 600
