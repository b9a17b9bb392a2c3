"""A project whose runs are processes that tell what they loaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.packages import make_wheel
from tests.support.project import REPOSITORY, Project

DRIVER = """
import sys
from piptools_clone.cli.compile_entry import main
try:
    main(end=sys.exit)
finally:
    with open({told!r}, "w") as file:
        file.write(" ".join(sys.modules))
"""

WATCHED = """
import os, sys
asked, stat = set(), os.stat
os.stat = lambda path, **more: asked.add(path) or stat(path, **more)
from piptools_clone.cli.compile_entry import main
try:
    main(end=sys.exit)
finally:
    with open({told!r}, "w") as file:
        file.writelines(f"{{os.path.abspath(path)}}\\n" for path in asked if isinstance(path, str))
"""
"""The same, but it tells what paths were asked about."""


class Ran(NamedTuple):
    """What came of a process: everything that a user could see of it, and what it loaded."""

    code: int
    out: str
    err: str
    lock: bytes | None
    loaded: frozenset[str]

    @property
    def remembered(self) -> bool:
        """Whether the run was answered without being done."""
        return "piptools_clone.cli.report" not in self.loaded

    @property
    def seen(self) -> tuple[int, str, str, bytes | None]:
        """What a user sees."""
        return self[:4]


class Place:
    """The project, and a copy of the program: what is remembered is void once the program changes."""

    def __init__(self, project: Project, told: Path, library: Path) -> None:
        self.project = project
        self.told = told
        self.path = os.pathsep.join((str(library), sysconfig.get_path("purelib")))

    def run(self, *args: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, stdin: str = "") -> Ran:
        """Run pip-compile."""
        done = self._process(DRIVER, args, env, cwd, stdin)
        path = self.project.lock_path
        lock = path.read_bytes() if path.exists() else None
        return Ran(done.returncode, done.stdout, done.stderr, lock, frozenset(self.told.read_text().split()))

    def asked(self, *args: str) -> set[str]:
        """The paths that a run asks the system about, other than to open them."""
        assert self._process(WATCHED, args).returncode == 0
        return set(self.told.read_text().splitlines())

    def _process(
        self,
        driver: str,
        args: Sequence[str],
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: str = "",
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-S", "-P", "-c", driver.format(told=str(self.told)), "--strip-extras", *args],
            cwd=cwd or self.project.folder,
            env={**os.environ, "PYTHONPATH": self.path, **(env or {})},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def ready(self, *args: str) -> Ran:
        """Run until the run with the lock in place is remembered, and return such a run."""
        self.run(*args)  # fetches, and writes the lock
        return self.run(*args)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the program, which stays as it is while the tests run."""
    folder = tmp_path_factory.mktemp("library")
    shutil.copytree(REPOSITORY / "piptools_clone", folder / "piptools_clone")
    return folder


@pytest.fixture
def place(project: Project, tmp_path: Path, library: Path) -> Place:
    """A project that wants ``a``, which needs ``b``."""
    project.index.add(make_wheel("a", "1.0", requires=["b"]))
    for version in ("1.0", "2.0"):
        project.index.add(make_wheel("b", version))
    project.want("a")
    return Place(project, tmp_path / "told", library)
