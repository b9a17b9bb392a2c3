"""The memo itself: all that a key is made of counts, an entry holds in its time and while its witness does."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from piptools_clone.run.memo import memo
from piptools_clone.run.memo.sync_memo import Depends, keep_up_to_date
from piptools_clone.run.memo.witness import BYTES
from piptools_clone.store.cache import MEMO, Cache

ENVIRON = {"HOME": "/home/me", "PATH": "/bin"}

Patch = Callable[[pytest.MonkeyPatch], object]
OF_ALL: dict[str, Patch] = {
    "version": lambda patch: patch.setattr(memo, "__version__", "0"),
    "Python": lambda patch: patch.setattr(sys, "version", "0"),
    "interpreter": lambda patch: patch.setattr(sys, "executable", "/other"),
    "environment": lambda patch: patch.setattr(sys, "prefix", "/other"),
    "folder": lambda patch: patch.chdir("/"),
}
OF_A_COMPILE: dict[str, Patch] = {
    "arguments": lambda patch: patch.setattr(sys, "argv", ["pip-compile", "other"]),
    "arguments of Python": lambda patch: patch.setattr(sys, "orig_argv", ["python", "-X", "dev"]),
    "base": lambda patch: patch.setattr(sys, "base_prefix", "/other"),
    "flags": lambda patch: patch.setattr(sys, "flags", (1,)),
    "path": lambda patch: patch.setattr(sys, "path", ["/other"]),
    "kernel": lambda patch: patch.setattr(os, "uname", lambda: ("", "", "other", "", ""), raising=False),
    "user": lambda patch: patch.setattr(os, "geteuid", lambda: 12345, raising=False),
    "C library": lambda patch: patch.setattr(os, "confstr", lambda _: "other", raising=False),
    "terminal": lambda patch: patch.setattr(os, "isatty", lambda _: True),
    "a variable": lambda patch: patch.setitem(ENVIRON, "ANYTHING", "1"),
}


@pytest.mark.parametrize("change", OF_ALL | OF_A_COMPILE)
def test_the_key_of_a_compile(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = memo.compile_key(ENVIRON, was_there=True)
    (OF_ALL | OF_A_COMPILE)[change](monkeypatch)
    assert memo.compile_key(ENVIRON, was_there=True) != before


def test_the_key_of_a_compile_says_whether_there_was_a_lock() -> None:
    assert memo.compile_key(ENVIRON, was_there=True) != memo.compile_key(ENVIRON, was_there=False)


@pytest.mark.parametrize("change", OF_ALL)
def test_the_key_of_a_sync(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = memo.sync_key(["-q"], ENVIRON)
    OF_ALL[change](monkeypatch)
    assert memo.sync_key(["-q"], ENVIRON) not in (before, None)


@pytest.mark.parametrize("name", ["PIP_PRE", "PIPTOOLS_X", "XDG_X", "HOME", "PYTHONUSERBASE", "VIRTUAL_ENV", "CONDA_X"])
def test_the_key_of_a_sync_holds_the_variables_that_count(name: str) -> None:
    assert memo.sync_key([], ENVIRON | {name: "1"}) != memo.sync_key([], ENVIRON)
    assert memo.sync_key([], ENVIRON | {"OTHER": "1"}) == memo.sync_key([], ENVIRON)


def test_the_key_of_a_sync_holds_its_words_and_what_is_asked() -> None:
    assert len({memo.sync_key(["-q"], ENVIRON), memo.sync_key([], ENVIRON)}) == 2
    assert memo.sync_key([], ENVIRON) != memo.sync_key([], ENVIRON, memo.INSTALLATION)


@pytest.mark.parametrize("word", sorted(memo.SPECIAL))
def test_a_sync_that_asks_for_more_has_no_key(word: str) -> None:
    assert memo.sync_key([f"{word}=x"], ENVIRON) is None
    assert memo.sync_key(["-q", word], ENVIRON) is None


@pytest.mark.parametrize(("valid", "found"), [(memo.ALWAYS, "it"), ((0.0, 1.0), None), ((9e9, 9e10), None)])
def test_an_entry_holds_in_its_time(tmp_path: Path, valid: tuple[float, float], found: str | None) -> None:
    memo.keep(str(tmp_path), "key", [], "it", valid)
    assert memo.find(str(tmp_path), "key") == found
    assert memo.find(str(tmp_path), "other") is None
    assert memo.find(str(tmp_path), None) is None


def test_an_entry_holds_while_its_witness_does(tmp_path: Path) -> None:
    path = tmp_path / "file"
    memo.keep(str(tmp_path), "key", [(BYTES, str(path), None)], "it")
    assert memo.find(str(tmp_path), "key") == "it"
    path.symlink_to(path)  # what cannot be looked at is like nothing else
    assert memo.find(str(tmp_path), "key") is None
    path.unlink()
    path.touch()
    assert memo.find(str(tmp_path), "key") is None


def test_no_key_is_kept_in_clear(tmp_path: Path) -> None:
    memo.keep(str(tmp_path), "s3cret", [], "it")
    path = Path(Cache(str(tmp_path)).path(MEMO, "s3cret"))
    assert b"s3cret" not in path.read_bytes()
    assert "s3cret" not in str(path)


def test_nothing_is_remembered_in_doubt(tmp_path: Path) -> None:
    argv = ["--cache-dir", str(tmp_path / "cache")]
    for depends in (
        Depends((), (), (), (str(tmp_path / "absent"),)),
        Depends((), (), (str(tmp_path),), ()),
    ):
        keep_up_to_date(argv, ENVIRON, depends, said="done")
        assert memo.find(argv[1], memo.sync_key(argv, ENVIRON)) is None
    keep_up_to_date(argv, ENVIRON, Depends((), (), (), ()), said="done")
    assert memo.find(argv[1], memo.sync_key(argv, ENVIRON)) == "done"


def test_to_look_makes_no_folder(tmp_path: Path) -> None:
    assert memo.find(str(tmp_path / "cache"), "key") is None
    assert not memo.has_any(["--cache-dir", str(tmp_path / "cache")], ENVIRON)
    assert [*tmp_path.iterdir()] == []
