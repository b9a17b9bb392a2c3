"""Entries are whole or absent, private, and never needed."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.store.cache import LAYOUTS, Cache, cache_folder, default_cache_folder, parse_entry, render_entry


@pytest.fixture
def cache(tmp_path):
    return Cache(str(tmp_path / "new" / "cache"))


def test_what_is_written_is_read(cache):
    assert cache.read("pages", "https://idx.example/") is None
    cache.write("pages", "https://idx.example/", b"one")
    cache.write("pages", "https://idx.example/", b"two")
    assert cache.read("pages", "https://idx.example/") == b"two"
    assert cache.read("facts", "https://idx.example/") is None
    assert cache.problem is None


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "a\0b", "\udc80", "x" * 100_000, "é"])
def test_any_text_is_a_key(cache, key):
    cache.write("pages", key, b"data")
    assert cache.read("pages", key) == b"data"
    assert cache.path("pages", key).startswith(cache.folder + "/pages-v4/")


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


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        ((), "/env"),
        (("--cache-dir", "/a"), "/a"),
        (("--cache-dir=/a", "x.in"), "/a"),
        (("--cache-dir=/a", "--cache-dir", "/b"), "/b"),
        (("--cache-dir",), "/env"),
    ],
)
def test_the_folder_of_a_run(arguments, folder):
    """One definition, for both commands, the memo and the maintenance of the cache."""
    assert cache_folder(arguments, {"PIP_TOOLS_CACHE_DIR": "/env", "HOME": "/home/me"}) == folder


def test_the_folder_of_a_run_by_default():
    assert cache_folder((), {"HOME": "/home/me"}).startswith("/home/me/")


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inside: st.lists(inside) | st.tuples(inside, inside) | st.dictionaries(st.text(), inside),
    max_leaves=10,
)


@given(PLAIN, st.sampled_from(sorted(LAYOUTS)))
def test_an_entry_holds_any_plain_value(value, kind):
    assert parse_entry(kind, b"".join(render_entry(kind, value))) == value


@pytest.mark.parametrize("kind", ["pages", "memo"])
def test_any_damage_is_a_miss(kind):
    data = b"".join(render_entry(kind, ("1.0", b"data", {"etag": "x"})))
    for i in range(len(data)):
        assert parse_entry(kind, data[:i]) is None
        assert parse_entry(kind, data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :]) is None
    assert parse_entry(kind, data + b"x") is None


@given(st.binary(max_size=200))
def test_noise_is_no_entry(data):
    assert parse_entry("pages", data) is None


def test_there_are_five_kinds():
    assert len(LAYOUTS) == 5
