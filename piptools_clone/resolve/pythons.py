"""What the ``requires-python`` of a project means for its lock.  Pure.

A lock is for its target alone: it may hold what other Pythons of the project could not run.
"""

from __future__ import annotations

from collections.abc import Iterable

from packaging.specifiers import SpecifierSet


def unfit_target(bounds: Iterable[tuple[str, str]], python: str) -> list[str]:
    """A sentence for each project, given as (file, requires-python), that does not support the target's Python."""
    return [
        f"{path} requires Python {text}, but the lock is made for Python {python}"
        for path, text in bounds
        if not SpecifierSet(text).contains(python, prereleases=True)
    ]
