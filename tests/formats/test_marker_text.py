"""Cells spelled as markers, and read again."""

# ruff: noqa: E501 - markers are recorded as they are

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker

from piptools_clone.errors import MetadataError
from piptools_clone.formats.requirements.marker_cells import MarkerCells
from piptools_clone.formats.requirements.marker_text import NOWHERE, Speller, spell
from piptools_clone.model.environments import Environments
from tests.formats.marker_grid import ANY_MARKERS, MARKERS, environments

GRID = [dict(environment) for environment in environments()]
RANGE = ">=3.8,<4"


def respelled(marker: str, *others: str, python: str = RANGE) -> str:
    """A marker as it is spelled where others were read, too, before and after it."""
    space = Environments(python)
    reader = MarkerCells(space)
    for each in (*others[::2], marker, *others[1::2]):
        reader.cells(each)
    return spell(space, reader.cells(marker), [marker])


@given(st.lists(ANY_MARKERS, min_size=1, max_size=3), ANY_MARKERS)
def test_what_is_spelled_holds_in_the_same_cells(markers: Sequence[str], other: str) -> None:
    space = Environments(RANGE)
    reader = MarkerCells(space)
    for marker in (*markers, other):
        reader.cells(marker)
    for marker in markers:
        text = spell(space, reader.cells(marker), markers)
        assert reader.cells(text) == reader.cells(marker)
        assert not text or str(Marker(text)) == text


@pytest.mark.newest
@given(MARKERS)
def test_packaging_says_the_same_of_what_is_spelled(marker: str) -> None:
    text = respelled(marker) or NOWHERE.replace("<", ">=")
    before, after = Marker(marker), Marker(text)
    assert [before.evaluate(each) for each in GRID] == [after.evaluate(each) for each in GRID]


@given(ANY_MARKERS, st.lists(ANY_MARKERS, max_size=3))
def test_markers_that_were_only_looked_at_make_no_difference(marker: str, others: Sequence[str]) -> None:
    assert respelled(marker, *others) == respelled(marker)


@given(ANY_MARKERS, ANY_MARKERS)
def test_spelling_what_was_spelled_changes_nothing(marker: str, other: str) -> None:
    """A recompile reads the markers of a lock before any others."""
    space = Environments(RANGE)
    reader = MarkerCells(space)
    reader.cells(marker)
    text = spell(space, reader.cells(marker), [marker])
    again = Environments(RANGE)
    reader = MarkerCells(again)
    for each in (text, other, marker):
        reader.cells(each)
    assert spell(again, reader.cells(text), [marker]) == text


@given(MARKERS, MARKERS)
def test_in_a_restricted_range_what_is_outside_makes_no_difference(marker: str, limit: str) -> None:
    space = Environments(RANGE)
    reader = MarkerCells(space)
    reader.cells(marker)
    space.restrict(reader.cells(limit))
    text = spell(space, reader.cells(marker), [marker, limit])
    assert reader.cells(text) == reader.cells(marker)


@pytest.mark.parametrize(
    ("marker", "limit", "expected"),
    [
        ('sys_platform == "win32" and python_version < "3.10"', 'sys_platform == "win32"', 'python_version < "3.10"'),
        ('sys_platform == "win32"', 'sys_platform == "win32" and python_version >= "3.9"', ""),
        ('os_name == "nt"', 'sys_platform in "linux win32"', 'os_name == "nt"'),
        ('sys_platform == "linux"', 'sys_platform == "linux" or python_version < "3.9"', 'sys_platform == "linux"'),
        ('python_version == "3.10"', 'python_version in "3.10 3.12"', 'python_version < "3.11"'),
    ],
)
def test_spelled_in_a_restricted_range(marker: str, limit: str, expected: str) -> None:
    space = Environments(RANGE)
    reader = MarkerCells(space)
    reader.cells(marker)
    space.restrict(reader.cells(limit))
    assert spell(space, reader.cells(marker), [marker, limit]) == expected


@pytest.mark.newest
@given(st.lists(st.sampled_from(GRID), min_size=1, max_size=6, unique_by=str), ANY_MARKERS, st.integers(0, 63))
def test_any_set_of_targets_can_be_spelled(targets: list[dict[str, str]], marker: str, some: int) -> None:
    space = Environments("", targets)
    reader = MarkerCells(space)
    for cells in (some & space.everything, reader.cells(marker)):
        text = spell(space, cells, [marker])
        assert reader.cells(text) == cells
        holds = [not text or Marker(text).evaluate(target) for target in targets]
        assert holds == [bool(cells & space.target(number)) for number in range(len(targets))]


