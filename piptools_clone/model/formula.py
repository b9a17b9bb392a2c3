"""Markers as formulas: comparisons joined by ``and`` and ``or`` (dependency specifiers, "Environment Markers").

What a comparison means is known where markers are read; here is what the algebra of environments needs of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeAlias

from piptools_clone.named_tuple import NamedTuple

EXTRA = "extra"
"""The variable that is no property of an environment, but of what is asked for."""


class Comparison(Protocol):
    """A variable held against a text, such as ``os_name == "nt"``; hashable, and equal to those that say the same."""

    @property
    def variable(self) -> str:
        """The name of the variable, such as ``os_name``."""
        ...

    @property
    def operator(self) -> str:
        """Such as ``==`` or ``not in``."""
        ...

    @property
    def value(self) -> str:
        """The text that the variable is held against."""
        ...

    @property
    def is_reversed(self) -> bool:
        """Whether the text stands before the operator, as in ``"arm" in platform_machine``."""
        ...

    def truths(self, actual: Sequence[str]) -> list[bool]:
        """Whether it holds for each of these values of the variable.  Raises ValueError or KeyError for nonsense."""
        ...


class Junction(NamedTuple):
    """Formulas joined by one operator, ``and`` or ``or``; without any, ``and`` holds everywhere and ``or`` nowhere."""

    operator: str
    operands: tuple[Formula, ...]


Formula: TypeAlias = "Comparison | Junction"


def joined(operator: str, operands: Iterable[Formula]) -> Formula:
    """Join formulas by ``and`` or ``or``; one alone stays as it is."""
    listed = tuple(operands)
    return listed[0] if len(listed) == 1 else Junction(operator, listed)


def comparisons_of(formula: Formula) -> Iterator[Comparison]:
    """All comparisons of a formula, in the order in which they are written."""
    if isinstance(formula, Junction):
        for operand in formula.operands:
            yield from comparisons_of(operand)
    else:
        yield formula
