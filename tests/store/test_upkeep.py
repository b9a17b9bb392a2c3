"""The cache stays small by itself, and nothing but what is ours and out of use is ever removed from it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from piptools_clone.store import upkeep
from piptools_clone.store.cache import LAYOUTS, MEMO, PAGES, Cache, folder_of
from piptools_clone.store.upkeep import DAY, MAX_AGE, MAX_BYTES, SAFE_SECONDS, clean, find_files, prune, sizes, tidy
from piptools_clone.wheels.wheel_cache import WheelCache
from tests.support.packages import make_wheel

NOW = time.time()
A = make_wheel("a", "1.0", files={"a.py": "a"})
FORMER = (
    *("pages-v2/0/" + "1" * 63, "metadata-2-v2/0/" + "1" * 63, "direct-metadata-v2/0/" + "1" * 63),
    *("archives-v2/0/" + "1" * 63, "sha256-v2/0/" + "1" * 63, "choice-v2/0/" + "1" * 63),
    *("built-wheel-v2/0/" + "1" * 63, "recall-v2/0/" + "1" * 63, "interpreters-v2/" + "1" * 64 + ".json"),
    *("seals-v2/" + "1" * 64, "recipes-v2/" + "1" * 64, "packs-v4/11/" + "1" * 64 + ".pack"),
)
"""One file of each kind that older releases kept."""


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path / "cache"))


def age(path: Path | str, days: float) -> None:
    os.utime(path, (NOW - days * DAY, NOW - days * DAY), follow_symlinks=False)


def make(cache: Cache, name: str, days: float = 0, kind: str = PAGES, size: int = 10) -> Path:
    cache.write(kind, name, b"x" * size)
    path = Path(cache.path(kind, name))
    age(path, days)
    return path


def test_what_is_not_used_for_long_goes(cache: Cache) -> None:
    old, new = make(cache, "old", 91), make(cache, "new", 89)
    removed = prune(cache.folder, now=NOW)
    assert (old.exists(), new.exists()) == (False, True)
    assert (removed.gone[0], removed.stays[0]) == (1, 1)


def test_a_reading_counts_as_use(cache: Cache) -> None:
    read = make(cache, "read")
    os.utime(read, (NOW - DAY, NOW - 100 * DAY))
    prune(cache.folder, now=NOW)
    assert read.exists()


def test_what_was_used_the_longest_ago_goes_first_where_there_is_too_much(cache: Cache) -> None:
    paths = [make(cache, str(days), days, size=1000) for days in (10, 30, 20, 40, 3)]
    size = sum(path.stat().st_size for path in paths)
    prune(cache.folder, now=NOW, max_bytes=size)
    assert all(path.exists() for path in paths)
    prune(cache.folder, now=NOW, max_bytes=size - 1)  # down to four fifths of it, so that it takes a while again
    assert [path.exists() for path in paths] == [True, False, True, False, True]


def test_what_a_running_process_may_need_stays(cache: Cache) -> None:
    young = make(cache, "young", SAFE_SECONDS / DAY - 0.1)
    prune(cache.folder, now=NOW, max_age=0, max_bytes=0)
    assert young.exists()


def test_what_is_used_meanwhile_stays(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(cache, "old", 91)
    find = upkeep.find_files

    def find_and_use(folder: str) -> list[upkeep.StoredFile]:
        found = [*find(folder)]
        os.utime(path)
        return found

    monkeypatch.setattr(upkeep, "find_files", find_and_use)
    prune(cache.folder, now=NOW)
    assert path.exists()


def test_a_pack_is_dated_by_its_use(tmp_path: Path) -> None:
    wheels = WheelCache(tmp_path / "cache")
    wheels.add_content(A.data, A.filename, A.sha256)
    [pack] = wheels.root.glob("*/*.pack")
    for use in (lambda: wheels.holds(A.sha256), lambda: wheels.open(A.sha256).close()):  # type: ignore[union-attr]
        age(pack, 100)
        use()
        prune(str(tmp_path / "cache"), now=NOW, max_age=0, max_bytes=0)
        assert pack.exists()
    seen = pack.stat()
    assert wheels.holds(A.sha256)
    assert pack.stat().st_mtime_ns == seen.st_mtime_ns  # once a day is enough


def test_the_files_of_a_wheel_go_as_one(tmp_path: Path) -> None:
    wheels = WheelCache(tmp_path / "cache")
    wheels.add_content(A.data, A.filename, A.sha256)
    with wheels.open(A.sha256) as pack:  # type: ignore[union-attr]
        tree = Path(wheels.tree(A.sha256, pack))
    (tree / "sub").mkdir()
    (tree / "sub" / "a.py").write_text("a")
    assert sizes(each for each in find_files(str(tmp_path / "cache")) if each.is_tree) == (1, 1)
    age(tree / "sub" / "a.py", 100)
    prune(str(tmp_path / "cache"), now=NOW)
    assert tree.exists()
    age(tree, 100)
    prune(str(tmp_path / "cache"), now=NOW)
    assert not tree.exists()


@pytest.mark.parametrize("name", FORMER)
def test_older_releases_are_left_until_they_are_out_of_use(cache: Cache, name: str) -> None:
    path = Path(cache.folder, name)
    path.parent.mkdir(parents=True)
    for folder in path.parents[: len(Path(name).parents) - 1]:
        folder.chmod(0o700)
    path.write_bytes(b"x")
    prune(cache.folder, now=NOW)
    assert path.exists()
    age(path, 91)
    prune(cache.folder, now=NOW)
    assert not path.exists()
    assert os.listdir(cache.folder) == []  # noqa: PTH208


def test_what_a_killed_run_left_goes(cache: Cache) -> None:
    entry = make(cache, "entry")
    left = [entry.with_name(".1f-7f00-0"), Path(folder_of(cache.folder, PAGES), ".new-1f-7f00-0")]
    for path in left:
        path.write_bytes(b"x")
        age(path, 1)
    prune(cache.folder, now=NOW)
    assert all(path.exists() for path in left)
    for path in left:
        age(path, 3)
    prune(cache.folder, now=NOW)
    assert not any(path.exists() for path in left)


FOREIGN: dict[str, Callable[[Path], Path]] = {
    "a name beside the kinds": lambda folder: folder / "mine",
    "another kind": lambda folder: folder / "http-v2" / "0" / ("1" * 63),
    "a kind without a layout": lambda folder: folder / "pages" / "0" / ("1" * 63),
    "a name that is no digest": lambda folder: folder / "pages-v4" / "0" / "mine",
    "a digest of another length": lambda folder: folder / "pages-v4" / "0" / ("1" * 40),
    "a folder that is no shard": lambda folder: folder / "pages-v4" / "mine" / ("1" * 63),
    "below a digest": lambda folder: folder / "pages-v4" / "0" / ("1" * 63) / "mine",
}


@pytest.mark.parametrize("work", [lambda folder: prune(folder, now=NOW, max_age=0), clean])
@pytest.mark.parametrize("case", FOREIGN)
def test_what_is_not_ours_stays(cache: Cache, case: str, work: Callable[[str], object]) -> None:
    make(cache, "entry", 100)
    path = FOREIGN[case](Path(cache.folder))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    age(path, 1000)
    work(cache.folder)
    assert path.exists()
    assert not Path(cache.path(PAGES, "entry")).exists()


@pytest.mark.parametrize("work", [lambda folder: prune(folder, now=NOW, max_age=0), clean])
def test_no_link_is_followed_or_removed(cache: Cache, tmp_path: Path, work: Callable[[str], object]) -> None:
    other = Cache(str(tmp_path / "other"))
    kept = [make(other, "entry", 100), make(other, "one", 100)]
    entry = make(cache, "entry", 100)
    Path(folder_of(cache.folder, MEMO)).symlink_to(folder_of(other.folder, PAGES))
    (entry.parent.parent / "ff").symlink_to(kept[0].parent)
    (entry.parent / ("2" * 63)).symlink_to(kept[1])
    age(entry.parent / ("2" * 63), 100)
    work(cache.folder)
    assert all(path.exists() for path in kept)
    assert (entry.parent / ("2" * 63)).is_symlink()
    assert not entry.exists()


def test_a_folder_for_all_is_left_alone(cache: Cache) -> None:
    entry = make(cache, "entry", 100)
    Path(folder_of(cache.folder, PAGES)).chmod(0o777)
    prune(cache.folder, now=NOW)
    assert entry.exists()
    assert upkeep.find_foreign(cache.folder) == ["pages-v4"]


def test_clean_leaves_nothing(cache: Cache) -> None:
    for kind in LAYOUTS:
        make(cache, "entry", kind=kind)
    removed = clean(cache.folder)
    assert (removed.gone[0], removed.stays[0]) == (5, 0)
    assert not Path(cache.folder).exists()


class TestTidy:
    """Between runs: seldom, after a run that wrote, and with bounded work."""

    def stamp(self, cache: Cache) -> Path:
        return Path(cache.folder, "pruned")

    def due(self, cache: Cache) -> Path:
        """An entry that is out of use, in a cache that was not pruned for a while."""
        old = make(cache, "old", 91)
        tidy(cache)
        age(self.stamp(cache), 8)
        return old

    def test_it_prunes_once_a_week(self, cache: Cache) -> None:
        old = self.due(cache)
        tidy(cache)
        assert not old.exists()
        old = make(cache, "old", 91)
        tidy(cache)
        assert old.exists()

    def test_a_cache_that_has_just_begun_is_not_looked_at(self, cache: Cache) -> None:
        old = make(cache, "old", 91)
        tidy(cache)
        assert old.exists()
        assert self.stamp(cache).exists()

    def test_a_clock_that_was_set_back_is_no_reason_to_wait(self, cache: Cache) -> None:
        old = self.due(cache)
        age(self.stamp(cache), -8)
        tidy(cache)
        assert not old.exists()

    def test_a_run_that_wrote_nothing_does_nothing(self, cache: Cache) -> None:
        self.due(cache)
        before = self.stamp(cache).stat()
        reader = Cache(cache.folder)
        assert reader.read(PAGES, "old") is not None
        tidy(reader)
        assert self.stamp(cache).stat() == before

    def test_its_work_is_bounded(self, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
        self.due(cache)
        for number in range(10):
            make(cache, str(number), 91)
        monkeypatch.setattr(upkeep, "_AT_ONCE", 3)
        tidy(cache)
        assert sizes(find_files(cache.folder))[0] == 8

    def test_it_never_fails(self, cache: Cache) -> None:
        make(cache, "old", 91)
        self.stamp(cache).mkdir()
        age(self.stamp(cache), 8)
        tidy(cache)
        clean(cache.folder)
        tidy(cache)


def test_the_bounds_are_those_that_are_told() -> None:
    assert (MAX_AGE, MAX_BYTES) == (90 * DAY, 5 * 2**30)
