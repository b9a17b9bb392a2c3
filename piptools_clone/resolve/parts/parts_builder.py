"""Gathers incompatibilities about parts for the solver, merging those that differ in the version only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from piptools_clone.resolve.incompatibility_builder import PRESENT, terms_of_need
from piptools_clone.resolve.parts.labels import Alike, NeededIn, PassedOverIn, RequiredIn, Said
from piptools_clone.solver.incompatibility import Fact, FactKind, Incompatibility
from piptools_clone.solver.solver import Knowledge
from piptools_clone.solver.states import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from piptools_clone.model.candidate import Rejection
    from piptools_clone.model.environments import Environments
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.resolve.package_versions import PackageVersions
    from piptools_clone.resolve.parts.part import Part
    from piptools_clone.resolve.parts.reach import Need


class PartsBuilder:
    """Collects what is said until `take` hands it to the solver.

    ``asked`` is the part that the solver asks about: what its releases are refused for is said of it.  The solver takes
    a fact once, so that ``said_again`` is told of one that holds in more environments than was known.
    """

    asked: Part

    def __init__(self, environments: Environments, said_again: Callable[[], None]) -> None:
        self._environments = environments
        self._said_again = said_again
        self.begin()

    def begin(self) -> None:
        """Begin a search, in which nothing was said yet."""
        self._known: dict[tuple[FactKind, tuple[tuple[str, int], ...]], Alike] = {}
        self._clear()

    def _clear(self) -> None:
        self._packages: dict[str, int] = {}
        self._virtual: list[str] = []
        self._needs: dict[tuple[NeededIn, str, int], int] = {}
        self._others: list[tuple[FactKind, dict[str, int], Said]] = []

    def declare(self, part: Part, package: PackageVersions) -> None:
        """Name a part and the number of states of its package."""
        self._packages[part.key] = package.states

    def declare_extra(self, part: Part, extra: str) -> None:
        """Name an extra of a part."""
        key = part.extra_key(extra)
        self._packages[key] = 1
        self._virtual.append(key)

    def require(self, requirement: Requirement, part: Part, forbidden: int) -> None:
        """A requirement of the user: the part in none of the forbidden states, and its extras."""
        said = RequiredIn(requirement, part)
        self._others.append((FactKind.ROOT, {part.key: forbidden}, said))
        for extra in requirement.extras:
            self._others.append((FactKind.ROOT, {part.extra_key(extra): ABSENT}, said))

    def constrain(self, requirement: Requirement, part: Part, forbidden: int) -> None:
        """A constraint of the user: the part absent or in none of the forbidden states."""
        if forbidden:
            self._others.append((FactKind.CONSTRAINT, {part.key: forbidden}, RequiredIn(requirement, part)))

    def need(self, need: Need, wanted: Part, forbidden: int) -> None:
        """A release needs a part in none of the forbidden states."""
        dependency = need.dependency
        fact = NeededIn(need.part, need.extra, dependency, need.marker, wanted)
        targets = [(wanted.key, forbidden)]
        targets += [(wanted.extra_key(each), ABSENT) for each in dependency.extras]
        for target in targets:
            key = fact, *target
            self._needs[key] = self._needs.get(key, 0) | 1 << need.state

    def pass_over(self, name: str, bits: int, rejection: Rejection) -> None:
        """States of the part that is asked about may not be chosen at all; see `ReleaseReader`."""
        del name
        self.pass_over_in(self.asked, self._environments.everything, bits, rejection)

    def pass_over_in(self, part: Part, cells: int, bits: int, rejection: Rejection) -> None:
        """States of a part may not be chosen in some environments."""
        said = PassedOverIn(part, rejection, self._environments.hold(cells))
        self._others.append((FactKind.UNAVAILABLE, {part.key: bits}, said))

    def forbid_together(self, decisions: Mapping[str, int]) -> None:
        """States, by the keys of parts, that may not be chosen all together: one of them is not asked for then."""
        terms = {key: 1 << state for key, state in decisions.items()}
        self._others.append((FactKind.UNAVAILABLE, terms, None))

    def take(self) -> Knowledge:
        """Everything said since it was last taken; what was said before is noted there."""
        for (said, target, forbidden), bits in self._needs.items():
            terms = terms_of_need(_needing(said, bits), target, forbidden)
            if all(terms.values()):
                self._others.append((FactKind.DEPENDENCY, terms, said))
        fresh = [found for each in self._others if (found := self._fresh(*each)) is not None]
        knowledge = Knowledge(self._packages, fresh, self._virtual)
        self._clear()
        return knowledge

    def _fresh(self, kind: FactKind, terms: Mapping[str, int], said: Said) -> Incompatibility | None:
        """A fact that was not said before; None where it is one that was, which now holds here as well."""
        key = kind, tuple(sorted(terms.items()))
        known = self._known.get(key)
        if known is None:
            self._known[key] = alike = Alike(said)
            return Incompatibility(terms, Fact(kind, alike))
        if said not in known.said:
            known.said.append(said)
            self._said_again()
        return None


def _needing(said: NeededIn, bits: int) -> Mapping[str, int]:
    """The releases that need something, with an extra or without."""
    terms = {said.part.key: bits}
    if said.extra:
        terms[said.part.extra_key(said.extra)] = PRESENT
    return terms