RECORDED = """
 51 python_version >= "3.9" and python_version < "3.12"
    python_version >= "3.9" and python_version < "3.12"

 52 python_version == "3.10" or python_version == "3.12"
    python_version == "3.10" or python_version == "3.12"

 51 python_version != "3.10" and python_version != "3.11"
    python_version < "3.10" or python_version >= "3.12"

 31 python_full_version >= "3.10.4"
    python_full_version >= "3.10.4"

 66 python_full_version == "3.10.4"
    python_full_version == "3.10.4"

 58 python_full_version < "3.10.4" or python_version >= "3.12"
    python_full_version < "3.10.4" or python_version >= "3.12"

 23 python_version in "3.8 3.9"
    python_version < "3.10"

 24 python_version not in "2.7, 3.8, 3.9"
    python_version >= "3.10"

 51 sys_platform in "linux darwin"
    sys_platform in "linux darwin"

 80 sys_platform not in "linux darwin" and python_version < "3.10"
    python_version < "3.10" and sys_platform not in "linux darwin"

 54 "arm" in platform_machine and sys_platform == "darwin"
    "arm" in platform_machine and sys_platform == "darwin"

 24 python_version > "3.9"
    python_version >= "3.10"

 23 python_version <= "3.9.5"
    python_version < "3.10"

 23 python_version ~= "3.9"
    python_version >= "3.9"

 92 platform_machine == "x86_64" or platform_machine == "aarch64" or platform_machine == "arm64"
    platform_machine == "aarch64" or platform_machine == "arm64" or platform_machine == "x86_64"

119 (sys_platform == "win32" or sys_platform == "darwin") and (platform_machine == "x86_64" or platform_machine == "arm64")
    (platform_machine == "arm64" or platform_machine == "x86_64") and (sys_platform == "darwin" or sys_platform == "win32")

116 sys_platform == "linux" and platform_machine == "x86_64" or sys_platform == "darwin" and platform_machine == "arm64"
    platform_machine == "arm64" and sys_platform == "darwin" or platform_machine == "x86_64" and sys_platform == "linux"

 53 platform_release >= "20" and sys_platform == "darwin"
    platform_release >= "20" and sys_platform == "darwin"

 51 platform_release < "20" or sys_platform != "darwin"
    platform_release < "20" or sys_platform != "darwin"

106 python_version < "3.9" and sys_platform == "win32" or python_version < "3.10" and sys_platform == "darwin"
    python_version < "3.9" and sys_platform == "win32" or python_version < "3.10" and sys_platform == "darwin"

 90 implementation_name == "pypy" and python_version < "3.11" and platform_system == "Windows"
    python_version < "3.11" and implementation_name == "pypy" and platform_system == "Windows"

112 sys_platform == "win32" and (python_version < "3.10" or python_version < "3.12" and platform_machine == "arm64")
    (python_version < "3.10" or platform_machine == "arm64") and python_version < "3.12" and sys_platform == "win32"

 99 python_version >= "3.13" or platform_python_implementation == "PyPy" or platform_machine != "s390x"
    python_version >= "3.13" or platform_machine != "s390x" or platform_python_implementation == "PyPy"

  0 sys_platform != "win32" or python_version >= "3.8"
    everywhere

 20 os_name == "nt" and sys_platform == "linux"
    python_version < "0"

 84 ((sys_platform != "win32") and (platform_machine == "AMD64")) and (python_version >= "3.11")
    python_version >= "3.11" and platform_machine == "AMD64" and sys_platform != "win32"

 24 ((os_name == "posix") and (python_version >= "3.13")) or (python_version >= "3.11")
    python_version >= "3.11"

 51 ((sys_platform == "win32") or (python_version >= "3.11")) and (python_version < "3.10")
    python_version < "3.10" and sys_platform == "win32"

116 (platform_machine == "AMD64") or ((platform_machine == "aarch64") and ((python_version < "3.10") and (sys_platform == "win32")))
    python_version < "3.10" and platform_machine == "aarch64" and sys_platform == "win32" or platform_machine == "AMD64"

 55 ((platform_machine == "x86_64") or (python_version < "3.12")) or ((python_version < "3.12") and (platform_machine == "aarch64"))
    python_version < "3.12" or platform_machine == "x86_64"

120 (platform_machine == "x86_64") or ((platform_machine == "aarch64") or ((platform_machine == "arm64") or (python_version >= "3.13")))
    python_version >= "3.13" or platform_machine == "aarch64" or platform_machine == "arm64" or platform_machine == "x86_64"

 46 ((((sys_platform == "darwin") and (sys_platform == "win32")) and (platform_machine != "s390x")) or (python_version >= "3.11")) or (os_name == "posix")
    python_version >= "3.11" or os_name == "posix"

134 ((platform_machine == "ppc64le") or ((platform_python_implementation == "PyPy") or ((platform_system == "Windows") or (platform_machine != "s390x")))) and (python_version >= "3.11")
    python_version >= "3.11" and (platform_machine != "s390x" or platform_python_implementation == "PyPy" or platform_system == "Windows")

197 (((python_version < "3.10") or (implementation_name == "cpython")) or (platform_machine == "AMD64")) and (((platform_machine == "ppc64le") and (os_name == "nt")) or (sys_platform == "cygwin"))
    (python_version < "3.10" or implementation_name == "cpython" or platform_machine == "AMD64") and (os_name != "nt" or platform_machine == "ppc64le") and (os_name == "nt" or sys_platform == "cygwin")

 85 ((sys_platform != "emscripten") and ((python_version >= "3.13") and (((implementation_name == "cpython") or (sys_platform == "win32")) or (sys_platform != "win32")))) or (sys_platform == "cygwin")
    python_version >= "3.13" and sys_platform != "emscripten" or sys_platform == "cygwin"

169 (((platform_python_implementation == "CPython") or ((implementation_name == "pypy") or (platform_machine == "x86_64"))) and ((platform_machine == "ppc64le") and (sys_platform != "win32"))) and (python_version >= "3.11")
    python_version >= "3.11" and (implementation_name == "pypy" or platform_python_implementation == "CPython") and platform_machine == "ppc64le" and sys_platform != "win32"

 91 ((platform_machine == "ppc64le") and (sys_platform == "win32")) or ((((sys_platform == "linux") or ((python_version >= "3.9") or (python_full_version < "3.11.4"))) or (platform_machine == "arm64")) and (python_full_version < "3.11.4"))
    python_full_version < "3.11.4" or platform_machine == "ppc64le" and sys_platform == "win32"

 55 (((((sys_platform != "win32") or (python_version < "3.12")) and ((python_version < "3.10") and (python_version >= "3.13"))) and (sys_platform == "cygwin")) or (python_version < "3.12")) and (platform_machine == "arm64")
    python_version < "3.12" and platform_machine == "arm64"
"""
"""The length that another program came to, which knew two levels only, a marker, and what is spelled for it."""
CASES = [case.splitlines() for case in RECORDED.strip().split("\n\n")]


