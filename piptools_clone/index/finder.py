"""A project, a policy and a target -> which versions may be chosen, by which file, and why others may not.

pip's rules: ``--no-binary`` and ``--only-binary``, tags (PEP 425), Requires-Python, yanked (PEP 592), the
cut-off date, required hashes; then the best wheel by tag and build tag, before any source distribution.
Versions are examined one by one when they are asked for, and remembered.
"""

from enum import IntEnum
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from piptools_clone.errors import IndexFailure
from piptools_clone.formats.filenames import build_number, split_wheel
from piptools_clone.formats.sanitize import inert
from piptools_clone.formats.wheel_tags import TagRanks
from piptools_clone.index.pages.project import Project
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.candidate import Candidate, Reason, Rejection
from piptools_clone.model.policy import Policy
from piptools_clone.model.target import Target
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class _Stage(IntEnum):
    """The checks of a file, in their order: the file that came furthest says why its version is rejected."""

    REQUIRES_PYTHON = 0
    TOO_NEW = 1
    FORMAT = 2
    TAGS = 3
    HASHES = 4
    USABLE = 5


class _Outcome(NamedTuple):
    stage: _Stage
    order: tuple[bool, bool, int, tuple[int, str]] = (False, False, 0, (0, ""))


_REFUSED = {stage: _Outcome(stage) for stage in _Stage}
_BuildOrder = tuple[int, str]
_UNBUILT: _BuildOrder = build_number("")
_AFTER_WHEELS = 1 << 30


