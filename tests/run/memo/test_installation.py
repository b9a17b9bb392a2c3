"""An installation is repeated in a fresh environment; `test_every_input` has what breaks that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from piptools_clone.run.memo.sync_memo import take_apart
from tests.support.packages import make_wheel
from tests.sync.environments import snapshot
from tests.sync.project import pinned

PLAIN = make_wheel("plain", "1.0", files={"plain/__init__.py": "", "plain/sub/x.py": "1"}, requires=["tool"])
TOOL = make_wheel(
    "tool",
    "2.0",
    files={"tool.py": "def main(): print('hello')\n", "tool-2.0.data/data/share/tool": "1"},
    entry_points="[console_scripts]\ntool = tool:main\n",
)

RUN = """if True:
    import os, sys
    def end(code):
        print("loaded:", *sys.modules, file=sys.stderr, flush=True)
        os._exit(code)
    from piptools_clone.cli.sync_entry import main
    main(end=end)"""
"""Runs the command, and tells at its end what was loaded."""


class Command:
    """pip-sync as a process, in a folder with a lock, wheels and any number of environments."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = folder / "requirements.txt"
        self.lock.write_text(pinned(PLAIN) + pinned(TOOL))
        for package in (PLAIN, TOOL):
            package.write(folder / "wheels")

    def venv(self, name: str, *options: str) -> Path:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", *options, self.folder / name], check=True)
        [site] = (self.folder / name / "lib").glob("python*/site-packages")
        return site

    def __call__(self, name: str, *argv: str, code: int = 0) -> tuple[str, bool]:
        """What it says of one environment, and whether the command was spared."""
        words = ["--no-index", "-f", "wheels", "--python", f"{name}/bin/python", "--cache-dir", "cache", *argv]
        done = subprocess.run(
            [sys.executable, "-c", RUN, *words],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        said, _, loaded = done.stderr.partition("loaded: ")
        return done.stdout + said, "piptools_clone.syncing.plan" not in loaded.split()


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    made.venv("first")
    assert made("first") == ("add plain 1.0\nadd tool 2.0\n", False)
    return made


def test_another_fresh_environment_becomes_the_same(command: Command) -> None:
    site = command.venv("second")
    assert command("second") == ("add plain 1.0\nadd tool 2.0\n", True)
    first, second = (snapshot(command.folder / name) for name in ("first", "second"))
    assert first.keys() == second.keys()
    assert {path for path in first if first[path] != second[path] and "tool" in path} == {"bin/tool", RECORD}
    done = subprocess.run([command.folder / "second/bin/tool"], capture_output=True, text=True, check=True)
    assert done.stdout == "hello\n"
    assert command("second") == ("Everything up-to-date\n", True)
    assert command("second", "--verify") == ("Everything up-to-date\n", False)
    assert not (site / ".piptools-clone").exists()


RECORD = f"lib/python3.{sys.version_info[1]}/site-packages/tool-2.0.dist-info/RECORD"


def test_it_needs_neither_packaging_nor_a_process(command: Command) -> None:
    command.venv("second")
    words = ["--no-index", "-f", "wheels", "--python", "second/bin/python", "--cache-dir", "cache"]
    code = "from piptools_clone.cli.sync_entry import main; import sys; main(end=lambda _: print(*sys.modules))"
    environ = {"PATH": os.environ["PATH"], "HOME": str(command.folder)}
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=command.folder, env=environ, capture_output=True, check=True
    )
    heavy = {"click", "packaging", "pathlib", "subprocess", "tempfile", "shutil", "zipfile", "logging", "socket"}
    assert set(done.stdout.decode().split()) & heavy == set()


def damage_packs(command: Command) -> None:
    """Change a file in the packs of the cache."""
    for path in (command.folder / "cache").glob("packs-v*/*/*.pack"):
        path.write_bytes(path.read_bytes().replace(b"hello", b"HELLO"))


def test_damage_in_the_cache_is_left_to_the_command_to_tell(command: Command) -> None:
    damage_packs(command)
    before = snapshot(command.venv("second"))
    said, repeated = command("second", code=2)
    assert not repeated
    assert "damaged" in said
    assert snapshot(next((command.folder / "second/lib").glob("python*/site-packages"))) == before
    assert command("second")[0] == "add plain 1.0\nadd tool 2.0\n"


def test_what_only_looks_is_not_repeated(command: Command) -> None:
    command.venv("second")
    assert command("second", "--check", code=1) == ("Would install:\n  plain==1.0\n  tool==2.0\n", False)
    assert command("second", "--dry-run", code=1)[1] is False


def test_a_lock_without_hashes_is_never_repeated(tmp_path: Path) -> None:
    made = Command(tmp_path)
    made.lock.write_text("plain==1.0\ntool==2.0\n")
    for name in ("first", "second"):
        made.venv(name)
        assert made(name) == ("add plain 1.0\nadd tool 2.0\n", False)


@pytest.mark.parametrize(
    ("words", "python", "rest"),
    [
        (["--python", "x", "-q", "lock"], "x", ("-q", "lock")),
        (["-q", "--python-executable=x", "--python", "y"], "y", ("-q",)),
        (["lock"], None, ("lock",)),
        (["--python"], "", ()),
    ],
)
def test_a_command_is_taken_apart(words: list[str], python: str | None, rest: tuple[str, ...]) -> None:
    assert take_apart(words) == (python, rest)


@pytest.mark.parametrize("word", ["--target=x", "--user", "--verify", "--report", "-a", "--config=c"])
def test_what_asks_for_more_is_not_repeated(word: str) -> None:
    assert take_apart(["lock", word]) is None
