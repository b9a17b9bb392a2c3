"""Requests ahead of time are those that would be sent anyway, and none where that is not sure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from piptools_clone.model.artifact import Artifact
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.observer import SilentObserver
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.operations import sync as story
from piptools_clone.run.sync_start import SyncStart
from piptools_clone.syncing.early_wheels import only_wheel
from piptools_clone.syncing.write.wheel_work import SMALL
from tests.support.packages import make_wheel
from tests.support.simple_index import SimpleIndex

ROOT = Path(__file__).parent.parent.parent
A, B = make_wheel("a", "1.0", requires=["b"]), make_wheel("b", "1.0")


def request(folder: Path, url: str) -> SyncRequest:
    lines = (f"{name}==1.0 \\\n    --hash=sha256:{package.sha256}\n" for name, package in (("a", A), ("b", B)))
    (folder / "requirements.txt").write_text("".join(lines))
    site = folder / "venv" / "lib" / "python3.12" / "site-packages"
    site.mkdir(parents=True)
    (folder / "venv" / "pyvenv.cfg").touch()
    return SyncRequest(
        (str(folder / "requirements.txt"),),
        IndexOptions(index_url=url),
        python=str(folder / "venv" / "bin" / "python"),
        cache_dir=str(folder / "cache"),
        isolated=True,
    )


def begin(wanted: SyncRequest) -> SyncStart:
    start = SyncStart(wanted, {})
    start.begin()
    return start


def asked(wanted: SyncRequest, index: SimpleIndex) -> list[str]:
    with closing(begin(wanted)) as start:
        if start.early is not None:
            assert start.early.transport.driver is not None
            start.early.transport.driver.run_until(lambda: len(index.paths) >= 1, 5)
    return sorted(index.paths)


def test_pages_of_what_is_missing_are_asked_for(tmp_path: Path) -> None:
    with closing(SimpleIndex()) as index:
        wanted = request(tmp_path, index.url)
        (tmp_path / "venv/lib/python3.12/site-packages/b-1.0.dist-info").mkdir()
        assert asked(wanted, index) == ["/simple/a/"]


DOUBTS: dict[str, Callable[[SyncRequest, Path], SyncRequest]] = {
    "a dry run": lambda wanted, _: wanted._replace(dry_run=True),
    "offline": lambda wanted, _: wanted._replace(offline=True),
    "no index": lambda wanted, _: wanted._replace(options=IndexOptions(no_index=True)),
    "another place": lambda wanted, folder: wanted._replace(target=str(folder / "target")),
    "wheels in the cache": lambda wanted, folder: _with(wanted, folder / "cache" / "packs-v5" / "ab"),
    "all installed": lambda wanted, folder: _with(
        wanted, *(folder / f"venv/lib/python3.12/site-packages/{name}-1.0.dist-info" for name in "ab")
    ),
    "an odd environment": lambda wanted, folder: _with(wanted, folder / "venv/lib/python3.13"),
    "no virtual environment": lambda wanted, folder: _without(wanted, folder / "venv/pyvenv.cfg"),
    "an index in the lock": lambda wanted, folder: _with_line(wanted, "--index-url https://idx.example/simple\n"),
    "no lock": lambda wanted, _: wanted._replace(sources=("absent.txt",)),
}


def _with(wanted: SyncRequest, *folders: Path) -> SyncRequest:
    for folder in folders:
        folder.mkdir(parents=True)
    return wanted


def _without(wanted: SyncRequest, file: Path) -> SyncRequest:
    file.unlink()
    return wanted


def _with_line(wanted: SyncRequest, line: str) -> SyncRequest:
    path = Path(wanted.sources[0])
    path.write_text(line + path.read_text())
    return wanted


@pytest.mark.parametrize("doubt", DOUBTS)
def test_nothing_is_asked_where_it_may_not_be_needed(doubt: str, tmp_path: Path) -> None:
    with closing(SimpleIndex()) as index:
        assert asked(DOUBTS[doubt](request(tmp_path, index.url), tmp_path), index) == []


def run(folder: Path, url: str, before: str = "") -> tuple[int, str]:
    """Run the command in a process of its own, after some code; give its exit code and what it says."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", folder / "venv"], check=True)
    words = ["--python", "venv/bin/python", "--cache-dir", "cache", "-i", url]
    code = f"{before}\nfrom piptools_clone.cli.sync_entry import main\nmain()"
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def test_an_interrupt_while_the_program_is_being_loaded_changes_nothing(tmp_path: Path) -> None:
    before = (
        "import os, signal\n"
        "from piptools_clone.process import loading\n"
        "loading.load = lambda *_: os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    with closing(SimpleIndex()) as index:
        for package in (A, B):
            index.add(package)
        request(tmp_path, index.url)
        assert run(tmp_path, index.url, before) == (130, "ERROR: Interrupted; nothing was changed.\n")
    assert not list((tmp_path / "venv").rglob("*.dist-info"))


def test_a_cold_run_asks_for_everything_once(tmp_path: Path) -> None:
    with closing(SimpleIndex()) as index:
        for package in (A, B):
            index.add(package)
        request(tmp_path, index.url)
        assert run(tmp_path, index.url) == (0, "add a 1.0\nadd b 1.0\n")
        assert sorted(index.paths) == sorted(
            ["/simple/a/", "/simple/b/", f"/files/{A.filename}", f"/files/{B.filename}"]
        )


def test_nothing_is_said_twice(tmp_path: Path) -> None:
    """Whoever begins says it, and the error ends the run where it is found."""
    with closing(SimpleIndex()) as index:
        index.add(A)
        wanted = request(tmp_path, index.url)
        (tmp_path / "cache").touch()
        lock = Path(wanted.sources[0])
        lock.write_text(lock.read_text().replace("a==1.0", "a==2.0"))
        code, said = run(tmp_path, index.url)
        assert (code, said.count("the cache is not used"), said.count("ERROR")) == (2, 1, 1)
        assert [index.paths.count(f"/simple/{name}/") for name in "ab"] == [1, 1]


def test_a_plan_that_is_empty_is_held_against_nothing(tmp_path: Path) -> None:
    """It seemed that there is something to do, for what is installed lies there in an old way."""
    with closing(SimpleIndex()) as index:
        wanted = request(tmp_path, index.url)._replace(require_hashes=True)
        Path(wanted.sources[0]).write_text("a==1.0\n")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", tmp_path / "venv"], check=True)
        [site] = (tmp_path / "venv/lib").glob("python*/site-packages")
        (site / "a-1.0.egg-info").write_text("Metadata-Version: 1.1\nName: a\nVersion: 1.0\n")
        start = begin(wanted)
        assert start.early is not None
        assert story.sync(wanted, observer=SilentObserver(), start=start).is_empty


def artifact(filename: str, size: int | None = 1) -> Artifact:
    return Artifact(filename, f"https://idx.example/{filename}", size=size)


ANY, OLD, LINUX = "a-1-py3-none-any.whl", "a-1-py2.py3-none-any.whl", "a-1-cp312-cp312-linux_x86_64.whl"


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        ([artifact(ANY), artifact("a-1.tar.gz")], ANY),
        ([artifact(OLD)], OLD),
        ([artifact(ANY), artifact(LINUX)], None),
        ([artifact(LINUX)], None),
        ([artifact(ANY, SMALL + 1)], None),
        ([artifact(ANY, None)], None),
        ([artifact("a-1.tar.gz")], None),
        ([], None),
    ],
)
def test_only_a_wheel_that_is_sure_to_be_chosen_is_early(files: list[Artifact], chosen: str | None) -> None:
    found = only_wheel(files)
    assert (found and found.filename) == chosen


def test_no_wheel_is_early_where_formats_are_wanted(tmp_path: Path) -> None:
    with closing(SimpleIndex()) as index:
        for package in (A, B):
            index.add(package)
        wanted = request(tmp_path, index.url)
        options = wanted.options._replace(format_control=(("no_binary", "a"),))
        with closing(begin(wanted._replace(options=options))) as start:
            assert start.early is not None
            assert start.early.transport.driver is not None
            start.early.transport.driver.run_until(lambda: len(index.paths) >= 2, 5)
            start.early.attend()
        assert sorted(index.paths) == ["/simple/a/", "/simple/b/"]
