"""A development tool lives in the environments of projects, which cap its dependencies: what is said to work does."""

from __future__ import annotations

import tomllib
from contextlib import suppress

import pytest
from packaging.markers import InvalidMarker, Marker
from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

from piptools_clone.errors import MetadataError
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.formats.requirements.packaging_gaps import (
    admitted_numbers,
    contains_text,
    join_markers,
    linux_first,
    marker_of,
)
from piptools_clone.model.target import Target
from tests.faults.tool import ROOT
from tests.support.packages import make_wheel
from tests.support.project import Project

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
KERNEL = "5.15.0-91-generic"


def test_the_lowest_versions_that_are_allowed_are_the_ones_that_are_tried() -> None:
    bounds = {each.name: each.specifier for each in map(Requirement, PROJECT["project"]["dependencies"])}
    tried = {each.name: each.specifier for each in map(Requirement, PROJECT["dependency-groups"]["oldest"])}
    assert {name: str(tried[name]).replace("==", ">=") for name in bounds} == {
        name: str(specifier) for name, specifier in bounds.items()
    }


@pytest.mark.parametrize(
    ("first", "operator", "second", "joined"),
    [
        ("os_name == 'a'", "and", "os_name == 'b'", 'os_name == "a" and os_name == "b"'),
        ("os_name == 'a'", "or", "os_name == 'b'", 'os_name == "a" or os_name == "b"'),
        (
            "os_name == 'a' or os_name == 'b'",
            "and",
            "os_name == 'c' or os_name == 'd'",
            '(os_name == "a" or os_name == "b") and (os_name == "c" or os_name == "d")',
        ),
        (
            "(os_name == 'a' or os_name == 'b')",
            "or",
            "os_name == 'c'",
            'os_name == "a" or os_name == "b" or os_name == "c"',
        ),
        (
            "os_name == 'a' and os_name == 'b'",
            "and",
            "os_name == 'c'",
            'os_name == "a" and os_name == "b" and os_name == "c"',
        ),
    ],
)
def test_markers_are_joined(first: str, operator: str, second: str, joined: str) -> None:
    assert str(join_markers(Marker(first), operator, Marker(second))) == joined


def test_versions_are_numbered_and_admitted() -> None:
    versions = [Version(text) for text in ("1.0", "1.1rc1", "1.1", "2.0", "1!0.1", "1.1+local")]
    assert admitted_numbers(SpecifierSet(">=1.1rc0,<2"), versions) == [2, 3, 6]
    assert admitted_numbers(SpecifierSet("===1.1"), versions) == [3]
    assert admitted_numbers(SpecifierSet(), versions) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(("text", "expected"), [("<3", False), ("!=3", False), (f"==={KERNEL.upper()}", True)])
def test_the_release_of_a_kernel_is_no_version_and_no_error(text: str, expected: bool) -> None:
    assert contains_text(Specifier(text), KERNEL) is expected


def test_a_marker_about_the_kernel_makes_no_release_unusable() -> None:
    reader = DependencyReader(Target({"platform_release": KERNEL, "sys_platform": "linux"}, ()))
    assert not reader.holds("platform_release < '20' and sys_platform == 'linux'")
    assert reader.holds("platform_release >= '20' or sys_platform == 'linux'")


def test_a_value_that_is_not_closed_is_an_invalid_marker() -> None:
    """It may come from an index; older parsers raise what means a fault in Python code."""
    with suppress(InvalidMarker):
        marker_of('os_name=="\\"')
    reader = DependencyReader(Target({"os_name": "posix"}, ()))
    with suppress(MetadataError):
        reader.read_line('alpha ; os_name=="\\"')


def test_inputs_of_the_configuration_file_are_taken_by_every_click(project: Project) -> None:
    project.index.add(make_wheel("alpha", "1.0"))
    project.write("other.in", "alpha")
    project.write(".pip-tools.toml", "[tool.pip-tools]", "src-files = ['other.in']")
    assert project.compile("-q", "-o", "-", "--no-header", "--no-annotate", "--no-emit-options").out == "alpha==1.0\n"
    project.want("# nothing")
    assert project.compile("-q", "-o", "-", "--no-header", "--no-emit-options", "requirements.in").out == "\n"


def test_a_wheel_for_this_linux_goes_before_one_for_many() -> None:
    """Which of two wheels of a version is installed does not depend on the release of packaging."""
    older = ["cp311-cp311-manylinux_2_28_x86_64", "cp311-cp311-linux_x86_64", "cp311-abi3-linux_x86_64", "py3-none-any"]
    newer = ["cp311-cp311-linux_x86_64", "cp311-cp311-manylinux_2_28_x86_64", "cp311-abi3-linux_x86_64", "py3-none-any"]
    assert list(linux_first(older)) == list(linux_first(newer)) == newer
