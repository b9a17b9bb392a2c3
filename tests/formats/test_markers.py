"""Markers that are read without the parser of `packaging`, which is the judge of each."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.markers import InvalidMarker, Marker

from piptools_clone.formats.requirements.markers import PlainMarkers

LINUX = {
    "implementation_name": "cpython",
    "implementation_version": "3.12.1",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "5.15.0-91-generic",
    "platform_system": "Linux",
    "platform_version": "#101 SMP",
    "python_full_version": "3.12.1",
    "python_version": "3.12",
    "sys_platform": "linux",
}
WINDOWS = {
    **LINUX,
    "os_name": "nt",
    "platform_release": "10",
    "platform_system": "Windows",
    "platform_version": "10.0.19045",
    "sys_platform": "win32",
}
PYPY = {
    **LINUX,
    "implementation_name": "pypy",
    "implementation_version": "7.3.13",
    "platform_python_implementation": "PyPy",
    "python_full_version": "3.10.0rc1",
    "python_version": "3.10",
}
BETWEEN_RELEASES = {**LINUX, "python_full_version": "3.14.0a1+", "python_version": "3.14"}
ENVIRONMENTS = st.sampled_from([LINUX, WINDOWS, PYPY, BETWEEN_RELEASES])
EXTRAS = st.sampled_from(["", "x", "X_y", "x-y", "z"])

VERSIONS = ["python_version", "python_full_version", "implementation_version", "platform_release"]
TEXTS = [name for name in LINUX if name not in VERSIONS]
VERSION_VALUES = [
    "3",
    "3.8",
    "3.10",
    "3.12",
    "3.12.1",
    "3.12.*",
    "3.10.0rc1",
    "3.13.dev0",
    " 3.9 ",
    "10",
    "5.15",
    "7.3",
]
TEXT_VALUES = [
    "",
    "nt",
    "posix",
    "linux",
    "Linux",
    "win32",
    "CPython",
    "cpython pypy",
    "x86_64",
    "a and b",
    "(or)",
    "é",
]
SPACES = st.sampled_from(["", " ", "  "])


def quoted(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """In one pair of quotes or the other, whichever the value does not hold."""
    return st.builds(lambda value, quote: f"{quote}{value}{quote}", values, st.sampled_from("'\""))


def comparisons(variables: list[str], operators: list[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda variable, operator, value, space: (
            f"{variable}{space or ' ' * operator.endswith('in')}{operator}{space}{value}"
        ),
        st.sampled_from(variables),
        st.sampled_from(operators),
        quoted(values),
        SPACES,
    )


def formulas(operands: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Operands joined and nested."""
    joint = st.sampled_from([" and ", " or ", "  and ", " or  "])
    return st.recursive(
        operands,
        lambda inner: st.one_of(
            st.builds("{}{}{}".format, inner, joint, inner),
            st.builds("({1}{0}{1})".format, inner, SPACES),
            st.builds("({}){}({})".format, inner, st.sampled_from(["and", "or", " and "]), inner),
        ),
        max_leaves=6,
    )


USUAL = st.one_of(
    comparisons(["extra"], ["==", "!="], st.sampled_from(["x", "X.y", "x-y", "", "a b"])),
    comparisons(TEXTS, ["==", "!=", "in", "not in", "not  in"], st.sampled_from(TEXT_VALUES)),
    comparisons(VERSIONS, ["<", "<=", ">", ">="], st.sampled_from(["3", "3.8", "3.10", "3.12", "3.12.1", "3.10.0rc1"])),
    comparisons(VERSIONS, ["==", "!="], st.sampled_from(["3", "3.12", "3.12.*", "3.12.1"])),
    comparisons(VERSIONS, ["in", "not in"], st.sampled_from(["2.7", "3.10 3.12", "3.12.1"])),
)

ANYTHING = st.one_of(
    USUAL,
    comparisons(
        [*LINUX, "extra", "extras", "dependency_groups", "os.name", "python_implementation", "nonsense"],
        ["==", "!=", "<", "<=", ">", ">=", "~=", "===", "in", "not in", "=", "<>", "is"],
        st.one_of(
            st.sampled_from([*VERSION_VALUES, *TEXT_VALUES, "3.x", "3.8,<4", r"a\x62", "\t"]), st.text(max_size=4)
        ),
    ),
    st.builds(
        "{} {} {}".format, quoted(st.sampled_from(TEXT_VALUES)), st.sampled_from(["==", "in"]), st.sampled_from(TEXTS)
    ),
    st.sampled_from(["'x' == extra", "'a' == 'a'", "os_name == sys_platform", "'os_name == \"nt\"' == os_name", ""]),
)