class Finder:
    """Examines versions for one target under one policy."""

    def __init__(self, policy: Policy, target: Target) -> None:
        self._policy = policy
        self._python = None if policy.ignore_requires_python else target.python_full_version
        self._tags = TagRanks(target.tags)
        self._hashes = {name: frozenset(hashes) for name, hashes in policy.hashes}
        self._admits_python: dict[str, bool] = {}
        self._ranks: dict[str, tuple[int | None, _BuildOrder]] = {}
        self._examined: dict[tuple[Project, int, bool], Candidate | Rejection] = {}

    @property
    def cuts_off(self) -> bool:
        """Whether there is a cut-off date."""
        return self._policy.uploaded_prior_to is not None

    def examine(self, project: Project, i: int, *, locked: bool = False) -> Candidate | Rejection:
        """The i-th version as a candidate, or why it may not be chosen.

        A yanked version is a candidate whose preferred file is yanked (``candidate.preferred.yanked is not None``):
        whether it may be chosen depends on who asks for it.  ``locked`` lets a pin of the old lock stay although it is
        younger than the cut-off date.  Raises IndexFailure when there is a cut-off and the index tells no upload times.
        """
        key = project, i, locked
        found = self._examined.get(key)
        if found is None:
            found = self._examined[key] = self._examine(project, i, locked=locked)
        return found

    def ranked(self, project: Project) -> tuple[int, ...]:
        """The versions in the order in which they are tried: newest first; ``--prefer-binary`` puts wheels first."""
        newest_first = range(len(project.versions) - 1, -1, -1)
        if not self._policy.prefer_binary:
            return tuple(newest_first)
        return tuple(sorted(newest_first, key=lambda i: not self._has_wheel(project, i)))

    def python_fits(self, requires_python: str | None) -> bool:
        """Whether the target's Python is admitted; as in pip, a specifier that cannot be read forbids nothing."""
        return not requires_python or self._admits(requires_python)

    def _has_wheel(self, project: Project, i: int) -> bool:
        found = self.examine(project, i)
        return isinstance(found, Candidate) and found.preferred.is_wheel

    def _examine(self, project: Project, i: int, *, locked: bool) -> Candidate | Rejection:
        if project.status.is_quarantined:
            return Rejection(Reason.QUARANTINED, inert(project.status.reason))
        artifacts = project.artifacts(i)
        allowed = self._policy.format_control.allows(project.name)
        outcomes = [self._check(project.name, artifact, allowed, locked=locked) for artifact in artifacts]
        usable = [each for each in zip(outcomes, artifacts, strict=True) if each[0].stage is _Stage.USABLE]
        if not usable:
            return self._reject(outcomes, artifacts) if artifacts else Rejection(Reason.NO_WHEEL)
        preferred = max(usable, key=lambda each: each[0].order)[1]
        if allowed == (True, True):
            return Candidate(project.name, project.versions[i], preferred, artifacts)
        kept = tuple(each for each in artifacts if allowed[0 if each.is_wheel else 1])
        excluded = tuple(each for each in artifacts if each not in kept)
        return Candidate(project.name, project.versions[i], preferred, kept, excluded)

    def _check(self, name: str, artifact: Artifact, allowed: tuple[bool, bool], *, locked: bool) -> _Outcome:
        """How far a file comes; of usable ones the greatest order is preferred, the first of equals.

        ``allowed`` are wheels and source distributions.
        """
        if artifact.requires_python and not self._admits(artifact.requires_python):
            return _REFUSED[_Stage.REQUIRES_PYTHON]
        cut_off = self._policy.uploaded_prior_to
        if cut_off is not None and not locked and not is_older(artifact, cut_off):
            return _REFUSED[_Stage.TOO_NEW]
        is_wheel = artifact.is_wheel
        if not allowed[0 if is_wheel else 1]:
            return _REFUSED[_Stage.FORMAT]
        rank, build = self._rank(artifact.filename) if is_wheel else (_AFTER_WHEELS, _UNBUILT)
        if rank is None:
            return _REFUSED[_Stage.TAGS]
        hashes = self._hashes.get(name)
        is_stated = hashes is not None and has_hash(artifact, hashes)
        if is_stated is None:
            return _REFUSED[_Stage.HASHES]
        return _Outcome(_Stage.USABLE, (is_stated, artifact.yanked is None, -rank, build))

    def _rank(self, filename: str) -> tuple[int | None, _BuildOrder]:
        """The rank of a wheel and the order of its build tag, which many projects' wheels have in common."""
        _, _, tail = filename.partition("-")
        _, _, tail = tail.partition("-")
        found = self._ranks.get(tail)
        if found is None:
            wheel = split_wheel(filename)
            found = (self._tags.rank(wheel.tags), build_number(wheel.build)) if wheel else (None, _UNBUILT)
            self._ranks[tail] = found
        return found

    def _admits(self, requires_python: str) -> bool:
        if self._python is None:
            return True
        known = self._admits_python.get(requires_python)
        if known is None:
            try:
                known = SpecifierSet(requires_python).contains(self._python, prereleases=True)
            except (InvalidSpecifier, ValueError):
                known = True
            self._admits_python[requires_python] = known
        return known

    def _reject(self, outcomes: list[_Outcome], artifacts: tuple[Artifact, ...]) -> Rejection:
        """Say it of the files that came furthest."""
        stage = max(outcome.stage for outcome in outcomes)
        files = [each for each, outcome in zip(artifacts, outcomes, strict=True) if outcome.stage is stage]
        if stage is _Stage.REQUIRES_PYTHON:
            texts = sorted({file.requires_python or "" for file in files})
            return Rejection(Reason.REQUIRES_PYTHON, "Requires-Python " + " or ".join(map(inert, texts[:3])))
        if stage is _Stage.TOO_NEW:
            return Rejection(Reason.TOO_NEW, f"uploaded {min(file.upload_time or '' for file in files)[:10]}")
        if stage is _Stage.FORMAT:
            return Rejection(Reason.FORMAT, "only wheels" if files[0].is_wheel else "only source distributions")
        if stage is _Stage.HASHES:
            return Rejection(Reason.HASHES)
        triples = [wheel.tags for file in files if (wheel := split_wheel(file.filename))]
        return Rejection(Reason.NO_WHEEL, f"wheels only for: {inert(self._tags.describe(triples))}")


def has_hash(artifact: Artifact, allowed: frozenset[str]) -> bool | None:
    """Whether a file has an allowed digest; None when it has another one, False when it is not known yet."""
    if not allowed.isdisjoint(f"{algorithm}:{digest}" for algorithm, digest in artifact.hashes):
        return True
    algorithms = {text.partition(":")[0] for text in allowed}
    return None if algorithms.intersection(algorithm for algorithm, _ in artifact.hashes) else False


def is_older(artifact: Artifact, cut_off: "datetime") -> bool:
    """Whether a file was uploaded before the cut-off; a local file has no such time and passes.

    Raises IndexFailure when the index tells no upload time.
    """
    from datetime import UTC, datetime

    if artifact.url.startswith("file:"):
        return True
    try:
        time = datetime.fromisoformat(artifact.upload_time or "")
    except ValueError:
        raise IndexFailure(
            f"{artifact.source} tells no upload time for {inert(artifact.filename)}, so a cut-off date cannot be kept",
            url=artifact.source,
            hint="leave out --uploaded-prior-to, or use an index that serves upload times (PEP 700)",
        ) from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)) < cut_off
