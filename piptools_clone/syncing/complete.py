"""Whether locks are whole: whether all that their packages need will be there, in versions that they accept.  Pure.

What a compile leaves out of a lock as unsafe, such as setuptools, is not demanded of the lock.  Without hashes the
newest version that fits is installed, as pip does for pip-tools.  With hashes nothing can be installed that the lock
does not list, so it is left out, and said; what is there stays where something needs it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from piptools_clone.environment.installed import Distribution
from piptools_clone.errors import EnvironmentFailure, InputError, MetadataError
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.requirement import Origin, Requirement
from piptools_clone.model.target import Target
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.syncing.plan import Plan, PlannedChange, satisfies

if TYPE_CHECKING:
    from piptools_clone.syncing.stage import Staged
    from piptools_clone.wheels.pack import WheelHead


class Present(NamedTuple):
    """A package as it will be; ``extras`` are those that the lock asks for."""

    name: str
    version: str
    extras: tuple[str, ...]
    requires: tuple[str, ...]


class Left(NamedTuple):
    """A package that a lock leaves out: what is asked of its version, and who asks."""

    specifier: str
    by: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Why it is there although no line names it."""
        return f"is needed by {', '.join(self.by)}; the lock leaves it out as unsafe"


def check_whole(plan: Plan, staged: Sequence[Staged], target: Target, *, left_out: Container[str]) -> None:
    """Refuse a plan whose locked packages need what will not be there; raises as `check_complete`."""
    locked = [_staged(each) for each in staged]
    locked += [_kept(change) for change in plan.kept if change.new]
    others = [_kept(change) for change in plan.kept if not change.new]
    check_complete(locked, others, target, left_out=left_out)


def check_complete(
    locked: Iterable[Present], others: Iterable[Present], target: Target, *, left_out: Container[str] = ()
) -> None:
    """Hold the requirements of ``locked`` against all that will be there, but for what locks leave out on purpose.

    Raises `InputError` naming what is missing and who needs it, and what has a version that a requirement excludes.
    """
    locked = list(locked)
    reader = DependencyReader(target)
    present = {each.name: each for each in (*others, *locked)}
    missing: dict[str, list[str]] = {}
    refused: list[str] = []
    for package in locked:
        for name, specifier in needs(package, reader):
            found = present.get(name)
            if name in left_out:
                continue
            if found is None:
                missing.setdefault(name, []).append(package.name)
            elif not _fits(found.version, specifier):
                needed = f"{package.name} needs {name}{inert(str(specifier))}"
                refused.append(f"{needed}, but the lock has {found.name}=={inert(found.version)}")
    _report(missing, refused)


def find_left_out(
    requirements: Sequence[Requirement],
    heads: Mapping[str, WheelHead],
    installed: Sequence[Distribution],
    unsafe: Iterable[str],
    target: Target,
) -> dict[str, Left]:
    """Map what locked packages need, and the lock leaves out as ``unsafe``, to how they need it.

    ``heads`` tell of what is to be installed, by name; of the rest, what is installed tells, if it is what the lock
    says.  Where none of the unsafe is installed nor anything to be, nothing is read.
    """
    names = set(unsafe) - {requirement.name for requirement in requirements}
    if not heads and not any(each.name in names for each in installed):
        return {}
    by_name = {each.name: each for each in installed}
    reader = DependencyReader(target)
    found: dict[str, list[tuple[str, str]]] = {}
    for requirement in requirements:
        present = _as_locked(requirement, heads.get(requirement.name or ""), by_name.get(requirement.name or ""))
        if present is None:
            continue
        for name, specifier in needs(present, reader):
            if name in names:
                found.setdefault(name, []).append((str(specifier), present.name))
    return {name: _left(asked) for name, asked in sorted(found.items())}


def as_requirement(name: str, left: Left) -> Requirement:
    """Ask for the newest version that fits."""
    origin = Origin(f"needed by {', '.join(left.by)}", 0, "")
    return Requirement(name, (), SpecifierSet(left.specifier), origin)


def check_python(name: str, needed: str, target: Target) -> None:
    """Refuse a wheel whose Requires-Python, ``needed``, excludes the target's Python.  Raises `EnvironmentFailure`.

    As in pip, a bound that cannot be read forbids nothing.
    """
    try:
        admits = SpecifierSet(needed).contains(target.python_full_version, prereleases=True)
    except ValueError:  # InvalidSpecifier, and what `int` raises for too many digits
        return
    if not admits:
        raise EnvironmentFailure(f"{name} needs Python {inert(needed)}, and this is {target.python_full_version}.")


def _staged(staged: Staged) -> Present:
    head = staged.head
    return Present(head.name, head.version, staged.requirement.extras, head.requires)


def _kept(change: PlannedChange) -> Present:
    distribution = change.old[0]
    extras = change.new.extras if change.new else ()
    return Present(distribution.name, distribution.version, extras, distribution.requires)


def _report(missing: dict[str, list[str]], refused: list[str]) -> None:
    if not missing and not refused:
        return
    parts = [f"{inert(name)} (needed by {', '.join(sorted(set(by)))})" for name, by in sorted(missing.items())]
    sentences = [f"The lock is not complete, it lacks {', '.join(parts)}."] if parts else []
    sentences += [f"{text}." for text in sorted(set(refused))]
    raise InputError(
        " ".join(sentences), hint="compile it again with pip-compile, or install it as it is with --no-strict"
    )


def needs(package: Present, reader: DependencyReader) -> Iterator[tuple[str, SpecifierSet]]:
    """The names that a package requires on a target, for itself and for its extras, with what it accepts of each."""
    for text in package.requires:
        try:
            needed, marker = reader.read_line(text)
        except MetadataError as error:
            raise MetadataError(f"{package.name} has the unreadable requirement {inert(text)!r}") from error
        if not marker or any(reader.holds(marker, extra) for extra in ("", *package.extras)):
            yield needed.name, reader.specifier(needed.specifier)


def _fits(version: str, specifier: SpecifierSet) -> bool:
    try:
        return specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True


def _left(asked: Iterable[tuple[str, str]]) -> Left:
    specifiers = sorted({specifier for specifier, _ in asked} - {""})
    return Left(",".join(specifiers), tuple(sorted({by for _, by in asked})))


def _as_locked(requirement: Requirement, head: WheelHead | None, installed: Distribution | None) -> Present | None:
    if head is not None:
        return Present(head.name, head.version, requirement.extras, head.requires)
    if installed is not None and not satisfies(installed, requirement):
        return Present(installed.name, installed.version, requirement.extras, installed.requires)
    return None
