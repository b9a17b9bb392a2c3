"""A remembered answer is given only if every byte that it came from is as it was; doubt means asking anew."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from piptools_clone.environment.usual_environment import watched_by_choice
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.operations import sync as story
from piptools_clone.run.memo import seal, witness
from piptools_clone.run.memo.recall_record import NOTHING, UNREADABLE, Record, look
from piptools_clone.store.sha256 import sha256_of
from tests.run.memo.test_seal import Command
from tests.support.packages import make_wheel

SECRET = "s3cret"


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    assert made() == ("", True)
    assert made() == ("Everything up-to-date\n", False)
    return made


def in_place(path: Path, text: str) -> None:
    """Change a file and set its time back, as an attacker or a tool of copying does."""
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def swapped(path: Path) -> None:
    in_place(path, path.read_text().swapcase())


BREAKS: dict[str, Callable[[Command], object]] = {
    "metadata in its place": lambda command: swapped(info(command) / "METADATA"),
    "RECORD in its place": lambda command: swapped(info(command) / "RECORD"),
    "installer in its place": lambda command: in_place(info(command) / "INSTALLER", "PIP-SYNC"),
    "lock in its place": lambda command: in_place(command.lock, command.lock.read_text().replace("a", "b")),
    "environment in its place": lambda command: in_place(command.folder / "venv/pyvenv.cfg", "home = /nowhere\n"),
    "settings of pip": lambda command: written(command.folder / ".pip" / "pip.conf", "[global]\nno-index = true\n"),
    "a folder for all": lambda command: (command.folder / "cache/seals-v2").chmod(0o777),
    "a seal for all": lambda command: [path.chmod(0o666) for path in (command.folder / "cache/seals-v2").iterdir()],
    "a linked folder": lambda command: linked(command.folder / "cache/seals-v2"),
    "a linked seal": lambda command: [linked(path) for path in [*(command.folder / "cache/seals-v2").iterdir()]],
    "no modules": lambda command: shutil.rmtree(command.site),
    "a link to elsewhere": lambda command: (command.site / "c.egg-link").write_text("/nowhere\n.\n"),
    "an endless configuration": lambda command: (command.folder / "pyproject.toml").symlink_to("pyproject.toml"),
}


def info(command: Command) -> Path:
    return command.site / "a-1.0.dist-info"


def written(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)


def linked(path: Path) -> None:
    moved = path.parent.parent / f"moved-{path.name}"
    path.rename(moved)
    path.symlink_to(moved)


@pytest.mark.parametrize("change", BREAKS)
def test_what_breaks_a_seal(change: str, command: Command) -> None:
    BREAKS[change](command)
    assert command(loads="piptools_clone.process.memory")[1]  # which is loaded once there is no seal


def test_nothing_secret_is_kept(tmp_path: Path) -> None:
    """Neither what the command line and the variables hold, nor what stands in a lock."""
    made = Command(tmp_path)
    made.lock.write_text(f"--extra-index-url http://user:{SECRET}@127.0.0.1:9/simple\na==1.0\nb==1.0\n")
    words = ("--extra-index-url", f"http://user:{SECRET}@127.0.0.1:9/")
    made(*words, PIP_PROXY_PASSWORD=SECRET)
    assert made(*words, PIP_PROXY_PASSWORD=SECRET) == ("Everything up-to-date\n", False)
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert any(path.parent.name == "seals-v2" for path in kept)
    assert [path for path in kept if SECRET.encode() in path.read_bytes()] == []


def test_an_interpreter_that_path_leads_to_is_looked_up_each_time(tmp_path: Path) -> None:
    """A seal of the one would answer for another that stands earlier on PATH later."""
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
    assert result.sealable.digests[0] == sha256_of(read)
    assert result.recipe is None or result.recipe.digests[0] == sha256_of(read)
    seal.write("1", ["--cache-dir", str(tmp_path / "cache")], result.sealable, said="done")
    assert seal.holds("1", ["--cache-dir", str(tmp_path / "cache")]) is None


def test_a_folder_that_is_installed_from_is_looked_at_each_time(tmp_path: Path) -> None:
    made = Command(tmp_path)
    wheel = make_wheel("c", "1.0").write(tmp_path / "wheels")
    made.lock.write_text(f"c @ file://{wheel}\n")
    assert made()[1]
    assert made() == ("Everything up-to-date\n", True)


class TestWitness:
    """Only what surely is not there counts as absent; what cannot be looked at is like nothing."""

    def test_absent_and_unreadable(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        assert witness.stat_of(str(tmp_path / "absent")) is None
        assert witness.stat_of(str(tmp_path / "file" / "below")) is None
        for look_at in (witness.stat_of, witness.digest_of, witness.installed_in):
            with pytest.raises(OSError, match="loop"):
                look_at(str(tmp_path / "loop"))  # type: ignore[operator]

    def test_what_was_just_changed_is_not_known(self, tmp_path: Path) -> None:
        old = sys.executable
        assert witness.settled([old, str(tmp_path / "absent")]) == [
            (old, witness.stat_of(old)),
            (str(tmp_path / "absent"), None),
        ]
        (tmp_path / "new").touch()
        os.utime(tmp_path / "new", (1, 1))
        with pytest.raises(OSError, match="has just been changed"):
            witness.settled([str(tmp_path / "new")])

    def test_nothing_is_sealed_in_doubt(self, tmp_path: Path) -> None:
        arguments = ["--cache-dir", str(tmp_path / "cache")]
        for depends in (
            witness.Depends((), (), (), (str(tmp_path / "absent"),)),
            witness.Depends((), (), (str(tmp_path),), ()),
        ):
            seal.write("1", arguments, depends, said="done")
            assert seal.holds("1", arguments) is None
        seal.write("1", arguments, witness.Depends((), (), (), ()), said="done")
        assert seal.holds("1", arguments) == "done"

    def test_what_decides_on_an_environment_is_watched(self, tmp_path: Path) -> None:
        lock = tmp_path / "requirements.txt"
        environ = {"VIRTUAL_ENV": "/active", "CONDA_PREFIX": "/conda"}
        found = watched_by_choice([str(lock)], environ, prefix="/tool")
        assert {
            *("/active/pyvenv.cfg", "/active/uv-receipt.toml", str(tmp_path / ".venv/pyvenv.cfg")),
            *("/conda/conda-meta", "/tool/pipx_metadata.json", "/tool/conda-meta"),
        } <= set(found)


def test_a_record_of_a_compile_holds_for_nothing_that_cannot_be_looked_at(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert look(str(loop), "stamp") == UNREADABLE
    assert look(str(tmp_path / "absent"), "stamp") == NOTHING
    output = tmp_path / "requirements.txt"

    def record(seen: dict[str, str]) -> Record:
        return Record("x", 0.0, 9.0, output=str(output), was_there=False, inputs=(), seen=seen, said="", content=b"")

    assert record({}).holds("x", 1.0)
    assert not record({str(loop): UNREADABLE}).holds("x", 1.0)
