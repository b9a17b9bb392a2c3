"""``python -m piptools`` is what programs and Makefiles call; a small distribution of its own has that module."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.faults.tool import ROOT, Tool, names_in
from tests.support.packages import make_wheel
from tests.support.project import Project

SHIM = ROOT / "shim"


def run(project: Project, *words: str, path: tuple[Path, ...] = ()) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (SHIM, ROOT, *path)))}
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=project.folder, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def wanting(project: Project) -> Project:
    project.index.add(make_wheel("alpha", "1.0"))
    return project.want("alpha")


@pytest.mark.parametrize("module", [("piptools", "compile"), ("piptools.scripts.compile",)])
def test_a_compile_by_the_module_is_the_command(wanting: Project, module: tuple[str, ...]) -> None:
    usual = wanting.script("--strip-extras")
    lock = wanting.lock_path.read_bytes()
    wanting.lock_path.unlink()
    done = run(wanting, "-m", *module, "--strip-extras")
    said, usually = (re.sub(r"[0-9.]+ s$", "TIME", text, flags=re.MULTILINE) for text in (done.stderr, usual.err))
    assert (done.returncode, said) == (0, usually)
    assert wanting.lock_path.read_bytes() == lock
    refused = run(wanting, "-m", *module, "--nonsense")
    assert refused.returncode == 2
    assert refused.stderr.startswith("Usage: pip-compile [OPTIONS] [SRC_FILES]...\n")


def test_the_options_of_pip_compile_multi_are_understood(wanting: Project) -> None:
    """All that its version 3 may pass on."""
    alone = ("no-header", "verbose", "generate-hashes", "no-build-isolation", "upgrade", "allow-unsafe", "rebuild")
    pairs = ("emit-index-url", "emit-find-links", "emit-trusted-host")
    words = [f"--{name}" for name in (*alone, *pairs, *(f"no-{pair}" for pair in pairs), "strip-extras")]
    words += ["--upgrade-package=alpha", "--resolver=backtracking", "--output-file", "lock.txt"]
    done = run(wanting, "-m", "piptools", "compile", *words, "--extra-index-url", wanting.index.url, "requirements.in")
    assert done.returncode == 0, done.stderr
    assert (wanting.folder / "lock.txt").read_text().startswith("alpha==1.0")


@pytest.mark.parametrize("module", [("piptools", "sync"), ("piptools.scripts.sync",)])
def test_a_sync_by_the_module_is_the_command(tmp_path: Path, module: tuple[str, ...]) -> None:
    tool = Tool(tmp_path)
    tool.environ["PYTHONPATH"] = str(SHIM)
    for said in ("", "Everything up-to-date\n"):
        done = subprocess.run(
            [tool.own / "bin" / "python", "-m", *module],
            cwd=tool.work,
            env=tool.environ,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == said
        assert names_in(tool.own) == ["alpha-1.0"]


def test_help_and_version(project: Project) -> None:
    said = run(project, "-m", "piptools", "--help").stdout
    assert said.startswith("Usage: python -m piptools [OPTIONS] COMMAND [ARGS]...\n")
    assert "compile" in said
    assert "sync" in said
    version = run(project, "-m", "piptools", "--version").stdout
    assert version == f"piptools-clone, version {project_version(ROOT)}\n"
    assert run(project, "-m", "piptools", "compile", "--version").stdout.startswith("pip-compile, version ")
    assert run(project, "-m", "piptools", "nonsense").returncode == 2


def test_the_commands_can_be_imported_as_those_of_pip_tools(project: Project) -> None:
    code = "from piptools.scripts import compile, sync; print(compile.cli.name, sync.cli.name)"
    assert run(project, "-c", code).stdout == "pip-compile pip-sync\n"


def test_a_conflict_with_pip_tools_is_said(wanting: Project) -> None:
    site = wanting.root / "site"
    (site / "pip_tools-7.6.2.dist-info").mkdir(parents=True)
    for words in (("compile", "--strip-extras", "-q"), ("--help",)):
        done = run(wanting, "-m", "piptools", *words, path=(site,))
        assert done.returncode == 0
        assert done.stderr.startswith("WARNING: pip-tools is installed beside piptools-clone-shim, and both have")
        assert "Uninstall pip-tools, then install piptools-clone-shim again." in done.stderr


def test_a_sync_keeps_it(tmp_path: Path) -> None:
    """As it keeps itself: it is a tool of the environment, and no package of the project."""
    tool = Tool(tmp_path)
    shim = make_wheel("piptools-clone-shim", "0.1.0")
    shim.write(tool.wheels)
    lock = tool.work / "requirements.txt"
    before = lock.read_text()
    lock.write_text(f"{before}piptools-clone-shim==0.1.0 --hash=sha256:{shim.sha256}\n")
    assert tool.attempt().returncode == 0
    lock.write_text(before)
    assert tool.attempt().returncode == 0
    assert names_in(tool.own) == ["alpha-1.0", "piptools_clone_shim-0.1.0"]


def test_it_has_the_version_of_the_project() -> None:
    assert project_version(SHIM) == project_version(ROOT)


def project_version(folder: Path) -> str:
    return tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"]


def test_pins_of_locks_that_a_lock_names_are_kept(project: Project) -> None:
    """As in pip-tools: pip-compile-multi takes out of a lock what one that it names with ``-r`` has already."""
    for version in ("1.0", "2.0"):
        project.index.add(make_wheel("alpha", version))
        project.index.add(make_wheel("beta", version, requires=["alpha"]))
    project.write("sub/base.txt", "alpha==1.0")
    project.write("sub/requirements.txt", "-r base.txt", "beta==1.0")
    project.write("sub/requirements.in", "beta")

    def compiled(*words: str) -> list[str]:
        said = project.compile("-q", "-n", "--no-annotate", "--no-header", *words, "sub/requirements.in").err
        return [line for line in said.splitlines() if "==" in line]

    assert compiled() == ["alpha==1.0", "beta==1.0"]
    assert compiled("-P", "beta") == ["alpha==1.0", "beta==2.0"]
    assert compiled("-P", "alpha") == ["alpha==2.0", "beta==1.0"]
    assert compiled("-U") == ["alpha==2.0", "beta==2.0"]
    project.write("sub/base.txt", "<<<<<<< no lock")
    assert compiled() == ["alpha==2.0", "beta==1.0"]
    (project.folder / "sub/base.txt").unlink()
    assert compiled() == ["alpha==2.0", "beta==1.0"]
