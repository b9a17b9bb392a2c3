"""What a compile leaves out of a lock as unsafe, such as setuptools: a sync does not demand it of the lock.

Without hashes the newest version that fits is installed, as pip does for pip-tools.  With hashes nothing can be
installed that the lock does not list, so it is left out, and said; what is there stays where something needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from piptools_clone.environment.installed import Distribution
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.model.requirement import Origin, Requirement
from piptools_clone.model.target import Target
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.sync.complete import Present, needs
from piptools_clone.sync.plan import satisfies

if TYPE_CHECKING:
    from piptools_clone.wheels.pack import WheelHead


class Left(NamedTuple):
    """A package that a lock leaves out: what is asked of its version, and who asks."""

    specifier: str
    by: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Why it is there although no line names it."""
        return f"is needed by {', '.join(self.by)}; the lock leaves it out as unsafe"


def find_left_out(
    requirements: Sequence[Requirement],
    heads: Mapping[str, WheelHead],
    installed: Sequence[Distribution],
    unsafe: Iterable[str],
    target: Target,
) -> dict[str, Left]:
    """Map what locked packages need, and the lock leaves out as ``unsafe``, to how they need it.

    ``heads`` tell of what is to be installed, by name; of the rest, what is installed tells, if it is what the lock
    says.  Where none of the unsafe is installed nor anything to be, nothing is read.
    """
    names = set(unsafe) - {requirement.name for requirement in requirements}
    if not heads and not any(each.name in names for each in installed):
        return {}
    by_name = {each.name: each for each in installed}
    reader = DependencyReader(target)
    found: dict[str, list[tuple[str, str]]] = {}
    for requirement in requirements:
        present = _present(requirement, heads.get(requirement.name or ""), by_name.get(requirement.name or ""))
        if present is None:
            continue
        for name, specifier in needs(present, reader):
            if name in names:
                found.setdefault(name, []).append((str(specifier), present.name))
    return {name: _left(asked) for name, asked in sorted(found.items())}


def as_requirement(name: str, left: Left) -> Requirement:
    """Ask for the newest version that fits."""
    origin = Origin(f"needed by {', '.join(left.by)}", 0, "")
    return Requirement(name, (), SpecifierSet(left.specifier), origin)


def _left(asked: Iterable[tuple[str, str]]) -> Left:
    specifiers = sorted({specifier for specifier, _ in asked} - {""})
    return Left(",".join(specifiers), tuple(sorted({by for _, by in asked})))


def _present(requirement: Requirement, head: WheelHead | None, installed: Distribution | None) -> Present | None:
    if head is not None:
        return Present(head.name, head.version, requirement.extras, head.requires)
    if installed is not None and not satisfies(installed, requirement):
        return Present(installed.name, installed.version, requirement.extras, installed.requires)
    return None
