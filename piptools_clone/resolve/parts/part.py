"""Parts: what the solver decides where many environments are locked for, instead of whole packages.

Each package has a partition of the environments, at first one part that is all of them.  A package is cut where two
requirements that no environment sees both would else contradict each other (`law`), and parts once made stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from piptools_clone.model.environments import Environments, Held


class Part:
    """A package in some of the environments; ``key`` is its name for the solver."""

    __slots__ = ("_held", "key", "name", "number")

    def __init__(self, name: str, number: int, held: Held) -> None:
        self.name = name
        self.number = number
        self.key = f"{name}#{number}"
        self._held = held

    def __repr__(self) -> str:
        return f"<Part {self.key}>"

    @property
    def cells(self) -> int:
        """The environments that it is for."""
        return self._held.cells

    def extra_key(self, extra: str) -> str:
        """The solver's name of an extra of it."""
        return f"{self.name}[{extra}]#{self.number}"


class Partition:
    """The parts of all packages.  ``first_cuts`` gives the sets at which a package is cut from the start."""

    def __init__(self, environments: Environments, first_cuts: Callable[[str], Iterable[int]]) -> None:
        self._environments = environments
        self._first_cuts = first_cuts
        self._parts: dict[str, list[Part]] = {}
        self._by_number: list[Part] = []

    def of(self, name: str) -> list[Part]:
        """The parts of a package: disjoint, and together all environments."""
        if name not in self._parts:
            self._parts[name] = [self._make(name, cells) for cells in self._first_sets(name)]
        return self._parts[name]

    def part(self, key: str) -> Part:
        """The part of a key of the solver, that of one of its extras too."""
        return self._by_number[int(key.rpartition("#")[2])]

    def cut(self, parts: Iterable[Part], cells: int) -> bool:
        """Cut parts in two, where the set divides them; whether it divides any."""
        changed = False
        for part in parts:
            inside, outside = part.cells & cells, part.cells & ~cells
            if inside and outside:
                siblings = self._parts[part.name]
                at = siblings.index(part)
                siblings[at : at + 1] = [self._make(part.name, inside), self._make(part.name, outside)]
                changed = True
        return changed

    def _first_sets(self, name: str) -> Iterator[int]:
        rest = self._environments.everything
        for cells in self._first_cuts(name):
            if cells & rest and rest & ~cells:
                yield cells & rest
                rest &= ~cells
        yield rest

    def _make(self, name: str, cells: int) -> Part:
        part = Part(name, len(self._by_number), self._environments.hold(cells))
        self._by_number.append(part)
        return part


def order_of(environments: Environments, cells: int) -> tuple[int, ...]:
    """What parts of a package are decided by, the least first: newer Pythons, then Linux.

    So a package is at its newest version where that can be, and other parts are offered what the first one has.
    """
    releases = [tuple(map(int, release.split("."))) for release in _values(environments, cells, "python_full_version")]
    newest = max(releases, default=(0,))
    is_linux = "linux" in _values(environments, cells, "sys_platform")
    return (*(-number for number in newest), not is_linux)


def _values(environments: Environments, cells: int, variable: str) -> list[str]:
    """The values of a variable in some environments."""
    for number, axis in enumerate(environments.axes):
        if variable in axis.variables:
            pairs = zip(axis.classes, axis.column(variable), strict=True)
            return [value for part, value in pairs if environments.mask(number, part) & cells]
    return []
