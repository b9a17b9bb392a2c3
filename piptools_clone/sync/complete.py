"""Is the lock whole: is everything there that the packages need, in a version that they accept?  Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from piptools_clone.errors import EnvironmentFailure, InputError, MetadataError
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.target import Target
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from piptools_clone.sync.plan import Plan, PlannedChange
    from piptools_clone.sync.stage import Staged


class Present(NamedTuple):
    """A package as it will be: ``extras`` are those that the lock asks for, ``where`` is its line in the lock."""

    name: str
    version: str
    extras: tuple[str, ...]
    requires: tuple[str, ...]
    where: str = ""


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
