"""What is required at which level, where it is told late."""

from __future__ import annotations

from piptools_clone.solver.demands import Demands
from piptools_clone.solver.incompatibility import FactKind
from tests.solver.test_solver import depend


def test_an_extra_that_an_earlier_decision_requires_outlasts_a_later_one_that_is_told_late() -> None:
    demands = Demands(lambda package: None)
    demands.declare_virtual("e[x]")

    def tell(package: str) -> None:
        demands.add(depend(package, 0b10, "e[x]", 1, 0b10), FactKind.DEPENDENCY, lambda _: 0b11)

    tell("a")
    tell("c")
    for level, package in enumerate("abc", 1):
        demands.settle(package, 1, level)
    tell("b")
    demands.backjump(1)
    assert demands.decisions() == {"a": 1, "e[x]": 1}
    assert not demands.open
    demands.backjump(0)
    assert demands.decisions() == {}
    assert not demands.open


def test_of_what_is_required_twice_only_what_is_undone_is_forgotten() -> None:
    demands = Demands(lambda package: None)
    for package, wanted in (("a", 0b0110), ("b", 0b1100)):
        demands.add(depend(package, 0b10, "z", 3, wanted), FactKind.DEPENDENCY, lambda _: 0b1111)
    demands.settle("a", 1, 1)
    demands.settle("b", 1, 2)
    assert (demands.open, demands.required("z", 0b1111)) == ({"z"}, 0b0100)
    demands.backjump(1)
    assert (demands.open, demands.required("z", 0b1111)) == ({"z"}, 0b0110)
