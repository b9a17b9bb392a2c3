"""Environments where each package must have a file that can be used (``--required-environment``).

Elsewhere a universal lock may hold a package that has no file for a platform, where it may never be installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from piptools_clone.environment.platforms import parse_platform
from piptools_clone.errors import UsageError
from piptools_clone.formats.filenames import split_wheel
from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from piptools_clone.model.artifact import Artifact
    from piptools_clone.model.environments import Environments, Held
    from piptools_clone.resolve.parts.environments_reader import EnvironmentsReader

_SYSTEMS = {
    "linux": ("linux-x86_64", "linux-aarch64", "linux-i686"),
    "darwin": ("macos-arm64", "macos-x86_64"),
    "win32": ("windows-x86_64", "windows-arm64", "windows-i686"),
}
"""The machines that wheels are made for, by ``sys_platform``."""


class _Required(NamedTuple):
    """Environments of one system, and the platform tags of which a file must have one there."""

    held: Held
    tags: frozenset[str]


class RequiredFiles:
    """What each release must have files for.

    A marker that names no machine is content with a file for any machine of each system that it admits.
    """

    def __init__(self, environments: Environments, reader: EnvironmentsReader, markers: Iterable[str]) -> None:
        self._required: list[_Required] = []
        for marker in markers:
            found = list(_required(environments, reader, marker))
            if not found:
                raise UsageError(f"--required-environment: {inert(marker)!r} holds nowhere on Linux, macOS or Windows")
            self._required += found

    def unserved(self, artifacts: Iterable[Artifact]) -> int:
        """The environments where a file is required, and none of these can be used there."""
        cells, offered = 0, set()
        for artifact in artifacts:
            wheel = split_wheel(artifact.filename)
            platforms = wheel.tags.lower().rpartition("-")[2].split(".") if wheel else ["any"]
            if "any" in platforms:
                return 0
            offered.update(platforms)
        for held, tags in self._required:
            if offered.isdisjoint(tags):
                cells |= held.cells
        return cells


def _required(environments: Environments, reader: EnvironmentsReader, marker: str) -> Iterator[_Required]:
    for system, names in _SYSTEMS.items():
        where = f'sys_platform == "{system}"'
        tags: set[str] = set()
        for name in names:
            platform = parse_platform(name)
            machine = f'{where} and platform_machine == "{platform.markers["platform_machine"]}"'
            reader.cells(machine)
            if reader.cells(marker) & reader.cells(machine):
                tags.update(platform.tags)
        if tags:
            yield _Required(environments.hold(reader.cells(marker) & reader.cells(where)), frozenset(tags))
