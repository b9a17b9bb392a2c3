"""A sync with nothing to do is answered from an earlier one; `test_every_input` has what breaks that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.packages import make_wheel
from tests.sync.environments import snapshot


class Command:
    """pip-sync as a process in a folder with a lock, wheels and an environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = folder / "requirements.txt"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        [self.site] = (folder / "venv" / "lib").glob("python*/site-packages")
        for name in ("a", "b"):
            make_wheel(name, "1.0").write(folder / "wheels")
        self.lock.write_text("a==1.0\n-r more.txt\n")
        (folder / "more.txt").write_text("b==1.0\n")

    def __call__(self, *argv: str, loads: str = "piptools_clone.cli.report", **environ: str) -> tuple[str, bool]:
        """What it says, and whether it loaded the command."""
        words = ["--no-index", "-f", "wheels", "--python", "venv/bin/python", "--cache-dir", "cache", *argv]
        done = subprocess.run(
            [
                sys.executable,
                "-X",
                "importtime",
                "-c",
                "from piptools_clone.cli.sync_entry import main; main()",
                *words,
            ],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder)} | environ,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout, f" {loads}\n" in done.stderr


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    assert made() == ("", True)
    assert made() == ("Everything up-to-date\n", False)
    return made


def test_a_remembered_sync_reads_and_writes_next_to_nothing(command: Command) -> None:
    before = snapshot(command.folder)
    for heavy in ("typing", "re", "json", "pathlib", "hashlib"):
        assert command(loads=heavy) == ("Everything up-to-date\n", False)
    assert snapshot(command.folder) == before


def test_other_words_have_other_answers(command: Command) -> None:
    assert command("--quiet") == ("", True)
    assert command(PIP_REQUIRE_HASHES="1")[1]
    assert command("--verify") == ("Everything up-to-date\n", True)
    assert command() == ("Everything up-to-date\n", False)


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_an_answer_that_others_may_have_written_is_not_believed(command: Command, mode: int) -> None:
    """The cache may lie where others write; what they say is neither read nor unmarshalled."""
    memo_of(command).chmod(mode)
    assert command() == ("Everything up-to-date\n", True)


def test_the_switch_has_every_run_do_its_work(command: Command) -> None:
    assert command(PIPTOOLS_CLONE_RECALL="0") == ("Everything up-to-date\n", True)


def memo_of(command: Command) -> Path:
    """The folder of what is remembered."""
    [folder] = (command.folder / "cache").glob("memo-v*")
    return folder
