"""A plain speaker: versions as runs, absence as "depends on"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from piptools_clone.solver.core import given_facts
from piptools_clone.solver.incompatibility import Fact, FactKind, Incompatibility
from piptools_clone.solver.states import ABSENT, all_states, runs


class PlainWording:
    def __init__(self, versions: Mapping[str, Sequence[str]]) -> None:
        self._versions = versions

    def fact(self, incompatibility: Incompatibility) -> str:
        assert isinstance(incompatibility.cause, Fact)
        if incompatibility.cause.kind is FactKind.ROOT:
            [(package, states)] = incompatibility.terms.items()
            return f"you require {self._some(package, self._other(package, states))}"
        if incompatibility.cause.kind is FactKind.UNAVAILABLE:
            [(package, states)] = incompatibility.terms.items()
            reasons = {str(found.cause.detail) for found in given_facts(incompatibility)}
            return f"{self._some(package, states)} cannot be used ({', '.join(sorted(reasons))})"
        return self.conclusion(incompatibility.terms)

    def conclusion(self, terms: Mapping[str, int]) -> str:
        present = [self._some(package, states) for package, states in sorted(terms.items()) if not states & ABSENT]
        needed = [
            self._some(package, self._other(package, states))
            for package, states in sorted(terms.items())
            if states & ABSENT
        ]
        if not terms:
            return "your requirements cannot be met"
        if not present:
            return f"{' or '.join(needed)} is needed"
        if not needed:
            return f"{' with '.join(present)} is forbidden"
        return f"{' with '.join(present)} needs {' or '.join(needed)}"

    def _other(self, package: str, states: int) -> int:
        return all_states(len(self._versions[package])) & ~states

    def _some(self, package: str, states: int) -> str:
        versions = self._versions[package]
        if states == all_states(len(versions)) ^ ABSENT:
            return f"any {package}"
        if not states:
            return f"an impossible {package}"
        found = [
            versions[first - 1] + (f" to {versions[last - 1]}" if last > first else "") for first, last in runs(states)
        ]
        return f"{package} {', '.join(found)}"
