"""Indexes that answer otherwise than with 404 for a project that they do not have.

No refusal means "not there" by itself: else an expired password would let another index slip in a package.  But some
registries refuse what they do not have, so a user may say of a host which status means that.  Of one that many
projects use beside their index it is known (`KNOWN`).
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from piptools_clone.errors import IndexFailure, SettingsError

AbsentStatus = tuple[str, int]
"""A host, or host and port as in an address, and the status that it answers for what it does not have."""

_STATUSES = ("401", "403", "410")

KNOWN: frozenset[AbsentStatus] = frozenset({("download.pytorch.org", 403)})
"""Public indexes, without passwords, of which it is known what they answer for what they do not have."""


def parse_absent_status(text: str) -> AbsentStatus:
    """Read ``HOST=STATUS``.  Raises SettingsError."""
    host, equals, status = text.strip().rpartition("=")
    if not equals or not host or "/" in host:
        raise SettingsError(f"--absent-status {text!r} is not of the form HOST=STATUS, such as idx.example=403")
    if status not in _STATUSES:
        words = "401, 403 and 410 are the refusals that may mean that a project is not there"
        raise SettingsError(f"--absent-status {text!r} cannot be used: {words}")
    return host.lower(), int(status)


def means_absent(failure: IndexFailure, place: str, statuses: AbstractSet[AbsentStatus]) -> bool:
    """Whether a page that could not be had from an index tells that the index does not have the project."""
    if failure.status is None:
        return False
    from piptools_clone.http.address import parse_address

    address = parse_address(place)
    answered = {(address.host, failure.status), (address.netloc, failure.status)}
    return not (KNOWN.isdisjoint(answered) and statuses.isdisjoint(answered))
