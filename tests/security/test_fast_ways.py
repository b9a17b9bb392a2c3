"""The fast way of a sync decides nothing by itself: what it makes, the slow way makes, byte for byte."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.run.memo.test_installation import Command
from tests.support.packages import Package, make_wheel
from tests.sync.environments import snapshot
from tests.sync.project import pinned

PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
MIXED = make_wheel(
    "mixed",
    "1.0",
    files={
        "mixed/__init__.py": "",
        "mixed-1.0.data/data/share/doc/mixed.txt": "1",
        "mixed-1.0.data/data/lib64/extra.txt": "1",
        "mixed-1.0.data/headers/mixed.h": "1",
        "mixed-1.0.data/platlib/mixed_fast.py": "1",
        "mixed-1.0.data/scripts/mixed": "#!python\nprint('mixed')\n",
    },
    entry_points="[console_scripts]\nmixed-tool = mixed:main\n[gui_scripts]\nmixed-gui = mixed:main\n",
)
OTHER = make_wheel("other", "1.0", files={"mixed/other.py": "", "other-1.0.data/data/share/doc/other.txt": "1"})
START = make_wheel("start", "1.0", files={"start.pth": "import os\n"})

KINDS: dict[str, Callable[[Path], object]] = {
    "a plain one": lambda root: None,
    "a second name of its folder": lambda root: (root / "lib64").exists() or (root / "lib64").symlink_to("lib"),
    "a link within it": lambda root: ((root / "var").mkdir(), (root / "share").symlink_to("var")),
    "a link to the outside": lambda root: (root / "share").symlink_to(root.parent),
    "a link to its modules": lambda root: (root / "share").symlink_to(f"lib/{PYTHON}/site-packages"),
    "a link among its modules": lambda root: (root / f"lib/{PYTHON}/site-packages/mixed").symlink_to(root.parent),
    "a stray file": lambda root: (root / f"lib/{PYTHON}/site-packages/mixed_fast.py").write_text("mine"),
    "a stray script": lambda root: (root / "bin" / "mixed").write_text("mine"),
    "a stray folder": lambda root: (root / "bin" / "mixed-tool").mkdir(),
}


def lock(command: Command, *packages: Package) -> None:
    for package in packages:
        package.write(command.folder / "wheels")
    command.lock.write_text("".join(map(pinned, packages)))


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def synced(command: Command, kind: str, *, fast: bool) -> tuple[object, object]:
    """What a sync says, and what it makes of an environment of that kind."""
    root = command.folder / "second"
    shutil.rmtree(root, ignore_errors=True)
    command.venv("second")
    KINDS[kind](root)
    [remembered] = (command.folder / "cache").glob("memo-v*")
    if not fast:
        shutil.rmtree(remembered)
    else:
        assert [*remembered.iterdir()]
    try:
        said: object = command("second")[0]
    except AssertionError as failed:  # it was refused
        said = str(failed).partition("loaded: ")[0]
    return said, snapshot(root)


@pytest.mark.parametrize("kind", KINDS)
def test_both_ways_make_the_same_of_every_environment(kind: str, command: Command) -> None:
    lock(command, MIXED, OTHER)
    command.venv("first")
    command("first")
    assert synced(command, kind, fast=True) == synced(command, kind, fast=False)


def test_a_start_hook_is_told_every_time(command: Command) -> None:
    lock(command, START)
    for name in ("first", "second"):
        command.venv(name)
        assert f"{name}/lib/{PYTHON}/site-packages/start.pth" in command(name)[0]
