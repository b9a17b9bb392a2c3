"""The hashes of what was chosen: as the index gives them, of the fetched file only where it gives none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from piptools_clone.errors import HashMismatch
from piptools_clone.index.digests import common_hashes
from piptools_clone.index.index import Index
from piptools_clone.index.promises import Promise
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.candidate import Candidate
from piptools_clone.model.lock import Pin
from piptools_clone.resolve.graph import Chosen

OldHashes = Mapping[tuple[str, str], tuple[str, ...]]
"""The hashes of an old lock by canonical name and version."""


def hashed_pins(
    index: Index, chosen: Sequence[Chosen], old: OldHashes, stated: Mapping[str, tuple[str, ...]]
) -> list[Pin]:
    """The pins with the sha256 of every file that the index offers for them in a format that the user allows.

    Hashes of unchanged pins are kept, unless none of them is of an allowed file any more.  ``stated`` are those that
    the inputs admit, by name.  Raises `HashMismatch` where the index offers not one file of those that are admitted,
    or that an unchanged pin was locked with: it was uploaded again.
    """
    missing: dict[str, Promise[str]] = {}
    for each in chosen:
        if each.candidate and not _keeps(each.candidate, old.get((each.pin.name, each.pin.version), ())):
            missing |= {file.url: index.sha256(file) for file in each.candidate.artifacts if file.sha256 is None}
        if each.direct and not each.direct.hashes and not each.pin.unhashable:
            from piptools_clone.index.direct import archive_at  # loaded already, where there is a direct reference

            missing[each.direct.url] = index.sha256(archive_at(each.direct.url))
    pins = [_hashed(each, missing, old.get((each.pin.name, each.pin.version), ())) for each in chosen]
    for pin in pins:
        _refuse_unstated(pin, stated.get(pin.name, ()))
    return pins


def _refuse_unstated(pin: Pin, stated: Sequence[str]) -> None:
    """Where a page tells no digest, the choice could not be held against what is stated, but the file can."""
    if pin.hashes and all(text.startswith("sha256:") for text in stated) and not common_hashes(pin.hashes, stated):
        raise HashMismatch(f"{pin.name}=={pin.version} has no file of the hashes that are stated for it")


def _hashed(chosen: Chosen, missing: Mapping[str, Promise[str]], kept: tuple[str, ...]) -> Pin:
    pin = chosen.pin
    if chosen.candidate is None:
        direct = chosen.direct
        if direct is None or pin.unhashable:
            return pin
        digest = dict(direct.hashes).get("sha256") or missing[direct.url].result()
        return pin._replace(hashes=(f"sha256:{digest}",))
    if kept:
        _refuse_other_files(pin, kept, (*chosen.candidate.artifacts, *chosen.candidate.excluded))
    if _keeps(chosen.candidate, kept):
        return pin._replace(hashes=kept)
    digests = {artifact.sha256 or missing[artifact.url].result() for artifact in chosen.candidate.artifacts}
    return pin._replace(hashes=tuple(sorted(f"sha256:{digest}" for digest in digests)))


def _keeps(candidate: Candidate, kept: Sequence[str]) -> bool:
    """Whether hashes of the old lock may stay: one of them is of an allowed file, or that cannot be told."""
    if not kept or not candidate.excluded:
        return bool(kept)
    known = _known(candidate.artifacts)
    return len(known) < len(candidate.artifacts) or not known.isdisjoint(kept)


def _known(artifacts: Sequence[Artifact]) -> set[str]:
    return {f"sha256:{artifact.sha256}" for artifact in artifacts if artifact.sha256 is not None}


def _refuse_other_files(pin: Pin, kept: Sequence[str], artifacts: Sequence[Artifact]) -> None:
    known = _known(artifacts)
    if len(known) >= len(artifacts) and known and known.isdisjoint(kept):
        raise HashMismatch(
            f"HashMismatch: {pin.name}=={pin.version} was re-uploaded: "
            "none of the files that the index offers now has a hash of the lock",
            hint=f"if you trust the new files, take them with --upgrade-package {pin.name}",
        )
