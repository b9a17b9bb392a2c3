"""Where releases may be chosen that only those may have who ask for them: pre-releases, yanked ones, addresses.

What one environment asks for must not reach another: a pre-release that is admitted on Windows alone is chosen there
alone.  So what was asked for is a set of environments.  The rules are those of `admitted_releases`: a release that is
looked at asks before it is chosen, and when it is given up, what only it asked for does not stay admitted (`forget`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from piptools_clone.resolve.admitted_releases import Restart, Restricted
from piptools_clone.resolve.candidate_filter import asked_for

if TYPE_CHECKING:
    from piptools_clone.model.environments import Environments, Held
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.resolve.parts.environments_reader import EnvironmentsReader
    from piptools_clone.resolve.parts.reach import Need, Reach


class RestrictedReleases:
    """Who asked for what, over all searches of one resolution."""

    def __init__(
        self,
        environments: Environments,
        reader: EnvironmentsReader,
        reach: Reach,
        lines: Sequence[Requirement],
    ) -> None:
        self._environments = environments
        self._reader = reader
        self._reach = reach
        self._lines = lines
        self._remembered: dict[Restricted, Held] = {}
        self._forgotten: set[Restricted] = set()
        self._may_forget = True
        self._shut: dict[Restricted, Held] = {}

    def begin(self) -> None:
        """Begin a search: nothing is passed over yet."""
        self._shut.clear()

    def asked(self, restricted: Restricted) -> int:
        """The environments where the user, or what is decided, asks for something."""
        cells = 0
        for line in self._lines:
            if line.name == restricted.name and restricted in asked_for(restricted.name, line.specifier, line.url):
                cells |= self._reader.cells(line.marker)
        for need in self._reach.into.get(restricted.name, ()):
            if restricted in self._asked_by(need):
                cells |= self._reach.needs[need]
        return cells

    def opened(self, restricted: Restricted) -> int:
        """The same, and where anything that was looked at before asked for it."""
        return self.asked(restricted) | _cells(self._remembered, restricted)

    def shut(self, restricted: Restricted, cells: int) -> None:
        """Note that something was passed over in these environments, since nothing asked for it there."""
        self._shut[restricted] = self._environments.hold(cells | _cells(self._shut, restricted))

    def heed(self, need: Need, cells: int) -> None:
        """Remember what a dependency asks for; raises `Restart` where that was passed over before."""
        for restricted in self._asked_by(need):
            if _cells(self._shut, restricted) & cells and restricted not in self._forgotten:
                asked = cells | _cells(self._remembered, restricted)
                self._remembered[restricted] = self._environments.hold(asked)
                raise Restart

    def forget(self, taken: Iterable[Restricted]) -> bool:
        """Ignore what was remembered of these from now on; whether that changes anything."""
        known = [each for each in taken if self._may_forget and each in self._remembered]
        for each in known:
            del self._remembered[each]
            self._forgotten.add(each)
        return bool(known)

    def forget_nothing(self) -> bool:
        """Remember everything from now on, what was forgotten too; whether that changes anything."""
        changes, self._may_forget = bool(self._forgotten), False
        self._forgotten.clear()
        return changes

    def _asked_by(self, need: Need) -> set[Restricted]:
        dependency = need.dependency
        specifier = self._reader.specifier(dependency.specifier)
        return set(asked_for(dependency.name, specifier, dependency.url))


def _cells(held: Mapping[Restricted, Held], restricted: Restricted) -> int:
    found = held.get(restricted)
    return 0 if found is None else found.cells
