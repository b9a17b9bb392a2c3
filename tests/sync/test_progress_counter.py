"""How far a sync is, as an observer and as a terminal see it."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from piptools_clone.cli.progress import Progress
from piptools_clone.cli.report import Report
from piptools_clone.model.observer import SyncCounts
from tests.support.packages import make_wheel
from tests.sync.project import Project, pinned

A, B = make_wheel("a", "1.0"), make_wheel("b", "1.0")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.offer(A, B)
    return made


def test_every_step_is_counted_once(project: Project) -> None:
    project.sync(pinned(A) + pinned(B))
    counts = [counts for counts, _ in project.hearer.counted]
    assert counts == sorted(counts)
    assert counts[-1] == SyncCounts(total=2, fetched=2, unpacked=2, installed=2)
    assert [name for _, name in project.hearer.counted][-2:] == ["a", "b"]
    project.hearer.counted.clear()
    project.sync(pinned(A) + pinned(B))
    assert project.hearer.counted == []


def test_the_line() -> None:
    stream = io.StringIO()
    report = Report()
    report._progress = Progress(stream, enabled=True, clock=iter(range(9)).__next__)
    report.syncing(SyncCounts(12, 7, 5, 0), "a\x1b==1")
    report.syncing(SyncCounts(1, 1), "a")
    report.progress(1, 1, "a")
    report.progress(2, 0, "a")
    assert [line.removesuffix("\x1b[K") for line in stream.getvalue().split("\r")] == [
        "",
        "syncing 12 packages: 7 fetched, 5 unpacked, 0 installed, a\\x1b==1",
        "syncing 1 package: 1 fetched, 0 unpacked, 0 installed, a",
        "resolving: 1 package, 1 release read, a",
        "resolving: 2 packages, 0 releases read, a",
    ]


@pytest.mark.parametrize(("words", "shown"), [((), True), (("-q",), False)])
def test_a_terminal_and_a_pipe(words: tuple[str, ...], shown: bool, project: Project) -> None:
    """A terminal sees the line, unless --quiet, and it is gone in the end; a pipe sees nothing of it."""
    (project.folder / "requirements.txt").write_text(pinned(A))
    code = (
        "from piptools_clone.cli import progress; progress.QUIET_SECONDS = 0.0\n"
        "from piptools_clone.cli.sync_command import main; main()\n"
    )
    options = ["--no-index", "-f", "wheels", "--python", "venv/bin/python", "--cache-dir", "cache", *words]
    command = [sys.executable, "-c", code, *options]
    mine, theirs = pty.openpty()
    try:
        environ = os.environ | {"TERM": "xterm"}
        subprocess.run(command, cwd=project.folder, env=environ, stdout=theirs, stderr=theirs, check=True)
        os.write(theirs, b"end")
        seen = ""
        while not seen.endswith("end"):
            seen += os.read(mine, 100_000).decode()
    finally:
        os.close(mine)
        os.close(theirs)
    assert ("syncing 1 package" in seen) is shown
    assert seen.rpartition("\r\x1b[K")[2].replace("\r\n", "\n") == ("add a 1.0\nend" if shown else "end")
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", project.folder / "venv"], check=True)
    piped = subprocess.run(command, cwd=project.folder, capture_output=True, check=True)
    assert b"syncing" not in piped.stdout + piped.stderr
