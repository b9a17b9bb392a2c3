"""A project folder and the whole command in it: the real operation, on the tests' own index, in this process.

Nothing of this machine has a say: no setting of pip's, no home, no cache, no proxy.  Example::

    project = Project(tmp_path, index, monkeypatch)
    project.write("requirements.in", "a>=1")
    project.compile("--generate-hashes").pins        # {"a": "1.0"}
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from piptools_clone.cli.compile_command import command
from tests.support.runner import make_runner
from tests.support.simple_index import SimpleIndex

REPOSITORY = Path(__file__).parents[2]
"""A process runs what these tests stand beside, whatever is installed."""
PIN = re.compile(r"^(\S+?)(?:\[[^\]]*\])?===?([^\s;\\]+)", re.MULTILINE)


class Run(NamedTuple):
    """What came of a run: exit code, both streams, and the lock as it is now (None where there is none)."""

    code: int
    out: str
    err: str
    lock: bytes | None

    @property
    def pins(self) -> dict[str, str]:
        """The versions by name, of a run that must have gone well."""
        assert self.code == 0, self.err
        return dict(PIN.findall((self.lock or self.out.encode()).decode()))

    @property
    def said(self) -> str:
        """The error stream without the warning about --strip-extras."""
        return "".join(line for line in self.err.splitlines(keepends=True) if "--strip-extras is becoming" not in line)


class Project:
    """A folder with inputs; `compile` runs pip-compile in it."""

    def __init__(self, root: Path, index: SimpleIndex, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.folder = root / "project"
        self.home = root / "home"
        for folder in (self.folder, self.home, root / ".git"):  # .git: no configuration is looked for above
            folder.mkdir(exist_ok=True)
        self.index = index
        for name in [name for name in os.environ if name != "PATH"]:
            monkeypatch.delenv(name)
        for name, value in self.environ().items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(self.folder)

    def environ(self) -> dict[str, str]:
        """The variables that a run sees."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY),
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": self.index.url,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "CUSTOM_COMPILE_COMMAND": "pip-compile",
        }

    @property
    def lock_path(self) -> Path:
        """The output of a run that names none."""
        return self.folder / "requirements.txt"

    @property
    def cache(self) -> Path:
        """The cache that runs share, unless they name another."""
        return self.home / ".cache" / "piptools-clone"

    def write(self, path: str, *lines: str) -> Path:
        """Write a file of the project, line by line."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return target

    def want(self, *lines: str) -> Project:
        """Write requirements.in."""
        self.write("requirements.in", *lines)
        return self

    def compile(self, *args: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Run:
        """Run the command in this process.  No exception may leave it, and no traceback may be shown."""
        result = make_runner().invoke(command(), args, env=env, input=stdin, prog_name="pip-compile")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return self._run(result.exit_code, result.stdout, result.stderr)

    def script(self, *args: str) -> Run:
        """Run the command as its script does."""
        return self._process("-c", "from piptools_clone.cli.compile_entry import main; main()", *args)

    def process(self, *args: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Run:
        """Run the command as a process of its own, for what only a process can show."""
        return self._process("-m", "piptools_clone", "compile", *args, env=env, cwd=cwd)

    def _process(self, *args: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Run:
        done = subprocess.run(
            [sys.executable, *args],
            cwd=cwd or self.folder,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return self._run(done.returncode, done.stdout, done.stderr)

    def _run(self, code: int, out: str, err: str) -> Run:
        assert "Traceback" not in err, err
        assert "This is a bug" not in err, err
        lock = self.lock_path.read_bytes() if self.lock_path.exists() else None
        return Run(code, out, err, lock)
