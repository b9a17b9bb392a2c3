"""Locks for many environments over random worlds, held against exhaustive search.

``PIPTOOLS_CLONE_WORLDS=20000`` tries so many.  A world that fails is made smaller, and printed as `shrink.reproduce`
takes it.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.universal import adapter
from tests.universal.laws import broken_laws, lock_case
from tests.universal.shrink import shrink, written
from tests.universal.truth import Case
from tests.universal.worlds import random_case

WORLDS = int(os.environ.get("PIPTOOLS_CLONE_WORLDS", "160"))
SHARES = 8
"""So many tests share the worlds, and may run beside each other."""


def outcome(case: Case, seed: int) -> list[str]:
    """The laws that a case breaks; an exception is one, too, so that its world can be made smaller."""
    try:
        return broken_laws(case, seed=seed)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]


def kind_of(problem: str) -> str:
    """What a smaller world has to break, too."""
    words = [word for word in problem.split() if word.isalpha()]
    return " ".join(words[:4])


def report(case: Case, seed: int, found: list[str]) -> str:
    """A smaller world that breaks the same law, and what it breaks."""
    kind = kind_of(found[0])
    small = shrink(case, lambda each: any(kind_of(problem) == kind for problem in outcome(each, seed)[:1]))
    return "\n".join([f"seed {seed}", *outcome(small, seed)[:5], written(small)])


@pytest.mark.parametrize("share", range(SHARES))
def test_random_worlds(share: int) -> None:
    """Each lock is a solution in each environment and as new as can be, each refusal is true exactly where it says."""
    for seed in range(share, WORLDS, SHARES):
        case = random_case(seed, adapter.FEATURES)
        found = outcome(case, seed)
        assert not found, report(case, seed, found)


def test_the_worlds_are_worth_it() -> None:
    """Enough of them are locked, refused, refused in part, and have a package at two versions."""
    counts: Counter[str] = Counter()
    for seed in range(100):
        answer = lock_case(random_case(seed, adapter.FEATURES))
        if isinstance(answer, adapter.Locked):
            names = [line.partition("==")[0] for line in answer.lines]
            counts["two versions" if len(set(names)) < len(names) else "locked"] += 1
        else:
            counts["refused" if "" in answer.marker_texts else "refused in part"] += 1
    assert min(counts[each] for each in ("locked", "two versions", "refused", "refused in part")) >= 8, counts
