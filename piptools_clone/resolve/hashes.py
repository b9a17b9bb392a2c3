"""The hashes of what was chosen: as the index gives them, of the fetched file only where it gives none."""

# pathlib is a slow import:
from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from piptools_clone.errors import HashMismatch
from piptools_clone.http.futures import Future
from piptools_clone.index.finder import has_hash
from piptools_clone.index.index import Index
from piptools_clone.index.stated_digests import common_hashes, digests_of, holds
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.candidate import Candidate
from piptools_clone.model.lock import Pin
from piptools_clone.resolve.graph import ChosenPackage

OldHashes = Mapping[tuple[str, str], tuple[str, ...]]
"""The hashes of an old lock by canonical name and version."""


def hashed_pins(
    index: Index, chosen: Sequence[ChosenPackage], old: OldHashes, stated: Mapping[str, tuple[str, ...]]
) -> list[Pin]:
    """The pins with the sha256 of every file that the index offers for them in a format that the user allows.

    Hashes of unchanged pins are kept, unless none of them is of an allowed file any more.  ``stated`` are those that
    the inputs admit, by name, and a lock admits no others.  Raises `HashMismatch` where the index offers not one of
    those, or that an unchanged pin was locked with: it was uploaded again.
    """
    kept = {key: hashes for key, hashes in old.items() if all(text.startswith("sha256:") for text in hashes)}
    missing: dict[str, Future[str]] = {}
    for each in chosen:
        if each.candidate and not _keeps(each.candidate, kept.get((each.pin.name, each.pin.version), ())):
            missing |= {file.url: index.sha256(file) for file in each.candidate.artifacts if file.sha256 is None}
        if each.direct and not each.direct.hashes and not each.pin.unhashable:
            from piptools_clone.index.metadata.directs import (
                archive_at,  # loaded already, where there is a direct reference
            )

            missing[each.direct.url] = index.sha256(archive_at(each.direct.url))
    pins = []
    for each in chosen:
        key = each.pin.name, each.pin.version
        pin = _hashed(each, missing, kept.get(key, ()))
        for hashes in (stated.get(pin.name), None if key in kept else old.get(key)):
            pin = _narrowed(index, each, pin, hashes) if pin.hashes and hashes else pin
        pins.append(pin)
    return pins


def _narrowed(index: Index, chosen: ChosenPackage, pin: Pin, stated: Sequence[str]) -> Pin:
    """A pin with the hashes of those files alone that are stated for it, whatever algorithms its page tells."""
    hashes = common_hashes(pin.hashes, stated)
    if chosen.candidate and not all(text.startswith("sha256:") for text in stated):
        found = {f"sha256:{digest}" for file in chosen.candidate.artifacts for digest in _stated(index, file, stated)}
        hashes = tuple(text for text in pin.hashes if text in found)
    elif chosen.candidate is None:
        hashes = pin.hashes  # which were held against all that is stated when the file was fetched
    if not hashes:
        raise HashMismatch(f"{pin.name}=={pin.version} has no file of the hashes that are stated for it")
    return pin._replace(hashes=hashes)


def _stated(index: Index, file: Artifact, stated: Sequence[str]) -> Iterator[str]:
    """The SHA-256 of a file if it is one of those that are stated: its bytes tell, unless its page does."""
    known = has_hash(file, frozenset(stated))
    if known is None:
        return
    if known and file.sha256 is not None:
        yield file.sha256
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="piptools-digests-") as folder:
        path = os.path.join(folder, "file")
        sha256 = index.download(file, path).result()
        with open(path, "rb") as content:
            if holds(frozenset(stated), digests_of(content, sha256, stated)):
                yield sha256


def _hashed(chosen: ChosenPackage, missing: Mapping[str, Future[str]], kept: tuple[str, ...]) -> Pin:
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
