"""Which versions may be chosen for many environments, and in which of them each can be used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from piptools_clone.formats.filenames import build_number, split_wheel
from piptools_clone.index.finder import Finder
from piptools_clone.model.candidate import Candidate, Rejection
from piptools_clone.model.target import Target

if TYPE_CHECKING:
    from piptools_clone.index.pages.project import Project
    from piptools_clone.model.artifact import Artifact
    from piptools_clone.model.environments import Environments
    from piptools_clone.model.policy import Policy

_BuildOrder = tuple[int, str]


class OpenFinder(Finder):
    """Examines versions for an open range of environments: any file will do, if it supports a Python of the range.

    Which file is preferred depends on the files alone, and not on the machine that locks: a wheel for every platform,
    then one for the most usual, then another.  ``unserved`` tells where files are required, and those of a release are
    not enough.  Versions are examined by ``pythons`` of the range alone, for they are examined in any order, also by
    what reads ahead; where one can be used is told by the partition.
    """

    def __init__(
        self,
        policy: Policy,
        environments: Environments,
        pythons: Sequence[str],
        unserved: Callable[[Sequence[Artifact]], int] = lambda artifacts: 0,
    ) -> None:
        self.target = Target({"python_full_version": ""}, ())
        super().__init__(policy, self.target)
        self._environments = environments
        self._pythons = pythons
        self._unserved = unserved

    def python_cells(self, requires_python: str | None) -> int:
        """Where a Requires-Python admits the Python."""
        if not requires_python or self._policy.ignore_requires_python:
            return self._environments.everything
        return self._environments.admits(requires_python)

    def usable(self, project: Project, i: int, candidate: Candidate) -> int:
        """Where the files of the i-th version can be used, as far as its page tells."""
        texts = dict.fromkeys(file.requires_python for file in candidate.artifacts)
        while True:  # a set holds only until the next text refines the partition
            generation, cells = self._environments.generation, 0
            for text in texts:
                cells |= self.python_cells(text)
            if self._environments.generation == generation:
                return cells & ~self._unserved(candidate.artifacts)

    def _rank(self, filename: str) -> tuple[int | None, _BuildOrder]:
        wheel = split_wheel(filename)
        if wheel is None:
            return None, build_number("")
        platform = wheel.tags.rpartition("-")[2]
        rank = 0 if platform == "any" else 1 if "linux" in platform and platform.endswith("_x86_64") else 2
        return rank, build_number(wheel.build)

    def _admits(self, requires_python: str) -> bool:
        if self._policy.ignore_requires_python:
            return True
        known = self._admits_python.get(requires_python)
        if known is None:
            known = self._admits_python[requires_python] = self._admits_any(requires_python)
        return known

    def _admits_any(self, requires_python: str) -> bool:
        try:
            specifier = SpecifierSet(requires_python)
        except InvalidSpecifier:
            return True
        return any(specifier.contains(python, prereleases=True) for python in self._pythons)


class TargetsFinder(OpenFinder):
    """Examines versions for named targets: each can be used where a file fits, as one target alone would see it."""

    def __init__(self, policy: Policy, environments: Environments, targets: Sequence[Target]) -> None:
        super().__init__(policy, environments, [target.python_full_version for target in targets])
        self._finders = [Finder(policy, target) for target in targets]

    def examine(self, project: Project, i: int, *, locked: bool = False) -> Candidate | Rejection:
        """The i-th version as a candidate of the first target that can use it, or why the first one may not."""
        found = [finder.examine(project, i, locked=locked) for finder in self._finders]
        return next((each for each in found if isinstance(each, Candidate)), found[0])

    def usable(self, project: Project, i: int, candidate: Candidate) -> int:
        """Where a file of the i-th version fits; what is locked may be younger than a cut-off.

        Targets that no marker can tell apart, such as ``linux`` and ``musllinux``, share a line of a lock: it must fit
        all of them.
        """
        cells = self._environments.everything
        for at, finder in enumerate(self._finders):
            fits = (finder.examine(project, i, locked=locked) for locked in (False, self.cuts_off))
            if not any(isinstance(each, Candidate) for each in fits):
                cells &= ~self._environments.target(at)
        return cells
