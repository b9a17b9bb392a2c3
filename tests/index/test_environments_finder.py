"""Where a version can be used, for an open range of environments and for targets."""

from __future__ import annotations

import pytest
from packaging.version import Version

from piptools_clone.environment.named_targets import parse_target
from piptools_clone.index.environments_finder import OpenFinder, TargetsFinder
from piptools_clone.index.pages.page import Page
from piptools_clone.index.pages.project import Project, ProjectSource
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.candidate import Candidate
from piptools_clone.model.environments import Environments
from piptools_clone.model.policy import Policy

LINUX, MUSL = "a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", "a-1.0-cp312-cp312-musllinux_1_1_x86_64.whl"


def project(*filenames: str, requires_python: str | None = None) -> Project:
    files = tuple(Artifact(name, f"https://idx.example/{name}", requires_python=requires_python) for name in filenames)
    return Project("a", [ProjectSource("memory", Page(((Version("1.0"), files),)))])


@pytest.mark.parametrize(
    ("filenames", "usable"),
    [
        ((LINUX,), []),
        ((MUSL,), []),
        ((LINUX, MUSL), ["python3.12-linux", "python3.12-musllinux"]),
        (("a-1.0-py3-none-any.whl",), ["python3.11-linux", "python3.12-linux", "python3.12-musllinux"]),
    ],
)
def test_targets_that_no_marker_tells_apart_all_need_a_file(filenames: tuple[str, ...], usable: list[str]) -> None:
    names = ["python3.11-linux", "python3.12-linux", "python3.12-musllinux"]
    targets = [parse_target(name).target for name in names]
    environments = Environments(">=3.11", [target.markers for target in targets])
    finder = TargetsFinder(Policy(), environments, targets)
    whole = project(*filenames)
    found = finder.examine(whole, 0)
    cells = finder.usable(whole, 0, found) if isinstance(found, Candidate) else 0
    assert [name for number, name in enumerate(names) if environments.target(number) & cells] == usable


def test_in_an_open_range_any_file_is_enough_and_the_preferred_one_is_no_matter_of_the_host() -> None:
    environments = Environments(">=3.10,<4")
    finder = OpenFinder(Policy(), environments, ["3.10.0", "3.11.0"])
    other = "a-1.0-cp39-cp39-win_amd64.whl"
    found = finder.examine(project(other, LINUX, MUSL), 0)
    assert isinstance(found, Candidate)
    assert found.preferred.filename == LINUX
    assert finder.usable(project(other), 0, found) == environments.everything


def test_requires_python_of_the_files_tells_where() -> None:
    environments = Environments(">=3.10,<4")
    finder = OpenFinder(Policy(), environments, ["3.10.0", "3.11.0"])
    whole = project("a-1.0-py3-none-any.whl", requires_python=">=3.11")
    found = finder.examine(whole, 0)
    assert isinstance(found, Candidate)
    assert finder.usable(whole, 0, found) == environments.admits(">=3.11")
    assert not isinstance(finder.examine(project("a-1.0-py3-none-any.whl", requires_python="<3"), 0), Candidate)
