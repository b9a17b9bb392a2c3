"""Whatever fails in either of the two threads that write is heard, and nothing is written after it."""

from __future__ import annotations

import errno
import os
from functools import partial
from pathlib import Path

import pytest

from piptools_clone.sync.write.writer_thread import Hands
from piptools_clone.wheels.pack import DamagedPack, Pack
from piptools_clone.wheels.wheel_cache import WheelCache
from tests.support.packages import make_wheel


@pytest.fixture
def path(tmp_path: Path) -> Path:
    package = make_wheel("a", "1.0")
    cache = WheelCache(tmp_path)
    cache.add(package.write(tmp_path), package.filename, package.sha256)
    return next(cache.root.glob("*/*.pack"))


def test_all_is_written_and_closed(path: Path) -> None:
    packs, written = [Pack(path) for _ in range(50)], []
    with Hands() as hands:
        for number, pack in enumerate(packs):
            hands.take(pack, str(number), partial(written.append, number))
    assert sorted(written) == list(range(50))
    assert hands.damaged == []
    for pack in packs:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(pack.descriptor)


def fail(error: BaseException) -> None:
    raise error


def test_a_full_disk_is_raised_wherever_it_is_met(path: Path) -> None:
    written: list[int] = []
    with pytest.raises(OSError, match="No space"), Hands() as hands:
        hands.take(Pack(path), "a", lambda: fail(OSError(errno.ENOSPC, "No space")))
        for _ in range(50):
            hands.take(Pack(path), "b", lambda: None)
        hands.take(Pack(path), "c", lambda: written.append(1))


def test_damage_is_named(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content.replace(b"VERSION", b"version", 1))
    with Hands() as hands:
        hands.take(Pack(path), "cut", lambda: None)
    assert hands.damaged == ["cut"]
    path.write_bytes(content)
    with Hands() as hands:
        hands.take(Pack(path), "found while writing", lambda: fail(DamagedPack("x")))
    assert hands.damaged == ["found while writing"]


def test_what_fails_outside_goes_first(path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Hands() as hands:
        hands.take(Pack(path), "a", lambda: fail(OSError()))
        raise KeyboardInterrupt
