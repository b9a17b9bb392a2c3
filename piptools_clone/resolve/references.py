"""Direct references: those of the user, and those that the metadata of releases may make.

What comes from outside names nothing on this machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from piptools_clone.errors import InputError, MetadataError
from piptools_clone.formats.requirements.dependencies import Dependency
from piptools_clone.formats.requirements.direct_reference import is_local
from piptools_clone.formats.requirements.grammar import LineProblem
from piptools_clone.formats.sanitize import inert, without_credentials

if TYPE_CHECKING:
    from piptools_clone.index.index import Index
    from piptools_clone.index.metadata.directs import DirectCandidate
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.resolve.package_versions import PackageVersions


class DirectReferences:
    """What direct references lead to, by name and address, over all the restarts of one resolution.

    The packages ``of_user`` are given by the user's lines, so that no index is asked for them.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._known: dict[str, dict[str, DirectCandidate]] = {}
        self.of_user: set[str] = set()

    def __bool__(self) -> bool:
        return any(self._known.values())

    def of(self, name: str) -> Sequence[DirectCandidate]:
        """The direct references to a package."""
        return list(self._known.get(name, {}).values())

    def read(self, requirement: Requirement) -> Requirement:
        """A line of the user with its name: only the metadata of a direct reference tells it for sure."""
        if requirement.url is None:
            return requirement
        direct = self._index.direct(requirement).result()
        self._known.setdefault(direct.name, {})[requirement.url] = direct
        self.of_user.add(direct.name)
        return requirement._replace(name=direct.name)

    def meet(self, dependency: Dependency, package: PackageVersions, state: int) -> bool:
        """Read a direct reference in the metadata of a release of ``package``; whether it is new.

        Raises `MetadataError` for an address that must not be followed, nor reach a lock.
        """
        known, url = self._known.setdefault(dependency.name, {}), str(dependency.url)
        if url in known:
            return False
        release = f"{package.name} {package.version(state)}"
        _check_address(dependency.name, url, release)
        foreign = "" if _is_on_this_machine(package.direct(state)) else inert(release)
        known[url] = self._index.direct_url(dependency.name, url, foreign).result()
        return True


def place_on_this_machine(dependencies: Iterable[Dependency], direct: DirectCandidate | None) -> str:
    """Show the first dependency that names something on this machine, "" where there is none or it may.

    It may only for a release that is on this machine itself, given by ``direct``.  Else a foreign package could have
    any folder read and built, with the rights of the user.
    """
    named = next((each for each in dependencies if each.url and is_local(each.url)), None)
    if named is None or _is_on_this_machine(direct):
        return ""
    return f"{named.name} at {inert(without_credentials(str(named.url)))}"


def _is_on_this_machine(direct: DirectCandidate | None) -> bool:
    """Whether a release is the user's own, and no index's."""
    return direct is not None and is_local(direct.url)


def _check_address(name: str, url: str, release: str) -> None:
    from piptools_clone.formats.requirements.requirement_line import (
        check_reference,  # hardly any package has a direct reference
    )

    try:
        check_reference(name, url)
    except (LineProblem, InputError) as problem:
        message = f"{inert(release)} requires {name} at an address that is refused: {problem.message}"
        raise MetadataError(message, hint=problem.hint or f"leave {inert(release)} out") from None