@pytest.mark.parametrize(("first", "spelled"), CASES)
def test_spelled(first: str, spelled: str) -> None:
    length, marker = first.split(maxsplit=1)
    expected = spelled.strip().replace("everywhere", "")
    assert respelled(marker) == expected
    assert len(expected) <= int(length)


LINUX, WINDOWS = 'sys_platform == "linux"', 'os_name == "nt"'


@pytest.mark.parametrize(
    ("marker", "others", "expected"),
    [
        ('os_name == "nt"', ['sys_platform == "win32"'], 'sys_platform == "win32"'),
        ('sys_platform == "win32"', ['sys_platform == "win32"'], 'sys_platform == "win32"'),
        ('sys_platform == "win32"', ['platform_system == "Windows" and python_version < "3.9"'], None),
        ('sys_platform != "linux"', ['sys_platform in "linux darwin"', 'sys_platform == "darwin"'], None),
    ],
)
def test_comparisons_of_the_markers_serve(marker: str, others: list[str], expected: str | None) -> None:
    space = Environments(RANGE)
    reader = MarkerCells(space)
    for each in [marker, *others]:
        reader.cells(each)
    text = spell(space, reader.cells(marker), others)
    assert reader.cells(text) == reader.cells(marker)
    if expected is not None:
        assert text == expected
    else:
        assert Speller(space, others).spell(reader.cells(marker)) == text


def test_the_ends() -> None:
    space = Environments(RANGE)
    MarkerCells(space).cells(LINUX)
    assert spell(space, space.everything, []) == ""
    assert spell(space, 0, []) == NOWHERE
    assert MarkerCells(space).cells(NOWHERE) == 0


def test_what_no_marker_can_say_is_an_error() -> None:
    """A value with both kinds of quotes cannot be written in a marker."""
    space = Environments(RANGE)
    reader = MarkerCells(space)
    odd = "sys_platform == 'a\\x27b\"c'"
    found = reader.cells(odd)
    assert 0 < found < space.everything
    with pytest.raises(MetadataError, match="cannot be told from others"):
        spell(space, found, [odd])


def test_what_was_spelled_is_kept_until_the_partition_is_refined() -> None:
    space = Environments(RANGE)
    reader = MarkerCells(space)
    speller = Speller(space, [LINUX, WINDOWS])
    held = space.hold(reader.cells(LINUX))
    assert speller.spell(held.cells) == LINUX
    reader.cells(WINDOWS)
    assert speller.spell(held.cells) == speller.spell(held.cells) == LINUX
