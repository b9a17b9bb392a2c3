"""Whatever the helper process or the thread does, fails at or leaves: the same is written, and nothing after the end.

The helpers here are no processes: a thread of the test runner forbids those, and `test_helper_process` has them.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from piptools_clone.environment.interpreter import running_interpreter
from piptools_clone.process.helper_process import HelperProcess
from piptools_clone.process.workers import Worker
from piptools_clone.syncing.transaction.final_paths import Places
from piptools_clone.syncing.write.layout import Incoming, WheelOrigin
from piptools_clone.syncing.write.scheme import scheme_of
from piptools_clone.syncing.write.staging import Job, Staging
from piptools_clone.syncing.write.wheel_work import WheelWork
from piptools_clone.syncing.write.wheel_writer import WheelWriter
from piptools_clone.syncing.write.write_wheels import LinkMode
from piptools_clone.wheels.pack import DamagedPack, Pack
from piptools_clone.wheels.wheel_cache import WheelCache
from tests.support.packages import make_wheel

PACKAGES = [make_wheel(f"p{number}", "1.0", files={f"p{number}/x.py": "1" * number}) for number in range(4)]
MODULES = {f"x.py{'1' * number}" for number in range(4)}


class Stub:
    """A helper process that takes wheels and does what ``work`` says with them when it is asked about them."""

    def __init__(self, work: Callable[..., object], *, takes: bool = True, gives_back: int = 0) -> None:
        self.work = work
        self.takes = takes
        self.gives_back = gives_back
        self.given: dict[str, tuple[Any, ...]] = {}
        self.has_settled = self.is_dismissed = False

    def give(self, key: str, *about: object) -> bool:
        if self.takes:
            self.given[key] = about
        return self.takes

    def take_back(self) -> str | None:
        self.gives_back -= 1
        return self.given.popitem()[0] if self.gives_back >= 0 else None

    def content(self, _: str) -> bytes:
        return b""

    def has_done(self, key: str) -> bool:
        try:
            self.work(*self.given[key])
        except ZeroDivisionError:
            return False
        return True

    def settle(self) -> None:
        self.has_settled = True

    def dismiss(self) -> None:
        assert self.has_settled
        self.is_dismissed = True


def worker(stub: Stub | None) -> Worker:
    return Worker(cast("HelperProcess | None", stub))


@pytest.fixture
def wheels(tmp_path: Path) -> WheelCache:
    cache = WheelCache(tmp_path / "cache")
    for package in PACKAGES:
        cache.add_content(package.data, package.filename, package.sha256)
    return cache


def written(
    wheels: WheelCache, stub: Stub | None, folder: Path, mode: LinkMode = LinkMode.AUTO
) -> tuple[set[str], list[str]]:
    """Write all wheels, and give the paths of modules that came of it and the names of damaged packs."""
    scheme = scheme_of(running_interpreter())._replace(purelib=str(folder / "site"), platlib=str(folder / "site"))
    staging = Staging(str(folder / "staged"), scheme, Places(scheme), dict)
    with WheelWriter(wheels, mode, worker(stub)) as writer:
        for package in PACKAGES:
            pack = wheels.open(package.sha256)
            assert pack is not None
            incoming = Incoming(pack.head.name, package.sha256, WheelOrigin())
            writer.take(pack, incoming, staging.add(pack, incoming.origin))
    assert stub is None or mode is LinkMode.HARDLINK or stub.is_dismissed
    return {path.name + path.read_text() for path in (folder / "staged").rglob("*.py")}, writer.damaged


def nothing(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    "make",
    [
        lambda _: None,
        Stub,
        lambda work: Stub(nothing, takes=False),
        lambda work: Stub(nothing),
        lambda work: Stub(nothing, gives_back=4),
        lambda work: Stub(work, gives_back=2),
        lambda work: Stub(lambda *order: (work(*order), nothing())),
    ],
    ids=["is a thread", "does all", "takes none", "does none", "gives all back", "gives some back", "writes and fails"],
)
def test_the_same_is_written(make: Callable[[WheelWork], Stub | None], wheels: WheelCache, tmp_path: Path) -> None:
    assert written(wheels, make(WheelWork(wheels)), tmp_path) == (MODULES, [])


@pytest.mark.parametrize("stub", [None, Stub(nothing)])
def test_hard_links_are_left_to_no_process(stub: Stub | None, wheels: WheelCache, tmp_path: Path) -> None:
    """They are links to files of the cache, of which two processes could make the same one."""
    assert written(wheels, stub, tmp_path, LinkMode.HARDLINK) == (MODULES, [])
    assert stub is None or not stub.given


@pytest.mark.parametrize("gives_back", [0, 4])
def test_damage_is_named(gives_back: int, wheels: WheelCache, tmp_path: Path) -> None:
    damage(wheels, PACKAGES[3].sha256)
    assert written(wheels, Stub(nothing, gives_back=gives_back), tmp_path)[1] == ["p3"]


def damage(wheels: WheelCache, sha256: str) -> None:
    [path] = wheels.root.glob(f"*/{sha256}.pack")
    path.write_bytes(path.read_bytes().replace(b"111", b"112", 1))


@pytest.mark.parametrize("stub", [None, Stub(nothing)])
def test_an_interrupt_waits_for_what_is_being_written(stub: Stub | None, wheels: WheelCache) -> None:
    with pytest.raises(KeyboardInterrupt), WheelWriter(wheels, LinkMode.AUTO, worker(stub)):
        raise KeyboardInterrupt
    assert stub is None or stub.is_dismissed


class Writing(Job):
    """Not what is to be written of a wheel, but something else to do instead."""

    __slots__ = ()

    def write(self, pack: Pack, writer: object) -> None:
        cast("Callable[[], object]", self.plain)()


def take(writer: WheelWriter, wheels: WheelCache, name: str, write: Callable[[], object]) -> Pack:
    """Have something done instead of a wheel's files; gives its pack."""
    pack = wheels.open(PACKAGES[3].sha256)
    assert pack is not None
    writer.take(pack, Incoming(name, PACKAGES[3].sha256, WheelOrigin()), Writing(cast("Any", write), "", ()))
    return pack


def test_all_is_done_and_closed_with_a_thread(wheels: WheelCache) -> None:
    done: list[int] = []
    with WheelWriter(wheels) as writer:
        packs = [take(writer, wheels, str(number), partial(done.append, number)) for number in range(50)]
    assert sorted(done) == list(range(50))
    assert writer.damaged == []
    for pack in packs:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(pack.descriptor)


def fail(error: BaseException) -> None:
    raise error


def test_a_full_disk_is_raised_wherever_it_is_met(wheels: WheelCache) -> None:
    with pytest.raises(OSError, match="No space"), WheelWriter(wheels) as writer:
        take(writer, wheels, "a", lambda: fail(OSError(errno.ENOSPC, "No space")))
        for _ in range(50):
            take(writer, wheels, "b", lambda: None)


def test_damage_is_named_wherever_it_is_found(wheels: WheelCache) -> None:
    with WheelWriter(wheels) as writer:
        take(writer, wheels, "found while writing", lambda: fail(DamagedPack("x")))
    assert writer.damaged == ["found while writing"]
    damage(wheels, PACKAGES[3].sha256)
    with WheelWriter(wheels) as writer:
        take(writer, wheels, "cut", lambda: None)
    assert writer.damaged == ["cut"]


def test_what_fails_outside_goes_first(wheels: WheelCache) -> None:
    with pytest.raises(KeyboardInterrupt), WheelWriter(wheels) as writer:
        take(writer, wheels, "a", lambda: fail(OSError()))
        raise KeyboardInterrupt