def judged(marker: str, environment: dict[str, str], extra: str) -> bool | None:
    """What `packaging` answers; None where it refuses to."""
    try:
        return Marker(marker).evaluate({**environment, "extra": extra})
    except (InvalidMarker, ValueError, KeyError):
        return None


@pytest.mark.newest
@given(formulas(USUAL), st.sampled_from([LINUX, WINDOWS, PYPY]), EXTRAS)
def test_usual_markers_are_plain_and_answered_as_packaging_does(marker, environment, extra):
    found = PlainMarkers(environment).holds(marker, extra)
    assert found is not None
    assert found is judged(marker, environment, extra)


@pytest.mark.newest
@given(formulas(ANYTHING), ENVIRONMENTS, EXTRAS)
def test_whatever_is_answered_is_what_packaging_answers(marker, environment, extra):
    found = PlainMarkers(environment).holds(marker, extra)
    assert found is None or found is judged(marker, environment, extra)


@given(formulas(USUAL), st.data(), ENVIRONMENTS)
@example('os_namein "posix"', None, LINUX)
@example("os_name not in'nt'", None, LINUX)
@example('os_name == "posix" "nt"', None, LINUX)
@example("\x01 and os_name == 'posix'", None, LINUX)
def test_damaged_markers_too(marker, data, environment):
    """Text put in and taken out anywhere: what is no marker any more is not plain."""
    for _ in range(data.draw(st.integers(1, 3)) if data else 0):
        start = data.draw(st.integers(0, len(marker)))
        end = min(len(marker), start + data.draw(st.integers(0, 5)))
        put = st.sampled_from(
            ["", " ", "(", ")", "'", '"', "a", "and", " or ", "not", "=", "<", "\\", "\t", "\n", "\x01", "é"]
        )
        marker = marker[:start] + data.draw(put) + marker[end:]
    found = PlainMarkers(environment).holds(marker, "x")
    assert found is None or found is judged(marker, environment, "x")


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("extra == 'Two_B'", True),
        ("extra != 'two.b'", False),
        ("python_version < '3.13'", True),
        ('(python_version < "3.8" or sys_platform == "linux") and extra == "two-b"', True),
        ('python_version < "3.8" or sys_platform == "linux" and extra == "one"', False),
        ("platform_machine not in 'arm64 aarch64'", True),
        ('((os_name == "nt") or (implementation_name != "pypy"))', True),
    ],
)
def test_usual_markers(marker, expected):
    assert PlainMarkers(LINUX).holds(marker, "two-b") is expected


@pytest.mark.parametrize(
    "marker",
    [
        "",
        "()",
        "os_name",
        "os_name == 'nt' and",
        "os_name == 'nt' os_name == 'nt'",
        "(os_name == 'nt'",
        "os_name == 'nt')",
        "not os_name == 'nt'",
        "os_name == 'n\\x74'",
        "os_name ==\t'nt'",
        "os_name == posix",
        "'posix' == os_name",
        "os.name == 'nt'",
        "os_name < 'nt'",
        "os_name ~= '1'",
        "extra in 'x y'",
        "extra < 'x'",
        "nonsense == '1'",
        "python_version < 'three'",
        "extra == 'x' or python_version ~= '3'",
    ],
)
def test_what_is_unusual_is_left_to_packaging(marker):
    assert PlainMarkers(LINUX).holds(marker, "x") is None


def test_a_variable_that_the_environment_lacks_is_left_to_packaging():
    assert PlainMarkers({}).holds("os_name == 'nt'", "") is None


def test_a_python_between_two_releases_is_left_to_packaging():
    assert PlainMarkers(BETWEEN_RELEASES).holds("python_full_version < '3.14'", "") is None


def test_long_nonsense_takes_no_time():
    """Quadratic, each of these would take minutes."""
    plain = PlainMarkers(LINUX)
    for nonsense in ("a" * 300_000, "os_name " * 100_000, "os_name" + " " * 300_000, "os_name == '" * 50_000):
        assert plain.holds(nonsense, "") is None
