"""Killed at any step, of the change or of the recovery, an environment is exactly the old one or the new one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync import crash_driver


@pytest.fixture
def memory_folder() -> Iterator[Path]:
    """A folder in memory where there is one: these tests write a thousand journals, each flushed to the disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.mark.parametrize("case", ["plain", "crossing", "adding", "adding, crossing"])
def test_every_step_can_be_the_last(case: str, memory_folder: Path) -> None:
    root = Path(__file__).parent.parent.parent
    command = [sys.executable, "-m", crash_driver.__name__, memory_folder, case]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) > (7 if "adding" in case else 15)
    for line in lines[:-1]:
        assert line.endswith(("['old']", "['new']")), line
    assert {line.split()[3] for line in lines} >= {"nothing", "putting"} | (set() if "adding" in case else {"taking"})
    assert case != "plain" or lines[-2].endswith("done ['new']")
    assert lines[-1].endswith("nothing ['new']")
