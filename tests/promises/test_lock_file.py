"""The lock file is replaced whole, keeps what it is, and a run fails early (promises 21 to 26)."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.packages import make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

OLD = "# my own words\na==0.9\n"

ENDS_AT = """
import os, sys, signal
NUMBER, WHAT = int(sys.argv.pop(1)), sys.argv.pop(1)
calls = 0
def ending(call):
    def wrapped(*args, **named):
        global calls
        if WHAT != "count" and calls == NUMBER:
            calls += 1
            if WHAT.isdigit():
                raise OSError(int(WHAT), os.strerror(int(WHAT)))
            os.kill(os.getpid(), getattr(signal, WHAT))
        calls += 1
        return call(*args, **named)
    return wrapped
from piptools_clone.run import lockfile
class Edge:
    def __getattr__(self, name):
        found = getattr(os, name)
        return ending(found) if name in ("open", "fsync", "close", "chmod", "replace", "unlink") else found
lockfile.os = Edge()
lockfile.replace.__kwdefaults__["write"] = ending(os.write)
import atexit
if WHAT == "count":
    atexit.register(lambda: print("calls", calls))
from piptools_clone.cli.compile_entry import main
main(end=sys.exit)
"""


@pytest.fixture
def world(project: Project, index: SimpleIndex) -> Project:
    index.add(make_wheel("a", "1.0"))
    project.lock_path.write_text(OLD)
    return project.want("a>=1")


def end_at(world: Project, number: int, what: str) -> subprocess.CompletedProcess[str]:
    """Run the command so that its n-th step of writing meets an error or a signal."""
    command = [sys.executable, "-c", ENDS_AT, str(number), what, "--strip-extras"]
    return subprocess.run(command, cwd=world.folder, capture_output=True, text=True, check=False, timeout=60)


def entries(world: Project) -> list[str]:
    return sorted(path.name for path in world.folder.iterdir())


@pytest.mark.parametrize("what", [str(errno.ENOSPC), "SIGTERM", "SIGKILL"])
def test_an_end_at_any_step_leaves_the_old_lock_or_the_new(what: str, world: Project) -> None:
    """Promise 21: errors and signals leave no temporary file; a kill may, and the next run removes it in time."""
    counted = end_at(world, -1, "count")
    assert counted.returncode == 0, counted.stderr
    new = world.lock_path.read_bytes()
    steps = int(counted.stdout.rpartition(" ")[2])
    assert steps >= 5
    for number in range(steps):
        world.lock_path.write_text(OLD)
        done = end_at(world, number, what)
        assert "Traceback" not in done.stderr, done.stderr
        assert world.lock_path.read_bytes() in {OLD.encode(), new}
        left = [name for name in entries(world) if name.startswith(".pip-compile-")]
        if what == "SIGKILL":
            assert done.returncode == -signal.SIGKILL
        else:
            assert left == []
            assert done.returncode in {0, 2, 130}
        for name in left:
            (world.folder / name).unlink()


def test_mode_and_link_are_kept(world: Project) -> None:
    """Promise 22."""
    target = world.root / "elsewhere.txt"
    target.write_text(OLD)
    target.chmod(0o640)
    world.lock_path.unlink()
    world.lock_path.symlink_to(target)
    assert world.compile("--strip-extras").pins == {"a": "1.0"}
    assert world.lock_path.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert b"a==1.0" in target.read_bytes()


def test_unchanged_content_is_not_touched(world: Project) -> None:
    """Promise 22: inode and time of change stay."""
    world.compile("--strip-extras")
    os.utime(world.lock_path, ns=(1, 1))
    before = world.lock_path.stat()
    assert world.compile("--strip-extras").code == 0
    after = world.lock_path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, 1)


def test_a_read_only_lock_is_refused(world: Project, index: SimpleIndex) -> None:
    """Promises 22 and 23: before the first request."""
    world.lock_path.chmod(0o444)
    run = world.compile()
    assert (run.code, run.lock, index.paths) == (2, OLD.encode(), [])
    assert "read-only" in run.err


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("missing/lock.txt", "No such file or directory"),
        ("folder", "Is a directory"),
        ("requirements.in", "input and output filenames must not be matched"),
        ("./folder/../requirements.in", "input and output filenames must not be matched"),
        ("link.txt", "input and output filenames must not be matched"),
    ],
)
def test_an_impossible_output_fails_early(output: str, words: str, world: Project, index: SimpleIndex) -> None:
    """Promise 23: exit code 2 before the first request."""
    (world.folder / "folder").mkdir()
    (world.folder / "link.txt").symlink_to("requirements.in")
    run = world.compile("-o", output)
    assert (run.code, index.paths) == (2, [])
    assert words in run.err
    assert (world.folder / "requirements.in").read_text() == "a>=1\n"


def test_concurrent_compiles_all_end_well(world: Project) -> None:
    """Promise 24."""
    with ThreadPoolExecutor(4) as executor:
        runs = list(executor.map(lambda _: world.process("--strip-extras"), range(4)))
    assert {run.code for run in runs} == {0}
    assert b"a==1.0" in world.lock_path.read_bytes()
    assert entries(world) == ["requirements.in", "requirements.txt"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a==1.0\n<<<<<<< HEAD\nb==1.0\n=======\nb==2.0\n>>>>>>> branch\n", 2),
        ("a==1.0\nb==\n", 2),
        ("a==1.0\n\x00\x01\x02\n", 2),
        ("a==1.0\nthis is no requirement\n", 2),
    ],
    ids=["merge", "half", "noise", "words"],
)
def test_an_unreadable_old_lock(text: str, line: int, world: Project, index: SimpleIndex) -> None:
    """Promise 25: the line, and the way out; nothing is asked of the index, nothing written."""
    world.lock_path.write_text(text)
    run = world.compile()
    assert (run.code, run.lock, index.paths) == (2, text.encode(), [])
    assert f"requirements.txt:{line}" in run.err
    assert "hint:" in run.err


def test_an_old_lock_of_foreign_bytes(world: Project) -> None:
    """Promise 25."""
    world.lock_path.write_bytes(b"a==1.0\n\xff\xfe\n")
    run = world.compile()
    assert run.code == 2
    assert "requirements.txt:2" in run.err


@pytest.mark.parametrize("text", ["", "\n", "# only words\n"])
def test_an_empty_old_lock_counts_as_none(text: str, world: Project) -> None:
    """Promise 25."""
    world.lock_path.write_text(text)
    assert world.compile().pins == {"a": "1.0"}


@pytest.mark.parametrize(
    "lines",
    [("a=>1",), ("a", "-r missing.in"), ("a", "--no-such-option"), ("a @ ",), ("-e",)],
)
def test_an_input_that_cannot_be_read_is_one_paragraph(lines: tuple[str, ...], world: Project) -> None:
    """Promise 26: with the file and the line."""
    run = world.want(*lines).compile("--strip-extras")
    assert run.code == 2, run.err
    assert f"requirements.in:{len(lines)}" in run.err
    assert "\n\n" not in run.err.partition("\n\nhint:")[0].partition("Usage:")[0].strip()


def test_the_old_lock_stays_after_a_failure(world: Project) -> None:
    """Promise 21: there is nothing to undo, since nothing is done before everything is known."""
    assert world.want("a>=2").compile().code == 1
    assert world.lock_path.read_text() == OLD
    assert Path(world.lock_path).stat().st_nlink == 1
