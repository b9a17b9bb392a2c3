"""The one place where these tests touch a resolver: a world in, a lock or a refusal out.

It is the one of `in_process`, unless the variable ``PIPTOOLS_CLONE_UNIVERSAL`` names a module that stands in for it.
Such a module has a set `FEATURES` and a function `lock` of the same kind, which gives ``"locked", lines`` or
``"refused", marker_texts, message, is_complete``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from tests.resolve.worlds import World

RANGE = ">=3.9,<4"
_OWN = "tests.universal.in_process" if find_spec("piptools_clone.resolve.parts") else ""
_name = os.environ.get("PIPTOOLS_CLONE_UNIVERSAL") or _OWN
_resolver = import_module(_name) if _name else None

IS_THERE = _resolver is not None
FEATURES: frozenset[str] = getattr(_resolver, "FEATURES", frozenset())
"""What a world may have: ``pre-releases``, ``yanked`` files, ``urls``, ``local-versions`` (which are chosen only where
they are named if the public version is there, too); what may be asked of `lock`: to ``shuffle``.
"""


class Locked(NamedTuple):
    """The pins, one a line, as a lock has them: ``name==version ; marker`` or ``name @ url ; marker``."""

    lines: tuple[str, ...]


class Refused(NamedTuple):
    """Where there is no solution: environments in which any of the markers holds ("" holds everywhere).

    Where it is not ``is_complete`` there may be none elsewhere either.
    """

    marker_texts: tuple[str, ...]
    message: str
    is_complete: bool = True


def lock(
    world: World,
    roots: Sequence[str],
    constraints: Sequence[str] = (),
    *,
    python: str = RANGE,
    policy: str = "requires-python",
    old: Sequence[str] = (),
    shuffle: int | None = None,
) -> Locked | Refused:
    """Lock requirements of a world for all environments in a range of Pythons.

    ``world`` holds the packages only (its own roots and constraints are not read), ``old`` the lines of an old lock.
    With ``shuffle`` the index answers in an order that is drawn from this seed.
    """
    assert _resolver is not None
    how = {} if shuffle is None else {"shuffle": shuffle}
    found = _resolver.lock(world, tuple(roots), tuple(constraints), python=python, policy=policy, old=tuple(old), **how)
    return Locked(tuple(found[1])) if found[0] == "locked" else Refused(tuple(found[1]), *found[2:])
