"""Which releases are open to choice only because somebody asks for them.

These are pre-releases (PEP 440), yanked releases (PEP 592), and what a direct reference in the metadata of a release
leads to (PEP 508).  A release that is looked at asks before it is chosen.  When it is given up later, what only it
asked for must not stay open: a solution is held against what its releases ask for (`CandidateFilter.unrequested`),
and where it takes more the search begins again, at first without the wishes of what was not chosen (`forget`).  Where no solution is
left then, all wishes are heard again (`admit_all`), and each solution that takes more is itself forbidden: that
ends, for there are only so many.
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
    """Who asked for what, over all the restarts of one resolution."""

    def __init__(self) -> None:
        self._askers: dict[Restricted, set[Requester]] = {}
        self._unheard: set[tuple[Restricted, Requester]] = set()
        self._hears_all = False

    def ask(self, restricted: Restricted, asker: Requester) -> bool:
        """Note a wish; whether it opens something that was closed."""
        if (restricted, asker) in self._unheard:
            return False
        askers = self._askers.setdefault(restricted, set())
        askers.add(asker)
        return len(askers) == 1

    def __contains__(self, restricted: object) -> bool:
        return bool(self._askers.get(restricted)) if isinstance(restricted, Restricted) else False

    def is_requested(self, restricted: Restricted, decisions: Mapping[str, int]) -> bool:
        """Whether the user or a release that is chosen asks for this."""
        askers = self._askers.get(restricted, set()) - {NO_FINALS}
        return any(asker is None or decisions.get(asker[0]) == asker[1] for asker in askers)

    def forget(self, restricted: Restricted) -> bool:
        """Hear no longer who asked for this so far; whether that changes anything."""
        if self._hears_all or not self._askers.get(restricted):
            return False
        self._unheard |= {(restricted, asker) for asker in self._askers.pop(restricted)}
        return True

    def admit_all(self) -> bool:
        """Hear all that ask from now on, and forget none; whether that changes anything."""
        changes = bool(self._unheard)
        self._unheard.clear()
        self._hears_all = True
        return changes
