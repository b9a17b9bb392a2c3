"""What is to be spelled: points that stand for cells, without all that it does not depend on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TypeAlias

from packaging.version import Version

from piptools_clone.formats.requirements.marker_sides import Side, side_of
from piptools_clone.model.axes import LOOSE, PYTHON, TEXT_AXES, Axis
from piptools_clone.model.environments import Environments
from piptools_clone.model.formula import Comparison
from piptools_clone.named_tuple import NamedTuple

Point: TypeAlias = tuple[int, ...]
"""A group of each axis."""

_Grouped: TypeAlias = tuple[Axis, Mapping[int, int]]
"""An axis with the group of each class of it that is in the range."""


class Problem(NamedTuple):
    """Points, each with whether it is to be in, and the axes whose groups they name."""

    axes: Sequence[_Grouped]
    points: Mapping[Point, bool]

    def sides(self, named: Sequence[Comparison] | None) -> list[Side]:
        """The axes, with the comparisons that may be used: those that are ``named``, or all."""
        return [side_of(axis, groups, named) for axis, groups in self.axes]


def pose(environments: Environments, cells: int) -> Problem:
    """The problem of spelling cells of a partition."""
    axes, points = _of_targets(environments, cells) if environments.targets else _of_range(environments, cells)
    for number in _least_first(axes, is_open=not environments.targets):
        fewer = _without(points, number)
        if fewer is not None:
            points = fewer
            axes = [*axes[:number], *axes[number + 1 :]]
    return Problem(axes, points)


def _of_range(environments: Environments, cells: int) -> tuple[list[_Grouped], dict[Point, bool]]:
    axes: list[_Grouped] = []
    choices: list[list[tuple[int, int]]] = []
    for number, axis in enumerate(environments.axes):
        groups, stride = _groups(environments, cells, number), environments.stride(number)
        first = {group: part for part, group in reversed(groups.items())}
        if len(first) > 1:
            axes.append((axis, groups))
            choices.append([(group, stride * part) for group, part in first.items()])
        else:
            choices.append([(-1, stride * first[0])])
    points = {}
    for choice in product(*choices):
        cell = sum(place for _, place in choice)
        if environments.everything >> cell & 1:
            points[tuple(group for group, _ in choice if group >= 0)] = bool(cells >> cell & 1)
    return axes, points


def _groups(environments: Environments, cells: int, number: int) -> dict[int, int]:
    """The group of each class of an axis that is in the range: those of one group have the same cells beside them."""
    stride = environments.stride(number)
    groups: dict[tuple[int, int], int] = {}
    found = {}
    for part in dict.fromkeys(environments.axes[number].classes):
        mask = environments.mask(number, part)
        beside = (environments.everything & mask) >> stride * part, (cells & mask) >> stride * part
        if beside[0]:
            found[part] = groups.setdefault(beside, len(groups))
    return found


def _of_targets(environments: Environments, cells: int) -> tuple[list[_Grouped], dict[Point, bool]]:
    (axis,) = environments.axes
    bits = [bit for bit in range(axis.size) if environments.everything >> bit & 1]
    axes: list[_Grouped] = []
    columns = []
    for variables in (*TEXT_AXES, PYTHON, *((variable,) for variable in LOOSE)):
        values = list(zip(*map(axis.column, variables), strict=True))
        rows = sorted({values[bit] for bit in bits}, key=_by_version if variables == PYTHON else None)
        if len(rows) > 1:
            part = Axis(variables, rows)
            part.classes = list(range(len(rows)))
            part.parents = part.marks = [0] * len(rows)
            axes.append((part, {number: number for number in range(len(rows))}))
            columns.append([rows.index(value) for value in values])
    return axes, {tuple(column[bit] for column in columns): bool(cells >> bit & 1) for bit in bits}


def _by_version(row: tuple[str, ...]) -> Version:
    """Python's own version; one from between two releases ends in a plus, which `packaging` mends so."""
    full = row[1]
    return Version(f"{full}local" if full.endswith("+") else full)


def _least_first(axes: Sequence[_Grouped], *, is_open: bool) -> Iterator[int]:
    """The axes that may be left out if they can, from the last one: of targets only what is least known of them."""
    for number in reversed(range(len(axes))):
        variables = axes[number][0].variables
        if variables != PYTHON and (is_open or variables[0] in LOOSE):
            yield number


def _without(points: Mapping[Point, bool], number: int) -> dict[Point, bool] | None:
    """The points without one axis; None if they depend on it."""
    fewer: dict[Point, bool] = {}
    for point, is_in in points.items():
        if fewer.setdefault((*point[:number], *point[number + 1 :]), is_in) != is_in:
            return None
    return fewer
