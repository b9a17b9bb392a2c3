"""``piptools-clone cache``: what it says and what it removes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from piptools_clone.cli.main import command
from piptools_clone.store.cache import Cache


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    made = Cache(str(tmp_path / "cache"))
    for name, days in (("old", 100), ("new", 0)):
        made.write("pages", name, name)
        moment = time.time() - days * 86_400
        os.utime(made.path("pages", name), (moment, moment))
    return made


def run(*words: str, folder: str | None = None, **environ: str) -> Result:
    given = [] if folder is None else ["--cache-dir", folder]
    return CliRunner().invoke(command(), ["cache", *words, *given], env=environ)


def test_dir(tmp_path: Path) -> None:
    assert run("dir", PIP_TOOLS_CACHE_DIR=str(tmp_path / "a")).output == f"{tmp_path / 'a'}\n"
    done = run("dir", folder=str(tmp_path / "b"))
    assert (done.exit_code, done.output) == (0, f"{tmp_path / 'b'}\n")
    assert list(tmp_path.iterdir()) == []


def test_size(cache: Cache) -> None:
    done = run("size", folder=cache.folder)
    assert done.exit_code == 0
    assert done.output == (
        "pages                 2 files      0.0 MiB\n"
        "metadata              0 files      0.0 MiB\n"
        "facts                 0 files      0.0 MiB\n"
        "memo                  0 files      0.0 MiB\n"
        "packs                 0 files      0.0 MiB\n"
        "older releases        0 files      0.0 MiB\n"
        "total                 2 files      0.0 MiB\n"
    )


def test_size_of_none(tmp_path: Path) -> None:
    done = run("size", folder=str(tmp_path / "none"))
    assert (done.exit_code, done.output.splitlines()[-1].split()[1]) == (0, "0")
    assert list(tmp_path.iterdir()) == []


def test_prune(cache: Cache) -> None:
    done = run("prune", folder=cache.folder)
    assert (done.exit_code, done.output) == (
        0,
        f"Removed 1 file (0.0 MiB) from {cache.folder}; 1 file (0.0 MiB) stay.\n",
    )
    assert (cache.read("pages", "old"), cache.read("pages", "new")) == (None, "new")


@pytest.mark.parametrize(("words", "stays"), [((), False), (("--days", "101"), True), (("--max-size", "0"), False)])
def test_prune_by_age_and_size(cache: Cache, words: tuple[str, ...], stays: bool) -> None:
    assert run("prune", *words, folder=cache.folder).exit_code == 0
    assert (cache.read("pages", "old") is not None) is stays


def test_clean(cache: Cache) -> None:
    done = run("clean", folder=cache.folder)
    assert (done.exit_code, done.output) == (0, f"Removed 2 files (0.0 MiB) from {cache.folder}.\n")
    assert not Path(cache.folder).exists()
    assert run("clean", folder=cache.folder).output == f"Removed 0 files (0.0 MiB) from {cache.folder}.\n"


def test_clean_leaves_what_is_not_ours(cache: Cache) -> None:
    mine = Path(cache.folder, "mine\u202e")
    mine.write_text("x")
    done = run("clean", folder=cache.folder)
    assert done.exit_code == 0
    assert done.output == (
        f"Removed 2 files (0.0 MiB) from {cache.folder}.\nLeft alone, for it is not of this program: mine\\u202e.\n"
    )
    assert mine.exists()


def test_a_folder_that_is_no_cache_is_left_alone(tmp_path: Path) -> None:
    for number in range(7):
        (tmp_path / f"file{number}").touch()
    done = run("clean", folder=str(tmp_path))
    assert done.exit_code == 2
    assert "is no cache of this program, for it holds file0, file1, file2, file3, file4, and 2 more" in done.output
    assert len(list(tmp_path.iterdir())) == 7


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("word", ["size", "prune", "clean"])
def test_a_folder_of_another_user_is_left_alone(cache: Cache, word: str) -> None:
    os.chown(cache.folder, 12345, -1)
    done = run(word, folder=cache.folder)
    assert done.exit_code == 2
    assert f"The cache folder {cache.folder} belongs to another user; it was left alone." in done.output
    assert Path(cache.path("pages", "old")).exists()


def test_what_cannot_be_removed_is_said(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    def unlink(path: str) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(os, "unlink", unlink)
    done = run("clean", folder=cache.folder)
    assert done.exit_code == 2
    assert f"2 files (0.0 MiB) in the cache folder {cache.folder} could not be removed." in done.output


@pytest.mark.parametrize("words", [("prune", "--days", "-1"), ("burn",), ("dir", "--cache-dir", "a\nb")])
def test_usage(words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
