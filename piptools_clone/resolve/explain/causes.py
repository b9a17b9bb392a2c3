"""What the solver's facts are about: the payloads that the explanation speaks of."""

from piptools_clone.formats.requirements.dependencies import Dependency
from piptools_clone.model.candidate import Rejection
from piptools_clone.model.requirement import Requirement
from piptools_clone.named_tuple import NamedTuple


class UserRequirement(NamedTuple):
    """A user's requirement or constraint."""

    requirement: Requirement


class NeededPackage(NamedTuple):
    """Releases of a package, with an extra or without, say that they need something."""

    name: str
    extra: str
    dependency: Dependency


class PassedOver(NamedTuple):
    """Versions of a package may not be chosen, for one reason."""

    name: str
    rejection: Rejection
