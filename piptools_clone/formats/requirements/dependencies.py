"""From the Requires-Dist lines of a release to what they ask of a target.

The parsers of `packaging` take long to load, so they are loaded for the first line or marker that is not plain.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from piptools_clone.errors import MetadataError
from piptools_clone.formats.requirements.length_bounds import MARKER_DEPTH, REQUIREMENT_LENGTH, VERSION_LENGTH
from piptools_clone.formats.requirements.packaging_gaps import marker_of, requirement_of
from piptools_clone.formats.requirements.safe_reference import why_refused
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.target import Target
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from piptools_clone.formats.requirements.plain_markers import PlainMarkers

# name, extras, specifier with or without parentheses, marker: nearly every line there is; others go to `packaging`
_PLAIN = re.compile(
    r"\s*+([A-Za-z0-9][A-Za-z0-9._-]*+)\s*+(?:\[([A-Za-z0-9._,\s-]*+)\]\s*+)?+"
    r"(?:\(([^()@;]*+)\)\s*+|([<>=!~][^()@;]*+))?+(?:;(.*+))?+",
    re.ASCII | re.DOTALL,
)

_ANY = ""
"""Stands for any extra."""
_EXTRA = re.compile(r"extra").findall
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""").findall
_EXTRA_EQUALS = re.compile(r"""\bextra\s*[=!]=\s*["']|["']\s*[=!]=\s*extra\b""").findall


class Dependency(NamedTuple):
    """One requirement of a release: canonical name and extras, a specifier as text, or a direct reference."""

    name: str
    extras: tuple[str, ...]
    specifier: str
    url: str | None = None


