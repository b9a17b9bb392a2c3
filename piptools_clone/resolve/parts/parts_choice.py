"""Which version of a package may be chosen for a part: in which environments it can be used, and who asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.version import Version

from piptools_clone.formats.sanitize import inert
from piptools_clone.model.candidate import Candidate, Reason, Rejection
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.resolve.admitted_releases import PRE_RELEASES, Restricted
from piptools_clone.resolve.parts.law import Cut
from piptools_clone.resolve.parts.restricted_releases import RestrictedReleases
from piptools_clone.solver.states import newest_first

if TYPE_CHECKING:
    from piptools_clone.index.environments_finder import OpenFinder
    from piptools_clone.model.environments import Held
    from piptools_clone.resolve.package_versions import PackageVersions
    from piptools_clone.resolve.parts.part import Part
    from piptools_clone.resolve.parts.releases_by_part import ReleasesByPart


class Unrequested(Exception):
    """A solution takes what nothing in it asks for, whatever is forgotten: it is to be forbidden as a whole."""


class OldVersion(NamedTuple):
    """A pin of the old lock: a preference in its environments, and never a constraint."""

    version: Version
    held: Held


class PartsChoice:
    """Decides over versions and environments.

    ``old`` are the pins of the old lock by name; with ``fewest`` a version that serves a part of the environments only
    is passed over, else the package is cut there (``--fork-strategy``).
    """

    def __init__(
        self, releases: ReleasesByPart, finder: OpenFinder, old: Mapping[str, Sequence[OldVersion]], *, fewest: bool
    ) -> None:
        self._releases = releases
        self._environments = releases.environments
        self._finder = finder
        self._old = old
        self._fewest = fewest
        self._admits_pre = releases.selection.candidates.policy.admits_pre_releases
        self._is_wide = False
        self._allowed = 0
        self._unusable: dict[tuple[str, int], Held] = {}
        lines = (*releases.roots, *releases.constraints)
        self.restricted = RestrictedReleases(self._environments, releases.reader, releases.reach, lines)

    def begin(self) -> None:
        """Begin a search."""
        self.restricted.begin()

    def widen(self) -> bool:
        """Take what may be had after all, after a failure; whether that changes anything.

        All that was ever asked for counts, and pre-releases may be tried where every final release is excluded for now:
        whether the solution in the end requires them is seen then.
        """
        changes = not self._is_wide
        self._is_wide = True
        return self.restricted.forget_nothing() or changes

    def ask(self, allowed: int) -> None:
        """Hear of the states that are allowed for the part that is asked about."""
        self._allowed = allowed
        self._closed: list[tuple[Part, PackageVersions, int, Candidate | Rejection | None]] = []

    def tell_closed(self) -> None:
        """Tell what was passed over since nothing asks for it where it would be needed, as nothing else is left."""
        for part, package, state, outcome in self._closed:
            everything, shut = self._environments.everything, 0
            for each in self._restrictions(part, package, state, outcome):
                closed = everything & ~self._opened_for(part, package, each)
                if closed:
                    self.restricted.shut(each, closed)
                    shut |= closed
            rejection = _why_closed(package, state, outcome)
            self._releases.builder.pass_over_in(part, shut, 1 << state, rejection)

    # what to try

    def order(self, part: Part, package: PackageVersions, now: Mapping[Part, int]) -> Iterator[int]:
        """All states, the best first: old pins of these environments, what a sibling has, then as the policy ranks."""
        first = [*self._old_states(part, package)]
        first += [state for other, state in now.items() if other.name == part.name]
        seen = dict.fromkeys(first)
        yield from seen
        for state in self._releases.selection.candidates.order(package, package.all & ~1, pre=True):
            if state not in seen:
                yield state

    def is_old(self, part: Part, package: PackageVersions, state: int) -> bool:
        """Whether the old lock has this version in an environment of the part."""
        return state in self._old_states(part, package)

    def _old_states(self, part: Part, package: PackageVersions) -> list[int]:
        old = self._old.get(part.name, ())
        states = [package.state_of(each.version) for each in old if each.held.cells & part.cells]
        return [state for state in states if state is not None]

    def examine(self, part: Part, package: PackageVersions, state: int) -> Candidate | Rejection | None:
        """A version's candidate, None for a direct reference, or why it may not be chosen for the part at all."""
        outcome = self._outcome(part, package, state)
        if isinstance(outcome, Rejection):
            self._releases.builder.pass_over(part.name, 1 << state, outcome)
            return outcome
        restrictions = self._restrictions(part, package, state, outcome)
        if restrictions and not self._opened(part, package, restrictions) & part.cells:
            self._closed.append((part, package, state, outcome))
            return _why_closed(package, state, outcome)
        return outcome

    def _outcome(self, part: Part, package: PackageVersions, state: int) -> Candidate | Rejection | None:
        locked = self._finder.cuts_off and self.is_old(part, package, state)
        return self._releases.examine(package, state, locked=locked)

    # in which environments

    def fits(self, part: Part, package: PackageVersions, state: int, now: Mapping[Part, int]) -> bool:
        """Whether a version that was read can be chosen wherever the part is needed; what stands against it is told.

        Raises `Cut` where it serves only some of these environments.
        """
        outcome = self._outcome(part, package, state)
        restrictions = self._restrictions(part, package, state, outcome)
        while True:  # a set holds only until the partition is refined
            generation = self._environments.generation
            use = self.usable(package, state, outcome)
            opened = self._opened(part, package, restrictions)
            self._releases.reach.follow(now)
            need = self._releases.reach.cells(part)
            if generation == self._environments.generation:
                break
        if not part.cells & ~(use & opened) or not need & ~(use & opened):
            return True
        if need & ~opened:
            self._closed.append((part, package, state, outcome))
        elif need & use and not self._fewest:
            raise Cut([part], use)
        else:
            self._tell_unusable(part, package, state, self._environments.everything & ~use)
        return False

    def usable(self, package: PackageVersions, state: int, outcome: Candidate | Rejection | None) -> int:
        """Where a version that was read can be used: by its files, and by its metadata."""
        requires_python = self._releases.requires_python(package.name, state)
        while True:  # a set holds only until the partition is refined
            generation = self._environments.generation
            cells = self._finder.python_cells(requires_python)
            if isinstance(outcome, Candidate) and package.project is not None:
                cells &= self._finder.usable(package.project, state - 1, outcome)
            if generation == self._environments.generation:
                return cells

    def _tell_unusable(self, part: Part, package: PackageVersions, state: int, cells: int) -> None:
        text = self._releases.requires_python(package.name, state)
        detail = f"Requires-Python {inert(text)}" if text else ""
        in_truth = cells & ~self._finder.python_cells(text)
        rejection = Rejection(Reason.REQUIRES_PYTHON, detail) if in_truth else Rejection(Reason.NO_WHEEL)
        self._releases.builder.pass_over_in(part, cells, 1 << state, rejection)

    def tell_forbidden(self, part: Part, package: PackageVersions) -> None:
        """Tell what earlier searches found to be unusable where it was chosen in the end."""
        for (name, state), held in self._unusable.items():
            if name == part.name and held.cells & part.cells:
                self._tell_unusable(part, package, state, held.cells)

    # what only those may have who ask

    def _restrictions(
        self, part: Part, package: PackageVersions, state: int, outcome: Candidate | Rejection | None
    ) -> list[Restricted]:
        """What must be asked for that this version may be chosen for the part."""
        direct = package.direct(state)
        if direct is not None:
            return [Restricted(package.name, direct.url)]
        if self.is_old(part, package, state):
            return []
        found = []
        if package.pre_releases >> state & 1 and self._admits_pre(package.name) is not True:
            found.append(Restricted(package.name, PRE_RELEASES))
        exact = Restricted(package.name, str(package.version(state)))
        is_yanked = isinstance(outcome, Candidate) and outcome.preferred.yanked is not None
        if is_yanked or self._is_local_elsewhere(package, state, exact):
            found.append(exact)
        return found

    def _is_local_elsewhere(self, package: PackageVersions, state: int, exact: Restricted) -> bool:
        """Whether a local version is one that some line names for its environments, and there is a public one.

        ``==2.1`` admits ``2.1+cpu`` as well (PEP 440), but who names that one for Linux means another for the rest.
        """
        version = package.version(state)
        if version.local is None or not self.restricted.opened(exact):
            return False
        return package.state_of(Version(version.public)) is not None

    def _opened(self, part: Part, package: PackageVersions, restrictions: Sequence[Restricted]) -> int:
        """The environments where all of these may be chosen."""
        cells = self._environments.everything
        for each in restrictions:
            cells &= self._opened_for(part, package, each)
        return cells

    def _opened_for(self, part: Part, package: PackageVersions, restricted: Restricted) -> int:
        if restricted.what == PRE_RELEASES:
            if self._admits_pre(package.name) is False:
                return 0
            if self._is_wide and not self._allowed & ~package.pre_releases:
                return self._environments.everything
            opened = self.restricted.opened(restricted)
            return opened | self._without_finals(part, package, part.cells & ~opened)
        return self.restricted.opened(restricted)

    def _without_finals(self, part: Part, package: PackageVersions, cells: int) -> int:
        """Of some environments those where no final release that is required can be chosen at all (PEP 440)."""
        found = 0
        for region, required in self._releases.required(package.name, cells) if cells else ():
            finals = newest_first(required & ~package.pre_releases)
            if not any(self._is_to_be_had(part, package, state, region) for state in finals):
                found |= region
        return found

    def _is_to_be_had(self, part: Part, package: PackageVersions, state: int, cells: int) -> bool:
        """Whether a final release could be chosen in some environments."""
        outcome = self._outcome(part, package, state)
        if isinstance(outcome, Rejection):
            return False
        restrictions = self._restrictions(part, package, state, outcome)
        return all(self.restricted.opened(each) & cells for each in restrictions)

    # after a search

    def verify(self, decisions: Mapping[Part, int]) -> bool:
        """Whether a solution takes nothing that it may not; what is wrong with it is remembered for the next search.

        Raises `Cut` where a version may be had in only some of the environments where it is needed in the end, and
        `Unrequested`.
        """
        taken = []
        for part, state in decisions.items():
            package = self._releases.package(part.name)
            outcome = self._outcome(part, package, state)
            use = self.usable(package, state, outcome)
            self._releases.reach.follow(decisions)
            need = self._releases.reach.cells(part)
            if need & ~use:
                if need & use and not self._fewest:
                    raise Cut([part], use)
                self._unusable[part.name, state] = self._environments.hold(self._environments.everything & ~use)
                return False
            for restricted in self._restrictions(part, package, state, outcome):
                needs_asker = need & ~self.restricted.asked(restricted)
                if restricted.what == PRE_RELEASES:
                    needs_asker &= ~self._without_finals(part, package, needs_asker)
                if needs_asker and need & ~needs_asker:
                    raise Cut([part], need & ~needs_asker)
                taken.append((restricted, needs_asker))
        unrequested = [restricted for restricted, cells in taken if cells]
        if unrequested and not self.restricted.forget(unrequested):
            raise Unrequested
        return not unrequested


def _why_closed(package: PackageVersions, state: int, outcome: Candidate | Rejection | None) -> Rejection:
    if package.direct(state) is not None:
        return Rejection(Reason.NOT_ON_INDEX)
    if isinstance(outcome, Candidate) and outcome.preferred.yanked is not None:
        return Rejection(Reason.YANKED, outcome.preferred.yanked)
    return Rejection(Reason.PRE_RELEASE)
