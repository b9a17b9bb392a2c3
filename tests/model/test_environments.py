"""The algebra of environments: cells, refinements, held cells, ranges and targets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from piptools_clone.errors import BoundExceeded
from piptools_clone.formats.requirements.marker_cells import MarkerCells, parse_formula
from piptools_clone.model.environments import Environments
from piptools_clone.model.formula import Junction
from tests.formats.marker_grid import MARKERS, PLATFORMS, PYTHONS, environment

LINUX, MACOS, WINDOWS = (
    environment(python, PLATFORMS[number], "x86_64", ("cpython", "CPython"), ("5.15", "#1"))
    for number, python in enumerate(("3.11.4", "3.12.1", "3.13.0"))
)


def cells(space: Environments, marker: str, extra: str = "") -> int:
    return space.cells(parse_formula(marker), extra)


def test_a_range_begins_with_one_cell() -> None:
    space = Environments(">=3.10,<4")
    assert (space.everything, space.generation) == (1, 0)
    assert cells(space, 'python_version >= "3.8"') == 1
    assert cells(space, 'python_version >= "4"') == 0
    assert (space.everything, space.generation) == (1, 0)


def test_a_marker_that_tells_environments_apart_refines_the_partition() -> None:
    space = Environments(">=3.10,<4")
    windows = cells(space, 'sys_platform == "win32"')
    assert space.generation == 1
    assert 0 < windows < space.everything
    assert cells(space, 'os_name == "nt"') == windows == cells(space, 'platform_system == "Windows"')
    assert cells(space, 'sys_platform != "win32"') == space.everything ^ windows
    assert space.generation == 1


def test_held_cells_are_right_after_refinements() -> None:
    space = Environments(">=3.10,<4")
    markers = ['sys_platform == "win32"', 'python_version < "3.12"', 'platform_machine == "arm64"']
    held = [space.hold(cells(space, marker)) for marker in markers]
    cells(space, 'python_full_version == "3.11.4" and sys_platform == "haiku1" or platform_release > "5"')
    assert [each.cells for each in held] == [cells(space, marker) for marker in markers]


@given(st.permutations(['sys_platform == "win32"', 'python_version in "3.10 3.12"', '"64" in platform_machine',
                        'platform_machine == "x86"', 'platform_machine in "x86 x86_64"', 'os_name == "plan9"']),
       st.lists(MARKERS, max_size=2))  # fmt: skip
def test_the_order_of_refinements_makes_no_difference(markers: list[str], more: list[str]) -> None:
    space, other = Environments(">=3.9,<4"), Environments(">=3.9,<4")
    for marker in [*markers, *more]:
        cells(space, marker)
    for marker in sorted([*markers, *more]):
        cells(other, marker)
    counts = [[cells(each, marker).bit_count() for marker in markers] for each in (space, other)]
    assert counts[0] == counts[1]
    assert sorted(space.sizes) == sorted(other.sizes)


def test_joined_formulas() -> None:
    space = Environments(">=3.10,<4")
    nt, arm = parse_formula('os_name == "nt"'), parse_formula('platform_machine == "arm64"')
    both = space.hold(space.cells(Junction("and", (nt, arm))))
    either = space.hold(space.cells(Junction("or", (nt, arm))))
    assert both.cells == space.cells(nt) & space.cells(arm)
    assert either.cells == space.cells(nt) | space.cells(arm)
    assert (space.cells(Junction("and", ())), space.cells(Junction("or", ()))) == (space.everything, 0)


def test_the_edge_of_an_extra() -> None:
    space = Environments(">=3.10,<4")
    marker = 'extra == "Dev_X" and os_name == "nt" or python_version < "3.11"'
    with_extra, without = cells(space, marker, "dev-x"), cells(space, marker)
    assert with_extra & ~without == cells(space, 'os_name == "nt" and python_version >= "3.11"')
    assert cells(space, marker, "other") == without


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ('os_name == "nt" and sys_platform == "linux"', ""),
        ('platform_system == "Darwin" and sys_platform == "win32"', ""),
        ('sys_platform == "win32" and os_name == "nt"', 'sys_platform == "win32"'),
        ('implementation_name == "cpython" and platform_python_implementation == "PyPy"', ""),
        ('sys_platform == "freebsd13" and platform_system == "Linux"', ""),
        ('sys_platform == "freebsd13" and platform_system == "FreeBSD"', 'sys_platform == "freebsd13"'),
        ('python_version == "3.10" and python_full_version >= "3.11"', ""),
    ],
)
def test_combinations_that_do_not_occur_have_no_cells(marker: str, expected: str) -> None:
    space = Environments(">=3.10,<4")
    assert cells(space, marker) == (cells(space, expected) if expected else 0)


@pytest.mark.parametrize(
    "marker",
    [
        'sys_platform == "plan9" and os_name == "plan9"',
        'sys_platform == "haiku1" and os_name == "posix"',
        'implementation_name == "CPython"',
        'platform_release >= "20" and platform_version == "SMP"',
    ],
)
def test_unknown_values_are_possible(marker: str) -> None:
    space = Environments(">=3.10,<4")
    found = cells(space, marker)
    assert 0 < found < space.everything


def test_a_comparison_of_what_may_be_anything_shares_its_cells_with_its_opposite() -> None:
    space = Environments(">=3.10,<4")
    new = cells(space, 'platform_release >= "20"')
    assert cells(space, 'platform_release < "20"') == space.everything ^ new
    assert space.generation == 1


@pytest.mark.parametrize(
    ("requires_python", "admitted"),
    [
        ("", ""),
        (">=3.8", ""),
        (">=3.12", 'python_version >= "3.12"'),
        (">3.12.1", 'python_full_version >= "3.12.2"'),
        (">=3.10,<3.12", ""),
        (">=3.11,!=3.12.*,<4", 'python_version >= "3.11"'),
        ("~=3.11", 'python_version >= "3.11"'),
        ("==3.12.*", 'python_version >= "3.12"'),
        ("!=3.15.*", ""),
        (">=4", None),
        ("<3.10", None),
        ("no specifier", ""),
        (">=" + "9" * 5000, ""),
        (">=3.11,===whatever", None),
    ],
)
def test_of_requires_python_the_lower_bound_counts_in_a_range(requires_python: str, admitted: str | None) -> None:
    space = Environments(">=3.10,<4")
    found = space.hold(space.admits(requires_python))
    expected = 0 if admitted is None else MarkerCells(space).cells(admitted)
    assert found.cells == expected


def test_of_requires_python_everything_counts_for_targets() -> None:
    space = Environments("", [LINUX, MACOS, WINDOWS])
    assert space.admits(">=3.12") == space.target(1) | space.target(2)
    assert space.admits(">=3.11,!=3.12.*") == space.target(0) | space.target(2)
    assert space.admits("<3.10") == 0
    assert space.admits("nonsense") == space.everything == 0b111


def test_a_pre_release_of_python_is_a_target_like_others() -> None:
    early = {**LINUX, "python_full_version": "3.14.0rc1", "python_version": "3.14"}
    between = {**LINUX, "python_full_version": "3.15.0a1+", "python_version": "3.15"}
    space = Environments("", [early, between])
    assert space.admits(">=3.14.0rc1") == 0b11
    assert space.admits(">=3.14") == space.target(1)
    assert cells(space, 'python_full_version >= "3.14"') == space.target(1)


def test_one_target_is_one_cell_for_ever() -> None:
    space = Environments("", [LINUX])
    reader = MarkerCells(space)
    assert [reader.cells(m) for m in ('os_name == "posix"', '"arm" in platform_machine', 'extra == "x"')] == [1, 0, 0]
    assert reader.cells('extra == "x"', "x") == 1
    assert (space.everything, space.generation, space.target(0)) == (1, 0, 1)


def test_targets_of_one_environment_share_a_cell() -> None:
    space = Environments("", [LINUX, MACOS, dict(LINUX)])
    assert space.target(0) == space.target(2) != space.target(1)
    assert space.everything == space.target(0) | space.target(1)


def test_the_range_can_be_restricted() -> None:
    space = Environments(">=3.10,<4")
    windows = cells(space, 'sys_platform == "win32"')
    space.restrict(windows)
    assert cells(space, 'platform_machine == "arm64" or os_name == "nt"') == space.everything
    assert cells(space, 'sys_platform == "linux"') == 0
    assert space.admits(">=3.8") == space.everything
    assert space.everything < (1 << space.everything.bit_length() + 1) - 1


@pytest.mark.parametrize("python", [">=3.9,<3", "==2.9.*,>=3", "<3"])
def test_a_range_without_a_python_is_refused(python: str) -> None:
    with pytest.raises(ValueError, match="no Python is in the range"):
        Environments(python)


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidSpecifier):
        Environments("3.10")


@given(
    st.sampled_from(["", ">=3.9", ">=3.9.7,<3.12", "!=3.10.*,>=3.8", "~=3.9", "<3.11", "==3.11.*", ">3.9"]),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.sampled_from(PYTHONS),
)
def test_pythons_of_a_range(python: str, operator: str, version: str) -> None:
    """A comparison holds everywhere, somewhere or nowhere, as it does for the releases of Python in the range."""
    space = Environments(python)
    found = cells(space, f'python_full_version {operator} "{version}"')
    releases = [f"3.{minor}.{micro}" for minor in range(20) for micro in range(30)]
    answers = {SpecifierSet(f"{operator}{version}").contains(each) for each in releases if each in SpecifierSet(python)}
    assert answers == ({True} if found == space.everything else {True, False} if found else {False})


@pytest.mark.parametrize(
    "marker",
    [
        'platform_machine == "m{0}"',
        'platform_machine == "m{0}" and sys_platform == "p{0}"',
        'os_name == "o{0}" and sys_platform == "p{0}" and platform_system == "s{0}"',
        'platform_release == "{0}"',
        'python_full_version >= "3.{0}.{0}"',
    ],
)
def test_markers_that_tell_apart_too_much_are_refused(marker: str) -> None:
    space = Environments(">=3.10,<4")
    first = space.hold(cells(space, marker.format(11)))
    with pytest.raises(BoundExceeded, match=r"markers (name|tell apart) more than"):
        for number in range(11, 2000):
            cells(space, marker.format(number))
    assert first.cells == cells(space, marker.format(11)), "what was known before is so still"


def test_a_long_requires_python_is_refused() -> None:
    space = Environments(">=3.10,<4")
    with pytest.raises(BoundExceeded, match="more than 1,024 versions of Python"):
        space.admits(">=3.8," + ",".join(f"!=3.11.{micro}" for micro in range(3000)))
