"""A lock for many environments, installed by pip-sync and by pip: each takes what holds for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from piptools_clone.errors import InputError
from piptools_clone.formats.locks.lock_scope import LockScope
from piptools_clone.formats.locks.requirements_txt import LockStyle, render_lock
from piptools_clone.model.lock import Lock, Pin
from tests.support.packages import Package, make_wheel
from tests.sync.project import Project

A1, A2, B = make_wheel("a", "1.0"), make_wheel("a", "2.0"), make_wheel("b", "1.0")
HERE, ELSEWHERE = f'sys_platform == "{sys.platform}"', f'sys_platform != "{sys.platform}"'
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"


def pin(package: Package, marker: str = "") -> Pin:
    name, version = package.filename.split("-")[:2]
    return Pin(name, version, marker=marker, hashes=(f"sha256:{package.sha256}",), via=("-r requirements.in",))


def text(*pins: Pin, python: str = f">={PYTHON}", environments: tuple[str, ...] = ()) -> str:
    scope = LockScope(universal=True, python=python, environments=environments)
    return render_lock(Lock(pins), LockStyle(command="pip-compile", generate_hashes=True, scope=scope)).text


LOCK = text(pin(A2, ELSEWHERE), pin(A1, HERE), pin(B, ELSEWHERE))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.offer(A1, A2, B)
    return project


def test_what_holds_here_is_installed_and_what_does_not_is_removed(project: Project) -> None:
    project.sync(text(pin(A2), pin(B)))
    assert project.names() == ["a==2.0", "b==1.0"]
    result = project.sync(LOCK)
    assert project.actions(result) == ["downgrade a: is 2.0", "remove b: is not in the lock"]
    assert project.names() == ["a==1.0"]
    assert not project.sync(LOCK).changed


def test_two_lines_that_hold_at_once_contradict_each_other(project: Project) -> None:
    words = r"Incompatible requirements found: a==1.0 .*line 10\)\) and a==2.0 .*line 7\)\)"
    project.fails(text(pin(A2, HERE), pin(A1, 'python_version >= "3"')), InputError, words)


def test_the_hashes_of_a_line_that_does_not_hold_admit_nothing(project: Project) -> None:
    other = pin(A1, ELSEWHERE)._replace(hashes=(f"sha256:{A2.sha256}",))
    project.sync(text(pin(A1, HERE), other))
    assert project.names() == ["a==1.0"]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"python": "<3"}, f"is a lock for Python <3, and the environment has Python {PYTHON}"),
        (
            {"environments": (ELSEWHERE, 'os_name == "x"')},
            'is a lock for environments where os_name == "x" or sys_platform != .*, which',
        ),
    ],
)
def test_an_environment_out_of_the_range_is_refused(project: Project, facts: dict, words: str) -> None:
    """The markers of a lock tell its environments from one another, not from any others."""
    project.fails(text(pin(A1), **facts), InputError, words)
    project.sync(text(pin(A1), **facts), force=True)
    assert project.names() == ["a==1.0"]


@pytest.mark.parametrize("facts", [{"environments": (ELSEWHERE, HERE)}, {"environments": ("edited",)}, {"python": "x"}])
def test_an_environment_of_the_range_is_not(project: Project, facts: dict) -> None:
    project.sync(text(pin(A1), **facts))
    assert project.names() == ["a==1.0"]


def of_targets(*targets: str) -> str:
    scope = LockScope(targets=targets)
    return render_lock(Lock((pin(A1),)), LockStyle(command="pip-compile", generate_hashes=True, scope=scope)).text


def test_an_environment_that_is_none_of_the_targets_is_refused(project: Project) -> None:
    lock = of_targets("pypy3.10-linux", "python3.9-windows")
    words = "is a lock for pypy3.10-linux, python3.9-windows, and the environment is none of these: it has cpython 3"
    project.fails(lock, InputError, words)
    project.sync(lock, force=True)
    assert project.names() == ["a==1.0"]


def test_targets_of_a_table_are_taken_at_their_word(project: Project) -> None:
    """Their definition is not in the lock."""
    project.sync(of_targets("ci", "python3.9-windows"))
    assert project.names() == ["a==1.0"]


@pytest.mark.parametrize("hashes", [[], ["--require-hashes"]], ids=["", "hashes"])
def test_pip_takes_what_holds_here(project: Project, hashes: list[str]) -> None:
    (project.folder / "r.txt").write_text(LOCK)
    command = [sys.executable, "-m", "pip", "--isolated", "install", "--dry-run", "--ignore-installed", "--no-index"]
    done = subprocess.run(
        [*command, "--no-cache-dir", "--find-links", "wheels", *hashes, "-r", "r.txt"],
        cwd=project.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Would install a-1.0\n" in done.stdout
