"""A lock for many environments on disk: no plain compile makes it one for the host."""

from __future__ import annotations

import pytest

from piptools_clone.formats.locks.lock_scope import LockScope
from piptools_clone.formats.locks.requirements_txt import LockStyle, render_lock
from piptools_clone.model.lock import Lock, Pin
from tests.support.packages import make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

OLDER, NEWER = 'python_version < "3.9"', 'python_version >= "3.9"'
LOCK = Lock((
    Pin("a", "2", marker=NEWER, via=("-r requirements.in",)),
    Pin("a", "1", marker=OLDER, via=("-r requirements.in",)),
))  # fmt: skip
STYLE = LockStyle(command="pip-compile", scope=LockScope(universal=True, python=">=3.8"))


@pytest.fixture
def locked(project: Project, index: SimpleIndex) -> Project:
    for version in "123":
        index.add(make_wheel("a", version))
    project.write("requirements.txt", render_lock(LOCK, STYLE).text)
    return project.want("a")


@pytest.mark.parametrize("arguments", [[], ["-U"], ["-P", "a"], ["--check"]])
def test_a_plain_compile_does_not_narrow_it(locked: Project, arguments: list[str]) -> None:
    run = locked.compile("--strip-extras", *arguments)
    assert "going on with --python-version='>=3.8' --universal" in run.err
    assert b"many environments" in locked.lock_path.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "option"),
    [(["--python-version", "3.12"], "--python-version"), (["--pip-args", "--platform win_amd64"], "--platform")],
)
def test_a_compile_for_one_target_is_refused(locked: Project, arguments: list[str], option: str) -> None:
    before = locked.lock_path.read_bytes()
    run = locked.compile(*arguments)
    assert run.code == 2
    assert f"and {option} asks for one" in run.err
    assert f"hint: leave {option} out to go on with it" in run.err
    assert locked.lock_path.read_bytes() == before


def test_without_a_header_it_is_said_that_it_becomes_a_lock_for_one(locked: Project) -> None:
    locked.write("requirements.txt", render_lock(LOCK, LockStyle()).text)
    run = locked.compile("--strip-extras")
    assert "WARNING: requirements.txt holds a for several environments, and no header says which" in run.err
    assert run.pins == {"a": "2"}
