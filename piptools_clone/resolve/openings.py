"""Which releases are open to choice only because somebody asks for them: pre-releases (PEP 440), yanked ones (PEP 592).

A release that is looked at asks before it is chosen.  When it is given up later, what only it asked for
must not stay open: `forget` finds that, and the search begins again without.
"""

from collections.abc import Mapping

from piptools_clone.named_tuple import NamedTuple

PRE_RELEASES = ""


class Opening(NamedTuple):
    """The yanked ``version`` of a package, or all its pre-releases (`PRE_RELEASES`)."""

    name: str
    version: str


Asker = tuple[str, int] | None
"""A release, as name and state, or the user (None)."""


class Restart(Exception):
    """The packages known to the solver no longer hold; begin again with what is known now."""


class Openings:
    """Who asked for what, over all the restarts of one resolution."""

    def __init__(self) -> None:
        self._askers: dict[Opening, set[Asker]] = {}
        self._unheard: set[tuple[Opening, Asker]] = set()
        self._tolerant = False

    def ask(self, opening: Opening, asker: Asker) -> bool:
        """Note a wish; whether it opens something that was closed."""
        if (opening, asker) in self._unheard:
            return False
        askers = self._askers.setdefault(opening, set())
        askers.add(asker)
        return len(askers) == 1

    def __contains__(self, opening: object) -> bool:
        return bool(self._askers.get(opening)) if isinstance(opening, Opening) else False

    def forget(self, opening: Opening, decisions: Mapping[str, int]) -> bool:
        """Close what only releases asked for that were not chosen; whether there was such a thing."""
        askers = self._askers.get(opening, set())
        if self._tolerant or not askers or any(_counts(asker, decisions) for asker in askers):
            return False
        self._unheard |= {(opening, asker) for asker in askers}
        del self._askers[opening]
        return True

    def tolerate(self) -> bool:
        """Hear everybody again, since there is no solution otherwise; whether that changes anything."""
        changes = bool(self._unheard)
        self._unheard.clear()
        self._tolerant = True
        return changes


def _counts(asker: Asker, decisions: Mapping[str, int]) -> bool:
    return asker is None or decisions.get(asker[0]) == asker[1]
