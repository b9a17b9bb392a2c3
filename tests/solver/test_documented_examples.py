"""The worked examples of the document that describes PubGrub (doc/solver.md of Dart's pub), told with our terms."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from piptools_clone.solver.explain import explain
from piptools_clone.solver.incompatibility import FactKind, Incompatibility
from piptools_clone.solver.solver import Choice, Decide, Event, Knowledge, Unsolvable, run, solve
from tests.solver.wording import PlainWording
from tests.solver.worlds import fact

Bounds = tuple[str, str]  # the lowest version, and the one that is too high already


class Registry:
    """Releases with their dependencies, and what the root requires: package -> bounds."""

    def __init__(self, root: Mapping[str, Bounds], releases: Mapping[str, Mapping[str, Mapping[str, Bounds]]]) -> None:
        self.root = root
        self.releases = releases
        self.versions = {name: sorted(found) for name, found in releases.items()}
        self.events: list[tuple[str, str, int]] = []

    def explanation(self) -> list[str]:
        with pytest.raises(Unsolvable) as caught:
            self.solve()
        return explain(caught.value.incompatibility, PlainWording(self.versions))

    def solve(self) -> dict[str, str]:
        roots = [self.needs({}, FactKind.ROOT, *found) for found in self.root.items()]
        packages = {name: len(found) for name, found in self.versions.items()}
        priority = lambda name: (list(self.root).index(name) if name in self.root else 9,)  # noqa: E731
        asks = solve(Knowledge(packages, roots), priority=priority, tracer=lambda *event: self.events.append(event))
        solution = run(asks, self.answer)
        return {name: self.versions[name][index - 1] for name, index in solution.decisions.items()}

    def answer(self, ask: Decide) -> Choice:
        """The newest version; versions with the same dependency on a package are told of together."""
        index = ask.allowed.bit_length() - 1
        releases = self.releases[ask.package]
        told = []
        for target in releases[self.versions[ask.package][index - 1]].items():
            same = [
                at for at, version in enumerate(self.versions[ask.package], 1) if target in releases[version].items()
            ]
            states = sum(1 << at for at in same)
            told.append(self.needs({ask.package: states}, FactKind.DEPENDENCY, *target))
        return Choice(index, Knowledge(incompatibilities=told))

    def needs(self, premises: dict[str, int], kind: FactKind, target: str, bounds: Bounds) -> Incompatibility:
        outside = 1 + sum(
            1 << at for at, version in enumerate(self.versions[target], 1) if not self.fits(version, bounds)
        )
        return fact(kind, premises | {target: outside})

    @staticmethod
    def fits(version: str, bounds: Bounds) -> bool:
        return bounds[0] <= version < bounds[1]

    def count(self, event: Event) -> int:
        return sum(found == event for found, _, _ in self.events)


ONE, TWO, THREE, ANY = ("1", "2"), ("2", "3"), ("3", "4"), ("0", "9")


def test_no_conflicts() -> None:
    registry = Registry({"foo": ONE}, {"foo": {"1.0.0": {"bar": ONE}}, "bar": {"1.0.0": {}, "2.0.0": {}}})
    assert registry.solve() == {"bar": "1.0.0", "foo": "1.0.0"}
    assert registry.count(Event.CONFLICT) == 0


def test_avoiding_conflict_during_decision_making() -> None:
    registry = Registry(
        {"foo": ONE, "bar": ONE},
        {"foo": {"1.1.0": {"bar": TWO}, "1.0.0": {}}, "bar": {"1.0.0": {}, "1.1.0": {}, "2.0.0": {}}},
    )
    assert registry.solve() == {"bar": "1.1.0", "foo": "1.0.0"}
    assert registry.count(Event.CONFLICT) == 0
    assert registry.count(Event.DECIDE) == 2


def test_performing_conflict_resolution() -> None:
    registry = Registry({"foo": ANY}, {"foo": {"2.0.0": {"bar": ONE}, "1.0.0": {}}, "bar": {"1.0.0": {"foo": ONE}}})
    assert registry.solve() == {"foo": "1.0.0"}


def test_conflict_resolution_with_a_partial_satisfier() -> None:
    registry = Registry(
        {"target": TWO, "foo": ONE},
        {
            "foo": {"1.1.0": {"left": ONE, "right": ONE}, "1.0.0": {}},
            "left": {"1.0.0": {"shared": ANY}},
            "right": {"1.0.0": {"shared": ("0", "2")}},
            "shared": {"2.0.0": {}, "1.0.0": {"target": ONE}},
            "target": {"2.0.0": {}, "1.0.0": {}},
        },
    )
    assert registry.solve() == {"foo": "1.0.0", "target": "2.0.0"}


def test_linear_error_reporting() -> None:
    registry = Registry(
        {"foo": ONE, "baz": ONE},
        {
            "foo": {"1.0.0": {"bar": TWO}},
            "bar": {"2.0.0": {"baz": THREE}},
            "baz": {"1.0.0": {}, "3.0.0": {}},
        },
    )
    assert registry.explanation() == [
        "Because any foo needs any bar and any bar needs baz 3.0.0, any foo needs baz 3.0.0.",
        "So, because you require any foo and you require baz 1.0.0, your requirements cannot be met.",
    ]


def test_branching_error_reporting() -> None:
    registry = Registry(
        {"foo": ONE},
        {
            "foo": {"1.0.0": {"a": ONE, "b": ONE}, "1.1.0": {"x": ONE, "y": ONE}},
            "a": {"1.0.0": {"b": TWO}},
            "b": {"1.0.0": {}, "2.0.0": {}},
            "x": {"1.0.0": {"y": TWO}},
            "y": {"1.0.0": {}, "2.0.0": {}},
        },
    )
    assert registry.explanation() == [
        "Because any a needs b 2.0.0 and foo 1.0.0 needs b 1.0.0, any a with foo 1.0.0 is forbidden.",
        "(1) And because foo 1.0.0 needs any a, foo 1.0.0 is forbidden.",
        "",
        "Because any x needs y 2.0.0 and foo 1.1.0 needs y 1.0.0, foo 1.1.0 with any x is forbidden.",
        "And because foo 1.1.0 needs any x, foo 1.1.0 is forbidden.",
        "And because foo 1.0.0 is forbidden (1), any foo is forbidden.",
        "So, because you require any foo, your requirements cannot be met.",
    ]
