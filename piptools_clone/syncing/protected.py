"""What a sync never removes: pip, this tool, their dependencies, and what belongs to other managers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from piptools_clone.environment.installed import Distribution, index_by_name
from piptools_clone.errors import MetadataError
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.model.names import canonical_name
from piptools_clone.model.target import Target

ALWAYS = frozenset(
    canonical_name(name)
    for name in (
        "-markerlib", "argparse", "pip", "pip-review", "pip-tools", "piptools-clone",
        "piptools-clone-shim",         "pkg-resources", "python", "wsgiref",
    )
)  # fmt: skip
BEFORE_312 = frozenset({"setuptools", "distribute", "wheel"})
"""An environment of Python 3.11 and older comes with these."""


def find_protected(
    rest: Sequence[Distribution], installed: Sequence[Distribution], target: Target, keep: Iterable[str]
) -> dict[str, str]:
    """Map names of ``rest``, which no lock names, to the reason why they stay.

    ``keep`` are globs of names.  The dependencies of what is always kept are followed through ``installed``, without
    extras, as far as the installed version is the one that is asked for.
    """
    reasons = dict.fromkeys(_closure(installed, target), "belongs to the tools")
    globs = [canonical_name(pattern) for pattern in keep]
    for distribution in rest:
        if distribution.manager:
            reasons[distribution.name] = f"was installed by {distribution.manager}"
        if any(fnmatchcase(distribution.name, pattern) for pattern in globs):
            reasons[distribution.name] = "is to be kept"
    return {distribution.name: reasons[distribution.name] for distribution in rest if distribution.name in reasons}


def _closure(installed: Sequence[Distribution], target: Target) -> set[str]:
    by_name = index_by_name(installed)
    roots = ALWAYS | BEFORE_312 if _is_before_312(target) else ALWAYS
    waiting = [name for name in sorted(roots) if name in by_name]
    found = set(roots)
    reader = DependencyReader(target)
    while waiting:
        for distribution in by_name[waiting.pop()]:
            for name, specifier in _needed(distribution, reader):
                if name not in found and any(_fits(each, specifier) for each in by_name.get(name, ())):
                    found.add(name)
                    waiting.append(name)
    return found


def _needed(distribution: Distribution, reader: DependencyReader) -> Iterator[tuple[str, SpecifierSet]]:
    """The names that a distribution requires, without extras, with what it accepts of each; what is not read is not."""
    for text in distribution.requires:
        try:
            needed, marker = reader.read_line(text)
            if not marker or reader.holds(marker):
                yield needed.name, reader.specifier(needed.specifier)
        except MetadataError:
            continue


def _fits(distribution: Distribution, specifier: SpecifierSet) -> bool:
    try:
        return specifier.contains(Version(distribution.version), prereleases=True)
    except InvalidVersion:
        return False


def _is_before_312(target: Target) -> bool:
    return tuple(map(int, target.python_version.split("."))) < (3, 12)
