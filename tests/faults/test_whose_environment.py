"""A sync changes an environment of the project, never one that was made for the tool alone, and says which."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from piptools_clone.environment.usual_environment import choose_interpreter
from piptools_clone.errors import EnvironmentFailure
from tests.faults.tool import Tool, names_in, site_of
from tests.support.packages import make_wheel

MARKS = {
    "pipx": "pipx_metadata.json",
    "uv": "uv-receipt.toml",
    "pre-commit": ".install_state_v2",
    "prek": ".prek-hook.json",
}


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return Tool(tmp_path)


@pytest.mark.parametrize("maker", MARKS)
def test_the_environment_of_a_tool_is_never_changed(tool: Tool, maker: str) -> None:
    (tool.own / MARKS[maker]).touch()
    tool.environ["VIRTUAL_ENV"] = str(tool.own)  # as pre-commit sets it for a hook
    said = tool.refused()
    assert f"{maker} made the environment of this tool" in said
    for way_out in ("--python-executable", "activate", ".venv"):
        assert way_out in said
    assert tool.refused("--dry-run") == said
    (tool.work / "folder").mkdir()
    assert "add alpha 1.0" in tool.synced("--target", "folder")


def test_an_environment_in_the_cache_of_uv_is_one_of_a_tool(tool: Tool) -> None:
    cache = tool.folder / "uv" / "archive-v0"
    cache.mkdir(parents=True)
    (tool.folder / "uv" / "CACHEDIR.TAG").touch()
    tool.own = shutil.move(tool.own, cache / "x")
    assert "uv made the environment of this tool" in tool.refused()


def test_a_hook_of_pre_commit_takes_the_projects_environment(tool: Tool) -> None:
    (tool.own / MARKS["pre-commit"]).touch()
    tool.environ["VIRTUAL_ENV"] = str(tool.own)
    beside = tool.environment(".venv")
    assert tool.synced() == f"The environment is {beside}.\nadd alpha 1.0\n"
    assert names_in(beside) == ["alpha-1.0"]


def test_environments_of_tox_and_nox_are_the_users(tool: Tool) -> None:
    """They are made for the project, and hold what the user put there."""
    site_of(tool.own).joinpath("old-1.0.dist-info").mkdir()
    for word in ("METADATA", "RECORD"):
        (site_of(tool.own) / "old-1.0.dist-info" / word).write_text(
            "Name: old\nVersion: 1.0\n" if word == "METADATA" else ""
        )
    done = tool.attempt()
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"The environment is {tool.own}.\n")
    assert "alpha-1.0" in names_in(tool.own)


def test_the_nearest_environment_upward_counts_as_far_as_the_repository(tool: Tool) -> None:
    (tool.own / MARKS["pipx"]).touch()
    outside = tool.environment("../.venv")
    lock = tool.work / "deep" / "er" / "requirements.txt"
    lock.parent.mkdir(parents=True)
    shutil.copy(tool.work / "requirements.txt", lock)
    assert "no environment of a project was found" in tool.refused(str(lock))
    inside = tool.environment(".venv")
    assert f"The environment is {inside}.\n" in tool.synced("requirements.txt", cwd=lock.parent)
    assert names_in(outside) == []
    (tool.work / ".git").rmdir()
    shutil.rmtree(inside)
    assert f"The environment is {outside.resolve()}.\n" in tool.synced(str(lock))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_an_environment_that_another_user_could_have_made_does_not_count(tool: Tool) -> None:
    (tool.own / MARKS["pipx"]).touch()
    beside = tool.environment(".venv")
    os.chown(beside, 12345, 12345)
    tool.work.chmod(0o1777)
    assert "no environment of a project was found" in tool.refused()
    tool.work.chmod(stat.S_IRWXU)  # nobody else can write here, so it is as the user left it
    assert f"The environment is {beside}.\n" in tool.synced()


def test_the_active_environment_of_conda_counts_but_not_its_base(tool: Tool) -> None:
    (tool.own / MARKS["uv"]).touch()
    conda = tool.environment("conda")
    (conda / "conda-meta").mkdir()
    environ = {"CONDA_PREFIX": str(conda), "CONDA_DEFAULT_ENV": "weather"}

    def chosen(**more: str) -> str | None:
        return choose_interpreter(
            [str(tool.work / "requirements.txt")], environ | more, prefix=str(tool.own), base="/usr"
        )

    assert chosen() == str(conda)
    assert chosen(VIRTUAL_ENV=str(tool.environment("active"))) == str(tool.work / "active")
    with pytest.raises(EnvironmentFailure):
        chosen(CONDA_DEFAULT_ENV="base")
    (conda / "condabin").mkdir()
    with pytest.raises(EnvironmentFailure):
        chosen()


def test_a_tool_in_an_environment_of_conda_changes_that_one(tool: Tool) -> None:
    """As one in a virtual environment does; that this is no such environment makes no difference."""
    (tool.own / "conda-meta").mkdir()
    tool.environment(".venv")
    environ = {"CONDA_PREFIX": str(tool.own), "CONDA_DEFAULT_ENV": "weather"}
    lock = str(tool.work / "requirements.txt")
    assert choose_interpreter([lock], environ, prefix=str(tool.own), base=str(tool.own)) is None
    environ["CONDA_DEFAULT_ENV"] = "base"
    assert choose_interpreter([lock], environ, prefix=str(tool.own), base=str(tool.own)) == str(tool.work / ".venv")


def test_the_line_about_the_environment_is_quiet_where_nothing_is_done(tool: Tool) -> None:
    """A repeated sync says what it says in pip-tools, and with ``-v`` which environment is meant."""
    (tool.own / MARKS["pipx"]).touch()
    beside = tool.environment(".venv")
    assert tool.synced("-q") == ""
    for _ in range(2):  # looked at, then known
        assert tool.synced() == ""
    assert f"The environment is {beside}.\n" in tool.synced("-v", "--no-config")


@pytest.mark.parametrize("order", [("first", "second"), ("second", "first")])
def test_what_is_remembered_of_one_environment_answers_for_no_other(tool: Tool, order: tuple[str, str]) -> None:
    """Neither a seal nor a recipe: the variable that names the environment of conda belongs to the question."""
    (tool.own / MARKS["pipx"]).touch()
    for name in order:
        conda = tool.environment(name)  # a virtual one as well, so that its interpreter serves no other folder
        (conda / "conda-meta").mkdir()
    for name in order:
        tool.environ["CONDA_PREFIX"] = str(tool.work / name)
        tool.synced()
        tool.synced()
        assert (name, names_in(tool.work / name)) == (name, ["alpha-1.0"])


@pytest.mark.parametrize("named", [(), ("--python-executable", "conda")])
def test_a_folder_whose_interpreter_serves_another_environment_is_refused(tool: Tool, named: tuple[str, ...]) -> None:
    """Its packages would go to, and be removed from, an environment that was never named."""
    (tool.own / MARKS["pipx"]).touch()
    conda = tool.environment("conda")
    (conda / "pyvenv.cfg").unlink()  # so its interpreter is that of the base: nothing but a dry run may meet it
    (conda / "conda-meta").mkdir()
    tool.environ["CONDA_PREFIX"] = str(conda)
    said = tool.refused("--dry-run", *named)
    assert f"its Python belongs to {Path(sys.base_prefix)}" in said


def test_a_new_environment_nearer_to_the_lock_is_the_one_that_counts(tool: Tool) -> None:
    (tool.own / MARKS["pipx"]).touch()
    (tool.work / "sub").mkdir()
    shutil.copy(tool.work / "requirements.txt", tool.work / "sub")
    tool.environment(".venv")
    tool.synced("sub/requirements.txt")
    nearer = tool.environment("sub/.venv")
    tool.synced("sub/requirements.txt")
    assert names_in(nearer) == ["alpha-1.0"]


@pytest.mark.parametrize("name", [*MARKS.values(), ".Install_State_V1", "pyvenv.cfg", "conda-meta/x", "condabin/conda"])
def test_no_package_says_what_an_environment_is(tool: Tool, name: str) -> None:
    """It could have the next sync take the environment for one of a tool, and change another."""
    hostile = make_wheel("beta", "1.0", files={f"beta-1.0.data/data/{name}": b""})
    hostile.write(tool.wheels)
    (tool.work / "requirements.txt").write_text(f"beta==1.0 --hash=sha256:{hostile.sha256}\n")
    assert "which says what the environment is" in tool.refused()
    assert not (tool.own / name).exists() or name == "pyvenv.cfg"
