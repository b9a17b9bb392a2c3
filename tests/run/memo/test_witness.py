"""What is seen of files and folders: each manner has a change that it alone shows; what cannot be told is no answer."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from piptools_clone.run.memo.witness import BYTES, INSTALLED, KIND, OWNER, STAMP, holds, look, settled


def replaced_by_its_like(path: Path) -> None:
    """Put another file of the same content and times in a file's place."""
    times = path.stat()
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
    copy.replace(path)


CHANGES: dict[str, tuple[Callable[[Path], object], frozenset[str]]] = {
    "nothing": (lambda path: None, frozenset()),
    "another file of the same content": (replaced_by_its_like, frozenset({STAMP})),
    "a time": (lambda path: os.utime(path, (1, 1)), frozenset({STAMP})),
    "content": (lambda path: path.write_text("other\n"), frozenset({BYTES, STAMP})),
    "gone": (lambda path: path.unlink(), frozenset({BYTES, STAMP, KIND, OWNER})),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), frozenset({BYTES, STAMP, KIND})),
    "a pipe": (lambda path: (path.unlink(), os.mkfifo(path)), frozenset({BYTES, STAMP, KIND})),
    "a link to nowhere": (lambda path: (path.unlink(), path.symlink_to("x")), frozenset({BYTES, STAMP, KIND, OWNER})),
}
if hasattr(os, "geteuid") and os.geteuid() == 0:
    CHANGES["an owner"] = (lambda path: os.chown(path, 12345, -1), frozenset({STAMP, OWNER}))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("manner", [BYTES, STAMP, KIND, OWNER])
def test_what_each_manner_shows(tmp_path: Path, manner: str, change: str) -> None:
    path = tmp_path / "file"
    path.write_text("some\n")
    fact = (manner, str(path), look(manner, str(path)))
    do, showing = CHANGES[change]
    do(path)
    try:
        same = holds([fact])
    except OSError:
        same = False
    assert same is (manner not in showing)


@pytest.mark.parametrize("manner", [BYTES, STAMP, KIND, OWNER])
def test_what_appears_is_seen(tmp_path: Path, manner: str) -> None:
    fact = (manner, str(tmp_path / "file"), look(manner, str(tmp_path / "file")))
    assert holds([fact])
    (tmp_path / "file").touch()
    assert not holds([fact])


def test_one_that_changed_is_enough(tmp_path: Path) -> None:
    right, wrong = (BYTES, str(tmp_path / "absent"), None), (BYTES, str(tmp_path / "absent"), "other")
    assert holds([right, right])
    assert not holds([right, wrong])


def test_only_what_surely_is_not_there_is_absent(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for manner in (BYTES, STAMP, KIND, OWNER):
        assert look(manner, str(tmp_path / "absent")) is None
        assert look(manner, str(tmp_path / "file" / "below")) is None
    for manner in (BYTES, STAMP, KIND, OWNER, INSTALLED):
        with pytest.raises(OSError, match="loop"):
            look(manner, str(tmp_path / "loop"))


def test_what_was_just_changed_is_not_known(tmp_path: Path) -> None:
    assert settled(sys.executable) == look(STAMP, sys.executable)
    assert settled(str(tmp_path / "absent")) is None
    (tmp_path / "new").touch()
    os.utime(tmp_path / "new", (1, 1))
    with pytest.raises(OSError, match="has just been changed"):
        settled(str(tmp_path / "new"))
