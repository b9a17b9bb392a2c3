"""Dependencies that may hold in some environment, told by samples: for what reads ahead.

Reading ahead happens in any order, and must not refine the partition of environments, which decides how a lock is
spelled.  A wrong guess costs a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from packaging.specifiers import SpecifierSet

from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.model.target import Target

_LATEST = 30  # minor versions of Python 3 that are looked at
_SYSTEMS = (
    {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
    {"os_name": "posix", "sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
    {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64"},
)


class SampledReader(DependencyReader):
    """Reads dependencies for several targets at once: one holds if it does on any of them."""

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__(targets[0])
        self._readers = [DependencyReader(target) for target in targets]

    def _evaluate(self, marker: str, extra: str) -> bool:
        return any(reader.holds(marker, extra) for reader in self._readers)


def sampled(python: str, targets: Sequence[Target]) -> Sequence[Target]:
    """Targets that stand for many environments: those that are named, else usual ones of a range of Pythons."""
    if targets:
        return targets
    known = pythons_of(python)
    return [Target(_markers(system, each), ()) for each in dict.fromkeys((known[0], known[-1])) for system in _SYSTEMS]


def pythons_of(python: str) -> Sequence[str]:
    """Pythons of a range, ascending: the first and a late release of each minor version."""
    specifier = SpecifierSet(python)
    releases = [f"3.{minor}.{micro}" for minor in range(_LATEST) for micro in (0, 99)]
    found = [release for release in releases if specifier.contains(release, prereleases=True)]
    return found or _named(specifier)


def _named(specifier: Iterable[object]) -> Sequence[str]:
    """The versions that a narrow range names."""
    return [str(getattr(clause, "version", "3")).removesuffix(".*") for clause in specifier] or ["3"]


def _markers(system: Mapping[str, str], python: str) -> Mapping[str, str]:
    return {
        **system,
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "implementation_name": "cpython",
        "implementation_version": python,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_version": "",
    }
