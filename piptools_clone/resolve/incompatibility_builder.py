"""Gathers incompatibilities for the solver, merging those that differ in the version only."""

from __future__ import annotations

from collections.abc import Mapping

from piptools_clone.formats.requirements.dependencies import Dependency
from piptools_clone.model.candidate import Rejection
from piptools_clone.model.requirement import Requirement
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.resolve.package_versions import PackageVersions
from piptools_clone.solver.incompatibility import Fact, FactKind, Incompatibility
from piptools_clone.solver.solver import Knowledge
from piptools_clone.solver.states import ABSENT

PRESENT = 2
"""The one present state of an extra."""


class UserRequirement(NamedTuple):
    """The detail of a fact: a user's requirement or constraint."""

    requirement: Requirement


class NeededPackage(NamedTuple):
    """The detail of a fact: releases of a package, with an extra or without, say that they need something."""

    name: str
    extra: str
    dependency: Dependency


class PassedOver(NamedTuple):
    """The detail of a fact: versions of a package may not be chosen, for one reason."""

    name: str
    rejection: Rejection


def extra_key(name: str, extra: str) -> str:
    """The solver's name of an extra: a package of its own with one state, "present"."""
    return f"{name}[{extra}]"


class IncompatibilityBuilder:
    """Collects what is said until `take` hands it to the solver."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._packages: dict[str, int] = {}
        self._virtual: list[str] = []
        self._needs: dict[tuple[NeededPackage, str, int], int] = {}
        self._passed: dict[PassedOver, int] = {}
        self._others: list[Incompatibility] = []

    def declare(self, package: PackageVersions) -> None:
        """Name a package and its number of states."""
        self._packages[package.name] = package.states

    def declare_extra(self, name: str, extra: str) -> None:
        """Name an extra."""
        key = extra_key(name, extra)
        self._packages[key] = 1
        self._virtual.append(key)

    def require(self, requirement: Requirement, package: PackageVersions, bits: int) -> None:
        """A requirement of the user: the package in one of these states, and its extras."""
        fact = Fact(FactKind.ROOT, UserRequirement(requirement))
        self._others.append(Incompatibility({package.name: package.all & ~bits}, fact))
        for extra in requirement.extras:
            self._others.append(Incompatibility({extra_key(package.name, extra): ABSENT}, fact))

    def constrain(self, requirement: Requirement, package: PackageVersions, bits: int) -> None:
        """A constraint of the user: the package absent or in one of these states."""
        forbidden = package.all & ~(bits | ABSENT)
        if forbidden:
            fact = Fact(FactKind.CONSTRAINT, UserRequirement(requirement))
            self._others.append(Incompatibility({package.name: forbidden}, fact))

    def need(self, name: str, state: int, extra: str, dependency: Dependency, forbidden: int) -> None:
        """A release, by name and state, needs another package in none of the forbidden states (PEP 508)."""
        fact = NeededPackage(name, extra, dependency)
        targets = [(dependency.name, forbidden)]
        targets += [(extra_key(dependency.name, wanted), ABSENT) for wanted in dependency.extras]
        for target in targets:
            key = fact, *target
            self._needs[key] = self._needs.get(key, 0) | 1 << state

    def pass_over(self, name: str, bits: int, rejection: Rejection) -> None:
        """States that may not be chosen, with the reason."""
        key = PassedOver(name, rejection)
        self._passed[key] = self._passed.get(key, 0) | bits

    def forbid_together(self, decisions: Mapping[str, int]) -> None:
        """Releases, by name and state, that may not be chosen all together: one of them is not asked for then."""
        terms = {name: 1 << state for name, state in decisions.items()}
        self._others.append(Incompatibility(terms, Fact(FactKind.UNAVAILABLE)))

    def take(self) -> Knowledge:
        """Everything said since it was last taken."""
        said = list(self._others)
        for passed, bits in self._passed.items():
            said.append(Incompatibility({passed.name: bits}, Fact(FactKind.UNAVAILABLE, passed)))
        for (fact, target, forbidden), bits in self._needs.items():
            terms = terms_of_need(_needing(fact, bits), target, forbidden)
            if all(terms.values()):
                said.append(Incompatibility(terms, Fact(FactKind.DEPENDENCY, fact)))
        knowledge = Knowledge(self._packages, said, self._virtual)
        self._clear()
        return knowledge


def terms_of_need(needing: Mapping[str, int], target: str, forbidden: int) -> dict[str, int]:
    """The terms of "these releases need that in none of the forbidden states"; what needs itself is one term."""
    terms = dict(needing)
    terms[target] = terms[target] & forbidden if target in terms else forbidden
    return terms


def _needing(fact: NeededPackage, bits: int) -> Mapping[str, int]:
    """The releases that need something, with an extra or without."""
    terms = {fact.name: bits}
    if fact.extra:
        terms[extra_key(fact.name, fact.extra)] = PRESENT
    return terms
