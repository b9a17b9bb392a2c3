"""What older releases of `packaging` lack, made up for; the only place that knows of their differences.

Projects cap `packaging` (tools of data science long did), and a development tool in their environment has to
live with that: it is slower there, and says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from packaging.markers import Marker
    from packaging.requirements import Requirement


def admitted_numbers(specifier: SpecifierSet, versions: Iterable[Version]) -> list[int]:
    """Number versions from 1, and give the numbers of those that a specifier admits, pre-releases too."""
    numbered = enumerate(versions, 1)
    if _filters_by_key():
        return [number for number, _ in specifier.filter(numbered, prereleases=True, key=_version_of)]
    return [number for number, version in numbered if specifier.contains(version, prereleases=True)]


def contains_text(specifier: Specifier, text: str) -> bool:
    """Whether a specifier admits what may be no version, such as the release of a kernel: then ``===`` alone may."""
    try:
        return specifier.contains(text, prereleases=True)
    except InvalidVersion:  # until 26.0
        return specifier.operator == "===" and specifier.version.lower() == text.lower()


def marker_of(text: str) -> Marker:
    """Parse a marker; raises `InvalidMarker`."""
    from packaging.markers import InvalidMarker, Marker

    try:
        return Marker(text)
    except SyntaxError:  # until 26.1, for a value that ends in a backslash
        raise InvalidMarker(f"a value in {text!r} is not closed") from None


def requirement_of(text: str) -> Requirement:
    """Parse a requirement (dependency specifiers); raises `InvalidRequirement`."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(text)
    except SyntaxError:  # as in `marker_of`
        raise InvalidRequirement(f"a value in {text!r} is not closed") from None


def in_todays_order(tags: Iterable[str]) -> Iterable[str]:
    """The tags of an interpreter as `packaging` lists them, in the order of its newest release."""
    return tags if _filters_by_key() else linux_first(tags)  # both came with 26.0


def linux_first(tags: Iterable[str]) -> Iterator[str]:
    """Order tags of wheels as wheels are chosen by today: what was built for this Linux before what runs on many."""
    for _, group in groupby(tags, key=lambda tag: tag.rpartition("-")[0]):
        listed = list(group)
        own = [tag for tag in listed if "-linux_" in tag]
        yield from own
        yield from (tag for tag in listed if tag not in own)


def join_markers(first: Marker, operator: str, second: Marker) -> Marker:
    """Combine two markers with ``and`` or ``or``."""
    if hasattr(first, "__and__"):  # since 26.1
        return first & second if operator == "and" else first | second
    return marker_of(f"{_operand(first, operator)} {operator} {_operand(second, operator)}")


def _version_of(pair: tuple[int, Version]) -> Version:
    return pair[1]


@cache
def _filters_by_key() -> bool:
    try:
        SpecifierSet().filter((), key=_version_of)  # since 26.0
    except TypeError:
        return False
    return True


def _operand(marker: Marker, operator: str) -> str:
    """Spell a marker in parentheses, unless all its own operators are the one that joins it."""
    inner: list[Any] = marker._markers
    while len(inner) == 1 and isinstance(inner[0], list):
        inner = inner[0]
    return str(marker) if set(_operators(inner)) <= {operator} else f"({marker})"


def _operators(markers: list[Any]) -> Iterator[str]:
    return (item for item in markers if isinstance(item, str))
