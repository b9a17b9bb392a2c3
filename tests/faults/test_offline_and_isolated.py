"""What ``--offline`` and ``--isolated`` mean is the same for both commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from piptools_clone.errors import IndexFailure
from piptools_clone.model.index_options import IndexOptions
from tests.support.packages import make_wheel
from tests.support.project import Project as CompileProject
from tests.support.simple_index import SimpleIndex
from tests.sync.project import Project

A = make_wheel("a", "1.0")


@pytest.fixture
def environment(tmp_path: Path) -> Project:
    (tmp_path / "sync").mkdir()
    made = Project(tmp_path / "sync")
    made.offer(A)
    return made


def test_an_included_file_is_not_fetched_offline_by_sync(environment: Project, index: SimpleIndex) -> None:
    url = index.serve("/r.txt", b"a==1.0\n", "text/plain")
    said = environment.fails(f"-r {url}\n", IndexFailure, "cannot be read offline", offline=True)
    assert "leave out --offline" in said
    assert index.requests == []
    environment.sync(f"-r {url}\n")
    assert environment.names() == ["a==1.0"]


def test_an_included_file_is_not_fetched_offline_by_compile(project: CompileProject, index: SimpleIndex) -> None:
    url = index.serve("/r.in", b"a\n", "text/plain")
    run = project.want(f"-r {url}").compile("--offline")
    assert run.code == 2
    assert "cannot be read offline" in run.err
    assert index.requests == []


@pytest.fixture
def machine(tmp_path: Path, index: SimpleIndex, monkeypatch: pytest.MonkeyPatch) -> SimpleIndex:
    """A machine whose own pip.conf names the index, while the user's file and variables name places that are wrong."""
    index.add(A)
    (tmp_path / "etc" / "pip").mkdir(parents=True)
    (tmp_path / "etc" / "pip" / "pip.conf").write_text(f"[global]\nindex-url = {index.url}\n")
    (tmp_path / "home" / ".pip").mkdir(parents=True)
    (tmp_path / "home" / ".pip" / "pip.conf").write_text("[global]\nindex-url = http://127.0.0.1:9/wrong\n")
    for name, value in {
        "XDG_CONFIG_DIRS": str(tmp_path / "etc"),
        "XDG_CONFIG_HOME": str(tmp_path / "home"),
        "HOME": str(tmp_path / "home"),
        "PIP_INDEX_URL": "http://127.0.0.1:9/wrong",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PIP_CONFIG_FILE", raising=False)
    return index


def test_a_sync_that_is_isolated_heeds_the_machine_alone(environment: Project, machine: SimpleIndex) -> None:
    assert machine.requests == []
    environment.sync("a==1.0\n", options=IndexOptions(), isolated=True)
    assert environment.names() == ["a==1.0"]
    assert machine.requests != []


def test_a_compile_that_is_isolated_does_as_well(project: CompileProject, machine: SimpleIndex, tmp_path: Path) -> None:
    environ = {
        "XDG_CONFIG_DIRS": str(tmp_path / "etc"),
        "PIP_INDEX_URL": "http://127.0.0.1:9/wrong",
        "PIP_CONFIG_FILE": "",
    }
    run = project.want("a").compile("--pip-args", "--isolated", env=environ)
    assert run.code == 0, run.err
    assert project.lock_path.read_text().count("a==1.0") == 1
    assert machine.requests != []
