"""From the lines of locks to what one interpreter shall have: markers evaluated, merged by name.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from piptools_clone.errors import InputError, MetadataError, UsageError
from piptools_clone.formats.locks.lock_scope import LockScope
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.formats.requirements.requirements_in import Wanted
from piptools_clone.formats.sanitize import inert
from piptools_clone.index.stated_digests import common_hashes, stated_in
from piptools_clone.model.artifact import STRONG_HASHES
from piptools_clone.model.requirement import Requirement
from piptools_clone.model.target import Target
from piptools_clone.syncing.sources.direct_url import take_apart

_OF_TARGET = ("implementation_name", "python_version", "sys_platform", "platform_machine")
"""The markers that the name of a target says."""
_WIDER = "compile it for this environment as well, or take the lines that hold here with --force"


def select(wanted: Wanted, target: Target, *, force: bool = False) -> tuple[Requirement, ...]:
    """Choose the lines that hold for a target, one per name, sorted as plans are.

    With ``force`` the last of contradicting lines wins.  Raises `InputError` for contradictions otherwise, and
    for a pin that a ``-c`` line of the locks excludes.  Hashes hold of whatever line states them, ``-c`` lines too.
    """
    chosen: dict[str, Requirement] = {}
    for requirement in _holding(wanted.requirements, target):
        key = requirement.name or f"{requirement.url}"
        other = chosen.get(key)
        if other is not None and not force:
            _check_same(other, requirement)
            requirement = _merged(other, requirement)  # noqa: PLW2901 - the union of both lines
        chosen[key] = requirement
    for constraint in _holding(wanted.constraints, target):
        pin = chosen.get(constraint.name or "")
        if pin is not None:
            _check_constraint(constraint, pin)
            stated = constraint.hashes or _strong_digests(constraint)
            hashes = _common_hashes(pin, constraint._replace(hashes=stated))
            chosen[constraint.name or ""] = pin._replace(hashes=hashes)
    return tuple(sorted(chosen.values(), key=spell))


def check_scope(path: str, scope: LockScope, target: Target) -> None:
    """Refuse a lock for many environments that is not for this one: outside of its range its markers mean nothing.

    Raises `InputError`.
    """
    version = target.python_full_version
    if scope.python and not _admits(scope.python, version):
        raise InputError(
            f"{inert(path)} is a lock for Python {inert(scope.python)}, and the environment has Python {version}",
            hint=_WIDER,
        )
    reader = DependencyReader(target)
    if scope.environments and not any(_may_hold(reader, marker) for marker in scope.environments):
        markers = " or ".join(map(inert, scope.environments))
        raise InputError(
            f"{inert(path)} is a lock for environments where {markers}, which the environment is not", hint=_WIDER
        )
    if scope.targets and not _is_one_of(scope.targets, target):
        names = ", ".join(map(inert, scope.targets))
        raise InputError(
            f"{inert(path)} is a lock for {names}, and the environment is none of these: it has {_described(target)}",
            hint=_WIDER,
        )


def _is_one_of(names: Iterable[str], target: Target) -> bool:
    """Whether a target is one of those of these names, True where a name is of a table that is not at hand."""
    from piptools_clone.environment.named_targets import parse_target

    try:
        known = [parse_target(name).target for name in names]
    except UsageError:
        return True
    return any(all(each.markers[variable] == target.markers[variable] for variable in _OF_TARGET) for each in known)


def _described(target: Target) -> str:
    return "{} {} on {} {}".format(*(target.markers[variable] for variable in _OF_TARGET))


def _admits(python: str, version: str) -> bool:
    try:
        return SpecifierSet(python).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True  # a header that was edited by hand says nothing


def _may_hold(reader: DependencyReader, marker: str) -> bool:
    try:
        return reader.holds(marker)
    except MetadataError:
        return True


def spell(requirement: Requirement) -> str:
    """Write a requirement as plans show it."""
    if requirement.editable:
        return f"-e {inert(requirement.shown, 500)}"
    if requirement.url is not None:
        shown = inert(requirement.shown, 500)
        return f"{requirement.name} @ {shown}" if requirement.name else shown
    return f"{spell_name(requirement)}{requirement.specifier}"


def spell_name(requirement: Requirement) -> str:
    """Write a name with its extras."""
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    return f"{requirement.name}{extras}"


def pinned_version(requirement: Requirement) -> Version | None:
    """Read the version that ``==`` or ``===`` pins, None for anything else."""
    pinned = requirement.pinned
    try:
        return None if pinned is None else Version(pinned.version)
    except InvalidVersion:
        return None


def check_pinned(requirements: Iterable[Requirement]) -> None:
    """Refuse a lock with lines that name no single version: a sync never resolves.  Raises `InputError`."""
    loose = [each for each in requirements if each.url is None and pinned_version(each) is None]
    if loose:
        lines = ", ".join(f"{inert(str(each.origin))} ({spell(each)})" for each in loose)
        raise InputError(
            f"Not pinned with ==: {lines}",
            hint="compile the lock with pip-compile, or take what there is with --no-strict",
        )


def check_hashes(requirements: Sequence[Requirement], *, required: bool | None) -> None:
    """Hold the lines against pip's rule: hashes for all lines or for none.  Raises `InputError` naming the others.

    ``required`` True asks for all, False waives the rule.
    """
    for each in requirements:
        if _has_no_file(each) and (each.hashes or stated_in(each.url or "")):
            raise InputError(
                f"{inert(str(each.origin))} ({spell(each)}): a hash is stated, but a folder or a checkout has none",
                hint="leave the hash out, or name an archive of the project",
            )
    needed = any(each.hashes for each in requirements) if required is None else required
    bare = [each for each in requirements if not _is_identified(each)] if needed else []
    if bare:
        lines = ", ".join(f"{inert(str(each.origin))} ({spell(each)})" for each in bare)
        raise InputError(
            f"Hashes are required for every line once one has them, and are missing for: {lines}",
            hint="compile the lock with --generate-hashes, or waive the rule with --no-require-hashes",
        )


def _is_identified(requirement: Requirement) -> bool:
    """Whether a line states which file it means: as in pip weak digests, such as ``#md5=``, are verified only."""
    return bool(requirement.hashes or _strong_digests(requirement))


