"""Cells spelled as markers, and read again."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker

from piptools_clone.formats.requirements.marker_cells import MarkerCells
from piptools_clone.formats.requirements.marker_text import spell
from piptools_clone.model.environments import Environments
from tests.formats.marker_grid import ANY_MARKERS


@given(st.lists(ANY_MARKERS, min_size=1, max_size=3), ANY_MARKERS)
def test_what_is_spelled_holds_in_the_same_cells(markers: Sequence[str], other: str) -> None:
    space = Environments(">=3.8,<4")
    reader = MarkerCells(space)
    for marker in (*markers, other):
        reader.cells(marker)
    for marker in markers:
        text = spell(space, reader.cells(marker), markers)
        assert reader.cells(text) == reader.cells(marker)
        assert not text or str(Marker(text)) == text
