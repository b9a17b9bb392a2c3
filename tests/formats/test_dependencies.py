"""Requires-Dist lines as a target sees them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.requirements import Requirement as PackagingRequirement
from packaging.utils import canonicalize_name

from piptools_clone.errors import MetadataError
from piptools_clone.formats.requirements.dependencies import Dependency, DependencyReader
from piptools_clone.model.candidate import CoreMetadata
from tests.resolve.worlds import TARGET


@pytest.fixture
def reader():
    return DependencyReader(TARGET)


def metadata(*lines: str) -> CoreMetadata:
    return CoreMetadata("a", "1", lines)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("b", Dependency("b", (), "")),
        ("B_c.d >= 1.0", Dependency("b-c-d", (), ">= 1.0")),
        ("b (>=1,<2)", Dependency("b", (), ">=1,<2")),
        ("b[y,X_z]==1.*", Dependency("b", ("x-z", "y"), "==1.*")),
        ("b===1.0-odd", Dependency("b", (), "===1.0-odd")),
        ("b @ https://files.example/b.zip", Dependency("b", (), "", "https://files.example/b.zip")),
        ("b>=1; python_version >= '3.8'", Dependency("b", (), ">=1")),
    ],
)
def test_a_line_is_read(reader, line, expected):
    assert reader.read(metadata(line)) == [expected]


def test_a_marker_that_does_not_hold_drops_the_line(reader):
    assert reader.read(metadata("b; os_name == 'nt'", "c; sys_platform == 'linux'")) == [Dependency("c", (), "")]


def test_an_extra_adds_only_its_own(reader):
    lines = metadata("b", "c; extra == 'x'", "d; extra == 'x' or os_name == 'posix'", "e; extra == 'y'")
    assert [each.name for each in reader.read(lines)] == ["b", "d"]
    assert [each.name for each in reader.read(lines, "x")] == ["c"]


def test_extras_in_markers_are_normalised(reader):
    assert [each.name for each in reader.read(metadata("c; extra == 'Two_B'"), "two-b")] == ["c"]


@pytest.mark.parametrize("line", ["b=>1", "b @", "", "b; python_version", "b; nonsense == '1'", "b >= one"])
def test_nonsense_is_broken_metadata(reader, line):
    with pytest.raises(MetadataError):
        reader.read(metadata(line))


NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,6}[A-Za-z0-9])?", fullmatch=True)
CLAUSES = st.builds(
    "{}{}".format,
    st.sampled_from([">=", "<", "==", "!=", "~=", ">", "<="]),
    st.from_regex(r"[0-9]\.[0-9]", fullmatch=True),
)
SPACES = st.sampled_from(["", " ", "  "])


@given(NAMES, st.lists(NAMES, max_size=3), st.lists(CLAUSES, max_size=3), SPACES, st.booleans())
def test_the_fast_way_agrees_with_packaging(name, extras, clauses, space, parentheses):
    specifier = ",".join(clauses)
    if parentheses and specifier:
        specifier = f"({specifier})"
    line = f"{name}{space}{'[' + ','.join(extras) + ']' if extras else ''}{space}{specifier}"
    expected = PackagingRequirement(line)
    (found,) = DependencyReader(TARGET).read(metadata(line))
    assert found.name == canonicalize_name(expected.name)
    assert found.extras == tuple(sorted({canonicalize_name(extra) for extra in expected.extras}))
    assert DependencyReader(TARGET).specifier(found.specifier) == expected.specifier


PARTS = st.sampled_from(
    [
        "extra == 'x'",
        'extra=="X_y"',
        "extra != 'x'",
        "extra == 'a b'",
        "python_version < '3.8'",
        'python_full_version>="3.8.1"',
        "sys_platform == 'linux'",
        "os_name not in 'nt posix'",
        "platform_machine == 'x86_64 and extra'",
        "implementation_name in 'cpython pypy'",
        "'x' == extra",
        "(os_name == 'nt')",
    ]
)
JOINTS = st.sampled_from([" and ", " or ", "  and  "])


@given(PARTS, st.lists(st.tuples(JOINTS, PARTS), max_size=3), st.sampled_from(["", "x", "x-y", "z"]))
def test_the_fast_way_of_markers_agrees_with_packaging(first, more, extra):
    marker = first + "".join(joint + part for joint, part in more)
    expected = Marker(marker).evaluate({**TARGET.markers, "extra": extra})
    assert DependencyReader(TARGET).holds(marker, extra) == expected


@pytest.mark.parametrize("marker", ["extra == 'x' and nonsense == '1'", "extra == 'x' and", "extra == 'x' and os_name"])
def test_nonsense_beside_an_extra_is_broken_too(reader, marker):
    with pytest.raises(MetadataError):
        reader.holds(marker)


_comparisons = st.sampled_from(
    (
        'extra == "x"', "extra=='X'", '"x_y" == extra', 'extra != "x"', 'extra == ""', 'extra in "x x-y"',
        '"x" in extra', 'extra >= "x"', 'os_name == "posix"', 'os_name == "extra"', 'sys_platform != "x"',
    )
)  # fmt: skip
_any_marker = st.recursive(
    _comparisons,
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(("and", "or")), inner),
    max_leaves=4,
)


@given(st.lists(_any_marker, max_size=4), st.sampled_from(("x", "x-y", "z")))
def test_an_extra_adds_what_holds_with_it_and_does_not_without(markers: list[str], extra: str) -> None:
    """However the lines that it may add are found."""
    reader = DependencyReader(TARGET)
    metadata = CoreMetadata("a", "1", tuple(f"p{number} ; {marker}" for number, marker in enumerate(markers)))
    expected = [
        f"p{number}"
        for number, marker in enumerate(markers)
        if reader.holds(marker, extra) and not reader.holds(marker)
    ]
    assert sorted(each.name for each in reader.read(metadata, extra)) == expected
