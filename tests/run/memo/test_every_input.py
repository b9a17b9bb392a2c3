"""An answer is given only if all it came from is as it was: each input in turn, for each outcome of the memo."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from piptools_clone.environment.own_names import FOLDER, NOTE
from tests.run.memo import test_installation, test_sync_memo
from tests.run.memo.conftest import Place
from tests.support.packages import make_wheel


class Remembered(Protocol):
    """A run that is remembered."""

    cache: Path

    def is_answered(self) -> bool:
        """Run it again, and tell whether its work was spared."""


class Compile:
    """A lock that is up to date."""

    def __init__(self, place: Place) -> None:
        self.place, self.project, self.cache = place, place.project, place.project.cache
        self.settings = self.project.home / "pip.conf"
        self.settings.write_text("[global]\n")
        for _ in range(2):  # the first one fetches, and writes the lock
            self.is_answered()

    def is_answered(self) -> bool:
        return self.place.run(env={"PIP_CONFIG_FILE": str(self.settings)}).remembered


class Sync(test_sync_memo.Command):
    """An environment with nothing to do."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.cache, self.info = folder / "cache", self.site / "a-1.0.dist-info"
        self()

    def is_answered(self) -> bool:
        return not self(loads="piptools_clone.process.memory")[1]  # which is loaded once nothing is remembered


