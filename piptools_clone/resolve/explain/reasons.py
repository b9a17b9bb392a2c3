"""Why versions were passed over, as the end of a sentence that begins with them."""

from __future__ import annotations

from piptools_clone.formats.sanitize import inert
from piptools_clone.model.candidate import Reason, Rejection

_WORDS = {  # for one version, for several; {} is the detail
    Reason.YANKED: ("is yanked ({})", "are yanked ({})"),
    Reason.REQUIRES_PYTHON: ("needs Python {}", "need Python {}"),
    Reason.NO_WHEEL: (
        "has no wheel that fits, only some for {}",
        "have no wheel that fits, only some for {}",
    ),
    Reason.FORMAT: ("is there as {}", "are there as {}"),
    Reason.PRE_RELEASE: ("is a pre-release", "are pre-releases"),
    Reason.TOO_NEW: ("is younger than the cut-off date ({})", "are younger than the cut-off date ({})"),
    Reason.HASHES: ("has no file with a required hash", "have no file with a required hash"),
    Reason.BUILD_FAILED: ("could not be built ({})", "could not be built ({})"),
    Reason.BROKEN_METADATA: ("has broken metadata ({})", "have broken metadata ({})"),
    Reason.NOT_ON_INDEX: ("is not on this index", "are not on this index"),
    Reason.LOCAL: ("asks for {}, which only files of your own may", "ask for {}, which only files of your own may"),
    Reason.QUARANTINED: ("is quarantined by the index ({})", "are quarantined by the index ({})"),
}
_BARE = {  # where there is no detail, and to leave it out does not do
    Reason.REQUIRES_PYTHON: ("needs another Python", "need another Python"),
    Reason.NO_WHEEL: ("has no file that can be used", "have no file that can be used"),
    Reason.FORMAT: ("is there in other formats only", "are there in other formats only"),
}
_PREFIXES = ("Requires-Python ", "wheels only for: ")  # of details, which the words say by themselves


def passed_over(rejection: Rejection, *, plural: bool) -> str:
    """Such as ``is yanked (broken build)``."""
    words = _WORDS[rejection.reason][plural]
    detail = inert(rejection.detail).strip()
    for prefix in _PREFIXES:
        detail = detail.removeprefix(prefix)
    if detail:
        return words.format(detail)
    return _BARE[rejection.reason][plural] if rejection.reason in _BARE else words.removesuffix(" ({})")
