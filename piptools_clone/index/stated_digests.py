"""What is stated of the bytes of a file, and whether it holds: one rule for pages, addresses and locks.

A page and the fragment of an address (``#sha512=...``) *promise* digests, of which each must hold, however weak its
algorithm.  The ``--hash`` options of a line *allow* files: one of them must be that of the file, as in pip.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, BinaryIO, cast

from piptools_clone.errors import HashMismatch, InputError
from piptools_clone.formats.sanitize import inert, redact_url, without_credentials
from piptools_clone.model.artifact import HASH_ALGORITHMS, Hashes

REPLACED = "the file was replaced or damaged on its way: do not use it before you know which"


class Digests:
    """The digests of bytes that come piece by piece: those that were promised, and SHA-256."""

    def __init__(self, promised: Hashes) -> None:
        import hashlib

        self._promised = promised
        names = {"sha256", *(algorithm for algorithm, _ in promised)}
        self._running: dict[str, Any] = {name: hashlib.new(name, usedforsecurity=False) for name in sorted(names)}

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        for running in self._running.values():
            running.update(piece)

    @property
    def sha256(self) -> str:
        """The hexadecimal SHA-256 of what came."""
        return str(self._running["sha256"].hexdigest())

    def check(self, what: str, url: str) -> None:
        """Raise HashMismatch unless every promised digest holds."""
        for algorithm, digest in self._promised:
            found = self._running[algorithm].hexdigest()
            if found != digest:
                raise HashMismatch(
                    f"{what} has not the digest that was promised for it: {algorithm} {found} instead of {digest}",
                    url=without_credentials(url),
                    hint=REPLACED,
                )


def stated_in(url: str) -> Hashes:
    """The digests that the fragment of an address promises, sorted.

    Raises InputError for one that no file can have: passed over, it would be taken for verified.
    """
    parts = [part for part in url.partition("#")[2].split("&") if part.partition("=")[0].lower() in HASH_ALGORITHMS]
    if not parts:
        return ()
    from piptools_clone.index.pages.entries import read_hash_text  # reads pages besides, for which it has much to load

    promised: list[tuple[str, str]] = []
    for part in parts:
        found = read_hash_text(part)
        if not found:
            shown = inert(redact_url(url), 500)
            raise InputError(
                f"{shown}: {inert(part, 150)!r} is no digest", hint="`pip hash FILE` prints that of a file"
            )
        promised += found
    return tuple(sorted(promised))


def holds(allowed: Collection[str], digests: Iterable[tuple[str, str]]) -> bool:
    """Whether a file of these digests is one of those that are allowed (``algorithm:digest``); all are by no text."""
    return not allowed or any(f"{algorithm}:{digest}" in allowed for algorithm, digest in digests)


def common_hashes(first: Collection[str], second: Collection[str]) -> tuple[str, ...]:
    """The hashes that two lines admit together, as in pip: those of one where the other states none; maybe none."""
    if not first or not second:
        return tuple(first or second)
    return tuple(text for text in first if text in second)


def digests_of(file: BinaryIO, sha256: str, allowed: Iterable[str]) -> Hashes:
    """The digests of a file in every algorithm of ``allowed`` and its SHA-256, which is known; sorted."""
    from hashlib import file_digest

    found = {"sha256": sha256}
    for algorithm in {text.partition(":")[0] for text in allowed} - {"sha256"}:
        file.seek(0)
        found[algorithm] = file_digest(cast("Any", file), algorithm).hexdigest()
    return tuple(sorted(found.items()))
