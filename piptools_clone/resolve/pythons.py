"""What the Pythons of a project mean for its lock: ``requires-python`` and the oldest Python that it admits.  Pure."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.specifiers import SpecifierSet
from packaging.version import Version

_STEPS = 64  # patch releases looked at above a bound that is itself excluded


def oldest_python(requires_python: str) -> str | None:
    """The oldest Python that a specifier admits (``>=3.8`` gives ``3.8``), None when it names no lower bound.

    >>> oldest_python(">3.8, !=3.8.1")
    '3.8.2'
    """
    specifiers = SpecifierSet(requires_python)
    bounds = [
        Version(each.version.removesuffix(".*"))
        for each in specifiers
        if each.operator in {">=", ">", "~=", "=="} and each.version != "*"
    ]
    if not bounds:
        return None
    lowest = max(bounds)
    if specifiers.contains(lowest, prereleases=True):
        return str(lowest)
    major, minor, patch = (*lowest.release, 0, 0)[:3]
    later = (Version(f"{major}.{minor}.{step}") for step in range(patch + 1, patch + _STEPS))
    return next((str(version) for version in later if specifiers.contains(version)), None)


def oldest_pythons(bounds: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The oldest Python of each project, given (file, requires-python) pairs."""
    return tuple(sorted({oldest for _, text in bounds if (oldest := oldest_python(text))}))


def unfit_target(bounds: Iterable[tuple[str, str]], python: str) -> list[str]:
    """A sentence for each project that does not support the Python that is locked for."""
    return [
        f"{path} requires Python {text}, but the lock is made for Python {python}"
        for path, text in bounds
        if not SpecifierSet(text).contains(python, prereleases=True)
    ]
