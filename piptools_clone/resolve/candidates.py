"""The versions of packages as candidates, and the order of choice among them: old pins first, then the newest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from piptools_clone.index.finder import Finder
from piptools_clone.model.candidate import Candidate, Rejection

if TYPE_CHECKING:
    from packaging.version import Version

    from piptools_clone.index.pages.project import Project
    from piptools_clone.model.policy import Policy
    from piptools_clone.model.target import Target
    from piptools_clone.resolve.package_versions import PackageVersions


class Candidates:
    """What one target could get by one policy; shared by what reads ahead and what answers the solver.

    ``kept`` are the versions of the old lock.  They are preferences and never constraints: what cannot be kept is
    passed by without a word.
    """

    def __init__(
        self, policy: Policy, target: Target, kept: Mapping[str, Version], finder: Finder | None = None
    ) -> None:
        self.finder = finder or Finder(policy, target)
        self.policy = policy
        self.kept = kept
        self._packages: dict[str, PackageVersions] = {}

    def package(self, project: Project) -> PackageVersions:
        """The versions of a project; of the same project always the same value, which knows what was asked of it."""
        from piptools_clone.resolve.package_versions import PackageVersions

        found = self._packages.get(project.name)
        if found is None or found.project is not project:
            found = self._packages[project.name] = PackageVersions(project.name, project)
        return found

    def pinned(self, package: PackageVersions) -> int | None:
        """The state that the old lock holds, if it still exists."""
        pin = self.kept.get(package.name)
        return None if pin is None else package.state_of(pin)

    def examine(self, package: PackageVersions, state: int) -> Candidate | Rejection:
        """What the files of a version of an index say; a locked version may be younger than the cut-off date."""
        assert package.project is not None
        locked = self.finder.cuts_off and self.pinned(package) == state
        return self.finder.examine(package.project, state - 1, locked=locked)

    def candidate(self, package: PackageVersions, state: int) -> Candidate:
        """The candidate of a version of an index that was chosen."""
        outcome = self.examine(package, state)
        assert isinstance(outcome, Candidate)
        return outcome

    def order(self, package: PackageVersions, allowed: int, *, pre: bool) -> Iterator[int]:
        """States to try, the best first: the old pin, those of the index as the policy ranks them, direct references.

        Without ``pre`` pre-releases are left out, except a locked one.
        """
        from piptools_clone.solver.states import newest_first

        pinned = self.pinned(package)
        if pinned is not None and allowed >> pinned & 1:
            yield pinned
            allowed &= ~(1 << pinned)
        listed = allowed & ~package.direct_bits
        if not pre:
            listed &= ~package.pre_releases
        if self.policy.prefer_binary and package.project is not None:
            yield from (i + 1 for i in self.finder.ranked(package.project) if listed >> i + 1 & 1)
        else:
            yield from newest_first(listed)
        yield from newest_first(allowed & package.direct_bits)