def _strong_digests(requirement: Requirement) -> tuple[str, ...]:
    """The digests in the address of a requirement that identify a file."""
    found = stated_in(requirement.url or "")
    return tuple(f"{algorithm}:{digest}" for algorithm, digest in found if algorithm in STRONG_HASHES)


def _has_no_file(requirement: Requirement) -> bool:
    return requirement.url is not None and not take_apart(requirement.url).is_archive


def _holding(requirements: Iterable[Requirement], target: Target) -> Iterable[Requirement]:
    reader = DependencyReader(target)
    return (each for each in requirements if not each.marker or reader.holds(each.marker))


def _check_same(first: Requirement, second: Requirement) -> None:
    """Compare as pip-tools does: the same specifier, or the same address."""
    if (first.specifier, first.url, first.editable) != (second.specifier, second.url, second.editable):
        raise InputError(
            f"Incompatible requirements found: {spell(second)} ({_place(second)}) and {spell(first)} ({_place(first)})"
        )


def _merged(first: Requirement, second: Requirement) -> Requirement:
    extras = tuple(sorted({*first.extras, *second.extras}))
    return second._replace(extras=extras, hashes=_common_hashes(second, first))


def _common_hashes(requirement: Requirement, other: Requirement) -> tuple[str, ...]:
    """The hashes that both lines admit.  Raises `InputError` where each states others."""
    common = common_hashes(requirement.hashes, other.hashes)
    if not common and requirement.hashes:
        raise InputError(
            f"{spell(requirement)} ({_place(requirement)}) and {spell(other)} ({_place(other)}) have no hash in common"
        )
    return common


def _place(requirement: Requirement) -> str:
    return f"from {inert(requirement.origin.annotation)} (line {requirement.origin.line})"


def _check_constraint(constraint: Requirement, pin: Requirement) -> None:
    version = pinned_version(pin) if pin.url is None else None
    if version is None or constraint.url is not None:
        return
    if not SpecifierSet(str(constraint.specifier)).contains(version, prereleases=True):
        where = f"{inert(str(constraint.origin))} ({spell(constraint)})"
        raise InputError(f"{inert(str(pin.origin))}: {spell(pin)} is excluded by {where}")
