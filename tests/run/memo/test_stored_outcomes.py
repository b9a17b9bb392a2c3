"""Any value at any place of what is remembered, its digest right: the run is done anew, or fails in words of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from piptools_clone.store.cache import FACTS, MEMO
from tests.faults.stored import hold
from tests.run.memo.conftest import Place
from tests.run.memo.test_installation import RUN, Command


def test_of_a_compile(place: Place) -> None:
    place.ready()
    lock = place.project.lock_path.read_bytes()

    def run() -> None:
        place.project.lock_path.write_bytes(lock)
        ran = place.run()
        assert ran.code in {0, 1, 2}
        assert "This is a bug" not in ran.err

    hold(place.project.cache, MEMO, run, 12)


@pytest.mark.parametrize("kind", [MEMO, FACTS])
def test_of_a_sync(kind: str, tmp_path: Path) -> None:
    command = Command(tmp_path)
    command.venv("first")
    command("first")
    command("first")  # remembers that nothing is left to do
    numbers = count()

    def run() -> None:
        for name in ("first", f"v{next(numbers)}"):
            if name != "first":
                command.venv(name)
            words = ["--no-index", "-f", "wheels", "--python", f"{name}/bin/python", "--cache-dir", "cache"]
            done = subprocess.run(
                [sys.executable, "-c", RUN, *words],
                cwd=tmp_path,
                env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode in {0, 1, 2}
            assert "Traceback" not in done.stderr, done.stderr
            assert "This is a bug" not in done.stderr, done.stderr

    hold(tmp_path / "cache", kind, run, 8)
