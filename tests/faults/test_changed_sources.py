"""A changed source is installed anew, an unchanged one costs nothing: folders, files, editables, moving revisions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from piptools_clone.errors import BuildFailure
from piptools_clone.model.sync_request import SyncResult
from tests.support.packages import make_wheel, write_project
from tests.sync.project import Project

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@idx.example", "-c", "init.defaultBranch=main")


class Sources(Project):
    """A project folder ``src/a``, and syncs of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.src = write_project(folder / "src" / "a", "a", "1.0", files={"a.py": "VALUE = 1\n"})
        self.line = f"a @ {self.src.as_uri()}\n"

    def write(self, path: str, text: str) -> Path:
        file = self.src / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def git(self, *words: str) -> str:
        done = subprocess.run([*GIT, *words], cwd=self.src, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self) -> str:
        if not (self.src / ".git").exists():
            self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "another")
        return self.git("rev-parse", "HEAD")

    def value(self) -> int:
        return int(self.run("import a; print(a.VALUE)"))

    def replaced(self, line: str | None = None, **facts: Any) -> str:
        """A sync that installs ``a`` anew; the reason."""
        result = self.sync(line or self.line, **facts)
        [change] = [change for change in result.changes if change.name == "a"]
        assert (change.action, result.changed) == ("replace", True)
        assert self.check(line).is_empty
        return change.reason

    def unchanged(self, line: str | None = None, **facts: Any) -> None:
        """A sync that does nothing, and asks for nothing."""
        heard, state = len(self.hearer.said), self.state()
        result = self.sync(line or self.line, **facts)
        assert self.actions(result) == ["keep a: is as the lock says"]
        assert [
            text for text in self.hearer.said[heard:] if "leads to now" not in text and "leads now" not in text
        ] == []
        assert self.state() == state

    def check(self, line: str | None = None) -> SyncResult:
        """As ``--check --verify``."""
        return self.sync(line or self.line, dry_run=True, verify=True)

    def note(self) -> Path:
        [info] = self.site.glob("a-*.dist-info")
        return info / "piptools-clone.json"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    for name in [name for name in os.environ if name.startswith(("PIP_", "GIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return Sources(tmp_path)


def executable(project: Sources) -> None:
    project.write("tool.sh", "").chmod(0o755)


CHANGES: dict[str, Callable[[Sources], object]] = {
    "content": lambda project: project.write("a.py", "VALUE = 2\n"),
    "a new file": lambda project: project.write("data/more.txt", ""),
    "a file less": lambda project: (project.src / "tool.sh").unlink(),
    "another name": lambda project: (project.src / "tool.sh").rename(project.src / "tools.sh"),
    "executable": executable,
    "a package that is called build": lambda project: project.write("build/__init__.py", ""),
    "a folder build further down": lambda project: project.write("a_/build/x.py", ""),
    "behind a link": lambda project: (project.folder / "outside" / "x").write_text("2"),
}


def test_a_changed_folder_is_not_what_was_installed(project: Sources) -> None:
    project.write("tool.sh", "")
    outside = project.folder / "outside"
    outside.mkdir()
    (project.src / "linked").symlink_to(outside)
    project.sync(project.line)
    project.unchanged()
    shutil.copytree(project.folder / "src", project.folder / "copy", symlinks=True)
    for change in CHANGES.values():
        change(project)
        assert project.actions(project.check()) == ["replace a: its folder has changed"]
        shutil.rmtree(project.folder / "src")
        shutil.copytree(project.folder / "copy", project.folder / "src", symlinks=True)
        (outside / "x").unlink(missing_ok=True)
        project.unchanged(offline=True)


@pytest.mark.parametrize("named", [True, False])
def test_a_changed_folder_is_installed_anew(named: bool, project: Sources) -> None:
    line = project.line if named else f"{project.src}\n"
    project.sync(line)
    project.write("a.py", "VALUE = 22\n")
    assert project.replaced(line) == "its folder has changed"
    assert project.value() == 22
    project.unchanged(line, offline=True)


LEFT_BEHIND = (
    "build/lib/a.py", "dist/a-1.0.tar.gz", "a.egg-info/PKG-INFO", "__pycache__/a.cpython-312.pyc", "a_/b.pyc",
    ".venv/lib/x.py", "env/pyvenv.cfg", ".tox/x.py", ".nox/x.py", ".mypy_cache/x.json", ".pytest_cache/x", ".git/x",
    "node_modules/x/x.js", "cached/CACHEDIR.TAG", ".coverage", "notes.txt~",
)  # fmt: skip


def test_what_no_build_reads_changes_nothing(project: Sources) -> None:
    project.sync(project.line)
    for path in LEFT_BEHIND:
        project.write(path, "")
        project.unchanged()
        project.write(path, "another")
        project.unchanged()


def test_touching_and_copying_is_no_change(project: Sources) -> None:
    project.sync(project.line)
    os.utime(project.src / "a.py", (1, 1))
    shutil.copytree(project.src, project.folder / "copy")
    shutil.rmtree(project.src)
    (project.folder / "copy").rename(project.src)
    project.unchanged()


def test_what_version_control_ignores_counts_only_where_it_would_be_packed(project: Sources) -> None:
    project.write(".gitignore", "/logs/\n*.sqlite\n*_pb2.py\n/pkg/web/\n")
    project.write("pkg/__init__.py", "")
    project.commit()
    project.sync(project.line)
    project.write("logs/today.txt", "x")
    project.write("db.sqlite", "x")
    project.unchanged()
    for path in ("made_pb2.py", "made/more_pb2.py", "pkg/web/app.js"):
        project.write(path, "x")
        assert project.replaced() == "its folder has changed"
    project.git("add", "-f", "db.sqlite")
    assert project.replaced() == "its folder has changed"


def test_a_project_in_an_ignored_folder_is_compared_whole(project: Sources) -> None:
    subprocess.run([*GIT, "init", "-q"], cwd=project.folder, check=True)
    (project.folder / ".gitignore").write_text("/src/\n")
    project.sync(project.line)
    project.write("data.txt", "x")
    assert project.replaced() == "its folder has changed"


def test_a_configuration_in_the_folder_starts_nothing(project: Sources) -> None:
    project.commit()
    seen = project.folder / "seen"
    program = project.folder / "program"
    program.write_text(f"#!/bin/sh\ntouch {seen}\n")
    program.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "core.askPass", "alias.ls-files"):
        project.git("config", key, str(program))
    for hook in ("post-index-change", "fsmonitor-watchman"):
        shutil.copy(program, project.src / ".git" / "hooks" / hook)
    seen.unlink(missing_ok=True)
    project.sync(project.line)
    project.unchanged()
    assert not seen.exists()


def test_without_git_everything_counts(project: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(".gitignore", "*.txt\n")
    project.commit()
    monkeypatch.setenv("PATH", str(project.folder))
    project.sync(project.line)
    project.write("x.txt", "x")
    assert project.replaced() == "its folder has changed"


@pytest.mark.parametrize("editable", [False, True])
def test_a_version_from_version_control_changes_with_commits_and_tags(editable: bool, project: Sources) -> None:
    pyproject = (project.src / "pyproject.toml").read_text()
    project.write("pyproject.toml", pyproject + "\n[tool.own-scm]\nx = 1\n")
    line = f"-e {project.src.as_uri()}\n" if editable else project.line
    project.commit()
    project.sync(line)
    project.unchanged(line)
    project.commit()
    assert not project.check(line).is_empty
    project.replaced(line)
    project.git("tag", "v2")
    project.replaced(line)


def test_without_such_a_version_a_commit_is_no_change(project: Sources) -> None:
    project.commit()
    project.sync(project.line)
    project.commit()
    project.git("tag", "v2")
    project.unchanged()


def test_a_note_beside_the_address_holds_the_fingerprint_and_nothing_else(project: Sources) -> None:
    """It is recorded, and goes with what it tells of."""
    project.sync(project.line)
    assert [*json.loads(project.note().read_text())] == ["source"]
    assert f"{project.note().parent.name}/piptools-clone.json,sha256=" in project.note().with_name("RECORD").read_text()
    project.sync("", allow_empty=True)
    assert [*project.site.glob("a*")] == []


def test_a_wheel_cannot_bring_the_note(project: Sources) -> None:
    files = {"b.py": "", "b-1.0.dist-info/piptools-clone.json": '{"source": "x"}'}
    wheel = make_wheel("b", "1.0", files=files)
    path = wheel.write(project.folder / "files")
    project.offer(wheel)
    for lock in ("b==1.0\n", f"b @ {path.as_uri()}\n"):
        project.sync(lock)
        assert not (project.site / "b-1.0.dist-info" / "piptools-clone.json").exists()
        assert "piptools-clone.json" not in (project.site / "b-1.0.dist-info" / "RECORD").read_text()
        project.sync("", allow_empty=True)


def test_what_another_installer_took_from_a_folder_is_installed_anew_once(project: Sources) -> None:
    """Only the address was recorded; and a note that did not come from here is not believed."""
    project.sync(project.line)
    (project.note().parent / "INSTALLER").write_text("pip\n")
    assert project.replaced() == "it was not recorded what its folder held"
    project.note().unlink()
    assert project.replaced() == "it was not recorded what its folder held"
    project.unchanged()


def test_an_editable_of_another_installer_stays_until_its_project_is_newer(project: Sources) -> None:
    line = f"-e {project.src.as_uri()}\n"
    project.sync(line)
    project.note().unlink()
    project.unchanged(line)
    made = (project.note().parent / "METADATA").stat().st_mtime
    os.utime(project.src / "a.py", (made + 10, made + 10))
    project.unchanged(line)
    os.utime(project.src / "pyproject.toml", (made + 10, made + 10))
    assert project.replaced(line) == "its folder has changed"
    project.unchanged(line)


def test_a_folder_that_is_too_large_is_installed_anew_each_time(
    project: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("piptools_clone.syncing.sources.fingerprint.MAX_BYTES", 100)
    project.sync(project.line)
    for _ in range(2):
        [change] = project.sync(project.line).changes
        assert (change.action, change.reason) == ("replace", "its folder is too large to compare")


@pytest.mark.parametrize("kind", ["wheel", "archive"])
def test_a_file_that_was_made_anew_is_installed_anew(kind: str, project: Sources) -> None:
    def make(value: int) -> None:
        if kind == "wheel":
            path.write_bytes(make_wheel("a", "1.0", files={"a.py": f"VALUE = {value}\n"}).data)
        else:
            project.write("a.py", f"VALUE = {value}\n")
            shutil.make_archive(str(path).removesuffix(".zip"), "zip", project.src.parent, "a")

    path = project.folder / "files" / ("a-1.0-py3-none-any.whl" if kind == "wheel" else "a-1.0.zip")
    path.parent.mkdir()
    make(1)
    line = f"a @ {path.as_uri()}\n"
    project.sync(line)
    project.unchanged(line)
    make(3)
    assert not project.check(line).is_empty
    assert project.replaced(line) == "its file has changed"
    assert project.value() == 3


def test_a_file_whose_digest_the_lock_states_is_not_read(project: Sources) -> None:
    """What is installed is what the lock says, whatever has come to where it was."""
    wheel = make_wheel("a", "1.0")
    path = wheel.write(project.folder / "files")
    for line in (f"a @ {path.as_uri()} --hash=sha256:{wheel.sha256}\n", f"a @ {path.as_uri()}#sha256={wheel.sha256}\n"):
        path.write_bytes(wheel.data)
        project.sync(line)
        path.write_bytes(b"another")
        project.unchanged(line)


def test_a_cache_in_the_folder_is_no_part_of_it(project: Sources) -> None:
    cache = str(project.src / "cache")
    project.sync(project.line, cache_dir=cache)
    project.write("cache/more", "x")
    project.unchanged(cache_dir=cache)


def test_links_in_circles_end(project: Sources) -> None:
    (project.src / "again").symlink_to(project.src)
    (project.src / "nowhere").symlink_to(project.src / "missing")
    os.mkfifo(project.src / "pipe")
    project.sync(project.line)
    project.unchanged()


EDITABLE_CHANGES: dict[str, tuple[str, str]] = {
    "the project's file": ("pyproject.toml", ""),
    "the readme": ("docs/README.md", 'readme = "docs/README.md"'),
    "a file of requirements": ("needed.txt", '[tool.own.dynamic]\ndependencies = {file = ["needed.txt"]}'),
    "the module of the version": ("src/a_/__about__.py", '[tool.own.version]\npath = "src/a_/__about__.py"'),
    "the module of an attribute": ("src/a_/__init__.py", '[tool.own.dynamic]\nversion = {attr = "a_.__version__"}'),
    "setup.py": ("setup.py", ""),
    "what setup.py names": ("setup/version.txt", 'open(os.path.join("setup", "version.txt"))'),
    "what setup.cfg names": ("CHANGES.rst", "[metadata]\nlong_description = file: README.md, CHANGES.rst\n"),
}


@pytest.mark.parametrize("change", EDITABLE_CHANGES)
def test_an_editable_is_installed_anew_when_its_metadata_may_be_another(change: str, project: Sources) -> None:
    path, text = EDITABLE_CHANGES[change]
    name = "setup.py" if "setup.py" in change else "setup.cfg" if "setup.cfg" in change else "pyproject.toml"
    old = (project.src / name).read_text() if name == "pyproject.toml" else ""
    if path not in ("pyproject.toml", "setup.py"):
        project.write(path, "1")
    project.write(name, f"{old}\n{text}\n")
    line = f"-e {project.src.as_uri()}\n"
    project.sync(line)
    project.unchanged(line)
    with (project.src / path).open("a") as file:
        file.write("\n# another\n")
    assert project.actions(project.check(line)) == ["replace a: its folder has changed"]


def test_the_code_of_an_editable_may_change(project: Sources) -> None:
    """Nor does a file count that a tool is told of which takes no part in the build."""
    text = (project.src / "pyproject.toml").read_text()
    project.write("pyproject.toml", text + '\n[tool.linter]\nfiles = ["src/a/x.py"]\n')
    line = f"-e {project.src.as_uri()}\n"
    project.sync(line)
    project.write("a.py", "VALUE = 2\n")
    project.write("src/a/x.py", "")
    project.write("src/a/__init__.py", "")
    project.unchanged(line)
    assert project.value() == 2


class Asked:
    """A git that writes down what it is asked for."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._log = folder / "asked"
        spy = folder / "bin" / "git"
        spy.parent.mkdir()
        spy.write_text(f'#!/bin/sh\necho "$@" >> {self._log}\nexec {shutil.which("git")} "$@"\n')
        spy.chmod(0o755)
        monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")

    def take(self) -> list[str]:
        """What was asked since: the words of git."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        self._log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def asked(project: Sources, monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(project.folder, monkeypatch)


def move_branch(project: Sources) -> None:
    project.write("a.py", "VALUE = 7\n")
    project.commit()


def move_tag(project: Sources) -> None:
    move_branch(project)
    project.git("tag", "-f", "-a", "-m", "moved", "v1")


@pytest.mark.parametrize(
    ("revision", "move"), [("", move_branch), ("@main", move_branch), ("@v1", move_tag), ("@refs/tags/v1", move_tag)]
)
def test_a_revision_that_moved_is_installed_anew(
    revision: str, move: Callable[[Sources], None], project: Sources, asked: Asked
) -> None:
    project.commit()
    project.git("tag", "-a", "-m", "first", "v1")
    line = f"a @ git+{project.src.as_uri()}{revision}\n"
    project.sync(line)
    asked.take()
    project.unchanged(line)
    [request] = asked.take()  # one, and no checkout
    assert request.startswith("ls-remote")
    move(project)
    asked.take()
    project.unchanged(line, offline=True)
    assert asked.take() == []
    assert not project.check(line).is_empty
    commit = project.git("rev-parse", "HEAD")
    assert project.replaced(line) == f"{revision[1:] or 'HEAD'} is at {commit[:12]} now"
    assert project.value() == 7


def test_a_commit_is_not_asked_for(project: Sources, asked: Asked) -> None:
    commit = project.commit()
    for revision in (commit, commit[:10]):
        line = f"a @ git+{project.src.as_uri()}@{revision}\n"
        project.sync(line)
        move_branch(project)
        asked.take()
        project.unchanged(line)
        assert len(asked.take()) == (revision != commit)


def test_a_branch_goes_before_a_tag_of_its_name(project: Sources) -> None:
    project.commit()
    project.git("branch", "v1")
    move_branch(project)
    project.git("tag", "v1")
    line = f"a @ git+{project.src.as_uri()}@v1\n"
    project.sync(line)
    assert project.value() == 1
    project.unchanged(line)


def test_a_branch_that_is_gone_leaves_what_is_installed_and_says_so(project: Sources) -> None:
    project.commit()
    project.git("branch", "side")
    line = f"a @ git+{project.src.as_uri()}@side\n"
    project.sync(line)
    project.git("branch", "-D", "side")
    assert project.sync(line).is_empty
    assert "has neither a branch nor a tag side; --reinstall a" in project.hearer.said[-1]


def test_a_repository_that_does_not_answer_ends_the_run(project: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    project.commit()
    line = f"a @ git+{project.src.as_uri()}@main\n"
    project.sync(line)
    project.src.rename(project.folder / "gone")
    assert "--offline" in project.fails(line, BuildFailure, "git could not tell what a @ .* leads to now")
    project.unchanged(line, offline=True)
    monkeypatch.setenv("PATH", str(project.folder))
    assert "--offline" in project.fails(line, BuildFailure, "there is no git to ask")


def test_names_are_installed_anew_when_that_is_asked_for(project: Sources) -> None:
    project.offer(make_wheel("b", "1.0"))
    lock = f"{project.line}b==1.0\n"
    project.sync(lock)
    for facts, expected in (
        ({"reinstall_names": frozenset("b")}, ["keep", "replace"]),
        ({"reinstall": True}, ["replace"] * 2),
    ):
        result = project.sync(lock, **facts)
        assert [change.action for change in result.changes] == expected
        assert result.depends is None
        assert result.installation is None


class Command:
    """``pip-sync`` as a process."""

    OPTIONS = ("--python", "venv/bin/python", "--no-index", "-f", "wheels", "--cache-dir", "cache")

    def __init__(self, project: Sources) -> None:
        self._project = project

    def __call__(self, lock: str, *argv: str, code: int = 0) -> str:
        folder = self._project.folder
        (folder / "requirements.txt").write_text(lock)
        done = subprocess.run(
            [sys.executable, "-c", "from piptools_clone.cli.sync_entry import main; main()", *self.OPTIONS, *argv],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "PIP_CONFIG_FILE": os.devnull},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def command(project: Sources) -> Command:
    return Command(project)


@pytest.mark.parametrize("lock", ["a @ {}\n", "{}\n", "-e {}\n", "git+{}@main#egg=a\n"])
def test_no_seal_hides_a_change(lock: str, project: Sources, command: Command) -> None:
    project.commit()
    lock = lock.format(project.src.as_uri())
    command(lock)
    for _ in range(2):
        assert command(lock) == "Everything up-to-date\n"
    text = (project.src / "pyproject.toml").read_text()
    project.write("pyproject.toml", f"{text}\n# another\n")
    project.commit()
    command(lock, "--check", "--verify", code=1)
    assert "replace a" in command(lock)
    assert command(lock, "--check", "--verify") == "Everything up-to-date\n"


def test_the_options_of_the_command(project: Sources, command: Command) -> None:
    project.offer(make_wheel("B.c", "1.0"))
    lock = f"{project.line}b-c==1.0\n"
    command(lock)
    for _ in range(2):
        said = command(lock, "--reinstall", "B_c")
        assert ("replace b-c" in said, "replace a" in said) == (True, False)
        said = command(lock, "--reinstall-all")
        assert ("replace b-c" in said, "replace a" in said) == (True, True)
    assert command(lock) == "Everything up-to-date\n"
    assert "replace b-c" in command(lock, "--pip-args", "--force-reinstall")


def test_a_name_that_the_lock_lacks_is_told(project: Sources, command: Command) -> None:
    command(project.line)
    assert "--reinstall b-c: no line of the lock has this name" in command(project.line, "--reinstall", "B_c")
    assert "no line" not in command(project.line, "--reinstall", "A")
