"""The axes of environments as a speller of markers sees them: their groups, and the comparisons that tell these apart.

A *group* of an axis are values that what is to be spelled does not tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from piptools_clone.formats.requirements.comparison import MarkerComparison
from piptools_clone.formats.requirements.shortest_formula import Expression, ShortestFormula
from piptools_clone.model.axes import ENVIRONMENT, LOOSE, PYTHON, Axis, loose_key
from piptools_clone.model.formula import Comparison
from piptools_clone.model.python_axis import PythonAxis

_EXACT_OPPOSITES = frozenset(("==", "!=", "in", "not in"))
"""Operators whose opposite holds exactly where they do not, for texts, too."""


class Side:
    """An axis with its places, which are values that could be told apart, and the group of each (or None)."""

    def __init__(self, groups: Sequence[int | None], comparisons: Iterable[Expression]) -> None:
        self.groups = groups
        self.size = len({group for group in groups if group is not None})
        self._search = ShortestFormula(comparisons, len(groups))
        self._spelled: dict[int, Expression | None] = {}

    def spelled(self, chosen: int) -> Expression | None:
        """The shortest formula for some groups (as bits), and for no other one; None if there is none."""
        if chosen not in self._spelled:
            on = sum(1 << place for place, group in enumerate(self.groups) if group is not None and chosen >> group & 1)
            off = sum(1 << place for place, group in enumerate(self.groups) if group is not None) & ~on
            self._spelled[chosen] = self._search.find(on, off)
        return self._spelled[chosen]


def side_of(axis: Axis, groups: Mapping[int, int], named: Iterable[Comparison] | None) -> Side:
    """An axis, of whose classes some have groups; with the comparisons that were ``named``, or all that may serve."""
    if axis.variables == PYTHON:
        rows = [(row[0], row[1]) for row in axis.rows]
        places = [groups.get(part) for part in axis.classes]
        return Side(places, _python_expressions(rows, places, is_open=isinstance(axis, PythonAxis)))
    ours = (each for each in (_all_of(axis) if named is None else named) if _concerns(each, axis))
    return Side([groups.get(part) for part in range(axis.size)], _text_expressions(axis, ours))


def _all_of(axis: Axis) -> Iterator[Comparison]:
    """What an axis has learned, and its values."""
    yield from (fact for fact in axis.facts if not isinstance(fact, str))
    for column, variable in enumerate(axis.variables):
        if variable in ENVIRONMENT:
            yield from (MarkerComparison(variable, "==", row[column]) for row in axis.rows)


def _concerns(comparison: Comparison, axis: Axis) -> bool:
    if comparison.variable in axis.variables:
        return True
    return comparison.variable in LOOSE and loose_key(comparison) == axis.variables


def _text_expressions(axis: Axis, comparisons: Iterable[Comparison]) -> Iterator[Expression]:
    every = (1 << axis.size) - 1
    for each in comparisons:
        where = _places(axis, each)
        if where is not None and isinstance(each, MarkerComparison) and each.can_be_spelled:
            yield _expression(where, each)
            opposite = each.opposite()
            if opposite and (each.variable in LOOSE or each.operator in _EXACT_OPPOSITES):
                yield _expression(every ^ where, opposite)


def _places(axis: Axis, comparison: Comparison) -> int | None:
    """The classes where a comparison holds; None if it holds for a part of one."""
    if comparison in axis.facts:
        return sum(1 << part for part in axis.where(comparison))
    if comparison.variable not in axis.variables:
        return None
    try:
        truths = set(zip(axis.classes, comparison.truths(axis.column(comparison.variable)), strict=True))
    except (KeyError, ValueError):
        return None
    return sum(1 << part for part, truth in truths if truth) if len(truths) == axis.size else None


def _expression(points: int, comparison: MarkerComparison) -> Expression:
    text = str(comparison)
    return Expression(points, "", ((f"1 {text}", text),), text)


def _python_expressions(
    rows: Sequence[tuple[str, str]], groups: Sequence[int | None], *, is_open: bool
) -> Iterator[Expression]:
    """Bounds where groups change, and versions that are groups.

    In an open range each row stands for the Pythons up to the next one.  A bound is named by ``python_version`` where
    the number of the minor version changes, else by ``python_full_version``.
    """
    every = (1 << len(rows)) - 1
    for place in range(1, len(rows)):
        above = every ^ ((1 << place) - 1)
        if _changes(groups, place):
            yield _bound(rows, place, ">=", above)
            yield _bound(rows, place, "<", every ^ above)
    for column, variable in enumerate(PYTHON):
        for first, last in _runs([row[column] for row in rows]):
            after = last + 1
            is_exact = not is_open or (after < len(rows) and rows[after][1] == _next(rows[first][column]))
            if is_exact and all(_changes(groups, place) for place in (first, after) if 0 < place < len(rows)):
                where = (1 << after) - (1 << first)
                for operator, points in (("==", where), ("!=", every ^ where)):
                    yield _python(variable, operator, rows[first][column], points)


def _changes(groups: Sequence[int | None], place: int) -> bool:
    """Whether a bound between a place and the one before can tell groups apart."""
    below = next((group for group in reversed(groups[:place]) if group is not None), None)
    above = next((group for group in groups[place:] if group is not None), None)
    return below is not None and above is not None and below != above


def _bound(rows: Sequence[tuple[str, str]], place: int, operator: str, points: int) -> Expression:
    column = 0 if rows[place][0] != rows[place - 1][0] else 1
    return _python(PYTHON[column], operator, rows[place][column], points)


def _python(variable: str, operator: str, version: str, points: int) -> Expression:
    numbers = " ".join(f"{number:>5}" for number in (*version.split("."), "0")[:3])
    text = str(MarkerComparison(variable, operator, version))
    return Expression(points, "", ((f"0 {numbers} {operator}", text),), text)


def _runs(values: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The first and the last place of each stretch of equal values."""
    first = 0
    for place in range(1, len(values) + 1):
        if place == len(values) or values[place] != values[first]:
            yield first, place - 1
            first = place


def _next(version: str) -> str:
    """The Python after all those of a version: ``3.11.0`` after ``3.10``, ``3.10.5`` after ``3.10.4``."""
    *before, last = version.split(".")
    return ".".join((*before, str(int(last) + 1), "0")[:3])
