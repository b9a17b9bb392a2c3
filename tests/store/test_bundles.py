"""Facts of one project in one entry: kept across runs and processes, bounded, and no more than a saving of work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from piptools_clone.store import bundles
from piptools_clone.store.bundles import Bundles
from piptools_clone.store.cache import METADATA, Cache


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path))


def opened(cache: Cache | None) -> Bundles:
    return Bundles(cache, lambda job: None)  # no time until the end


def keep(cache: Cache, **facts: bytes) -> None:
    made = opened(cache)
    for key, fact in facts.items():
        made.write("project", key, lambda fact=fact: fact)  # type: ignore[misc]
    made.save()


def test_what_is_kept_is_read_by_the_next_run(cache: Cache) -> None:
    assert opened(cache).read("project", "a") is None
    keep(cache, a=b"1\t\n2", b=b"")
    made = opened(cache)
    assert [made.read("project", key) for key in "abc"] == [b"1\t\n2", b"", None]
    assert made.read("other", "a") is None


def test_several_runs_add_to_one_bundle(cache: Cache) -> None:
    keep(cache, a=b"1")
    keep(cache, b=b"2")
    made = opened(cache)
    assert [made.read("project", key) for key in "ab"] == [b"1", b"2"]


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"", lambda data: data.replace(b"1", b"2")])
def test_a_damaged_bundle_is_a_miss_and_is_written_anew(cache: Cache, damage: Callable[[bytes], bytes]) -> None:
    keep(cache, a=b"1")
    path = Path(cache.path(METADATA, "project"))
    path.write_bytes(damage(path.read_bytes()))
    assert opened(cache).read("project", "a") is None
    keep(cache, a=b"1")
    assert opened(cache).read("project", "a") == b"1"


def test_a_bundle_that_is_too_large_keeps_what_the_last_run_used(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(cache, used=b"1" * 50, unused=b"2" * 50)
    monkeypatch.setattr(bundles, "SIZE_LIMIT", 130)
    made = opened(cache)
    made.read("project", "used")
    made.write("project", "new", lambda: b"3" * 50)
    made.save()
    made = opened(cache)
    assert [made.read("project", key) is not None for key in ("used", "unused", "new")] == [True, False, True]


def test_without_a_cache_nothing_is_kept() -> None:
    made = opened(None)
    made.write("project", "a", lambda: b"1")
    made.save()
    assert made.read("project", "a") is None
