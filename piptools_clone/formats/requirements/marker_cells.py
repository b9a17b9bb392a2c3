"""From the text of a marker to the cells where it holds."""

from __future__ import annotations

from functools import lru_cache

from piptools_clone.errors import MetadataError
from piptools_clone.formats.requirements.comparison import MarkerComparison, comparison
from piptools_clone.formats.requirements.grammar import LineProblem, check_bounds
from piptools_clone.formats.requirements.markers import PlainMarkers, plain_formula
from piptools_clone.formats.requirements.packaging_gaps import marker_of
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.environments import Environments
from piptools_clone.model.formula import EXTRA, Formula, joined


class MarkerCells:
    """Tells where markers hold; each text is read once, and its cells are kept until the partition is refined."""

    def __init__(self, environments: Environments) -> None:
        self._environments = environments
        self._generation = -1
        self._cells: dict[tuple[str, str], int] = {}
        one = environments.targets[0] if len(environments.targets) == 1 else None
        self._target = None if one is None else PlainMarkers(one)

    def cells(self, marker: str, extra: str = "") -> int:
        """The cells where a marker holds, with one extra (canonical) or none; "" holds everywhere.

        The partition is refined first, so that cells from before may mean nothing any more (`Environments.hold`).
        Raises `MetadataError` for what is no marker, `BoundExceeded` for one that tells apart too much.
        """
        if not marker:
            return self._environments.everything
        if self._generation != self._environments.generation:
            self._cells.clear()
        key = marker, extra if EXTRA in marker else ""
        found = self._cells.get(key)
        if found is None:
            found = self._evaluate(*key)
            if self._generation != self._environments.generation:  # it may just have grown
                self._cells.clear()
                self._generation = self._environments.generation
            self._cells[key] = found
        return found

    def _evaluate(self, marker: str, extra: str) -> int:
        if self._target is not None:
            check_marker(marker)
            holds = self._target.holds(marker, extra)
            if holds is not None:
                return self._environments.everything if holds else 0
        formula = parse_formula(marker)
        try:
            return self._environments.cells(formula, extra)
        except (ValueError, KeyError) as error:
            raise _cannot_be_evaluated(marker, error) from error


def check_marker(marker: str) -> None:
    """Raise `MetadataError` for a marker that is too long or too deep to be read."""
    try:
        check_bounds(marker)
    except LineProblem as problem:
        raise MetadataError(problem.message) from None


@lru_cache(maxsize=1 << 12)
def parse_formula(marker: str) -> Formula:
    """Read a marker as a formula.  Raises `MetadataError` for what is none."""
    check_marker(marker)
    plain = plain_formula(marker)
    if plain is not None:
        words, comparisons = plain
        try:
            return _joined(words, [MarkerComparison(*each) for each in comparisons])
        except LookupError:
            pass  # it is not plain, or no marker: `packaging` is to say
    from piptools_clone.formats.requirements.marker_algebra import formula_of

    try:
        return formula_of(marker_of(marker), comparison)
    except ValueError as error:
        raise _cannot_be_evaluated(marker, error) from error


def _joined(words: list[str], comparisons: list[MarkerComparison]) -> Formula:
    """The formula that words make: ``and`` binds closer.  Raises LookupError if they make none."""
    following = iter(comparisons)
    outer: list[list[list[Formula]]] = []
    level: list[list[Formula]] = [[]]
    wants_operand = True
    for word in words:
        if wants_operand != (word in {"", "("}):
            raise LookupError(word)
        if word == "":
            level[-1].append(next(following))
        elif word == "(":
            outer.append(level)
            level = [[]]
        elif word == ")":
            inner = _alternatives(level)
            level = outer.pop()
            level[-1].append(inner)
        elif word == "or":
            level.append([])
        elif word != "and":
            raise LookupError(word)
        wants_operand = word in {"(", "and", "or"}
    if wants_operand or outer:
        raise LookupError("the marker is not closed")
    return _alternatives(level)


def _alternatives(level: list[list[Formula]]) -> Formula:
    return joined("or", (joined("and", each) for each in level))


def _cannot_be_evaluated(marker: str, error: Exception) -> MetadataError:
    return MetadataError(f"the marker {inert(marker)!r} cannot be evaluated: {inert(str(error))}")
