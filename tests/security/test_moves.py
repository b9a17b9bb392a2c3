"""Whatever the files of a wheel are called, however deep they lie: a sync is done, undone and tidied all the same."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from piptools_clone.environment.own_names import FOLDER, PART
from piptools_clone.syncing.transaction.environment_lock import locked_environment
from piptools_clone.syncing.transaction.journal import JournalStep, JournalSteps, State, write_journal
from piptools_clone.syncing.transaction.rename_plan import RenamePlan
from piptools_clone.syncing.transaction.swap import recover, swap
from piptools_clone.wheels.checked_wheel import Member, check_members
from piptools_clone.wheels.wheel_paths import MAX_DEPTH, MAX_FOLDERS, WheelFault
from tests.sync.environments import snapshot

LONG = "x" * 255
"""As long as the name of a file may be: not one letter more."""


def cross(source: str, target: str) -> None:
    """A rename between two file systems."""
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), source)


@pytest.mark.parametrize("rename", [os.rename, cross])
@pytest.mark.parametrize("is_folder", [False, True])
def test_the_longest_name_is_moved_and_moved_back(rename: object, tmp_path: Path, *, is_folder: bool) -> None:
    site, area = tmp_path / "site", tmp_path / "site" / FOLDER
    (area / "new").mkdir(parents=True)
    for path, text in ((site / LONG, "old"), (area / "new" / LONG, "new")):
        if is_folder:
            path.mkdir()
        (path / LONG if is_folder else path).write_text(text)
    before = snapshot(tmp_path)

    def fail(step: str) -> None:
        if step == "put 0":
            raise OSError(errno.EIO, "the disk fails")

    moves = RenamePlan((str(site / LONG),), ((str(area / "new" / LONG), str(site / LONG)),))
    with pytest.raises(OSError, match="the disk fails"):
        swap(str(area), moves, rename=rename, checkpoint=fail)  # type: ignore[arg-type]
    (area / "old").rmdir()
    assert snapshot(tmp_path) == before
    swap(str(area), moves, rename=rename)  # type: ignore[arg-type]
    assert (site / LONG / LONG if is_folder else site / LONG).read_text() == "new"


def test_a_file_that_was_copied_in_part_does_not_come_back(tmp_path: Path) -> None:
    """A sync was killed while it took a folder to another file system, file by file."""
    site, area = tmp_path / "site", tmp_path / "site" / FOLDER
    (area / "old" / "0" / "sub").mkdir(parents=True)
    (site / "pkg" / "sub").mkdir(parents=True)
    (site / "pkg" / "sub" / "a.py").write_text("whole")
    before = snapshot(site / "pkg")
    (area / "old" / "0" / "sub" / PART).write_text("who")
    write_journal(str(area), JournalSteps((JournalStep(str(site / "pkg"), str(area / "old" / "0")),), ()))
    assert recover(str(area), [str(site)], rename=cross) is State.TAKING
    assert snapshot(site / "pkg") == before


def test_a_deep_tree_is_tidied(tmp_path: Path) -> None:
    """What another tool installed there; a function that calls itself for each folder ends with a traceback."""
    path = tmp_path / FOLDER / "new"
    path.mkdir(parents=True)
    for _ in range(1500):
        path = path / "a"
        path.mkdir()
    (path / "file").write_text("")
    with locked_environment(tmp_path, [str(tmp_path)], print, print) as area:
        assert [path.name for path in Path(area).iterdir()] == ["lock"]
    assert list(tmp_path.iterdir()) == []


def check(*paths: str) -> None:
    infos = [f"evil-1.0.dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD")]
    check_members("evil-1.0-py3-none-any.whl", [Member(path, 0, False) for path in [*infos, *paths]])


def test_the_files_of_a_wheel_do_not_lie_too_deep() -> None:
    check("a/" * (MAX_DEPTH - 1) + "x", "b" * 250 + "/" + "c" * 250)
    with pytest.raises(WheelFault, match="leads through more than"):
        check("a/" * MAX_DEPTH + "x")
    with pytest.raises(WheelFault, match="cannot be used"):
        check("a/" * 2_100 + "x")


def test_nor_in_too_many_folders() -> None:
    with pytest.raises(WheelFault, match="in more than"):
        check(*(f"{number}/{'a/' * 90}x" for number in range(MAX_FOLDERS // 90)))
