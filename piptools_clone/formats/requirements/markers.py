"""Markers as nearly all are written (dependency specifiers, "Environment Markers"), read without a parser.

A comparison is a variable, an operator and a quoted value, in this order; ``and``, ``or`` and parentheses join them.
Each is answered, or spelled, as `packaging` does it, versions by its own specifiers.  Whatever is unusual is not plain:
what it means, and whether it is valid, only `packaging` says, whose parser takes longer to load than a hundred markers
to read (``tox -e bench``, all rows).
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

from packaging.specifiers import Specifier

from piptools_clone.formats.requirements.grammar import LineProblem, check_bounds
from piptools_clone.formats.requirements.packaging_gaps import contains_text, marker_of
from piptools_clone.formats.sanitize import harmless
from piptools_clone.model.names import canonical_name

_comparison = re.compile(r"""\b([a-z_]++) *(===?|[<>!~]=|[<>]|\b(?:not +)?in\b) *("[^"]*"|'[^']*')""")

_VERSIONS = frozenset(("implementation_version", "platform_release", "python_full_version", "python_version"))
TEXTS = frozenset((
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

ANY_EXTRA = ""
"""Stands for any extra."""


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
        if not _may_be_plain(marker):
            return None
        extra = canonical_name(extra)
        try:
            return _truth(_comparison.sub(lambda found: self._answer(found, extra), marker))
        except (KeyError, ValueError):
            return None

    def _answer(self, found: re.Match[str], extra: str) -> str:
        """A comparison as an operand of a formula.  Raises KeyError or ValueError where it is not plain."""
        variable, operator, quoted = found.groups()
        value = quoted[1:-1]
        if variable == "extra":
            equal = canonical_name(value) == extra
            return _OPERANDS[equal is _EQUALITIES[operator]]
        key = variable, operator, value
        if key not in self._answers:
            actual = self._environment[variable]
            if actual.endswith("+"):  # a Python from between two releases, whose version `packaging` mends
                raise KeyError(variable)
            self._answers[key] = _OPERANDS[compare(variable, [actual], operator, value)[0]]
        return self._answers[key]


def parse_marker(text: str) -> str:
    """Spell a marker as `packaging` does, "" for none.  Raises `LineProblem`."""
    text = text.strip()
    plain = _spell(text) if text else ""
    if plain is not None:
        return plain
    check_bounds(text)
    try:
        return _spell_with_packaging(text)
    except ValueError as error:
        reason = harmless(str(error).splitlines()[0])
        raise LineProblem(f"'{harmless(text)}' is not a valid marker: {reason}") from None


def extras_in(marker: str) -> Collection[str]:
    """The canonical extras with which a marker may hold while it does not without; `ANY_EXTRA` where any may.

    It is no other than those that it names, if it only asks whether ``extra`` equals them or not.  A text that is no
    marker is one for any extra: what is wrong with it is said when it is evaluated.
    """
    if "extra" not in marker:
        return ()
    between = _comparison.sub(" ", marker).replace("(", " ").replace(")", " ").split()
    if _may_be_plain(marker) and set(between) <= {"and", "or"}:
        asked = [found for found in _comparison.finditer(marker) if found[1] == "extra"]
        if all(found[2] in _EQUALITIES for found in asked):
            return {canonical_name(found[3][1:-1]) for found in asked}
        return (ANY_EXTRA,)
    from piptools_clone.formats.requirements.marker_algebra import extras_named

    try:
        check_bounds(marker)
        named = extras_named(marker_of(marker))
    except ValueError:
        named = None
    return (ANY_EXTRA,) if named is None else named


@lru_cache(maxsize=1 << 12)
def _spell_with_packaging(marker: str) -> str:
    return str(marker_of(marker))


def _may_be_plain(marker: str) -> bool:
    return "\\" not in marker and marker.isprintable()


def _spell(marker: str) -> str | None:
    """Spell comparisons that are joined without parentheses; None for what `packaging` is to spell."""
    if not _may_be_plain(marker):
        return None
    spelled: list[str] = []

    def spell(found: re.Match[str]) -> str:
        variable, operator, quoted = found.groups()
        if (variable not in _VERSIONS and variable not in TEXTS) or '"' in quoted[1:-1]:
            raise KeyError(variable)
        spelled.append(f'{variable} {" ".join(operator.split())} "{quoted[1:-1]}"')
        return _OPERANDS[True]

    try:
        words = _comparison.sub(spell, marker).split()
    except KeyError:
        return None
    if not len(words) % 2 or set(words[::2]) != {"\x01"} or not set(words[1::2]) <= {"and", "or"}:
        return None
    words[::2] = spelled
    return " ".join(words)


def compare(variable: str, actual: Sequence[str], operator: str, value: str) -> list[bool]:
    """Hold each of some actual values of a variable against a text, as `packaging` does.

    Raises KeyError or ValueError for what is not plain: then `packaging` is to say what it means.
    """
    if variable in _VERSIONS and not operator.endswith("in"):
        specifier = Specifier(f"{operator}{value}")
        return [contains_text(specifier, each) for each in actual]
    if variable in _VERSIONS or variable in TEXTS:
        holds = _OPERATORS[" ".join(operator.split())]
        return [holds(each, value) for each in actual]
    raise KeyError(variable)


def plain_formula(marker: str) -> tuple[list[str], list[tuple[str, str, str]]] | None:
    """A plain marker as the words ``and``, ``or``, ``(``, ``)`` and "" for a comparison, and its comparisons in turn.

    None for what is not plain.  The words may still be no formula.
    """
    if not _may_be_plain(marker):
        return None
    found = [(each[1], " ".join(each[2].split()), each[3][1:-1]) for each in _comparison.finditer(marker)]
    words = _comparison.sub(_OPERANDS[True], marker).replace("(", " ( ").replace(")", " ) ").split()
    is_known = all(variable in _VERSIONS or variable in TEXTS or variable == "extra" for variable, _, _ in found)
    return (["" if word == "\x01" else word for word in words], found) if is_known else None


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
