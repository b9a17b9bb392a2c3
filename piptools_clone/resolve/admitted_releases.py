"""Which restricted releases may be chosen: pre-releases (PEP 440), yanked ones (PEP 592), direct references (PEP 508).

They may only where a requirement asks for them, and a release that is looked at asks before it is chosen.  When it is
given up later, what only it asked for must not stay admitted: a solution is held against what its releases ask for
(`CandidateFilter.unrequested`), and where it takes more the search begins again, at first without the requests of what
was not chosen (`forget`).  Where no solution is left then, all requests count again (`forget_nothing`), and each
solution that takes more is itself forbidden: that ends, for there are only so many.
"""

from __future__ import annotations

from collections.abc import Mapping

from piptools_clone.named_tuple import NamedTuple

PRE_RELEASES = ""


class Restricted(NamedTuple):
    """One version of a package that is yanked, one address of it, or all its pre-releases (`PRE_RELEASES`)."""

    name: str
    what: str


Requester = tuple[str, int] | None
"""A release, as name and state, or the user (None)."""

NO_FINALS: Requester = ("", 0)
"""Asks for the pre-releases of a package as long as none of its final releases could be chosen (PEP 440)."""


class Restart(Exception):
    """The packages known to the solver no longer hold; begin again with what is known now."""


class AdmittedReleases:
    """Who asked for which restricted releases, over all the restarts of one resolution."""

    def __init__(self) -> None:
        self._requesters: dict[Restricted, set[Requester]] = {}
        self._forgotten: set[tuple[Restricted, Requester]] = set()
        self._may_forget = True

    def request(self, restricted: Restricted, requester: Requester) -> bool:
        """Note a request; whether it admits something that was not admitted."""
        if (restricted, requester) in self._forgotten:
            return False
        requesters = self._requesters.setdefault(restricted, set())
        requesters.add(requester)
        return len(requesters) == 1

    def __contains__(self, restricted: object) -> bool:
        return bool(self._requesters.get(restricted)) if isinstance(restricted, Restricted) else False

    def is_requested(self, restricted: Restricted, decisions: Mapping[str, int]) -> bool:
        """Whether the user or a release that is chosen asks for this."""
        requesters = self._requesters.get(restricted, set()) - {NO_FINALS}
        return any(each is None or decisions.get(each[0]) == each[1] for each in requesters)

    def forget(self, restricted: Restricted) -> bool:
        """Ignore all that asked for this so far; whether that changes anything."""
        if not self._may_forget or not self._requesters.get(restricted):
            return False
        self._forgotten |= {(restricted, each) for each in self._requesters.pop(restricted)}
        return True

    def forget_nothing(self) -> bool:
        """Count all requests from now on, the forgotten ones too; whether that changes anything."""
        changes = bool(self._forgotten)
        self._forgotten.clear()
        self._may_forget = False
        return changes