class Installation(test_installation.Command):
    """A second fresh environment."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.cache = folder / "cache"
        self.venv("first")
        self("first")

    def is_answered(self) -> bool:
        """The whole command does what there is to do, where it is not."""
        if not (self.folder / "second").exists():
            self.venv("second")
        said, is_repeated = self("second")
        assert "add plain 1.0\nadd tool 2.0\n" in said
        assert self("second", "--verify")[0] == "Everything up-to-date\n"
        return is_repeated


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def in_place(path: Path, text: str) -> None:
    """Change a file and set its time back, as an attacker or a tool of copying does."""
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def swap_case(path: Path) -> None:
    in_place(path, path.read_text().swapcase())


def replace_by_a_link(path: Path) -> None:
    moved = path.parent.parent / f"moved-{path.name}"
    path.rename(moved)
    path.symlink_to(moved)


def replace_by_its_like(path: Path) -> None:
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)


def each_entry(do: Callable[[Path], object]) -> Callable[[Any], object]:
    return lambda run: [do(path) for path in run.cache.glob("memo-v*/*/*")]


def folder_of_entries(do: Callable[[Path], object]) -> Callable[[Any], object]:
    return lambda run: [do(path) for path in run.cache.glob("memo-v*")]


def install_before(run: Installation) -> None:
    site = run.venv("second")
    shutil.unpack_archive(make_wheel("other", "1.0").write(run.folder / "others"), site, "zip")


STORE: dict[str, Callable[[Any], object]] = {
    "a damaged entry": each_entry(lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!")),
    "an entry of noise": each_entry(lambda path: path.write_bytes(b"x")),
    "an entry for all": each_entry(lambda path: path.chmod(0o666)),
    "a linked entry": each_entry(replace_by_a_link),
    "a folder for all": folder_of_entries(lambda path: path.chmod(0o777)),
    "a linked folder": folder_of_entries(replace_by_a_link),
}
TABLE: dict[Callable[[Any], Remembered], dict[str, Callable[[Any], object]]] = {
    Compile: {
        "an input": lambda run: run.project.want("a", "b<2"),
        "a comment in an input": lambda run: run.project.want("a # why"),
        "an input that is gone": lambda run: (run.project.folder / "requirements.in").unlink(),
        "the lock": lambda run: run.project.write("requirements.txt", "b==1.0"),
        "a lock that is gone": lambda run: run.project.lock_path.unlink(),
        "a configuration file": lambda run: run.project.write(".pip-tools.toml", "[tool.pip-tools]", "header = false"),
        "a project file": lambda run: run.project.write("pyproject.toml", "[tool.pip-tools]", "header = false"),
        "a repository": lambda run: (run.project.folder / ".git").mkdir(),
        "netrc": lambda run: (run.project.home / ".netrc").write_text("machine x login y password z\n"),
        "settings of pip": lambda run: run.settings.write_text("[global]\npre = true\n"),
        "a page": lambda run: [replace_by_its_like(path) for path in run.cache.glob("pages-*/*/*")],
    },
    Sync: {
        "the lock": lambda run: run.lock.write_text("a==1.0\n-r more.txt\n# another\n"),
        "the lock in its place": lambda run: in_place(run.lock, run.lock.read_text().replace("a", "b")),
        "an included lock": lambda run: (run.folder / "more.txt").write_text("b==1.0 # another\n"),
        "something renamed": lambda run: run.info.rename(run.site / "a-0.9.dist-info"),
        "something added": lambda run: (run.site / "c-1.0.dist-info").mkdir(),
        "a link to elsewhere": lambda run: (run.site / "c.egg-link").write_text("/nowhere\n.\n"),
        "where something came from": lambda run: (run.info / "direct_url.json").write_text("{}"),
        "metadata in its place": lambda run: swap_case(run.info / "METADATA"),
        "RECORD in its place": lambda run: swap_case(run.info / "RECORD"),
        "installer in its place": lambda run: in_place(run.info / "INSTALLER", "PIP-SYNC"),
        "no modules": lambda run: shutil.rmtree(run.site),
        "a configuration": lambda run: (run.folder / ".pip-tools.toml").write_text("[tool.pip-tools]\n"),
        "a configuration above": lambda run: (run.folder.parent / "pyproject.toml").write_text(""),
        "an endless configuration": lambda run: (run.folder / "pyproject.toml").symlink_to("pyproject.toml"),
        "settings of pip": lambda run: write(run.folder / ".pip" / "pip.conf", "[global]\nno-index = true\n"),
        "the environment": lambda run: os.utime(run.folder / "venv" / "pyvenv.cfg", (1, 1)),
        "the environment in its place": lambda run: in_place(run.folder / "venv/pyvenv.cfg", "home = /nowhere\n"),
        "a killed sync": lambda run: (run.site / FOLDER).mkdir(),
        "another boot": lambda run: (run.site / NOTE).write_text('{"boot": "another"}'),
    },
    Installation: {
        "the lock": lambda run: run.lock.write_text(run.lock.read_text() + "# another\n"),
        "a configuration": lambda run: (run.folder / ".pip-tools.toml").write_text("[tool.pip-tools]\n"),
        "settings of pip": lambda run: write(run.folder / ".pip" / "pip.conf", "[global]\nonly-binary=:all:\n"),
        "something installed": install_before,
        "a file in the way": lambda run: (run.venv("second") / "tool.py").write_text("stray"),
        "a killed sync": lambda run: (run.venv("second") / FOLDER).mkdir(),
        "another kind of environment": lambda run: run.venv("second", "--system-site-packages"),
        "a lost pack": lambda run: [path.unlink() for path in run.cache.glob("packs-v*/*/*.pack")],
    },
}
ROWS = [(make, name, change) for make, rows in TABLE.items() for name, change in {**rows, **STORE}.items()]


@pytest.mark.parametrize(("make", "name", "change"), ROWS, ids=[f"{row[0].__name__}: {row[1]}" for row in ROWS])
def test_what_changed_is_seen(
    make: Callable[[Any], Remembered], name: str, change: Callable[[Any], object], request: pytest.FixtureRequest
) -> None:
    run = make(request.getfixturevalue("place" if make is Compile else "tmp_path"))
    change(run)
    assert not run.is_answered()


@pytest.mark.parametrize("make", TABLE, ids=lambda make: make.__name__)
def test_what_did_not_change_is_answered(make: Callable[[Any], Remembered], request: pytest.FixtureRequest) -> None:
    assert make(request.getfixturevalue("place" if make is Compile else "tmp_path")).is_answered()
