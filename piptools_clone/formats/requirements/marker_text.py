"""From cells to the shortest marker that holds there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from piptools_clone.errors import MetadataError
from piptools_clone.formats.requirements.marker_cells import parse_formula
from piptools_clone.formats.requirements.marker_problem import Problem, pose
from piptools_clone.formats.requirements.marker_sides import Side
from piptools_clone.formats.requirements.shortest_formula import Expression, ShortestFormula
from piptools_clone.model.environments import Environments
from piptools_clone.model.formula import EXTRA, comparisons_of

NOWHERE = 'python_version < "0"'
"""A marker that holds in no environment."""

MOST_SUBSETS = 5
"""Groups of an axis of which every union is spelled."""


def spell(environments: Environments, cells: int, markers: Iterable[str]) -> str:
    """The shortest marker that holds in exactly these cells of the range, "" for all of them.

    It is spelled as `packaging` does.  Pythons are named by the bounds of what is to be spelled, everything else by the
    comparisons of ``markers`` where these can tell, so that the text does not depend on markers that were only looked
    at.  Raises `MetadataError` for what no text can say.
    """
    return Speller(environments, markers).spell(cells)


class Speller:
    """Spells cells by the comparisons of some markers; what was spelled is kept until the partition is refined."""

    def __init__(self, environments: Environments, markers: Iterable[str]) -> None:
        self._environments = environments
        parsed = (comparisons_of(parse_formula(marker)) for marker in markers if marker)
        self._named = dict.fromkeys(each for formula in parsed for each in formula if each.variable != EXTRA)
        self._generation = -1
        self._spelled: dict[tuple[int, int], str] = {}

    def spell(self, cells: int) -> str:
        """The shortest marker that holds in exactly these cells of the range (`spell`)."""
        if self._generation != self._environments.generation:
            self._spelled.clear()
            self._generation = self._environments.generation
        key = cells & self._environments.everything, self._environments.everything
        if key not in self._spelled:
            self._spelled[key] = self._spell(*key)
        return self._spelled[key]

    def _spell(self, cells: int, everything: int) -> str:
        if cells == everything:
            return ""
        if not cells:
            return NOWHERE
        problem = pose(self._environments, cells)
        for named in (list(self._named), None):
            found = _shortest(problem, problem.sides(named))
            if found is not None:
                return found.text
        raise MetadataError("a set of environments cannot be told from others by a marker")


def _shortest(problem: Problem, sides: Sequence[Side]) -> Expression | None:
    """The shortest formula for the points of a problem; None if the comparisons of its sides cannot tell them."""
    literals = [literal for number in range(len(sides)) for literal in _literals(problem, sides, number)]
    on = sum(1 << number for number, is_in in enumerate(problem.points.values()) if is_in)
    off = ((1 << len(problem.points)) - 1) ^ on
    return ShortestFormula(literals, len(problem.points)).find(on, off)


def _literals(problem: Problem, sides: Sequence[Side], number: int) -> Iterator[Expression]:
    """What one side can say of the points."""
    side = sides[number]
    where = [0] * side.size
    for bit, point in enumerate(problem.points):
        where[point[number]] |= 1 << bit
    for chosen in _subsets(problem, number, side.size):
        found = side.spelled(chosen)
        if found is not None:
            points = sum(bits for group, bits in enumerate(where) if chosen >> group & 1)
            yield found._replace(points=points)


def _subsets(problem: Problem, number: int, size: int) -> Iterable[int]:
    """Sets of groups of a side that a formula may need: all, or those that other sides leave together."""
    every = (1 << size) - 1
    if size <= MOST_SUBSETS:
        return range(1, every)
    together: dict[tuple[tuple[int, ...], bool], int] = {}
    for point, is_in in problem.points.items():
        rest = (*point[:number], *point[number + 1 :]), is_in
        together[rest] = together.get(rest, 0) | 1 << point[number]
    few = {*(1 << group for group in range(size)), *together.values()}
    return sorted({*few, *(every ^ each for each in few)} - {0, every})
