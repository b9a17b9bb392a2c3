"""Markers as nearly everybody writes them (dependency specifiers, "Environment Markers"), read without a parser.

A comparison is a variable, an operator and a quoted value, in this order; ``and``, ``or`` and parentheses join them.
Each is answered as `packaging` answers it, versions by its own specifiers.  Whatever is unusual is not plain: what it
means, and whether it is valid, only `packaging` says, whose parser takes longer to load than a hundred markers to read.
"""

import re
from collections.abc import Callable, Mapping

from packaging.specifiers import Specifier
from packaging.utils import canonicalize_name

from piptools_clone.formats.requirements.packaging_gaps import contains_text

_comparison = re.compile(r"""\b([a-z_]++) *(===?|[<>!~]=|[<>]|\b(?:not +)?in\b) *("[^"]*"|'[^']*')""")

_VERSIONS = frozenset(("implementation_version", "platform_release", "python_full_version", "python_version"))
_TEXTS = frozenset((
    "implementation_name", "os_name", "platform_machine", "platform_python_implementation", "platform_system",
    "platform_version", "sys_platform",
))  # fmt: skip

_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}
"""Those of texts that have one meaning."""

_EQUALITIES = {"==": True, "!=": False}

_OPERANDS = {True: " \x01 ", False: " \x02 "}
"""What comparisons are replaced by, to get a formula: no marker that is plain holds these characters."""
_TRUTHS = {"\x01": True, "\x02": False}


class PlainMarkers:
    """Evaluates plain markers in one environment, each comparison once."""

    __slots__ = ("_answers", "_environment")

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._answers: dict[tuple[str, str, str], str] = {}

    def holds(self, marker: str, extra: str) -> bool | None:
        """Whether a marker holds with one extra, or with none (""); None if it is not plain, valid or not.

        Extras are compared as PEP 685 has it.
        """
        if "\\" in marker or not marker.isprintable():
            return None
        extra = canonicalize_name(extra)
        try:
            return _truth(_comparison.sub(lambda found: self._answer(found, extra), marker))
        except (KeyError, ValueError):
            return None

    def _answer(self, found: re.Match[str], extra: str) -> str:
        """A comparison as an operand of a formula.  Raises KeyError or ValueError where it is not plain."""
        variable, operator, quoted = found.groups()
        value = quoted[1:-1]
        if variable == "extra":
            equal = canonicalize_name(value) == extra
            return _OPERANDS[equal is _EQUALITIES[operator]]
        key = variable, operator, value
        if key not in self._answers:
            actual = self._environment[variable]
            if actual.endswith("+"):  # a Python from between two releases, whose version `packaging` mends
                raise KeyError(variable)
            self._answers[key] = _OPERANDS[_compare(variable, actual, operator, value)]
        return self._answers[key]


def _compare(variable: str, actual: str, operator: str, value: str) -> bool:
    if variable in _VERSIONS and not operator.endswith("in"):
        return contains_text(Specifier(f"{operator}{value}"), actual)
    if variable in _VERSIONS or variable in _TEXTS:
        return _OPERATORS[" ".join(operator.split())](actual, value)
    raise KeyError(variable)


def _truth(formula: str) -> bool:
    """What a formula comes to, from its innermost parentheses outwards.  Raises KeyError if it is none."""
    while ")" in formula:
        before, _, after = formula.partition(")")
        outside, opening, inside = before.rpartition("(")
        if not opening:
            raise KeyError(")")
        formula = outside + _OPERANDS[_flat_truth(inside)] + after
    return _flat_truth(formula)


def _flat_truth(formula: str) -> bool:
    """Without parentheses; ``and`` binds closer.  All of it is looked at, for anything may be wrong anywhere."""
    alternatives = [[_TRUTHS[each.strip()] for each in text.split(" and ")] for text in formula.split(" or ")]
    return any(map(all, alternatives))
