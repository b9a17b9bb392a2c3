"""A seal answers for a whole run, so anything that could change the answer must break it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from piptools_clone.environment.own_names import NOTE
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


def test_a_sealed_run_reads_and_writes_next_to_nothing(command: Command) -> None:
    before = snapshot(command.folder)
    for heavy in ("typing", "re", "json", "pathlib", "hashlib"):
        assert command(loads=heavy) == ("Everything up-to-date\n", False)
    assert snapshot(command.folder) == before


BREAKS: dict[str, Callable[[Command], object]] = {
    "lock": lambda command: command.lock.write_text("a==1.0\n-r more.txt\n# another\n"),
    "included lock": lambda command: (command.folder / "more.txt").write_text("b==1.0 # another\n"),
    "removed": lambda command: (command.site / "a-1.0.dist-info").rename(command.site / "a-0.9.dist-info"),
    "added": lambda command: (command.site / "c-1.0.dist-info").mkdir(),
    "touched": lambda command: (command.site / "a-1.0.dist-info" / "direct_url.json").write_text("{}"),
    "configuration": lambda command: (command.folder / ".pip-tools.toml").write_text("[tool.pip-tools]\n"),
    "configuration above": lambda command: (command.folder.parent / "pyproject.toml").write_text(""),
    "interpreter": lambda command: os.utime(command.folder / "venv" / "pyvenv.cfg", (1, 1)),
    "interrupted": lambda command: (command.site / ".piptools-clone").mkdir(),
    "another boot": lambda command: (command.site / NOTE).write_text('{"boot": "another"}'),
    "damaged seal": lambda command: [path.write_bytes(b"x") for path in (command.folder / "cache/seals-v2").iterdir()],
}


@pytest.mark.parametrize("change", BREAKS)
def test_what_breaks_a_seal(change: str, command: Command) -> None:
    BREAKS[change](command)
    assert command()[1]


def test_other_words_have_other_seals(command: Command) -> None:
    assert command("--quiet") == ("", True)
    assert command(PIP_REQUIRE_HASHES="1")[1]
    assert command("--verify") == ("Everything up-to-date\n", True)
    assert command() == ("Everything up-to-date\n", False)


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_seal_that_others_may_have_written_is_not_believed(command: Command, mode: int) -> None:
    """The cache may lie where others write; what they say is neither read nor unmarshalled."""
    (command.folder / "cache" / "seals-v2").chmod(mode)
    assert command() == ("Everything up-to-date\n", True)


def test_nor_one_that_a_link_leads_to(command: Command) -> None:
    [seal] = (command.folder / "cache" / "seals-v2").iterdir()
    seal.rename(seal.with_name("moved"))
    seal.symlink_to("moved")
    assert command() == ("Everything up-to-date\n", True)
