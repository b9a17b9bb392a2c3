"""Promises 27 to 29 and 32: whatever fails, the environment is the old one, file by file."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from piptools_clone.environment.own_names import FOLDER
from piptools_clone.errors import BuildFailure, EnvironmentFailure, HashMismatch, IndexFailure, PiptoolsCloneError
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.syncing.transaction.environment_lock import locked_environment
from piptools_clone.syncing.transaction.journal import State
from piptools_clone.syncing.write.scheme import scheme_of
from tests.support.packages import make_sdist, make_wheel
from tests.support.simple_index import Fault, SimpleIndex
from tests.sync.environments import Environment, make_environment, snapshot
from tests.sync.project import Project, pinned

A, A2 = make_wheel("a", "1.0", files={"a/old.py": "old = 1\n"}), make_wheel("a", "2.0", files={"a/new.py": "new = 1\n"})
B = make_wheel("b", "1.0")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An environment with a 1.0, so that a failed change has something to spoil."""
    made = Project(tmp_path)
    made.offer(A, A2, B)
    made.sync("a==1.0\n")
    return made


@pytest.fixture
def index() -> Iterator[SimpleIndex]:
    with closing(SimpleIndex()) as made:
        for package in (A, A2, B):
            made.add(package)
        yield made


def test_a_hash_that_does_not_match(project: Project) -> None:
    """27: one wrong hash among several lines, and nothing of the others is installed either."""
    wrong = pinned(B).replace(B.sha256, "0" * 64)
    project.fails(pinned(A2) + wrong, PiptoolsCloneError, "b==1.0")


def test_another_file_than_was_promised(project: Project, index: SimpleIndex) -> None:
    """27: the index gives the right digest and other bytes."""
    index.fail_always(f"/files/{B.filename}", Fault(body=b"something else"))
    options = IndexOptions(index_url=index.url)
    project.fails(pinned(A2) + pinned(B), HashMismatch, "b-1.0", options=options, cache_dir=str(project.folder / "new"))


def test_a_file_that_is_not_there(project: Project, index: SimpleIndex) -> None:
    """27: a file that the index lists and does not have."""
    index.fail_always(f"/files/{B.filename}", Fault(status=404, body=b""))
    options = IndexOptions(index_url=index.url)
    cache = str(project.folder / "new")
    project.fails(pinned(A2) + pinned(B), IndexFailure, "404|not there|b-1.0", options=options, cache_dir=cache)


def test_a_download_that_breaks_once(project: Project, index: SimpleIndex) -> None:
    """3, 27: a body that is cut off once is asked for again, and the sync is whole."""
    index.fail(f"/files/{B.filename}", Fault(cut=100))
    options = IndexOptions(index_url=index.url)
    project.sync(pinned(A2) + pinned(B), options=options, cache_dir=str(project.folder / "new"))
    assert project.names() == ["a==2.0", "b==1.0"]


def test_a_download_that_breaks_every_time(project: Project, index: SimpleIndex) -> None:
    """27: a body that is cut off whenever it is asked for, though every other file has come."""
    index.fail_always(f"/files/{B.filename}", Fault(cut=100))
    options = IndexOptions(index_url=index.url, retries=1)
    cache = str(project.folder / "new")
    project.fails(pinned(A2) + pinned(B), IndexFailure, re.escape(B.filename), options=options, cache_dir=cache)
    assert index.count(f"/files/{B.filename}") >= 2
    assert project.names() == ["a==1.0"]


def test_a_build_that_fails(project: Project) -> None:
    """27: a source distribution that cannot be built."""
    sdist = make_sdist("src", "1.0", fails="the compiler said no")
    project.offer(sdist)
    project.fails(pinned(A2) + pinned(sdist), BuildFailure, "the compiler said no")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"../outside.py": ""}, "not a plain relative"),
        ({"b/x.py": "", "b/X.py": ""}, "case only"),
        ({"bad-1.0.data/scripts/python3": "#!python\n"}, "may not be named"),
        ({"bad-1.0.data/data/pyvenv.cfg": ""}, "pyvenv"),
    ],
)
def test_bad_wheels(files: dict[str, str], words: str, project: Project) -> None:
    """32: a wheel that must not be installed is refused before anything changes."""
    bad = make_wheel("bad", "1.0", files=files)
    project.offer(bad)
    project.fails(pinned(A2) + pinned(bad), PiptoolsCloneError, words)


def test_a_file_of_another_distribution(project: Project) -> None:
    """32: two distributions cannot own one file with different contents."""
    thief = make_wheel("thief", "1.0", files={"a/old.py": "stolen = 1\n"})
    project.offer(thief)
    project.fails(pinned(A) + pinned(thief), EnvironmentFailure, "both install")


@pytest.mark.parametrize("kind", ["folder in the way of a file", "file in the way of a folder"])
def test_something_in_the_way(kind: str, project: Project) -> None:
    """27: what stands in the way is neither removed nor replaced."""
    project.offer(make_wheel("pkg", "1.0", files={"pkg/module.py": "x = 1\n"}))
    if kind.startswith("folder"):
        (project.site / "pkg" / "module.py").mkdir(parents=True)
    else:
        (project.site / "pkg").write_text("mine")
    project.fails("a==2.0\npkg==1.0\n", EnvironmentFailure, "in the way")


