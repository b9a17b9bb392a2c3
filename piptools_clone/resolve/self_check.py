"""Whether a lock fits its inputs, as far as the lock itself tells: what ``--check --offline`` falls back to.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from piptools_clone.errors import MetadataError
from piptools_clone.formats.locks.old_lock import OldLock
from piptools_clone.formats.requirements.direct_reference import split_ref
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.lock import Pin
from piptools_clone.model.requirement import Requirement
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from piptools_clone.model.environments import Environments


class Places(NamedTuple):
    """The environments that a lock is for, as bits: what its markers are evaluated by.

    ``cells`` gives the environments where a marker holds, an ``int`` with a bit for each; ``spell`` a marker for some
    of them, with which a message says where something is wrong, "" where no marker tells them from the rest.
    """

    cells: Callable[[str], int]
    spell: Callable[[int], str] = lambda _: ""


def one_place(holds: Callable[[str], bool]) -> Places:
    """A single target as `Places`: one bit."""
    return Places(lambda marker: int(holds(marker)))


def many_places(environments: Environments) -> Places:
    """The environments of a lock of many, as `Places`; they are refined by the markers that are asked for."""
    from piptools_clone.formats.requirements.marker_cells import MarkerCells
    from piptools_clone.formats.requirements.marker_text import spell

    markers, asked = MarkerCells(environments), dict.fromkeys([""])

    def cells(marker: str) -> int:
        asked[marker] = None
        return markers.cells(marker)

    def spelled(some: int) -> str:
        try:
            return spell(environments, some, asked)
        except MetadataError:
            return ""

    return Places(cells, spelled)


class _Locked(NamedTuple):
    """A pin, and the environments where it holds."""

    pin: Pin
    cells: int


class _Lock(NamedTuple):
    """The pins of a lock by name and, those of direct references, by their address as well."""

    by_name: dict[str, list[_Locked]]
    by_url: dict[str, list[_Locked]]

    def of(self, requirement: Requirement, request: CompileRequest) -> Sequence[_Locked]:
        """The pins that a requirement may mean."""
        if requirement.url:
            return self.by_url.get(_place(requirement.shown, request), ())
        return self.by_name.get(str(requirement.name), ())


def problems(
    old: OldLock,
    roots: Sequence[Requirement],
    constraints: Sequence[Requirement],
    request: CompileRequest,
    places: Places,
) -> list[str]:
    """What is wrong with a lock, given the requirements and constraints that hold anywhere: a line each.

    In each environment every requirement that holds there must be pinned and satisfied, and every constraint kept; and
    nothing else may be in the lock.
    """
    for marker in {*(each.marker for each in (*roots, *constraints)), *(each.pin.marker for each in old.pins)}:
        places.cells(marker)  # one that names something new makes more cells of the others
    locked = [_Locked(each.pin, places.cells(each.pin.marker)) for each in old.pins]
    lock = _by_key(locked, request)
    found = [line for root in roots for line in _unmet(root, lock, request, places)]
    found += [line for each in constraints for line in _broken(each, lock, request, places)]
    if request.annotate:
        found += _unwanted(locked, roots, request, places)
    hashless = dict.fromkeys(old.pin.name for old in old.pins if not old.pin.hashes and not old.pin.unhashable)
    if request.generate_hashes and hashless:
        found.append(f"{', '.join(list(hashless)[:5])}: no hash")
    return list(dict.fromkeys(found))


def unverified(request: CompileRequest) -> list[str]:
    """What such a check leaves open: a line each."""
    open_questions = ["the index was not asked: newer versions, hashes and dependencies of packages were not checked"]
    if not request.annotate:
        open_questions.append("the lock has no annotations: it may hold packages that nothing requires")
    return open_questions


def _by_key(locked: Iterable[_Locked], request: CompileRequest) -> _Lock:
    lock = _Lock({}, {})
    for each in locked:
        if each.pin.name:
            lock.by_name.setdefault(each.pin.name, []).append(each)
        if each.pin.url:
            lock.by_url.setdefault(_place(each.pin.url, request), []).append(each)
    return lock


def _unmet(root: Requirement, lock: _Lock, request: CompileRequest, places: Places) -> Iterator[str]:
    if root.name in request.unsafe_packages and not request.allow_unsafe:
        return
    what = root.shown if root.url else f"{root.name}{root.specifier}"
    wanted = missing = places.cells(root.marker)
    for pin, cells in lock.of(root, request):
        common = wanted & cells
        if common:
            missing &= ~cells
            where = _where(common, wanted, places)
            yield from (f"{root.origin} requires {line}{where}" for line in _faults(root, what, pin, request))
    if missing:
        yield f"{root.origin} requires {what}, which is not in the lock{_where(missing, wanted, places)}"


def _faults(root: Requirement, what: str, pin: Pin, request: CompileRequest) -> Iterator[str]:
    """What a requirement lacks in a pin that holds where it does."""
    if not root.url and not _satisfies(pin, root):
        yield f"{what}, but the lock has {pin.version or pin.url}"
    lacking = set(root.extras) - set(pin.extras)
    if lacking and not request.strip_extras and not pin.editable:
        yield f"{root.name}[{','.join(sorted(lacking))}], which the lock lacks"
    if request.annotate and root.origin.annotation and not _names(pin, root.origin.annotation):
        yield f"{what}, which the annotation in the lock does not say"


def _broken(constraint: Requirement, lock: _Lock, request: CompileRequest, places: Places) -> Iterator[str]:
    bounded = places.cells(constraint.marker)
    for pin, cells in () if constraint.url else lock.of(constraint, request):
        if bounded & cells and pin.version and not _satisfies(pin, constraint):
            limit = f"{constraint.origin} limits {constraint.name} to {constraint.specifier}"
            yield f"{limit}, but the lock has {pin.version}{_where(bounded & cells, bounded, places)}"


def _where(cells: int, of_all: int, places: Places) -> str:
    """Say where something is wrong, unless it is so wherever it could be."""
    if cells == of_all:
        return ""
    text = places.spell(cells)
    return f" where {text}" if text else " in some environments"


def _satisfies(pin: Pin, requirement: Requirement) -> bool:
    if pin.url:
        return True  # only its metadata tells the version
    try:
        return requirement.specifier.contains(Version(pin.version), prereleases=True)
    except InvalidVersion:
        return f"==={pin.version}" in str(requirement.specifier)


def _unwanted(
    locked: Sequence[_Locked], roots: Sequence[Requirement], request: CompileRequest, places: Places
) -> Iterator[str]:
    """Packages that nothing requires any more, by following the annotations from the inputs."""
    wanted = _wanted_cells(roots, request, places)

    def is_root(each: _Locked) -> bool:
        keys = (each.pin.name, _place(each.pin.url, request) if each.pin.url else "")
        return any(wanted.get(key, 0) & each.cells for key in keys if key)

    reached = {each.pin.name for each in locked if is_root(each)}
    if any(pin.url and not pin.name for pin, _ in locked):  # a package without a name may require others
        names = {pin.name for pin, _ in locked}
        reached |= {via for pin, _ in locked for via in _requirers(pin) if via not in names}
    reached = _closure(reached | set(request.unsafe_packages), [pin for pin, _ in locked])
    for each in locked:
        pin, is_required = each.pin, each.cells and not reached.isdisjoint(_requirers(each.pin))
        if pin.name not in request.unsafe_packages and not is_root(each) and not is_required:
            yield f"{_named(pin, locked)} is in the lock, and nothing requires it"
    for each in locked:
        for via in each.pin.via:
            if via.startswith("-r ") and each.pin.name and not each.pin.url and not is_root(each):
                yield f"{_named(each.pin, locked)} is annotated with {via}, which does not require it"


def _wanted_cells(roots: Iterable[Requirement], request: CompileRequest, places: Places) -> dict[str, int]:
    """Where each name, and each direct reference, is required by an input."""
    wanted: dict[str, int] = {}
    for root in roots:
        for key in (str(root.name), *([_place(root.shown, request)] if root.url else ())):
            wanted[key] = wanted.get(key, 0) | places.cells(root.marker)
    return wanted


def _closure(reached: set[str], pins: Sequence[Pin]) -> set[str]:
    """All names that are required by what is reached, directly or not."""
    while True:
        more = {pin.name for pin in pins if pin.name not in reached and not reached.isdisjoint(_requirers(pin))}
        if not more:
            return reached
        reached |= more


def _requirers(pin: Pin) -> list[str]:
    """The other packages among what a pin is annotated with."""
    return [via for via in pin.via if " " not in via and via != pin.name]


def _named(pin: Pin, locked: Iterable[_Locked]) -> str:
    """Name a pin, with its version where the lock holds others of its name."""
    is_one = sum(other.name == pin.name for other, _ in locked) == 1
    return pin.name or pin.url if is_one or not pin.version else f"{pin.name} {pin.version}"


def _names(pin: Pin, annotation: str) -> bool:
    return any(via == annotation or via.startswith(f"{annotation} (@") for via in pin.via)


def _place(url: str, request: CompileRequest) -> str:
    """What tells one direct reference from another; with ``--pin-vcs`` without what is checked out."""
    return split_ref(url)[0] if request.pin_vcs and "+" in url.partition(":")[0] else url
