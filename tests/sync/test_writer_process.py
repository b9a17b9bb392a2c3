"""Whatever the helper does or leaves, the same files are written, and none when all has ended.

The helpers here are no processes: a thread of the test runner forbids those, and `test_helper` has them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from piptools_clone.environment.interpreter import running_interpreter
from piptools_clone.process.helper_process import Helper
from piptools_clone.sync.transaction.final_paths import Places
from piptools_clone.sync.write.helper_work import WheelWork
from piptools_clone.sync.write.layout import Incoming, Origin
from piptools_clone.sync.write.scheme import scheme_of
from piptools_clone.sync.write.staging import Staging
from piptools_clone.sync.write.write_wheels import LinkMode
from piptools_clone.sync.write.writer_process import TwoProcesses
from piptools_clone.wheels.wheel_cache import WheelCache
from tests.support.packages import make_wheel

PACKAGES = [make_wheel(f"p{number}", "1.0", files={f"p{number}/x.py": "1" * number}) for number in range(4)]


class Stub:
    """A helper that takes wheels and does what ``work`` says with them when it is asked about them."""

    def __init__(self, work: Callable[..., object], *, takes: bool = True, gives_back: int = 0) -> None:
        self.work = work
        self.takes = takes
        self.gives_back = gives_back
        self.given: dict[str, tuple[Any, ...]] = {}
        self.has_settled = False

    def give(self, key: str, *order: object) -> bool:
        if self.takes:
            self.given[key] = order
        return self.takes

    def take_back(self) -> str | None:
        self.gives_back -= 1
        return self.given.popitem()[0] if self.gives_back >= 0 else None

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


@pytest.fixture
def wheels(tmp_path: Path) -> WheelCache:
    cache = WheelCache(tmp_path / "cache")
    for package in PACKAGES:
        cache.add_content(package.data, package.filename, package.sha256)
    return cache


def written(wheels: WheelCache, stub: Stub, folder: Path) -> tuple[set[str], list[str]]:
    """Write all wheels, and give the paths of modules that came of it and the names of damaged packs."""
    scheme = scheme_of(running_interpreter())._replace(purelib=str(folder / "site"), platlib=str(folder / "site"))
    staging = Staging(str(folder / "staged"), scheme, Places(scheme), dict)
    with TwoProcesses(cast("Helper", stub), wheels, LinkMode.AUTO) as both:
        for package in PACKAGES:
            pack = wheels.open(package.sha256)
            assert pack is not None
            incoming = Incoming(pack.head.name, package.sha256, Origin())
            both.take(pack, incoming, staging.add(pack, incoming.origin))
    assert stub.has_settled
    return {path.name + path.read_text() for path in (folder / "staged").rglob("*.py")}, both.damaged


def nothing(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    "make",
    [
        Stub,
        lambda work: Stub(nothing, takes=False),
        lambda work: Stub(nothing),
        lambda work: Stub(nothing, gives_back=4),
        lambda work: Stub(work, gives_back=2),
        lambda work: Stub(lambda *order: (work(*order), nothing())),
    ],
    ids=["does all", "takes none", "does none", "gives all back", "gives some back", "writes and fails"],
)
def test_the_same_is_written(make: Callable[[WheelWork], Stub], wheels: WheelCache, tmp_path: Path) -> None:
    expected = {f"x.py{'1' * number}" for number in range(4)}
    assert written(wheels, make(WheelWork(wheels)), tmp_path) == (expected, [])


@pytest.mark.parametrize("gives_back", [0, 4])
def test_damage_is_named(gives_back: int, wheels: WheelCache, tmp_path: Path) -> None:
    [path] = wheels.root.glob(f"*/{PACKAGES[3].sha256}.pack")
    path.write_bytes(path.read_bytes().replace(b"111", b"112", 1))
    assert written(wheels, Stub(nothing, gives_back=gives_back), tmp_path)[1] == ["p3"]


def test_an_interrupt_waits_for_the_helper(wheels: WheelCache) -> None:
    stub = Stub(nothing)
    with pytest.raises(KeyboardInterrupt), TwoProcesses(cast("Helper", stub), wheels, LinkMode.AUTO):
        raise KeyboardInterrupt
    assert stub.has_settled
