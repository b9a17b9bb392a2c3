"""Reach: where what was decided is needed at all, from the user's lines along the decisions.

It is a fixpoint over extras, cycles and parts.  A pin's marker is its reach, and only what is reached is told to the
solver, so that what is needed nowhere is never asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from piptools_clone.formats.requirements.dependencies import Dependency
    from piptools_clone.model.environments import Environments
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.resolve.parts.environments_reader import Edge, EnvironmentsReader
    from piptools_clone.resolve.parts.part import Part, Partition

EdgesOf = Callable[["Part", int, str], "Sequence[Edge]"]
"""What a release of a part, by its state, needs with an extra ("" for none)."""


class Need(NamedTuple):
    """An edge of the graph: a release of a part, by its state, with an extra or without, needs something."""

    part: Part
    state: int
    extra: str
    dependency: Dependency
    marker: str


class Reach:
    """Follows decisions from the user's lines; goes on from where it was as long as decisions are only added.

    ``needs`` are the edges that are followed, with the environments where they are; ``into`` are the same by the
    name that they want.
    """

    def __init__(
        self, environments: Environments, partition: Partition, reader: EnvironmentsReader, edges_of: EdgesOf
    ) -> None:
        self._environments = environments
        self._partition = partition
        self._reader = reader
        self._edges_of = edges_of
        self._roots: Sequence[Requirement] = ()
        self._generation = -1
        self._clear()

    def _clear(self) -> None:
        self._found: dict[tuple[Part, str], int] = {}
        self._decided: dict[Part, int] = {}
        self._extras: dict[Part, list[str]] = {}
        self._queue: list[tuple[Part, str]] = []
        self._fresh: dict[Need, None] = {}
        self.needs: dict[Need, int] = {}
        self.into: dict[str, list[Need]] = {}

    def begin(self, roots: Sequence[Requirement]) -> None:
        """Begin a search: the user's lines, with their names, and no decision."""
        self._roots = roots
        self._generation = -1

    def cells(self, part: Part, extra: str = "") -> int:
        """Where a part, or an extra of it, is needed by what was followed last."""
        return self._found.get((part, extra), 0)

    def parts(self) -> Mapping[tuple[Part, str], int]:
        """All that is needed: parts, and extras of parts, with the environments."""
        return self._found

    def take_fresh(self) -> list[Need]:
        """The edges that were found, or grew, since this was asked last."""
        fresh, self._fresh = [*self._fresh], {}
        return fresh

    def follow(self, decisions: Mapping[Part, int]) -> None:
        """Follow these decisions."""
        while True:
            generation = self._environments.generation
            if self._generation != generation or any(
                decisions.get(part) != state for part, state in self._decided.items()
            ):
                self._restart()
            for part, state in decisions.items():
                if part not in self._decided:
                    self._decided[part] = state
                    self._queue += [(part, extra) for extra in self._extras.get(part, ())]
            self._spread()
            if self._environments.generation == self._generation:
                return

    def _restart(self) -> None:
        self._clear()
        self._generation = self._environments.generation
        for root in self._roots:
            cells = self._reader.cells(root.marker)
            if cells:
                self._push(str(root.name), root.extras, cells)

    def _spread(self) -> None:
        while self._queue and self._environments.generation == self._generation:
            part, extra = self._queue.pop()
            state = self._decided.get(part)
            if state is None:
                continue
            cells = self._found[part, extra]
            for edge in self._edges_of(part, state, extra):
                if cells & edge.cells:
                    self._note(Need(part, state, extra, edge.dependency, edge.marker), cells & edge.cells)

    def _note(self, need: Need, cells: int) -> None:
        known = self.needs.get(need)
        if known is None:
            self.into.setdefault(need.dependency.name, []).append(need)
        if cells & ~(known or 0):
            self.needs[need] = cells | (known or 0)
            self._fresh[need] = None
            self._push(need.dependency.name, need.dependency.extras, cells)

    def _push(self, name: str, extras: Sequence[str], cells: int) -> None:
        for part in self._partition.of(name):
            inside = cells & part.cells
            for extra in ("", *extras) if inside else ():
                known = self._found.get((part, extra), 0)
                if not known:
                    self._extras.setdefault(part, []).append(extra)
                if inside & ~known:
                    self._found[part, extra] = known | inside
                    self._queue.append((part, extra))
