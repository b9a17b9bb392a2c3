"""The command with an operation that only takes notes: what a shell asks for, and what it says afterwards."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import Result

from piptools_clone.cli.compile_command import command
from piptools_clone.model.compile_request import Change, CompileRequest, CompileResult
from piptools_clone.model.lock import Lock, Pin
from piptools_clone.model.observer import Observer
from tests.support.runner import make_runner

LOCKED = Lock((Pin("alpha", "1.1"),))
LOCK = b"alpha==1.1\n    # via -r requirements.in\n"


class Recorder:
    """Stands in for the operation: remembers the request, answers with `result` or raises `failure`."""

    def __init__(self) -> None:
        self.requests: list[CompileRequest] = []
        self.result = CompileResult(LOCKED, LOCK, (Change("alpha", "1.0", "1.1"),), changed=True, written=True)
        self.failure: BaseException | None = None

    def __call__(self, request: CompileRequest, *, observer: Observer) -> CompileResult:
        self.requests.append(request)
        if self.failure:
            raise self.failure
        return self.result


class Cli:
    """Runs the command in a project folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.operation = Recorder()

    def run(self, *args: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> Result:
        """Run the command and give back streams and exit code; no exception may leave it."""
        result = make_runner().invoke(command(self._operate), args, input=stdin, env=env, prog_name="pip-compile")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def _operate(self, request: CompileRequest, *, observer: Observer) -> CompileResult:
        self.context = click.get_current_context()
        return self.operation(request, observer=observer)

    def request(self, *args: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> CompileRequest:
        """Run the command and give back what it asked for."""
        result = self.run(*args, stdin=stdin, env=env)
        assert result.exit_code == 0, result.stderr
        return self.operation.requests[-1]

    def header(self, *args: str, env: dict[str, str] | None = None) -> str | None:
        """Run the command and give back the command for the header."""
        return self.request(*args, env=env).header_command

    def complaint(self, *args: str) -> str:
        """Run the command, which must end with 2 and have asked for nothing; give back its last line."""
        result = self.run(*args)
        assert (result.exit_code, result.stdout) == (2, "")
        assert not self.operation.requests
        return str(result.stderr).rstrip("\n").splitlines()[-1]

    def write(self, path: str, text: str = "alpha\n") -> Path:
        """Write a file of the project."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command in a project with a ``requirements.in``, cut off from this machine's settings."""
    for name in ("CUSTOM_COMPILE_COMMAND", "PIP_TOOLS_CACHE_DIR", "PIP_TOOLS_RESOLVER", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".git").mkdir()  # no configuration file is looked for above
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    made = Cli(project)
    made.write("requirements.in")
    return made
