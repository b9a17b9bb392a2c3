"""Cells of markers, held against what `packaging` says of environments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker

from piptools_clone.errors import MetadataError
from piptools_clone.formats.requirements.marker_cells import MarkerCells
from piptools_clone.model.environments import Environments
from tests.formats.marker_grid import ANY_MARKERS, MARKERS, environments

GRID = [dict(environment) for environment in environments()]


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


@pytest.mark.newest
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


@pytest.mark.parametrize(
    "marker",
    [
        'python_version >= "3.8',
        "os_name",
        'os_name == "nt" and',
        '(os_name == "nt"',
        'os_name == "nt")',
        'os_name == "nt" os_name == "nt"',
        'nonsense == "x"',
        'sys_platform ~= "linux"',
        'python_version ~= "x"',
        '"x" in dependency_groups',
        "(" * 300 + 'os_name == "nt"' + ")" * 300,
        'os_name == "nt" or ' * 2000 + 'os_name == "nt"',
    ],
)
@pytest.mark.parametrize("targets", [[], GRID[:1], GRID[:2]], ids=["range", "target", "targets"])
def test_what_is_no_marker_is_broken_metadata(marker: str, targets: Sequence[Mapping[str, str]]) -> None:
    reader = MarkerCells(Environments(">=3.8", targets))
    for _ in range(2):
        with pytest.raises(MetadataError):
            reader.cells(marker)


@pytest.mark.newest
@given(ANY_MARKERS, st.lists(st.sampled_from(GRID), min_size=1, max_size=4, unique_by=str))
def test_for_targets_cells_are_what_packaging_says(marker: str, targets: list[dict[str, str]]) -> None:
    space = Environments("", targets)
    cells = MarkerCells(space).cells(marker)
    holds = [Marker(marker).evaluate(dict(target)) for target in targets]
    assert holds == [bool(cells & space.target(number)) for number in range(len(targets))]
    assert space.generation == 0


def test_cells_are_those_of_the_generation_after_the_question() -> None:
    space = Environments(">=3.8,<4")
    reader = MarkerCells(space)
    first = space.hold(reader.cells('os_name == "nt"'))
    assert reader.cells('python_version < "3.10"') & first.cells == reader.cells(
        'os_name == "nt" and python_version < "3.10"'
    )
    assert reader.cells("") == space.everything
    space.restrict(first.cells)
    assert reader.cells('os_name == "nt"') == reader.cells("") == space.everything


@pytest.mark.parametrize(("extra", "holds"), [("", False), ("dev-x", True), ("test", False)])
def test_one_extra_or_none_is_asked_for(extra: str, holds: bool) -> None:
    reader = MarkerCells(Environments(">=3.8,<4"))
    assert reader.cells('extra == "Dev.X"', extra) == reader.cells("") * holds
    assert reader.cells('"dev_x" != extra', extra) == reader.cells("") * (not holds)
