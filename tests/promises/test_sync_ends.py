"""Promise 39: TERM and INT end a sync within two seconds, with the old environment and no orphan."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.packages import make_wheel
from tests.support.simple_index import Fault, SimpleIndex
from tests.sync.environments import snapshot

WHEEL = make_wheel("a", "1.0")
LIMIT = 2.0  # seconds, as promised
PATIENCE = 30.0  # seconds for what comes at once on a machine that is not busy
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "slow"\nbackend-path = ["."]\n'


@pytest.fixture
def index() -> Iterator[SimpleIndex]:
    with closing(SimpleIndex()) as made:
        made.add(WHEEL)
        yield made


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    code = "from piptools_clone.cli.sync_entry import main; main()"
    options = ["--python", "venv/bin/python", "--cache-dir", "cache", *words]
    return subprocess.Popen(
        [sys.executable, "-c", code, *options],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def end(process: subprocess.Popen[str], number: int) -> str:
    """Send a signal and give what was said; nobody of the process's session may be left."""
    process.send_signal(number)
    begun = time.monotonic()
    _, said = process.communicate(timeout=10)
    assert time.monotonic() - begun < LIMIT
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    return said


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_while_it_waits_for_the_index(number: int, index: SimpleIndex, tmp_path: Path) -> None:
    """39: an index that never answers."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (tmp_path / "requirements.txt").write_text(f"a==1.0 --hash=sha256:{WHEEL.sha256}\n")
    before = snapshot(tmp_path / "venv")
    index.fail_always(f"/files/{WHEEL.filename}", Fault(stall=True))
    process = start(tmp_path, "--index-url", index.url)
    assert index.stalling.wait(PATIENCE)
    said = end(process, number)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert snapshot(tmp_path / "venv") == before


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_while_it_builds(number: int, tmp_path: Path) -> None:
    """39: a build that takes for ever is ended with the sync, and so are its children."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "requirements.txt").write_text(f"slow @ {(tmp_path / 'slow').as_uri()}\n")
    before = snapshot(tmp_path / "venv")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        (tmp_path / "slow" / "slow.py").write_text(slow_backend(server.getsockname()[1]))
        process = start(tmp_path, "--no-index")
        build, _ = server.accept()
    begun = time.monotonic()
    end(process, number)
    assert process.returncode == 130
    assert snapshot(tmp_path / "venv") == before
    with build:
        build.settimeout(PATIENCE)
        assert has_ended(build)
    assert time.monotonic() - begun < LIMIT + 1


def has_ended(build: socket.socket) -> bool:
    """Wait until the process at the other end is gone: the system closes what it held."""
    try:
        return build.recv(1) == b""
    except ConnectionResetError:
        return True


def slow_backend(port: int) -> str:
    """A backend that calls and builds for ever, with the line open."""
    return (
        "import socket, time\n"
        "def build_wheel(folder, config_settings=None, metadata_directory=None):\n"
        f"    line = socket.create_connection(('127.0.0.1', {port}))\n"
        "    time.sleep(60)\n"
    )
