"""The Pythons of a range, as an axis: each row is the first Python of those that nothing has told apart so far."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Self, TypeAlias

from packaging.specifiers import SpecifierSet

from piptools_clone.errors import BoundExceeded
from piptools_clone.model.axes import CONTAINS, MOST_ROWS, PYTHON, Axis
from piptools_clone.model.formula import Comparison

Release: TypeAlias = tuple[int, int, int]

MOST_DIGITS = 4
"""Digits of a number in the version of a Python; what names more of them lies beyond every Python."""

HORIZON = 30
"""Minor and micro numbers below this are looked at where a part of a version is asked for (``"3.1" in ...``)."""

_FIRST: Release = (3, 0, 0)
"""Where a range begins that has no lower bound."""


class PythonAxis(Axis):
    """Rows in ascending order.  Pre-releases are no rows: no marker can be right for them and for their release."""

    def __init__(self, python: str) -> None:
        """Begin with the Pythons that a specifier set admits.

        Raises InvalidSpecifier for what is no specifier set, ValueError for one that admits no Python.
        """
        self._range = SpecifierSet(python)
        named = {release for word in _numbers(python) for release in around(word)}
        self._releases = [release for release in sorted({_FIRST, *named}) if self._admits(release)][:1]
        if not self._releases:
            raise ValueError(f"no Python is in the range {python!r}")
        super().__init__(PYTHON, [_texts(self._releases[0])])
        self.cut(named)

    def copy(self) -> Self:
        """One that can be changed without changing this one."""
        new = super().copy()
        new._releases = self._releases.copy()
        return new

    def learn(self, comparison: Comparison) -> None:
        """Tell apart the Pythons where a comparison holds from the others."""
        self.cut(_boundaries(comparison))
        self.split(comparison, comparison.truths(self.column(comparison.variable)))

    def admit(self, requires_python: str) -> None:
        """Tell apart the Pythons from the first one on that a Requires-Python admits.

        Upper bounds do not count, nor do gaps: a release that asks for ``<4`` or ``!=3.15.*`` would else be no answer
        for a range that has no end.  One that admits no Python of the range is none, though.  Raises InvalidSpecifier.
        """
        specifier = SpecifierSet(requires_python)
        self.cut(release for word in _numbers(requires_python) for release in around(word))
        truths = [specifier.contains(full, prereleases=True) for _, full in self.rows]
        first = truths.index(True) if True in truths else len(truths)
        self.split(requires_python, [row >= first for row in range(len(truths))])

    def cut(self, releases: Iterable[Release]) -> None:
        """Have a row for each of these Pythons that is in the range.  Raises `BoundExceeded`."""
        for release in sorted(set(releases) - set(self._releases)):
            if release > self._releases[0] and self._admits(release):
                self._insert(release)
                if len(self.rows) > MOST_ROWS:
                    raise BoundExceeded(f"markers name more than {MOST_ROWS:,} versions of Python")

    def _admits(self, release: Release) -> bool:
        return self._range.contains(_texts(release)[1], prereleases=True)

    def _insert(self, release: Release) -> None:
        """Add a row, where every fact holds as for the Python before, but a search for a part of the version."""
        at = bisect_left(self._releases, release)
        row, before = _texts(release), self.classes[at - 1]
        marks = self.revised(self.marks[before], row, lambda fact: fact.is_reversed and fact.operator in CONTAINS)
        self._releases.insert(at, release)
        self.rows.insert(at, row)
        self.classes.insert(at, self.class_with(marks, before))


def around(numbers: list[int]) -> Iterator[Release]:
    """The Pythons at which something may change that names this version, alone or with ``.*``."""
    major, minor, micro = (*numbers, 0, 0)[:3]
    yield from ((major, 0, 0), (major + 1, 0, 0), (major, minor, 0), (major, minor + 1, 0))
    if len(numbers) > 2:
        yield from ((major, minor, micro), (major, minor, micro + 1))
    else:
        yield major, minor, 1


def _boundaries(comparison: Comparison) -> Iterator[Release]:
    if comparison.operator not in CONTAINS:
        for numbers in _numbers(comparison.value):
            yield from around(numbers)
    elif comparison.is_reversed:
        micros = range(HORIZON) if comparison.variable == "python_full_version" else range(1)
        yield from product((3,), range(HORIZON), micros)
    else:
        for word in _digits(comparison.value):
            yield from _within(word.split("."))


def _within(numbers: list[str]) -> Iterator[Release]:
    """The Pythons whose version is a part of a text: ``3.10`` holds ``3.1``, too."""
    for first, second, third in zip(numbers, numbers[1:], (*numbers[2:], ""), strict=False):
        for majors, minors in product(_ends(first), _begins(second)):
            yield from around([int(majors), int(minors)])
        if len(second) <= MOST_DIGITS and second:
            for majors, micros in product(_ends(first), _begins(third)):
                yield from around([int(majors), int(second), int(micros)])


def _ends(number: str) -> Iterator[str]:
    return (number[-length:] for length in range(1, min(2, len(number)) + 1))


def _begins(number: str) -> Iterator[str]:
    return (number[:length] for length in range(1, min(MOST_DIGITS, len(number)) + 1))


def _numbers(text: str) -> Iterator[list[int]]:
    """All versions in a text, as their numbers."""
    for word in _digits(text):
        numbers = word.strip(".").split(".")[:3]
        if all(0 < len(number) <= MOST_DIGITS for number in numbers):
            yield list(map(int, numbers))


def _digits(text: str) -> list[str]:
    """All that consists of digits and dots in a text."""
    return "".join(letter if letter in "0123456789." else " " for letter in text).split()


def _texts(release: Release) -> tuple[str, str]:
    major, minor, micro = release
    return f"{major}.{minor}", f"{major}.{minor}.{micro}"
