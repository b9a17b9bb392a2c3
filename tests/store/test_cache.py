"""Entries are whole or absent, private, and never needed."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from piptools_clone.store.cache import Cache, default_cache_folder


@pytest.fixture
def cache(tmp_path):
    return Cache(str(tmp_path / "new" / "cache"))


def test_what_is_written_is_read(cache):
    assert cache.read("pages", "https://idx.example/") is None
    cache.write("pages", "https://idx.example/", b"one")
    cache.write("pages", "https://idx.example/", b"two")
    assert cache.read("pages", "https://idx.example/") == b"two"
    assert cache.read("files", "https://idx.example/") is None
    assert cache.problem is None


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "a\0b", "\udc80", "x" * 100_000, "é"])
def test_any_text_is_a_key(cache, key):
    cache.write("pages", key, b"data")
    assert cache.read("pages", key) == b"data"
    assert cache.path("pages", key).startswith(cache.folder + "/pages-v2/")


def test_the_folder_and_its_files_are_private(cache):
    cache.write("pages", "key", b"data")
    assert stat.S_IMODE(Path(cache.folder).stat().st_mode) == 0o700
    assert stat.S_IMODE(Path(cache.path("pages", "key")).stat().st_mode) == 0o600


def test_no_temporary_file_stays(cache, tmp_path):
    cache.write("pages", "key", b"data")
    files = [name for _, _, names in os.walk(tmp_path) for name in names]
    assert len(files) == 1


def test_a_place_that_cannot_be_written_is_a_miss(cache):
    path = Path(cache.path("pages", "key"))
    (path / "folder" / "in" / "the" / "way").mkdir(parents=True)
    cache.write("pages", "key", b"data")
    assert cache.read("pages", "key") is None
    assert list(path.parent.iterdir()) == [path]


def test_writers_at_once_leave_a_whole_entry(cache):
    payloads = [bytes([number]) * 100_000 for number in range(8)]

    def work(payload):
        for _ in range(20):
            cache.write("pages", "key", payload)
            assert cache.read("pages", "key") in payloads

    threads = [threading.Thread(target=work, args=(payload,)) for payload in payloads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.read("pages", "key") in payloads


def test_a_folder_that_others_may_write_is_closed_to_them(tmp_path):
    tmp_path.chmod(0o777)
    assert Cache(str(tmp_path)).problem is None
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_not_used(tmp_path):
    os.chown(tmp_path, 12345, 12345)
    cache = Cache(str(tmp_path))
    assert "belongs to another user" in cache.problem
    cache.write("pages", "key", b"data")
    assert cache.read("pages", "key") is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("")
    cache = Cache(str(tmp_path / "file" / "cache"))
    assert "cannot be used" in cache.problem
    cache.write("pages", "key", b"data")
    assert cache.read("pages", "key") is None


@pytest.mark.parametrize(
    ("environ", "platform", "folder"),
    [
        ({"HOME": "/home/bob"}, "linux", "/home/bob/.cache/piptools-clone"),
        ({"HOME": "/home/bob", "XDG_CACHE_HOME": "/fast"}, "linux", "/fast/piptools-clone"),
        ({"HOME": "/home/bob", "XDG_CACHE_HOME": "relative"}, "linux", "/home/bob/.cache/piptools-clone"),
        ({"HOME": "/Users/bob"}, "darwin", "/Users/bob/Library/Caches/piptools-clone"),
        ({"USERPROFILE": "C:/bob"}, "win32", "C:/bob/AppData/Local/piptools-clone/Cache"),
        ({"LOCALAPPDATA": "D:/local"}, "win32", "D:/local/piptools-clone/Cache"),
    ],
)
def test_the_default_folder_of_each_platform(environ, platform, folder):
    assert default_cache_folder(environ, platform) == folder
