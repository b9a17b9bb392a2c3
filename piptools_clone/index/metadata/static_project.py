"""The static part of ``pyproject.toml`` (PEP 621) as core metadata: when it says all that resolution needs.  Pure."""

from __future__ import annotations

from typing import Any

from packaging.requirements import InvalidRequirement

from piptools_clone.formats.filenames import parse_version
from piptools_clone.formats.requirements.packaging_gaps import marker_of, requirement_of
from piptools_clone.index.metadata.core_metadata import METADATA_LIMIT
from piptools_clone.model.candidate import CoreMetadata

_NEEDED = frozenset({"dependencies", "optional-dependencies", "requires-python"})


def parse_static_project(data: bytes, *, version: str | None = None) -> CoreMetadata | None:
    """The metadata that a ``pyproject.toml`` fixes, None when a build has to tell some of it, or when it is broken.

    ``version`` is what is known from elsewhere, for a project whose version alone is dynamic.
    """
    project = read_table(data, "project")
    if project is None or not isinstance(project.get("name"), str):
        return None
    dynamic = project.get("dynamic", [])
    if not isinstance(dynamic, list) or not _NEEDED.isdisjoint(map(str, dynamic)):
        return None
    found = version if "version" in dynamic else project.get("version")
    if not isinstance(found, str) or parse_version(found) is None:
        return None
    try:
        requirements, extras = _read_requirements(project)
    except (InvalidRequirement, TypeError, ValueError):
        return None
    requires_python = project.get("requires-python")
    return CoreMetadata(
        project["name"], found, requirements, requires_python if isinstance(requires_python, str) else None, extras
    )


def read_pyproject(folder: str) -> bytes:
    """The ``pyproject.toml`` of a folder, empty where there is none that can be read."""
    try:
        with open(f"{folder}/pyproject.toml", "rb") as file:
            return file.read(METADATA_LIMIT)
    except OSError:
        return b""


def read_table(data: bytes, name: str) -> dict[str, Any] | None:
    """A table of a ``pyproject.toml``; None where there is none, or the file cannot be understood."""
    import tomllib

    try:
        table = tomllib.loads(data.decode("utf-8")).get(name)
    except (ValueError, RecursionError):
        return None
    return table if isinstance(table, dict) else None


def _read_requirements(project: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """``Requires-Dist`` and ``Provides-Extra`` as a backend would write them."""
    dependencies, optional = project.get("dependencies", []), project.get("optional-dependencies", {})
    if not isinstance(dependencies, list) or not isinstance(optional, dict):
        raise TypeError
    texts = [str(requirement_of(text)) for text in dependencies]
    for extra, wanted in optional.items():
        texts += [_under_extra(text, extra) for text in wanted]
    return tuple(texts), tuple(optional)


def _under_extra(text: str, extra: str) -> str:
    requirement = requirement_of(text)
    condition = f'extra == "{extra}"'
    requirement.marker = marker_of(f"({requirement.marker}) and {condition}" if requirement.marker else condition)
    return str(requirement)
