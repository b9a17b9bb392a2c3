"""All laws of a lock for many environments, held for one case: what breaks one is said in words.

Beside what `oracle` holds of one answer: a recompile of its own output gives the same lines, so does one after a change
that touches nothing, and neither the order of answers nor that of lines changes anything.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from packaging.version import Version

from tests.resolve.worlds import Release, World
from tests.universal import adapter
from tests.universal.adapter import Locked, Refused
from tests.universal.oracle import problems
from tests.universal.truth import Case, parse

Lock = Callable[..., Locked | Refused]
"""A function like `adapter.lock`."""

STRANGER = "zebra"
"""A package that no world has."""


def lock_case(case: Case, lock: Lock = adapter.lock, **how: object) -> Locked | Refused:
    """The answer for a case; ``how`` goes to `adapter.lock`."""
    return lock(case.world, case.roots, case.constraints, python=case.python, policy=case.policy, **how)


def broken_laws(case: Case, lock: Lock = adapter.lock, seed: int = 0) -> list[str]:
    """Everything that is wrong for a case; what is drawn (orders) is drawn from the seed."""
    answer = lock_case(case, lock)
    found = problems(case, answer)
    if not found:
        found += _wrong_order(case, answer, lock, random.Random(seed))
    if not found and isinstance(answer, Locked):
        found += _unstable(case, answer.lines, lock)
    return found


def _unstable(case: Case, lines: Sequence[str], lock: Lock) -> Iterator[str]:
    changed = {
        "recompiled": (case, lines),
        "with another root": (_with_stranger(case), sorted((*lines, f"{STRANGER}==1.0"))),
        "with newer releases": (_with_newer(case, lines), lines),
    }
    for what, (other, expected) in changed.items():
        again = lock_case(other, lock, old=lines)
        if isinstance(again, Refused):
            yield f"{what}: refused where {again.marker_texts}"
        elif sorted(again.lines) != sorted(expected):
            yield f"{what}: {sorted(expected)} became {sorted(again.lines)}"


def _with_stranger(case: Case) -> Case:
    packages = {**case.world.packages, STRANGER: {"1.0": Release()}}
    return case._replace(world=case.world._replace(packages=packages), roots=(STRANGER, *case.roots))


def _with_newer(case: Case, lines: Sequence[str]) -> Case:
    """A newer release of all that is locked appears on the index; old pins are preferred to it."""
    packages = dict(case.world.packages)
    for name in {parse(line).name for line in lines} & packages.keys():
        if not any(Version(version).is_prerelease for version in packages[name]):
            packages[name] = {**packages[name], "9.0": Release()}
    return case._replace(world=case.world._replace(packages=packages))


def _wrong_order(case: Case, answer: Locked | Refused, lock: Lock, draw: random.Random) -> Iterator[str]:
    if "shuffle" in adapter.FEATURES and draw.random() < 0.5:  # one of both: each takes as long as all else
        what, again = "answers", lock_case(case, lock, shuffle=draw.randrange(1 << 30))
    else:
        what, again = "lines", lock_case(shuffled(case, draw), lock)
    if _key(again) != _key(answer):
        yield f"another order of {what}: {_key(answer)} became {_key(again)}"


def _key(answer: Locked | Refused) -> tuple[str, ...] | None:
    """What must not depend on an order: the lines of a lock; of a refusal only that it is one."""
    return answer.lines if isinstance(answer, Locked) else None


def shuffled(case: Case, draw: random.Random) -> Case:
    """The same case with its lines, releases and packages in another order."""

    def other(texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(draw.sample(tuple(texts), len(texts)))

    packages = {
        name: {
            version: each._replace(requires=other(each.requires or ()))
            for version, each in draw.sample(sorted(own.items()), len(own))
        }
        for name, own in draw.sample(sorted(case.world.packages.items()), len(case.world.packages))
    }
    world = World(packages, (), (), case.world.directs)
    return case._replace(world=world, roots=other(case.roots), constraints=other(case.constraints))
