"""The tests' own test: the oracle sees each fault that is planted into a right answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from tests.universal.adapter import Locked, Refused
from tests.universal.laws import broken_laws
from tests.universal.oracle import problems
from tests.universal.samples import admits, environments, holds
from tests.universal.shrink import reproduce, shrink, written
from tests.universal.truth import Case, kinds, solutions
from tests.universal.worlds import random_case

WIN, NOT_WIN = "sys_platform == 'win32'", "sys_platform != 'win32'"
URL = "https://files.example/e-3.0-py3-none-any.whl"

CASE = reproduce(
    {
        "a": {"1.0": (), "2.0": (), "3.0": ((), ">=3.12", None)},
        "b": {"1.0": (f"a<2 ; {NOT_WIN}",)},
        "c": {"1.0": (), "2.0": (f"a>=2 ; {WIN}", "d ; extra == 'x'")},
        "d": {"1.0": (), "2.0": ()},
        "e": {"1.0": (), "2.0": ((), None, "broken"), "2.5rc1": ()},
    },
    roots=("b", "c", f"c[x] ; {WIN}", "e ; python_version >= '3.11'"),
    constraints=(f"d<2 ; {WIN}",),
)
RIGHT = (
    f"a==1.0 ; {NOT_WIN}",
    f"a==2.0 ; {WIN} and python_version < '3.12'",
    f"a==3.0 ; {WIN} and python_version >= '3.12'",
    "b==1.0",
    "c==2.0",
    f"d==1.0 ; {WIN}",
    "e==1.0 ; python_version >= '3.11'",
)
FAULTS = [
    ("a is missing", {0: None}),
    ("d is missing", {5: f"d==1.0 ; {WIN} and python_version < '3.12'"}),
    ("a stands at 1.0 and", {0: "a==1.0"}),
    ("d is superfluous", {5: "d==1.0"}),
    ("a 1.0 is not admitted", {1: f"a==1.0 ; {WIN} and python_version < '3.12'"}),
    ("a 3.0 cannot be used", {1: None, 2: f"a==3.0 ; {WIN}"}),
    ("a 7 cannot be used", {1: f"a==7 ; {WIN} and python_version < '3.12'"}),
    ("d 2.0 is not admitted", {5: f"d==2.0 ; {WIN}"}),
    ("a line stands twice: b 1.0", {3: "b==1.0 ; python_version < '3.12'", 7: "b==1.0 ; python_version >= '3.12'"}),
    ("is chosen without need", {6: "e==2.0 ; python_version >= '3.11'"}),
    ("is chosen without need", {6: "e==2.5rc1 ; python_version >= '3.11'"}),
]
"""What is said of the right lock with lines changed, left out or added."""


def test_a_right_lock_is_right() -> None:
    assert problems(CASE, Locked(RIGHT)) == []


@pytest.mark.parametrize(("problem", "changes"), FAULTS)
def test_a_fault_is_seen(problem: str, changes: Mapping[int, str | None]) -> None:
    lines = {**dict(enumerate(RIGHT)), **changes}.values()
    assert any(problem in found for found in problems(CASE, Locked(tuple(filter(None, lines)))))


WAY_OUT = reproduce(
    {
        "c": {"1.0": (), "2.0": (f"a>=2 ; {WIN}",)},
        "d": {"1.0": (), "2.0": (f"a<2 ; {NOT_WIN}",)},
        "a": {"1.0": (), "2.0": ()},
    },
    roots=("c", "d"),
)


@pytest.mark.parametrize(
    ("lines", "raised"),
    [
        (("a==2.0 ; sys_platform == 'win32'", "c==2.0", "d==1.0"), "d 1.0 -> 2.0"),
        (("a==1.0 ; sys_platform != 'win32'", "c==1.0", "d==2.0"), "c 1.0 -> 2.0"),
        (("c==1.0", "d==1.0"), "c 1.0 -> 2.0"),
    ],
)
def test_a_version_that_is_given_up_for_a_reason_of_nowhere_is_seen(lines: Sequence[str], raised: str) -> None:
    assert problems(WAY_OUT, Locked(tuple(lines))) == [f"newer versions fit wherever the lines hold: {raised}"]


def test_a_version_that_a_reason_keeps_down_in_one_environment_may_be_shared() -> None:
    case = reproduce({"a": {"1.0": (), "2.0": ()}}, roots=("a", f"a<2 ; {WIN}"))
    assert problems(case, Locked(("a==1.0",))) == []


def test_two_lines_that_can_only_be_raised_together_are_seen() -> None:
    case = reproduce({"a": {"1.0": ("b<2",), "2.0": ("b>=2",)}, "b": {"1.0": (), "2.0": ()}}, roots=("a", "b"))
    found = problems(case, Locked(("a==1.0", "b==1.0")))
    assert found[0] == "newer versions fit wherever the lines hold: a 1.0 -> 2.0, b 1.0 -> 2.0"


def test_where_everything_can_be_newest_it_has_to_be() -> None:
    """A shared version would be newer nowhere; each Python has a newest one of its own."""
    case = reproduce({"a": {"1.0": (), "2.0": ((), ">=3.11", None)}}, roots=("a",))
    assert any("can be newest: {'a': '2.0'}" in found for found in problems(case, Locked(("a==1.0",))))
    assert problems(case._replace(policy="fewest"), Locked(("a==1.0",))) == []


PARTLY = reproduce({"a": {"1.0": (), "2.0": ()}}, roots=("a<2 ; python_version < '3.12'", f"a>=2 ; {WIN}"))


@pytest.mark.parametrize(
    ("marker", "problem"),
    [
        (f"{WIN} and python_version < '3.12'", None),
        ("", "refused, but there is a solution"),
        (WIN, "refused, but there is a solution"),
        (f"{WIN} and python_version < '3.11'", "not refused, but there is no solution"),
    ],
)
def test_a_refusal_is_held_against_each_environment(marker: str, problem: str | None) -> None:
    found = problems(PARTLY, Refused((marker,), ""))
    assert found == [] if problem is None else any(each.startswith(problem) for each in found)


def test_a_lock_of_what_has_no_solution_is_seen() -> None:
    assert problems(PARTLY, Locked(("a==1.0 ; python_version < '3.12'",)))


def test_an_address_is_the_only_choice_where_it_is_asked_for() -> None:
    case = reproduce(
        {"e": {"1.0": ()}, "f": {"1.0": ("e",)}}, directs={URL: ("e", "3.0", ("f",))}, roots=(f"e @ {URL} ; {WIN}", "e")
    )
    right = (f"e==1.0 ; {NOT_WIN}", f"e @ {URL} ; {WIN}", f"f==1.0 ; {WIN}")
    assert problems(case, Locked(right)) == []
    assert any("e 1.0 is not admitted" in each for each in problems(case, Locked(("e==1.0",))))
    elsewhere = f"e @ {URL}", "f==1.0"
    assert any(f"e {URL} is not admitted" in each for each in problems(case, Locked(elsewhere)))


@pytest.mark.parametrize(
    ("packages", "roots", "found"),
    [
        ({"a": {"1.0": (), "2.0rc1": ()}}, ("a",), [{"a": "1.0"}]),
        ({"a": {"1.0": (), "2.0rc1": ()}}, ("a>=1.5rc1",), [{"a": "2.0rc1"}]),
        ({"a": {"1.0": (), "2.0rc1": ()}}, ("a>1",), [{"a": "2.0rc1"}]),
        ({"a": {"1.0": (), "2.0": ((), None, "broken")}}, ("a",), [{"a": "1.0"}]),
        ({"a": {"1.0": (), "2.0": ((), None, "broken")}}, ("a==2",), [{"a": "2.0"}]),
        ({"a": {"1.0": (), "2.0": ((), None, "broken")}}, ("a>=2",), []),
        # what asks for it is there only because of it
        ({"a": {"1.0": ("b>=9",), "2.0rc1": ("b",)}, "b": {"1.0": ("a>=2.0rc1",)}}, ("a",), []),
    ],
)
def test_restricted_releases_are_chosen_where_others_ask_for_them(packages, roots, found) -> None:
    (kind,) = kinds(reproduce(packages, roots=roots))
    assert list(solutions(kind.universe)) == found


def test_unstable_answers_are_seen() -> None:
    """A recompile that forgets its old pins takes the newer releases; another order gives another line."""

    case = reproduce({"a": {"1.0": (), "2.0": ()}}, roots=("a", "a>=1", "a>=2"))

    def forgetful(world, roots, constraints, *, old=(), **how):
        newest = max(world.packages["a"], key=float)
        return Locked((f"a=={newest}", *(f"{root}==1.0" for root in roots if root == "zebra")))

    def ordered(world, roots, constraints, *, old=(), **how):
        return Locked(("a==2.0" if roots == case.roots else "a == 2.0",))

    assert broken_laws(case, forgetful) == ["with newer releases: ['a==2.0'] became ['a==9.0']"]
    assert broken_laws(case, ordered, seed=2) == ["another order of lines: ('a==2.0',) became ('a == 2.0',)"]


def test_both_sides_of_each_atom_are_sampled() -> None:
    for seed in range(40):
        case = random_case(seed, {"pre-releases", "yanked", "urls"})
        sampled = environments(case.markers, case.python, case.pythons)
        for marker in case.markers:
            sides = {holds(marker, each, extra) for each in sampled for extra in ("", "x", "y")}
            assert sides == {True, False} or _is_constant(marker, case)
        for bound in case.pythons:
            assert any(admits(bound, each["python_full_version"]) for each in sampled)


def _is_constant(marker: str, case: Case) -> bool:
    """Whether a marker has one side only on a grid that is finer than what is sampled for a case."""
    finer = environments(
        [marker, *(f"python_full_version < '3.{m}.{p}'" for m in range(9, 14) for p in (2, 5))], case.python
    )
    return len({holds(marker, each, extra) for each in finer for extra in ("", "x", "y")}) == 1


def test_a_failing_world_is_made_small_and_can_be_read_again() -> None:
    case = random_case(7, {"pre-releases", "yanked", "urls"})
    name = next(iter(case.world.packages))
    small = shrink(case, lambda each: name in each.world.packages)
    assert (list(small.world.packages), small.roots, small.constraints) == ([name], (), ())
    for each in (case, small):
        assert eval(written(each), {"reproduce": reproduce}) == each
