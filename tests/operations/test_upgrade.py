"""``--upgrade`` and ``--upgrade-package``: what moves, and what stays."""

from __future__ import annotations

import re

import pytest

from tests.support.packages import make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex


@pytest.fixture
def locked(project: Project, index: SimpleIndex) -> Project:
    """a needs b; both are locked at 1.0, and there are newer ones."""
    for version in ("1.0", "1.5", "2.0"):
        index.add(make_wheel("a", version, requires=["b"]))
        index.add(make_wheel("b", version))
    project.write("requirements.txt", "a==1.0", "b==1.0")
    return project.want("a")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((), {"a": "1.0", "b": "1.0"}),
        (("-U",), {"a": "2.0", "b": "2.0"}),
        (("-P", "a"), {"a": "2.0", "b": "1.0"}),
        (("-P", "A_"), {"a": "1.0", "b": "1.0"}),
        (("-P", "b"), {"a": "1.0", "b": "2.0"}),
        (("-P", "b<2"), {"a": "1.0", "b": "1.5"}),
        (("-P", "b==1.5"), {"a": "1.0", "b": "1.5"}),
        (("-P", "a", "-P", "b<2"), {"a": "2.0", "b": "1.5"}),
        (("-P", "unheard-of>=3"), {"a": "1.0", "b": "1.0"}),
        (("-U", "-P", "b<2"), {"a": "2.0", "b": "1.5"}),
    ],
)
def test_what_moves(args: tuple[str, ...], expected: dict[str, str], locked: Project) -> None:
    assert locked.compile(*args).pins == expected


def test_what_is_not_there_to_be_upgraded_is_named(locked: Project) -> None:
    locked.index.add(make_wheel("requests", "1"))
    locked.want("a", "requests")
    run = locked.compile("-q", "-P", "requsets<3", "-P", "b", "-P", "xyz")
    assert run.pins == {"a": "1.0", "b": "2.0", "requests": "1"}
    assert run.said == (
        "WARNING: --upgrade-package requsets upgrades nothing: nothing needs that package; did you mean requests?\n"
        "WARNING: --upgrade-package xyz upgrades nothing: nothing needs that package\n"
    )
    assert locked.compile("-q", "-P", "b").said == ""


def test_a_bound_that_nothing_meets_is_explained(locked: Project) -> None:
    run = locked.compile("--strip-extras", "-P", "b>=9")
    assert run.code == 1
    assert run.lock == b"a==1.0\nb==1.0\n"
    assert run.err == (
        "ERROR: ResolutionImpossible: the requirements cannot be met together\n"
        "\n"
        "  requirements.in:1 requires a\n"
        "    every version of a needs b\n"
        "      --upgrade-package allows only b>=9, which has no such version (newest is 2.0; there are also 1.5, 1.0)\n"
        "\n"
        "hint: loosen --upgrade-package\n"
    )


def test_what_changed_is_said(locked: Project) -> None:
    said = locked.compile("--strip-extras", "-U").err
    changes, _, summary = said.rpartition("requirements.txt: ")
    assert changes == "a 1.0 -> 2.0\nb 1.0 -> 2.0\n"
    assert re.fullmatch(r"2 pins, 2 changed, \d+\.\d+ s\n", summary)
    assert locked.compile("--strip-extras").err == "requirements.txt is up to date.\n"


@pytest.mark.parametrize("limit", ["b[x]<2", "b<2; python_version>'3'", "B_ <2 ; python_version<'3'\nb<2"])
def test_constraints_with_extras_and_markers(limit: str, locked: Project) -> None:
    """A constraint bounds a version and asks for nothing, whatever else it says."""
    locked.write("limits.txt", *limit.split("\n"))
    assert locked.compile("-U", "-c", "limits.txt").pins == {"a": "2.0", "b": "1.5"}


def test_a_constraint_by_address(locked: Project, index: SimpleIndex) -> None:
    """What is needed comes from there, and from nowhere else."""
    locked.write("limits.txt", f"b @ {index.file_url('b-1.5-py3-none-any.whl')}")
    run = locked.compile("-U", "-c", "limits.txt")
    assert run.code == 0, run.err
    assert f"b @ {index.file_url('b-1.5-py3-none-any.whl')}" in (run.lock or b"").decode()
