"""From the Requires-Dist lines of a release to what they ask of a target.

Lines and markers that are not plain go to `packaging`, whose parsers take long to load.
"""

from collections.abc import Collection, Mapping, Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from piptools_clone.errors import MetadataError
from piptools_clone.formats.requirements.direct_reference import why_refused
from piptools_clone.formats.requirements.grammar import (
    VERSION_LENGTH,
    LineProblem,
    check_bounds,
    parse_with_packaging,
    split_plain,
)
from piptools_clone.formats.requirements.markers import ANY_EXTRA, PlainMarkers, extras_in
from piptools_clone.formats.requirements.packaging_gaps import marker_of
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.names import canonical_name
from piptools_clone.model.target import Target
from piptools_clone.named_tuple import NamedTuple


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
        self._plain_markers = PlainMarkers(target.markers)
        self._markers: dict[tuple[str, str], bool] = {}
        self._specifiers: dict[str, SpecifierSet] = {}
        self._by_extra: dict[int, tuple[CoreMetadata, dict[str, list[str]]]] = {}

    @property
    def python_advice(self) -> str:
        """Which Python this is for, and how a user asks for another one."""
        python = self._target.python_full_version
        return f"this locks for Python {python}; --python names another interpreter to lock for"

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
        read = map(self.read_line, (*lines.get(extra, ()), *lines.get(ANY_EXTRA, ())))
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
                for extra in extras_in(self.read_line(line)[1]):
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
        try:
            check_bounds(marker)
        except LineProblem as problem:
            raise MetadataError(problem.message) from None
        holds = self._plain_markers.holds(marker, extra)
        return self._evaluate_with_packaging(marker, extra) if holds is None else holds

    def _evaluate_with_packaging(self, marker: str, extra: str) -> bool:
        try:
            return marker_of(marker).evaluate({**self._target.markers, "extra": extra})
        except (ValueError, KeyError) as error:
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
        plain = split_plain(line)
        if plain is None or not self._is_specifier(plain.specifier):
            return _parse_with_packaging(line)
        return Dependency(plain.name, plain.extras, plain.specifier), plain.marker

    def _is_specifier(self, text: str) -> bool:
        try:
            self.specifier(text)
        except InvalidSpecifier:
            return False
        return True


def _parse_with_packaging(line: str) -> tuple[Dependency, str]:
    try:
        parsed = parse_with_packaging(line)
    except LineProblem as problem:
        raise MetadataError(problem.message) from None
    except ValueError as error:
        raise MetadataError(f"{inert(line)!r} is not a requirement") from error
    name = canonical_name(parsed.name)
    wrong = why_refused(parsed.url) if parsed.url else ""
    if wrong:
        raise MetadataError(f"the address of {name} is refused: {wrong}")
    extras = tuple(sorted(set(map(canonical_name, parsed.extras))))
    return Dependency(name, extras, str(parsed.specifier), parsed.url), str(parsed.marker or "")
