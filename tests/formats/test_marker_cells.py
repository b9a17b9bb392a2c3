"""Cells of markers, held against what `packaging` says of environments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker

from piptools_clone.formats.requirements.marker_cells import MarkerCells
from piptools_clone.model.environments import Environments
from tests.formats.marker_grid import MARKERS, environments

GRID = list(environments())


def place(space: Environments, environment: Mapping[str, str]) -> int:
    """The cell of an open range that an environment belongs to, found by all that the partition has learned."""
    cells = space.everything
    for number, axis in enumerate(space.axes):
        for fact in axis.facts:
            assert not isinstance(fact, str)
            holds = fact.truths([environment[fact.variable]])[0]
            where = sum(space.mask(number, part) for part in axis.where(fact))
            cells &= where if holds else ~where
    return cells


@given(st.lists(MARKERS, min_size=1, max_size=4))
def test_cells_are_where_packaging_says_so(markers: Sequence[str]) -> None:
    space = Environments(">=3.8,<4")
    reader = MarkerCells(space)
    held = [space.hold(reader.cells(marker)) for marker in markers]
    for environment in GRID:
        cell = place(space, environment)
        assert cell, "each environment has a cell"
        for marker, each in zip(markers, held, strict=True):
            assert each.cells == reader.cells(marker)
            expected = cell if Marker(marker).evaluate(dict(environment)) else 0
            assert each.cells & cell == expected
