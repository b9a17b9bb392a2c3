"""Which direct references the metadata of a release may make: what comes from outside names nothing on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from piptools_clone.errors import InputError, MetadataError
from piptools_clone.formats.requirements.dependencies import Dependency
from piptools_clone.formats.requirements.direct_reference import is_local
from piptools_clone.formats.requirements.grammar import LineProblem
from piptools_clone.formats.sanitize import inert, without_credentials

if TYPE_CHECKING:
    from piptools_clone.index.metadata.directs import DirectCandidate


def place_on_this_machine(dependencies: Iterable[Dependency], direct: DirectCandidate | None) -> str:
    """Show the first dependency that names something on this machine, "" where there is none or it may.

    It may only for a release that is on this machine itself, given by ``direct``.  Else a foreign package could have
    any folder read and built, with the rights of the user.
    """
    named = next((each for each in dependencies if each.url and is_local(each.url)), None)
    if named is None or is_on_this_machine(direct):
        return ""
    return f"{named.name} at {inert(without_credentials(str(named.url)))}"


def is_on_this_machine(direct: DirectCandidate | None) -> bool:
    """Whether a release is the user's own, and no index's."""
    return direct is not None and is_local(direct.url)


def check_asked(name: str, url: str, asker: str) -> None:
    """Raise `MetadataError` for an address of a project that must not be followed, nor reach a lock.

    ``asker`` is the release that asks for it.
    """
    from piptools_clone.formats.requirements.requirement_line import (
        check_reference,  # hardly any package has a direct reference
    )

    try:
        check_reference(name, url)
    except (LineProblem, InputError) as problem:
        message = f"{inert(asker)} requires {name} at an address that is refused: {problem.message}"
        raise MetadataError(message, hint=problem.hint or f"leave {inert(asker)} out") from None
