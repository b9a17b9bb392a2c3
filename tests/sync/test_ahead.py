"""Requests ahead of time are those that would be sent anyway, and none where that is not sure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from piptools_clone.model.options import IndexOptions
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.sync import ahead
from tests.support.packages import make_wheel
from tests.support.simple_index import SimpleIndex

A, B = make_wheel("a", "1.0", requires=["b"]), make_wheel("b", "1.0")


def request(folder: Path, url: str) -> SyncRequest:
    lines = (f"{name}==1.0 \\\n    --hash=sha256:{package.sha256}\n" for name, package in (("a", A), ("b", B)))
    (folder / "requirements.txt").write_text("".join(lines))
    site = folder / "venv" / "lib" / "python3.12" / "site-packages"
    site.mkdir(parents=True)
    return SyncRequest(
        (str(folder / "requirements.txt"),),
        IndexOptions(index_url=url),
        python=str(folder / "venv" / "bin" / "python"),
        cache_dir=str(folder / "cache"),
        isolated=True,
    )


def asked(wanted: SyncRequest, index: SimpleIndex) -> list[str]:
    early = ahead.begin(wanted, {})
    if early is not None:
        with closing(early):
            assert early.lane is not None
            early.lane.run_until(lambda: len(index.paths) >= 1, 5)
    return sorted(index.paths)


def test_pages_of_what_is_missing_are_asked_for(tmp_path: Path) -> None:
    with closing(SimpleIndex()) as index:
        wanted = request(tmp_path, index.url)
        (tmp_path / "venv/lib/python3.12/site-packages/b-1.0.dist-info").mkdir()
        assert asked(wanted, index) == ["/simple/a/"]


DOUBTS: dict[str, Callable[[SyncRequest, Path], SyncRequest]] = {
    "offline": lambda wanted, _: wanted._replace(offline=True),
    "no index": lambda wanted, _: wanted._replace(options=IndexOptions(no_index=True)),
    "another place": lambda wanted, folder: wanted._replace(target=str(folder / "target")),
    "wheels in the cache": lambda wanted, folder: _with(wanted, folder / "cache" / "packs-v3" / "ab"),
    "all installed": lambda wanted, folder: _with(
        wanted, *(folder / f"venv/lib/python3.12/site-packages/{name}-1.0.dist-info" for name in "ab")
    ),
    "an odd environment": lambda wanted, folder: _with(wanted, folder / "venv/lib/python3.13"),
    "an index in the lock": lambda wanted, folder: _with_line(wanted, "--index-url https://idx.example/simple\n"),
    "no lock": lambda wanted, _: wanted._replace(sources=("absent.txt",)),
}


def _with(wanted: SyncRequest, *folders: Path) -> SyncRequest:
    for folder in folders:
        folder.mkdir(parents=True)
    return wanted


def _with_line(wanted: SyncRequest, line: str) -> SyncRequest:
    path = Path(wanted.sources[0])
    path.write_text(line + path.read_text())
    return wanted


@pytest.mark.parametrize("doubt", DOUBTS)
def test_nothing_is_asked_where_it_may_not_be_needed(doubt: str, tmp_path: Path) -> None:
    with closing(SimpleIndex()) as index:
        assert asked(DOUBTS[doubt](request(tmp_path, index.url), tmp_path), index) == []


def test_a_cold_run_asks_for_everything_once(tmp_path: Path) -> None:
    with closing(SimpleIndex()) as index:
        for package in (A, B):
            index.add(package)
        request(tmp_path, index.url)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", tmp_path / "venv"], check=True)
        words = ["--python", tmp_path / "venv/bin/python", "--cache-dir", "cache", "-i", index.url]
        command = [sys.executable, "-c", "from piptools_clone.cli.sync import main; main()", *words]
        environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        subprocess.run(command, cwd=tmp_path, env=environ, check=True, capture_output=True)
        assert sorted(index.paths) == sorted(
            ["/simple/a/", "/simple/b/", f"/files/{A.filename}", f"/files/{B.filename}"]
        )
