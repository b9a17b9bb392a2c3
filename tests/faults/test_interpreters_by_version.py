"""``--python`` takes a version, a name or a ``.python-version``, finds the interpreter, and says what there is else."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest

from piptools_clone.environment.lookup import find_on_path
from piptools_clone.environment.search import find_interpreter
from piptools_clone.errors import EnvironmentFailure
from tests.faults.tool import Tool, make_environment, names_in
from tests.support.packages import make_wheel
from tests.support.project import Project

OWN = platform.python_version()
MINOR = ".".join(OWN.split(".")[:2])
BASE = Path(sys.base_prefix) / "bin" / f"python{MINOR}"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the interpreters of these tests are scripts")


def pretend(path: Path, version: str, prefix: str = sys.base_prefix) -> Path:
    """Write a program that says what the running Python does, but is of another version, and lies below ``prefix``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"#!{BASE}\n"
        "import subprocess, sys\n"
        "said = subprocess.run([sys.executable, *sys.argv[1:]], capture_output=True, text=True)\n"
        f'print(said.stdout.replace(\'"python_full_version": "{OWN}"\', \'"python_full_version": "{version}"\'))\n'
    )
    path.chmod(0o755)
    return path


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


class Machine:
    """A PATH and a home with nothing in them but what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.home = folder / "home"
        self.pyenv = folder / "pyenv"
        self.project = folder / "project"
        for each in (self.bin, self.home, self.pyenv / "versions", self.pyenv / "shims", self.project):
            each.mkdir(parents=True)
        self.environ = {
            "PATH": f"{self.pyenv}/shims:{self.bin}",
            "HOME": str(self.home),
            "PYENV_ROOT": str(self.pyenv),
        }

    def install(self, version: str) -> Path:
        """Have pyenv install a version, with shims for its programs."""
        for name in ("python", "python3", f"python{version.rpartition('.')[0]}"):
            path = pretend(self.pyenv / "versions" / version / "bin" / name, version)
            script(self.pyenv / "shims" / name, f"echo 'pyenv: {name}: command not found' >&2; exit 127")
        return path.with_name("python")

    def find(self, python: str, *first: str) -> str:
        found = find_interpreter(python, self.environ, sources=[str(self.project / "requirements.in")], first=first)
        return str(found.executable.relative_to(self.folder))

    def fails(self, python: str) -> str:
        with pytest.raises(EnvironmentFailure) as caught:
            self.find(python)
        return str(caught.value).replace(f"{self.folder}/", "")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path / "machine")
    monkeypatch.chdir(made.project)
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PYENV_VERSION", raising=False)
    return made


# a version


@pytest.mark.parametrize("python", ["3.7", "3.7.4", "python3.7"])
def test_a_version_is_found_on_the_path_first(machine: Machine, python: str) -> None:
    pretend(machine.bin / "python3.7", "3.7.4")
    machine.install("3.7.4")
    assert machine.find(python) == "bin/python3.7"


@pytest.mark.parametrize("name", ["python3", "python", "python3.7"])
def test_a_program_is_taken_by_what_it_says_not_by_its_name(machine: Machine, name: str) -> None:
    pretend(machine.bin / "python3.8", "3.9.1")
    pretend(machine.bin / name, "3.8.2")
    assert machine.find("3.8") == f"bin/{name}"


def test_the_newest_that_fits_of_pyenv_is_taken(machine: Machine) -> None:
    for version in ("3.7.4", "3.7.12", "3.8.1"):
        machine.install(version)
    assert machine.find("3.7") == "pyenv/versions/3.7.12/bin/python"
    assert machine.find("3.7.4") == "pyenv/versions/3.7.4/bin/python"
    assert machine.find("3") == "pyenv/versions/3.8.1/bin/python"


def test_pyenv_is_found_in_the_home_as_well(machine: Machine) -> None:
    machine.environ.pop("PYENV_ROOT")
    pretend(machine.home / ".pyenv" / "versions" / "3.7.4" / "bin" / "python", "3.7.4")
    assert machine.find("3.7") == "home/.pyenv/versions/3.7.4/bin/python"


@pytest.mark.parametrize("variable", ["", "XDG_DATA_HOME", "UV_PYTHON_INSTALL_DIR"])
def test_a_version_of_uv_is_found(machine: Machine, variable: str) -> None:
    parent = {"": "home/.local/share/uv/python", "XDG_DATA_HOME": "data/uv/python", "UV_PYTHON_INSTALL_DIR": "uv"}[
        variable
    ]
    if variable:
        machine.environ[variable] = str(machine.folder / parent.removesuffix("/uv/python"))
    pretend(machine.folder / parent / "cpython-3.7.4-linux-x86_64-gnu" / "bin" / "python", "3.7.4")
    pretend(machine.folder / parent / "pypy-3.7.9-linux-x86_64-gnu" / "bin" / "python", "3.7.9")
    assert machine.find("3.7") == f"{parent}/cpython-3.7.4-linux-x86_64-gnu/bin/python"


def test_the_launcher_is_asked_last(machine: Machine) -> None:
    found = pretend(machine.folder / "elsewhere" / "python.exe", "3.7.4")
    script(machine.bin / "py", f'test "$1" = -3.7 && echo {found} || exit 103')
    assert machine.find("3.7") == "elsewhere/python.exe"
    assert machine.fails("3.6").startswith("No Python 3.6 was found; there is no other either.")


def test_what_was_found_is_said_where_nothing_fits(machine: Machine) -> None:
    pretend(machine.bin / "python3", "3.11.9")
    script(machine.bin / "python", "exit 9")  # such as the stub that leads to a store
    machine.install("3.7.4")
    assert machine.fails("3.6") == (
        "No Python 3.6 was found; found 3.11.9 at bin/python3, 3.7.4 at pyenv/versions/3.7.4/bin/python.\n\n"
        "hint: install it, or name an interpreter by its path"
    )
    assert "found 3.11.9" in machine.fails("python3.6")


def test_a_folder_that_is_called_like_a_version_is_none(machine: Machine) -> None:
    (machine.project / "3.7").mkdir()
    machine.install("3.7.4")
    assert machine.find("3.7") == "pyenv/versions/3.7.4/bin/python"


# shims


def test_a_shim_that_stands_for_nothing_is_passed_over(machine: Machine) -> None:
    machine.install("3.7.4")
    pretend(machine.bin / "python3.7", "3.7.2")
    assert machine.find("python3.7") == "bin/python3.7"
    assert machine.find("3.7") == "bin/python3.7"


def test_a_name_whose_shim_stands_for_nothing_means_its_version(machine: Machine) -> None:
    machine.install("3.7.4")
    assert machine.find("python3.7") == "pyenv/versions/3.7.4/bin/python"


def test_a_name_without_a_version_says_what_pyenv_has(machine: Machine) -> None:
    machine.install("3.7.4")
    machine.install("3.8.1")
    said = machine.fails("python3")
    assert said.startswith("Could not resolve 'python3' as valid executable path or alias.")
    assert "it has 3.8.1, 3.7.4: choose one with `pyenv local`" in said


@pytest.mark.parametrize("folder", ["project", ".", "elsewhere"])
def test_a_shim_stands_for_what_the_file_beside_the_input_or_above_says(
    machine: Machine, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install("3.7.4")
    machine.install("3.8.1")
    (machine.pyenv / "version").write_text("3.8.1\n")
    assert machine.find("python") == "pyenv/versions/3.8.1/bin/python"
    (machine.folder / "elsewhere").mkdir()
    (machine.folder / folder / ".python-version").write_text("# ours\n3.7\n")
    monkeypatch.chdir(machine.folder / "elsewhere")
    assert machine.find("python") == "pyenv/versions/3.7.4/bin/python"
    machine.environ["PYENV_VERSION"] = "3.8.1"
    assert machine.find("python") == "pyenv/versions/3.8.1/bin/python"


def test_a_shim_of_the_system_stands_for_the_next_on_the_path(machine: Machine) -> None:
    machine.install("3.7.4")
    pretend(machine.bin / "python", "3.9.1")
    (machine.project / ".python-version").write_text("system\n3.7.4\n")
    assert machine.find("python") == "pyenv/versions/3.7.4/bin/python"
    (machine.project / ".python-version").write_text("system\n")
    assert machine.find("python") == "bin/python"


@pytest.mark.parametrize("word", ["../../evil", "..", ".", "/evil", "evil/../../evil"])
def test_the_file_leads_nowhere_but_to_a_version_of_pyenv(machine: Machine, word: str) -> None:
    """It may come with a repository, and what it names is run."""
    machine.install("3.7.4")
    for place in ("evil", "pyenv", "pyenv/versions"):
        pretend(machine.folder / place / "bin" / "python", "3.7.4")
    (machine.project / ".python-version").write_text(f"{word}\n")
    assert list(find_on_path("python", machine.environ, [str(machine.project)])) == []
    assert "which is no version that is installed here" in machine.fails(".python-version")


# .python-version as such


@pytest.mark.parametrize(("text", "found"), [("3.7", "3.7.4"), ("3.6\n3.8.1", "3.8.1"), ("team", "team")])
def test_the_file_may_be_named(machine: Machine, text: str, found: str) -> None:
    for version in ("3.7.4", "3.8.1"):
        machine.install(version)
    pretend(machine.pyenv / "versions" / "team" / "bin" / "python", "3.7.4")
    (machine.project / ".python-version").write_text(f"{text}\n")
    for path in (".python-version", "../project/.python-version"):
        assert machine.find(path).startswith(f"pyenv/versions/{found}/bin/python")


def test_the_file_alone_changes_no_lock(project: Project) -> None:
    """As in pip-tools: the Python that runs the command is the one that is locked for."""
    project.index.add(make_wheel("alpha", "1.0"))
    project.want("alpha ; python_version == '2.7'")
    project.write(".python-version", "2.7")
    assert project.compile().pins == {}
    assert f"with Python {MINOR}" in project.lock_path.read_text()
    assert "No Python 2.7 was found; found " in project.compile("--python", ".python-version").err


def test_a_compile_locks_for_the_version_that_is_named(
    project: Project, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    project.index.add(make_wheel("alpha", "1.0"))
    project.want("alpha ; python_full_version == '3.7.4'")
    machine.install("3.7.4")
    environ = machine.environ | {"PATH": f"{machine.environ['PATH']}:/usr/bin:/bin"}
    assert project.compile("--python", "3.7", env=environ).pins == {"alpha": "1.0"}
    assert project.compile("--python", MINOR, env=environ).pins == {}


# sync


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return Tool(tmp_path)


def test_a_sync_takes_the_projects_environment_where_its_version_fits(tool: Tool) -> None:
    (tool.own / "pipx_metadata.json").touch()
    beside = tool.environment(".venv")
    assert tool.synced("--python", MINOR) == f"The environment is {beside}.\nadd alpha 1.0\n"
    assert names_in(beside) == ["alpha-1.0"]
    assert tool.synced("--python", MINOR) == ""


def test_a_sync_never_takes_a_tools_environment_by_a_name(tool: Tool) -> None:
    """pre-commit puts the environment of a hook first on the path."""
    (tool.own / ".install_state_v2").touch()
    tool.environ["PATH"] = f"{tool.own}/bin"
    for word in (MINOR, "python", f"python{MINOR}"):
        assert "which pre-commit made for a tool alone" in tool.refused("--python", word, "--dry-run")


def test_what_is_remembered_answers_for_no_other_path(tool: Tool) -> None:
    """The same name may be another interpreter the next time."""
    (tool.own / "pipx_metadata.json").touch()
    for name in ("first", "second", "first"):
        environment = tool.work / name
        if not environment.exists():
            make_environment(environment)
        tool.environ["PATH"] = f"{environment}/bin"
        tool.synced("--python", "python")
        assert names_in(environment) == ["alpha-1.0"]


@pytest.mark.parametrize("words", [("3.7",), ("python3.7",), (".python-version",)])
def test_a_version_never_leads_a_sync_to_a_python_that_serves_all_projects(tool: Tool, words: tuple[str, ...]) -> None:
    """That of pyenv or of the system: to remove what no lock names there is never what a version means."""
    (tool.own / "pipx_metadata.json").touch()
    found = pretend(tool.folder / "home" / ".pyenv" / "versions" / "3.7.4" / "bin" / "python", "3.7.4")
    (tool.work / ".python-version").write_text("3.7\n")
    said = tool.refused("--dry-run", "--python", *words)
    assert f"leads to {found}, which is no environment of a project.\n\nhint: make one with `{found} -m venv" in said
