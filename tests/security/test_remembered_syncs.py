"""A remembered answer is given only if every byte that it came from is as it was; doubt means asking anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from piptools_clone.environment.usual_environment import watched_by_choice
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.operations import sync as story
from piptools_clone.run.memo import memo
from piptools_clone.run.memo.sync_memo import keep_up_to_date
from piptools_clone.store.sha256 import sha256_of
from tests.run.memo.test_sync_memo import Command
from tests.support.packages import make_wheel

SECRET = "s3cret"


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    assert made() == ("", True)
    assert made() == ("Everything up-to-date\n", False)
    return made


def test_nothing_secret_is_kept(tmp_path: Path) -> None:
    """Neither what the command line and the variables hold, nor what stands in a lock."""
    made = Command(tmp_path)
    made.lock.write_text(f"--extra-index-url http://user:{SECRET}@127.0.0.1:9/simple\na==1.0\nb==1.0\n")
    words = ("--extra-index-url", f"http://user:{SECRET}@127.0.0.1:9/")
    made(*words, PIP_PROXY_PASSWORD=SECRET)
    assert made(*words, PIP_PROXY_PASSWORD=SECRET) == ("Everything up-to-date\n", False)
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert any(path.parts[-3] == "memo-v3" for path in kept)
    assert [path for path in kept if SECRET.encode() in path.read_bytes()] == []


def test_an_interpreter_that_path_leads_to_is_looked_up_each_time(tmp_path: Path) -> None:
    """An answer for the one would answer for another that stands earlier on PATH later."""
    made = Command(tmp_path)
    late, early = tmp_path / "late", tmp_path / "early"
    for folder in (late, early):
        folder.mkdir()
    python = late / "mypython"
    python.write_text(f'#!/bin/sh\nexec "{tmp_path}/venv/bin/python" "$@"\n')
    python.chmod(0o755)
    path = os.pathsep.join(map(str, (early, late)))
    for _ in range(2):
        assert made("--python", "mypython", PATH=path, loads="piptools_clone.process.memory")[1]


def test_a_lock_that_is_edited_meanwhile_is_not_certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read is certified, not what stands there when the sync is done."""
    made = Command(tmp_path)
    monkeypatch.chdir(tmp_path)
    read = made.lock.read_bytes()

    def edit(_: object) -> bool:
        made.lock.write_text("a==1.0\nb==1.0\n# edited\n")
        return True

    options = IndexOptions(no_index=True, find_links=("wheels",))
    request = SyncRequest(("requirements.txt",), options, python="venv/bin/python", cache_dir=str(tmp_path / "cache"))
    result = story.sync(request, confirm=edit)
    assert result.changed
    assert result.depends.digests[0] == sha256_of(read)
    assert result.installation is None or result.installation.depends.digests[0] == sha256_of(read)
    argv = ["--cache-dir", str(tmp_path / "cache")]
    keep_up_to_date(argv, os.environ, result.depends, said="done")
    assert memo.find(argv[1], memo.sync_key(argv, os.environ)) is None


def test_a_folder_that_is_installed_from_is_looked_at_each_time(tmp_path: Path) -> None:
    made = Command(tmp_path)
    wheel = make_wheel("c", "1.0").write(tmp_path / "wheels")
    made.lock.write_text(f"c @ file://{wheel}\n")
    assert made()[1]
    assert made() == ("Everything up-to-date\n", True)


def test_what_decides_on_an_environment_is_watched(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    environ = {"VIRTUAL_ENV": "/active", "CONDA_PREFIX": "/conda"}
    found = watched_by_choice([str(lock)], environ, prefix="/tool")
    assert {
        *("/active/pyvenv.cfg", "/active/uv-receipt.toml", str(tmp_path / ".venv/pyvenv.cfg")),
        *("/conda/conda-meta", "/tool/pipx_metadata.json", "/tool/conda-meta"),
    } <= set(found)
