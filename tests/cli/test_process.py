"""The commands as processes: signals, closed pipes, what they import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FAKE = """
import os, signal, sys
from piptools_clone.cli.compile_command import command
from piptools_clone.cli.shell import run
from piptools_clone.model.compile_request import CompileResult
from piptools_clone.model.lock import Lock

def operation(request, *, observer):
    {body}
    return CompileResult(Lock(()), b"x" * 10_000_000)

run(command(operation), prog_name="pip-compile")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "requirements.in").write_text("alpha\n")
    return tmp_path


def run(project: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PIP_CONFIG_FILE": os.devnull}
    command = [sys.executable, *argv]
    return subprocess.run(command, check=False, cwd=project, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_signals_end_a_run_with_130(project: Path, name: str) -> None:
    script = FAKE.format(body=f"os.kill(os.getpid(), signal.{name}); signal.pause()")
    done = run(project, "-c", script)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "ERROR: Interrupted; nothing was changed.\n"


def test_a_thread_that_still_waits_does_not_hold_up_the_end(project: Path) -> None:
    body = (
        "import threading; threading.Thread(target=threading.Event().wait).start(); "
        "os.kill(os.getpid(), signal.SIGTERM)"
    )
    assert run(project, "-c", FAKE.format(body=body)).returncode == 130


def test_a_reader_that_leaves_early_is_no_traceback(project: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        for args in (["-q", "--strip-extras", "-o", "-"], ["--help"]):
            command = [sys.executable, "-c", FAKE.format(body="pass"), *args]
            done = subprocess.run(command, check=False, cwd=project, stdout=writer, stderr=subprocess.PIPE)
            assert (done.returncode, done.stderr) == (2, b"")
    finally:
        os.close(writer)


def test_version_is_read_by_bots(project: Path) -> None:
    done = run(project, "-c", "from piptools_clone.cli.compile_entry import main; main()", "--version")
    assert (done.returncode, done.stdout) == (0, "pip-compile, version 0.1.0\n")


@pytest.mark.newest
def test_as_a_module(project: Path) -> None:
    """The usage names what was typed, the header always pip-compile."""
    done = run(project, "-m", "piptools_clone", "compile", "--xyzzy")
    assert done.returncode == 2
    assert done.stderr == (
        "Usage: python -m piptools_clone compile [OPTIONS] [SRC_FILES]...\n\nError: No such option '--xyzzy'.\n"
    )


def test_unknown_command(project: Path) -> None:
    done = run(project, "-m", "piptools_clone", "lock")
    assert done.returncode == 2
    assert "Error: No such command 'lock'." in done.stderr


def test_the_command_line_loads_little(project: Path) -> None:
    """Start-up time is a feature: what only a run needs is loaded by the run."""
    heavy = "pip requests urllib3 http.client email html.parser subprocess tempfile zipfile tarfile tomllib pathlib "
    heavy += "importlib.metadata shutil hashlib configparser logging optparse shlex difflib packaging rich"
    script = (
        "import sys; before = set(sys.modules)\n"
        "import piptools_clone.cli.compile_command\n"
        f"print(sorted(set({heavy.split()!r}) & (set(sys.modules) - before)))"
    )
    assert run(project, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{script}").stdout == "[]\n"


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_while_the_program_is_loaded_is_no_traceback(project: Path) -> None:
    body = (
        "import os, signal, sys\n"
        "from piptools_clone.cli.compile_entry import main\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'piptools_clone.cli.compile_command':\n"
        "            sys.meta_path.remove(self)\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "main()"
    )
    done = run(project, "-c", body)
    assert (done.returncode, done.stderr) == (130, "ERROR: Interrupted; nothing was changed.\n")
