"""One comparison of a marker: what it holds for, how it is spelled, and what its opposite is.

Its meaning is that of `packaging` at run time (dependency specifiers, "Environment Markers").
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from piptools_clone.formats.requirements.markers import TEXTS, compare
from piptools_clone.formats.requirements.packaging_gaps import marker_of
from piptools_clone.model.formula import EXTRA
from piptools_clone.model.names import canonical_name
from piptools_clone.named_tuple import NamedTuple

_OPPOSITES = {
    "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in", "not in": "in", "===": "!=",
}  # fmt: skip
_EQUALITIES = frozenset(("==", "!="))


class MarkerComparison(NamedTuple):
    """A variable held against a text: ``os_name == "nt"``, or reversed ``"arm" in platform_machine``."""

    variable: str
    operator: str
    value: str
    is_reversed: bool = False

    def truths(self, actual: Sequence[str]) -> list[bool]:
        """Whether it holds for each of these values of the variable.

        Raises ValueError or KeyError for what `packaging` cannot evaluate.
        """
        if self.variable == EXTRA and self.operator in _EQUALITIES:
            name = canonical_name(self.value)
            return [(name == each) is (self.operator == "==") for each in actual]
        if not self.is_reversed and not any(each.endswith("+") for each in actual):
            with suppress(KeyError, ValueError):  # then it is not plain
                return compare(self.variable, actual, self.operator, self.value)
        marker = marker_of(str(self))
        return [marker.evaluate({self.variable: each}) for each in actual]

    def opposite(self) -> MarkerComparison | None:
        """The comparison that holds where this one does not; None if there is none."""
        operator = _OPPOSITES.get(self.operator)
        return self._replace(operator=operator) if operator else None

    @property
    def can_be_spelled(self) -> bool:
        """Whether a marker can hold the text as it is."""
        return "\\" not in self.value and self.value.isprintable() and not ("'" in self.value and '"' in self.value)

    def __str__(self) -> str:
        """Spell it as `packaging` does.  Raises ValueError for a value with both kinds of quotes."""
        quote = "'" if '"' in self.value else '"'
        if quote in self.value:
            raise ValueError(f"a value holds both kinds of quotes: {self.value!r}")
        value = f"{quote}{self.value}{quote}"
        first, second = (value, self.variable) if self.is_reversed else (self.variable, value)
        return f"{first} {self.operator} {second}"


def comparison(variable: str, operator: str, value: str, is_reversed: bool) -> MarkerComparison:
    """Make a comparison, with the variable first where this makes no difference."""
    if is_reversed and operator in _EQUALITIES and (variable in TEXTS or variable == EXTRA):
        is_reversed = False
    return MarkerComparison(variable, operator, value, is_reversed)
