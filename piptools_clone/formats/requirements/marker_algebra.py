"""Markers as boolean algebra: what is left of one when the chosen extras are known.

The only place that looks inside a `packaging` marker: a list of comparisons (tuples), ``and`` and ``or`` (texts) and
nested lists, where ``and`` binds closer than ``or``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import TYPE_CHECKING, Any, Protocol

from packaging.markers import Marker

from piptools_clone.formats.requirements.packaging_gaps import join_markers, marker_of
from piptools_clone.model.names import canonical_name

if TYPE_CHECKING:
    from piptools_clone.model.formula import Formula


class Node(Protocol):
    """A variable, an operator or a value of a comparison."""

    @property
    def value(self) -> str:
        """Its text."""
        ...

    def serialize(self) -> str:
        """Spell it as in a marker."""
        ...


Atom = tuple[Node, Node, Node]
"""A comparison: one side, the operator, the other side."""

Truth = Marker | bool
"""A marker, or what it comes to on every target."""


def drop_extras(marker: Marker | None, extras: Iterable[str]) -> Truth:
    """Answer the comparisons with ``extra`` in a marker; the rest, a marker without them, or a plain yes or no.

    As when pip installs ``me[a,b]`` the requirement holds if it holds without an extra, or with any one of the chosen
    ``extras`` (canonical names).  ``extra == "dev" or os_name == "nt"`` with ``dev`` chosen is True.
    """
    if marker is None or not mentions_extra(marker):
        return True if marker is None else marker
    return disjunction(_assume(marker._markers, extra) for extra in ("", *sorted(extras)))


def mentions_extra(marker: Marker) -> bool:
    """Whether a comparison in the marker is about ``extra``."""
    return any(_is_extra(atom) for atom in _atoms(marker._markers))


def extras_named(marker: Marker) -> set[str] | None:
    """The canonical extras that comparisons in the marker ask for by ``==`` or ``!=``; None for any other question."""
    atoms = [atom for atom in _atoms(marker._markers) if _is_extra(atom)]
    if any(atom[1].value not in {"==", "!="} for atom in atoms):
        return None
    return {canonical_name(side.value) for atom in atoms for side in (atom[0], atom[2]) if not _names_extra(side)}


def conjunction(truths: Iterable[Truth]) -> Truth:
    """Combine with ``and``, each different marker once."""
    return _combine(truths, neutral=True)


def disjunction(truths: Iterable[Truth]) -> Truth:
    """Combine with ``or``, each different marker once."""
    return _combine(truths, neutral=False)


def formula_of(marker: Marker, comparison: Callable[[str, str, str, bool], Formula]) -> Formula:
    """A marker as a formula; comparisons are made of variable, operator, text, and whether the text stands first."""
    return _formula(marker._markers, comparison)


def _formula(markers: list[Any], comparison: Callable[[str, str, str, bool], Formula]) -> Formula:
    from piptools_clone.model.formula import joined

    alternatives: list[list[Formula]] = [[]]
    for item in markers:
        if item == "or":
            alternatives.append([])
        elif isinstance(item, list):
            alternatives[-1].append(_formula(item, comparison))
        elif item != "and":
            first, operator, second = item
            is_reversed = not _is_variable(first)
            variable, value = (second, first) if is_reversed else (first, second)
            alternatives[-1].append(comparison(variable.value, operator.value, value.value, is_reversed))
    return joined("or", (joined("and", each) for each in alternatives))


def _combine(truths: Iterable[Truth], *, neutral: bool) -> Truth:
    parts: dict[Marker, None] = {}
    for truth in truths:
        if isinstance(truth, Marker):
            parts[truth] = None
        elif truth is not neutral:
            return truth
    operator = "and" if neutral else "or"
    return reduce(lambda first, second: join_markers(first, operator, second), parts) if parts else neutral


def _assume(markers: list[Any], extra: str) -> Truth:
    """Evaluate the comparisons with ``extra`` for one extra, where "" is none."""
    alternatives: list[list[Truth]] = [[]]
    for item in markers:
        if item == "or":
            alternatives.append([])
        elif item != "and":
            alternatives[-1].append(_assume(item, extra) if isinstance(item, list) else _atom(item, extra))
    return disjunction(conjunction(alternative) for alternative in alternatives)


def _atom(atom: Atom, extra: str) -> Truth:
    if not _is_extra(atom):
        return marker_of(" ".join(part.serialize() for part in atom))
    left, right = (extra if _names_extra(side) else canonical_name(side.value) for side in (atom[0], atom[2]))
    operator = atom[1].value
    if operator in {"in", "not in"}:
        # 'extra in "dev test"' compares texts, as it always has.
        return (left in right) is (operator == "in")
    return left != right if operator == "!=" else left == right and operator not in {"<", ">"}


def _is_extra(atom: Atom) -> bool:
    return _names_extra(atom[0]) or _names_extra(atom[2])


def _names_extra(side: Node) -> bool:
    return _is_variable(side) and side.value == "extra"


def _is_variable(side: Node) -> bool:
    return type(side).__name__ == "Variable"


def _atoms(markers: list[Any]) -> Iterator[Atom]:
    for item in markers:
        if isinstance(item, list):
            yield from _atoms(item)
        elif isinstance(item, tuple):
            yield item
