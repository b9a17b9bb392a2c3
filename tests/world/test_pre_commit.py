"""The hooks, run by the real pre-commit from a repository that holds this checkout."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.support.packages import make_wheel
from tests.world.place import Place
from tests.world.wheelhouse import copy_checkout

WITH_SYNC = """\
- id: pip-compile
  args: [--quiet, --strip-extras]
- id: pip-compile-check
  args: [--strip-extras]
  stages: [manual]
- id: pip-sync
  args: [--quiet]
"""


@pytest.fixture(scope="module")
def shared_hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environments of hooks, the same for all tests of this file."""
    return tmp_path_factory.mktemp("hooks")


@pytest.fixture
def repository(place: Place, shared_hooks: Path) -> Place:
    """A repository with an input, its lock, and the hooks of this checkout."""
    checkout = shared_hooks / "checkout"
    if not checkout.exists():
        copy_checkout(checkout)
        place.run(f"cd {checkout} && git init --quiet && git add . && git commit --quiet -m one && git tag v0.1.0")
    place.env["PRE_COMMIT_HOME"] = str(shared_hooks / "home")
    hooks = textwrap.indent(WITH_SYNC, "      ")
    place.write(".pre-commit-config.yaml", f"repos:\n  - repo: {checkout}\n    rev: v0.1.0\n    hooks:\n{hooks}")
    place.write("requirements.in", "flask<3.1\n")
    place.run("git init --quiet && pip-compile --quiet --strip-extras && git add . && git commit --quiet -m begin")
    return place


def test_a_commit_with_a_stale_lock_stops_and_leaves_the_new_one(repository: Place) -> None:
    repository.run("pre-commit install")
    repository.write("requirements.in", "flask<3.1\nidna\n")
    refused = repository.attempt("git commit --quiet --all -m 'Ask for idna'")
    assert refused.returncode == 1
    assert "files were modified by this hook" in refused.stdout
    assert "\nidna==" in repository.read("requirements.txt")
    repository.run("git commit --quiet --all -m 'Ask for idna'")
    assert repository.run("git status --porcelain") == ""


def test_a_commit_that_asks_for_nothing_new_passes(repository: Place) -> None:
    """A newer release alone is no reason to change a lock."""
    repository.run("pre-commit install")
    repository.offer([make_wheel("flask", "3.0.9")])
    repository.write("requirements.in", "# what we need\nflask<3.1\n")
    assert "Passed" in repository.run("git commit --quiet --all -m 'Say what it is'")
    assert "flask==3.0.0" in repository.read("requirements.txt")


def test_the_check_fails_on_a_stale_lock_and_writes_nothing(repository: Place) -> None:
    check = "pre-commit run --hook-stage manual pip-compile-check --all-files"
    assert "Passed" in repository.run(check)
    before = repository.read("requirements.txt")
    repository.write("requirements.in", "flask<3.1\nidna\n")
    failed = repository.attempt(check)
    assert failed.returncode == 1
    assert "+idna==" in failed.stdout
    assert "files were modified" not in failed.stdout
    assert repository.read("requirements.txt") == before


def test_checkout_and_merge_bring_the_environment_up_to_date(repository: Place) -> None:
    repository.run("python3 -m venv .venv && echo .venv > .git/info/exclude")
    repository.run("pre-commit install --hook-type post-checkout --hook-type post-merge")
    repository.run("git checkout --quiet -b more")
    assert repository.installed() == {"flask"}
    repository.write("requirements.in", "flask<3.1\nidna\n")
    repository.run("pip-compile --quiet --strip-extras && git commit --quiet --all -m 'Ask for idna'")
    assert repository.installed() == {"flask"}
    repository.run("git checkout --quiet main && git merge --quiet more")
    assert repository.installed() == {"flask", "idna"}
    repository.run("git checkout --quiet HEAD~1")
    assert repository.installed() == {"flask"}


def test_without_an_environment_of_the_project_the_hook_refuses(repository: Place) -> None:
    """It never fills the one that pre-commit made for it, though that one is active."""
    repository.run("pre-commit install --hook-type post-checkout")
    refused = repository.attempt("git checkout --quiet -b more")
    assert "pre-commit made the environment of this tool" in refused.stdout
    assert "there is no .venv beside requirements.txt or above it" in refused.stdout
    [hooks] = Path(repository.env["PRE_COMMIT_HOME"]).glob("repo*/py_env-*")
    assert repository.installed(str(hooks)).isdisjoint({"flask"})
