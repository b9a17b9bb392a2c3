"""Searches through random worlds, watched at every ask; `PIPTOOLS_CLONE_WORLDS=20000` searches through so many."""

from __future__ import annotations

import os

import pytest

from piptools_clone.solver import order, solver, watchers
from tests.solver.random_worlds import Watched, random_world

WORLDS = int(os.environ.get("PIPTOOLS_CLONE_WORLDS", "400"))
SHARES = 8
"""So many tests share the worlds, and may run beside each other."""


def steps(seeds: range, limit: int) -> int:
    """How many steps searches through these worlds take, each at most ``limit``."""
    total = 0
    for seed in seeds:
        watched = Watched(random_world(seed), seed, limit)
        watched.search()
        total += watched.steps
    return total


@pytest.mark.parametrize("share", range(SHARES))
def test_random_worlds(share: int) -> None:
    """They take 10 steps each, the longest search 131; one that overlooks what it knows takes thousands."""
    seeds = range(share, WORLDS, SHARES)
    assert steps(seeds, 300) <= 15 * len(seeds)


@pytest.mark.parametrize("share", range(SHARES))
def test_random_worlds_with_small_limits(share: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens in long searches only: restarts, far jumps, long lists of what was told late, sleep, patience."""
    monkeypatch.setattr(order, "FIRST_RESTART", 3)
    monkeypatch.setattr(order, "PATIENCE", 2)
    monkeypatch.setattr(solver, "FAR_JUMP", 1)
    monkeypatch.setattr(solver, "LATE_LIMIT", 2)
    monkeypatch.setattr(watchers, "SWEEP_AFTER", 1)
    steps(range(share, WORLDS, SHARES), 600)
