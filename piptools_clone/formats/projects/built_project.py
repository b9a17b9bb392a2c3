"""The metadata that a build backend gave, as the same `Project` that a static ``pyproject.toml`` becomes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from packaging.utils import canonicalize_name

from piptools_clone.formats.foreign_text import refuse_variables
from piptools_clone.formats.projects.project_file import Project
from piptools_clone.formats.requirements.include import spelled_path
from piptools_clone.formats.requirements.marker_algebra import drop_extras
from piptools_clone.formats.requirements.requirement_line import parse_specified
from piptools_clone.model.candidate import CoreMetadata


def built_project(metadata: CoreMetadata, path: str, groups: Mapping[str, tuple[str, ...]] | None = None) -> Project:
    """Sort the ``Requires-Dist`` lines of a project by the extras that bring them in.

    ``path`` is the file that the user gave; ``groups`` are those of the ``pyproject.toml`` beside it.  Raises
    `LineProblem` for a line that is no requirement.
    """
    extras = sorted(map(canonicalize_name, metadata.provides_extra))
    optional: dict[str, list[str]] = {extra: [] for extra in extras}
    dependencies = []
    for text in metadata.requires_dist:
        refuse_variables(text)
        marker = parse_specified(text).marker
        if drop_extras(marker, ()) is not False:
            dependencies.append(text)
            continue
        for extra in extras:
            if drop_extras(marker, (extra,)) is not False:
                optional[extra].append(text)
    return Project(
        path=spelled_path(path),
        name=metadata.name,
        dependencies=tuple(dependencies),
        optional_dependencies=MappingProxyType({extra: tuple(texts) for extra, texts in optional.items()}),
        requires_python=metadata.requires_python,
        groups=groups or MappingProxyType({}),
    )