def test_a_download_that_breaks_is_an_exit_code(project: Project, index: SimpleIndex) -> None:
    """27: the same as a process: exit code 2, one error and no traceback."""
    index.fail_always(f"/files/{B.filename}", Fault(cut=100))
    (project.folder / "requirements.txt").write_text(pinned(A2) + pinned(B))
    before = project.state()
    words = ["--index-url", index.url, "--python", str(project.python), "--cache-dir", "new", "--pip-args=--retries=0"]
    done = run_sync(project.folder, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ERROR: ")
    assert "Traceback" not in done.stderr
    assert project.state() == before


def run_sync(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    code = "from piptools_clone.cli.sync_entry import main; main()"
    return subprocess.run([sys.executable, "-c", code, *words], cwd=folder, check=False, capture_output=True, text=True)


def test_a_read_only_file_system(tmp_path: Path) -> None:
    """27, 37: site-packages on a file system that is read-only, which stops root as well."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "tmpfs", disk], check=False).returncode:
        pytest.skip("mounting a file system needs root and the permission to mount")
    try:
        project = Project(disk)
        project.offer(A, A2)
        cache = str(tmp_path / "cache")
        project.sync("a==1.0\n", cache_dir=cache)
        (disk / "requirements.txt").write_text("a==2.0\n")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        before = project.state()
        words = ["--no-index", "-f", "wheels", "--python", str(project.python), "--cache-dir", cache]
        done = run_sync(disk, *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("ERROR: The environment cannot be changed: ")
        assert "not writable" in done.stderr
        assert project.state() == before
    finally:
        subprocess.run(["umount", disk], check=True)


class Refusing:
    """Renames, until one is refused as on a read-only file system: that one alone, or all from there on."""

    def __init__(self, after: int, *, for_good: bool) -> None:
        self.left = after
        self.for_good = for_good

    def __call__(self, old: str, new: str) -> None:
        self.left -= 1
        if self.left == -1 or (self.left < 0 and self.for_good):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), new)
        Path(old).rename(new)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment with a 1.0, below all that reads locks and fetches files."""
    made = make_environment(tmp_path)
    made.change(A)
    return made


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_rename_that_is_refused(after: int, environment: Environment) -> None:
    """27: from the first on or half-way; for every user, root as well, and wherever nothing can be mounted."""
    before = snapshot(environment.root)
    with pytest.raises(EnvironmentFailure, match=r"is as it was: .*Read-only file system"):
        environment.change(A2, rename=Refusing(after, for_good=False))
    assert snapshot(environment.root) == before


@pytest.mark.parametrize("after", [1, 2, 3])
def test_renames_that_are_refused_for_good(after: int, environment: Environment) -> None:
    """28: when undoing is refused too, the error says so, and the next sync undoes it."""
    before = snapshot(environment.root)
    with pytest.raises(EnvironmentFailure, match=r"nor could what was begun be undone: .*Read-only file system"):
        environment.change(A2, rename=Refusing(after, for_good=True))
    found: list[State] = []
    roots = scheme_of(environment.interpreter).folders
    with locked_environment(environment.site, roots, found.append, found.append):  # type: ignore[arg-type]  # nobody waits
        assert found in ([State.TAKING], [State.PUTTING])
    assert snapshot(environment.root) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_environment(project: Project) -> None:
    """27, 37: site-packages that cannot be written to."""
    project.site.chmod(0o555)
    try:
        project.fails("a==2.0\n", EnvironmentFailure, "not writable")
    finally:
        project.site.chmod(0o755)


def test_a_full_disk(tmp_path: Path) -> None:
    """27: the disk of the environment is full half-way through the files; nothing is left of them."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=False).returncode:
        pytest.skip("mounting a small disk needs root and the permission to mount")
    try:
        project = Project(disk)
        project.offer(A)
        cache = str(tmp_path / "cache")
        project.sync("a==1.0\n", cache_dir=cache)
        big = make_wheel("big", "1.0", files={f"big/{number}.py": bytes(60_000) for number in range(40)})
        [elsewhere] = [big.write(tmp_path / "wheels").parent]
        options = IndexOptions(no_index=True, find_links=(str(elsewhere),))
        lock = f"a==1.0\n{pinned(big).split(' ')[0]}\n"
        project.fails(lock, EnvironmentFailure, "is as it was", options=options, cache_dir=cache)
        assert not (project.site / FOLDER).exists()
        project.sync("a==1.0\n", cache_dir=cache, verify=True)
        assert project.names() == ["a==1.0"]
    finally:
        subprocess.run(["umount", disk], check=True)


def test_the_next_sync_undoes_and_finishes(project: Project) -> None:
    """28: a process killed between two renames; the next sync says so, and reaches the new state."""
    before = project.state()
    driver = (
        "import os, sys\n"
        "from piptools_clone.syncing.transaction import swap as transaction\n"
        "real = transaction._forward\n"
        "def die(point):\n"
        "    if point.startswith('put'): os.kill(os.getpid(), 9)\n"
        "transaction._forward = lambda folder, steps, rename, _: real(folder, steps, rename, die)\n"
        "from piptools_clone.cli.sync_command import main\n"
        "main()\n"
    )
    (project.folder / "requirements.txt").write_text("a==2.0\n")
    words = ["--no-index", "-f", "wheels", "--python", str(project.python), "--cache-dir", "cache", "requirements.txt"]
    command = [sys.executable, "-c", driver, *words]
    assert subprocess.run(command, cwd=project.folder, check=False, capture_output=True).returncode == -9
    assert (project.site / FOLDER / "putting").exists()
    assert project.state() != before
    project.sync("a==2.0\n")
    assert any("An interrupted sync of this environment was undone" in text for text in project.hearer.said)
    assert project.names() == ["a==2.0"]
    assert not (project.site / FOLDER).exists()
