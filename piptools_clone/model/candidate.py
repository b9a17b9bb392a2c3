"""A version that may be chosen, or the reason why it may not."""

from enum import StrEnum

from packaging.version import Version

from piptools_clone.model.artifact import Artifact
from piptools_clone.named_tuple import NamedTuple


class Reason(StrEnum):
    """The class of the reason why a version was passed over."""

    YANKED = "yanked"
    REQUIRES_PYTHON = "Requires-Python"
    NO_WHEEL = "no fitting wheel"
    FORMAT = "excluded by --no-binary or --only-binary"
    PRE_RELEASE = "pre-release"
    TOO_NEW = "uploaded after the cut-off date"
    HASHES = "none of its files has a required hash"
    BUILD_FAILED = "build failed"
    BROKEN_METADATA = "broken metadata"
    NOT_ON_INDEX = "not on this index"
    QUARANTINED = "quarantined"
    LOCAL = "asks for something on this machine"


class Rejection(NamedTuple):
    """Why a version may not be chosen: the class of the reason, and its detail in words."""

    reason: Reason
    detail: str = ""


class Candidate(NamedTuple):
    """A version that may be chosen.

    ``artifacts`` are all files of the version in the formats that the user allows (they are all hashed), ``excluded``
    those in others; ``preferred`` is the one that pip would install on the target, from which metadata is read.
    """

    name: str
    version: Version
    preferred: Artifact
    artifacts: tuple[Artifact, ...]
    excluded: tuple[Artifact, ...] = ()


class CoreMetadata(NamedTuple):
    """What resolution needs of the core metadata of one file: texts as written there."""

    name: str
    version: str
    requires_dist: tuple[str, ...] = ()
    requires_python: str | None = None
    provides_extra: tuple[str, ...] = ()
