"""Facts about parts, and their labels: the environments that see all that a conclusion stands on.

A fact holds where its marker, its part and the part that it wants all are.  What is derived holds in the environments
common to its facts.  A refutation that some environment sees is true exactly there; one that none sees is spurious.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from piptools_clone.named_tuple import NamedTuple
from piptools_clone.solver.incompatibility import Derived, Fact, Incompatibility

if TYPE_CHECKING:
    from piptools_clone.formats.requirements.dependencies import Dependency
    from piptools_clone.model.candidate import Rejection
    from piptools_clone.model.environments import Environments, Held
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.resolve.parts.environments_reader import EnvironmentsReader
    from piptools_clone.resolve.parts.part import Part


class RequiredIn(NamedTuple):
    """The detail of a fact: a requirement or constraint of the user asks something of a part."""

    requirement: Requirement
    wanted: Part


class NeededIn(NamedTuple):
    """The detail of a fact: releases of a part, with an extra or without, need something of another part."""

    part: Part
    extra: str
    dependency: Dependency
    marker: str
    wanted: Part


class PassedOverIn(NamedTuple):
    """The detail of a fact: releases may not be chosen for a part, in the environments that are held."""

    part: Part
    rejection: Rejection
    held: Held


Said = RequiredIn | NeededIn | PassedOverIn | None
"""What one fact says; None for a solution that was forbidden."""


class Alike:
    """The detail of a fact that is said several times, under other markers: it holds where any of them does."""

    __slots__ = ("said",)

    def __init__(self, said: Said) -> None:
        self.said = [said]


class Labels:
    """Tells the environments of facts and of what follows from them; each once until the partition is refined."""

    def __init__(self, environments: Environments, reader: EnvironmentsReader) -> None:
        self._environments = environments
        self._reader = reader
        self._known: dict[int, tuple[Incompatibility, int]] = {}
        self._generation = -1

    def label(self, incompatibility: Incompatibility) -> int:
        """The environments that see all facts of a derivation."""
        if self._generation != self._environments.generation:
            self._known, self._generation = {}, self._environments.generation
        waiting = [incompatibility]
        while waiting:
            current = waiting[-1]
            cells = self._find(current, waiting)
            if cells is not None:
                self._known[id(current)] = current, cells
                waiting.pop()
        return self._known[id(incompatibility)][1]

    def _find(self, incompatibility: Incompatibility, waiting: list[Incompatibility]) -> int | None:
        """The label if it is known by now; else what is to be found before is put on the pile."""
        known = self._known.get(id(incompatibility))
        if known is not None:
            return known[1]
        cause = incompatibility.cause
        if not isinstance(cause, Derived):
            return self.fact_cells(cause.detail)
        unknown = [each for each in (cause.left, cause.right) if id(each) not in self._known]
        waiting.extend(unknown)
        return None if unknown else self._known[id(cause.left)][1] & self._known[id(cause.right)][1]

    def fact_cells(self, detail: object) -> int:
        """Where a fact holds."""
        return self._any(detail, self.cells_of)

    def said_cells(self, detail: object) -> int:
        """Where what a fact says would hold if it were said of whole packages."""
        return self._any(detail, self._said)

    def forget(self) -> None:
        """Find all labels anew: a fact was said again."""
        self._known.clear()

    def _any(self, detail: object, cells_of: Callable[[Said], int]) -> int:
        assert isinstance(detail, Alike)
        return reduce(or_, map(cells_of, detail.said))

    def cells_of(self, said: Said) -> int:
        """Where one thing that a fact says holds."""
        cells = self._said(said)
        if isinstance(said, NeededIn):
            return cells & said.part.cells & said.wanted.cells
        if isinstance(said, RequiredIn):
            return cells & said.wanted.cells
        return cells & said.part.cells if isinstance(said, PassedOverIn) else cells

    def _said(self, said: Said) -> int:
        if isinstance(said, NeededIn):
            return self._reader.added_cells(said.marker, said.extra)
        if isinstance(said, RequiredIn):
            return self._reader.cells(said.requirement.marker)
        return said.held.cells if isinstance(said, PassedOverIn) else self._environments.everything


def said_by(fact: Incompatibility) -> list[Said]:
    """What a fact says, each time that it is said."""
    detail = fact.cause.detail if isinstance(fact.cause, Fact) else None
    return detail.said if isinstance(detail, Alike) else []


def is_forbidden(fact: Incompatibility) -> bool:
    """Whether this is a solution that was forbidden as a whole, and no fact about environments."""
    return said_by(fact) == [None]


def markers_of_fact(fact: Incompatibility) -> list[str]:
    """The markers under which a fact was said."""
    found = []
    for said in said_by(fact):
        if isinstance(said, RequiredIn):
            found.append(said.requirement.marker)
        elif isinstance(said, NeededIn):
            found.append(said.marker)
    return found