class DependencyReader:
    """Reads dependencies for one target; every distinct line, specifier and marker is read once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._split: dict[str, tuple[Dependency, str]] = {}
        self._markers: dict[tuple[str, str], bool] = {}
        self._specifiers: dict[str, SpecifierSet] = {}
        self._by_extra: dict[int, tuple[CoreMetadata, dict[str, list[str]]]] = {}

    @property
    def python_full_version(self) -> str:
        """The Python of the target, such as ``3.12.1``."""
        return self._target.python_full_version

    @cached_property
    def _plain_markers(self) -> "PlainMarkers":
        from piptools_clone.formats.requirements.plain_markers import PlainMarkers

        return PlainMarkers(self._target.markers)

    def read(self, metadata: CoreMetadata, extra: str = "") -> list[Dependency]:
        """The dependencies that hold on the target; with an extra only those that it adds.

        Raises `MetadataError` for a line that is no requirement (PEP 508).
        """
        if extra:
            return self._added(metadata, extra)
        read = map(self.read_line, metadata.requires_dist)
        return [dependency for dependency, marker in read if not marker or self.holds(marker)]

    def _added(self, metadata: CoreMetadata, extra: str) -> list[Dependency]:
        lines = self._lines_by_extra(metadata)
        read = map(self.read_line, (*lines.get(extra, ()), *lines.get(_ANY, ())))
        return [dependency for dependency, marker in read if not self.holds(marker) and self.holds(marker, extra)]

    def named_extras(self, metadata: CoreMetadata) -> Collection[str]:
        """The canonical extras that the markers of a release name."""
        return self._lines_by_extra(metadata).keys()

    def _lines_by_extra(self, metadata: CoreMetadata) -> Mapping[str, Sequence[str]]:
        """The lines that each extra may add: a release may have thousands of both, and asks for all its extras."""
        known = self._by_extra.get(id(metadata))
        if known is None or known[0] is not metadata:
            found: dict[str, list[str]] = {}
            for line in metadata.requires_dist:
                for extra in _extras_in(self.read_line(line)[1]):
                    found.setdefault(extra, []).append(line)
            known = self._by_extra[id(metadata)] = metadata, found
        return known[1]

    def holds(self, marker: str, extra: str = "") -> bool:
        """Whether a marker holds on the target, with one extra or none; the answer is kept."""
        if extra and "extra" not in marker:
            extra = ""
        key = marker, extra
        if key not in self._markers:
            self._markers[key] = self._evaluate(marker, extra)
        return self._markers[key]

    def _evaluate(self, marker: str, extra: str) -> bool:
        if marker.count("(") > MARKER_DEPTH:
            raise MetadataError(f"a marker is nested more than {MARKER_DEPTH} deep")
        holds = self._plain_markers.holds(marker, extra)
        return self._evaluate_fully(marker, extra) if holds is None else holds

    def _evaluate_fully(self, marker: str, extra: str) -> bool:
        from packaging.markers import InvalidMarker

        try:
            return marker_of(marker).evaluate({**self._target.markers, "extra": extra})
        except (InvalidMarker, ValueError, KeyError) as error:
            raise MetadataError(f"the marker {inert(marker)!r} cannot be evaluated: {inert(str(error))}") from error

    def specifier(self, text: str) -> SpecifierSet:
        """A specifier set, parsed once.  Raises InvalidSpecifier, for versions of odd lengths too."""
        if text not in self._specifiers:
            found = SpecifierSet(text)
            if len(text) > VERSION_LENGTH and any(len(each.version) > VERSION_LENGTH for each in found):
                raise InvalidSpecifier(f"a version is longer than {VERSION_LENGTH} characters")
            self._specifiers[text] = found
        return self._specifiers[text]

    def read_line(self, line: str) -> tuple[Dependency, str]:
        """A line and its marker, "" for none.  Raises `MetadataError` for a line that is no requirement."""
        if line not in self._split:
            self._split[line] = self._parse(line)
        return self._split[line]

    def _parse(self, line: str) -> tuple[Dependency, str]:
        if len(line) > REQUIREMENT_LENGTH:
            raise MetadataError(f"the requirement {inert(line, 60)!r} is longer than {REQUIREMENT_LENGTH:,} characters")
        plain = _PLAIN.fullmatch(line)
        if plain is None:
            return _parse_fully(line)
        name, extras, in_parentheses, bare, marker = plain.groups()
        specifier = (in_parentheses or bare or "").strip()
        words = [word for extra in extras.split(",") if (word := extra.strip())] if extras else []
        try:
            self.specifier(specifier)
        except InvalidSpecifier:
            return _parse_fully(line)
        if not all(map(_is_extra, words)):
            return _parse_fully(line)
        names = tuple(sorted({canonicalize_name(word) for word in words}))
        return Dependency(canonicalize_name(name), names, specifier), (marker or "").strip()


def _is_extra(word: str) -> bool:
    """Whether a word of the plain form is one name, which a line of a lock can hold."""
    return word[0].isalnum() and word[-1].isalnum() and len(word.split()) == 1


def _extras_in(marker: str) -> Collection[str]:
    """The canonical extras with which a marker may hold while it does not without; `_ANY` where that is not plain.

    It is no other than those that it names, if it only asks whether ``extra`` equals them or not.
    """
    if "extra" not in marker:
        return ()
    if len(_EXTRA(marker)) != len(_EXTRA_EQUALS(marker)):
        return (_ANY,)
    return {canonicalize_name(text[1:-1]) for text in _QUOTED(marker)}


def _check_versions(specifier: str) -> None:
    if len(specifier) > VERSION_LENGTH and any(len(each.strip()) > VERSION_LENGTH for each in specifier.split(",")):
        raise MetadataError(f"a version has more than {VERSION_LENGTH} characters")


def _parse_fully(line: str) -> tuple[Dependency, str]:
    from packaging.requirements import InvalidRequirement

    if line.count("(") > MARKER_DEPTH:
        raise MetadataError(f"a marker is nested more than {MARKER_DEPTH} deep")
    try:
        parsed = requirement_of(line)
    except InvalidRequirement as error:
        raise MetadataError(f"{inert(line)!r} is not a requirement") from error
    _check_versions(str(parsed.specifier))
    wrong = why_refused(parsed.url) if parsed.url else ""
    if wrong:
        raise MetadataError(f"the address of {canonicalize_name(parsed.name)} is refused: {wrong}")
    extras = tuple(sorted({canonicalize_name(extra) for extra in parsed.extras}))
    dependency = Dependency(canonicalize_name(parsed.name), extras, str(parsed.specifier), parsed.url)
    return dependency, str(parsed.marker or "")
