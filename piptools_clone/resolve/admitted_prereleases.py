"""Which releases are open to choice only because somebody asks for them.

These are pre-releases (PEP 440), yanked releases (PEP 592), and what a direct reference in the metadata of a release
leads to (PEP 508).  A release that is looked at asks before it is chosen.  When it is given up later, what only it
asked for must not stay open: a solution is held against what its releases ask for (`Admission.unasked`), and where it
takes more the search begins again, at first without the wishes of what was not chosen (`forget`).  Where no solution is
left then, all wishes are heard again (`hear_again`), and each solution that takes more is itself forbidden: that
ends, for there are only so many.
"""

from __future__ import annotations

from collections.abc import Mapping

from piptools_clone.named_tuple import NamedTuple

PRE_RELEASES = ""


class Opening(NamedTuple):
    """One version of a package that is yanked, one address of it, or all its pre-releases (`PRE_RELEASES`)."""

    name: str
    what: str


Asker = tuple[str, int] | None
"""A release, as name and state, or the user (None)."""

NO_FINALS: Asker = ("", 0)
"""Asks for the pre-releases of a package as long as none of its final releases could be chosen (PEP 440)."""


class Restart(Exception):
    """The packages known to the solver no longer hold; begin again with what is known now."""


class Openings:
    """Who asked for what, over all the restarts of one resolution."""

    def __init__(self) -> None:
        self._askers: dict[Opening, set[Asker]] = {}
        self._unheard: set[tuple[Opening, Asker]] = set()
        self._hears_all = False

    def ask(self, opening: Opening, asker: Asker) -> bool:
        """Note a wish; whether it opens something that was closed."""
        if (opening, asker) in self._unheard:
            return False
        askers = self._askers.setdefault(opening, set())
        askers.add(asker)
        return len(askers) == 1

    def __contains__(self, opening: object) -> bool:
        return bool(self._askers.get(opening)) if isinstance(opening, Opening) else False

    def is_asked(self, opening: Opening, decisions: Mapping[str, int]) -> bool:
        """Whether the user or a release that is chosen asks for this."""
        askers = self._askers.get(opening, set()) - {NO_FINALS}
        return any(asker is None or decisions.get(asker[0]) == asker[1] for asker in askers)

    def forget(self, opening: Opening) -> bool:
        """Hear no longer who asked for this so far; whether that changes anything."""
        if self._hears_all or not self._askers.get(opening):
            return False
        self._unheard |= {(opening, asker) for asker in self._askers.pop(opening)}
        return True

    def hear_again(self) -> bool:
        """Hear all that ask from now on, and forget none; whether that changes anything."""
        changes = bool(self._unheard)
        self._unheard.clear()
        self._hears_all = True
        return changes
