"""Searches through random worlds, watched at every ask; `PIPTOOLS_CLONE_WORLDS=20000` searches through so many."""

from __future__ import annotations

import os

import pytest

from piptools_clone.solver import order, solver, watchers
from piptools_clone.solver.solver import Event
from tests.solver.random_worlds import Watched, random_world

WORLDS = int(os.environ.get("PIPTOOLS_CLONE_WORLDS", "400"))
SHARES = 8
"""So many tests share the worlds, and may run beside each other."""


def asks_and_conflicts(watched: Watched) -> int:
    return watched.counts[Event.ASK] + watched.counts[Event.CONFLICT]


@pytest.mark.parametrize("share", range(SHARES))
def test_random_worlds(share: int) -> None:
    """Of 20,000 worlds none took more than 250 steps; a search that overlooks what it knows takes thousands."""
    total = 0
    for seed in range(share, WORLDS, SHARES):
        watched = Watched(random_world(seed), seed)
        watched.search()
        assert asks_and_conflicts(watched) <= 300, seed
        total += asks_and_conflicts(watched)
    assert total <= 16 * (WORLDS // SHARES)


@pytest.mark.parametrize("share", range(SHARES))
def test_random_worlds_with_small_limits(share: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens in long searches only: restarts, far jumps, long lists of what was told late, sleep, patience."""
    monkeypatch.setattr(order, "FIRST_RESTART", 3)
    monkeypatch.setattr(order, "PATIENCE", 2)
    monkeypatch.setattr(solver, "FAR_JUMP", 1)
    monkeypatch.setattr(solver, "LATE_LIMIT", 2)
    monkeypatch.setattr(watchers, "SWEEP_AFTER", 1)
    for seed in range(share, WORLDS, SHARES):
        watched = Watched(random_world(seed), seed)
        watched.search()
        assert asks_and_conflicts(watched) <= 600, seed
