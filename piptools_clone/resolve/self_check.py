"""Whether a lock fits its inputs, as far as the lock itself tells: what ``--check --offline`` falls back to.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from packaging.version import InvalidVersion, Version

from piptools_clone.formats.locks.old_lock import OldLock
from piptools_clone.formats.requirements.direct_reference import split_ref
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.lock import Pin
from piptools_clone.model.requirement import Requirement
from piptools_clone.named_tuple import NamedTuple


class _Pins(NamedTuple):
    by_name: dict[str, Pin]
    by_url: dict[str, Pin]


def problems(
    old: OldLock, roots: Sequence[Requirement], constraints: Iterable[Requirement], request: CompileRequest
) -> list[str]:
    """What is wrong with a lock, given the requirements and constraints that hold on the target: a line each.

    Every requirement must be pinned and satisfied, every constraint kept, and nothing else may be in the lock.
    """
    pins = _Pins(
        {old.pin.name: old.pin for old in old.pins if old.pin.name},
        {_place(old.pin.url, request): old.pin for old in old.pins if old.pin.url},
    )
    found = [line for root in roots for line in _unmet(root, pins, request)]
    found += [line for each in constraints for line in _broken(each, pins.by_name.get(str(each.name)))]
    if request.annotate:
        found += _unwanted([old.pin for old in old.pins], roots, request)
    hashless = [old.pin.name for old in old.pins if not old.pin.hashes and not old.pin.unhashable]
    if request.generate_hashes and hashless:
        found.append(f"{', '.join(hashless[:5])}: no hash")
    return list(dict.fromkeys(found))


def unverified(request: CompileRequest) -> list[str]:
    """What such a check leaves open: a line each."""
    open_questions = ["the index was not asked: newer versions, hashes and dependencies of packages were not checked"]
    if not request.annotate:
        open_questions.append("the lock has no annotations: it may hold packages that nothing requires")
    return open_questions


def _unmet(root: Requirement, pins: _Pins, request: CompileRequest) -> Iterator[str]:
    if root.name in request.unsafe_packages and not request.allow_unsafe:
        return
    pin = pins.by_url.get(_place(root.shown, request)) if root.url else pins.by_name.get(str(root.name))
    what = root.shown if root.url else f"{root.name}{root.specifier}"
    if pin is None:
        yield f"{root.origin} requires {what}, which is not in the lock"
        return
    if not root.url and not _satisfies(pin, root):
        yield f"{root.origin} requires {what}, but the lock has {pin.version or pin.url}"
    missing = set(root.extras) - set(pin.extras)
    if missing and not request.strip_extras and not pin.editable:
        yield f"{root.origin} requires {root.name}[{','.join(sorted(missing))}], which the lock lacks"
    if request.annotate and root.origin.annotation and not _names(pin, root.origin.annotation):
        yield f"{root.origin} requires {what}, which the annotation in the lock does not say"


def _broken(constraint: Requirement, pin: Pin | None) -> Iterator[str]:
    if pin is not None and not constraint.url and pin.version and not _satisfies(pin, constraint):
        yield f"{constraint.origin} limits {constraint.name} to {constraint.specifier}, but the lock has {pin.version}"


def _satisfies(pin: Pin, requirement: Requirement) -> bool:
    if pin.url:
        return True  # only its metadata tells the version
    try:
        return requirement.specifier.contains(Version(pin.version), prereleases=True)
    except InvalidVersion:
        return f"==={pin.version}" in str(requirement.specifier)


def _unwanted(pins: Sequence[Pin], roots: Sequence[Requirement], request: CompileRequest) -> Iterator[str]:
    """Packages that nothing requires any more, by following the annotations from the inputs."""
    wanted = {str(root.name) for root in roots} | {_place(root.shown, request) for root in roots if root.url}
    requirers = {pin.name: [via for via in pin.via if " " not in via] for pin in pins if pin.name}
    reached = {pin.name for pin in pins if pin.name in wanted or (pin.url and _place(pin.url, request) in wanted)}
    if any(pin.url and not pin.name for pin in pins):  # a package without a name in the lock may require others
        reached |= {via for vias in requirers.values() for via in vias if via not in requirers}
    reached |= set(request.unsafe_packages)
    while True:
        more = {name for name, vias in requirers.items() if name not in reached and not reached.isdisjoint(vias)}
        if not more:
            break
        reached |= more
    for pin in pins:
        if pin.name not in reached and not (pin.url and _place(pin.url, request) in wanted):
            yield f"{pin.name or pin.url} is in the lock, and nothing requires it"
    for pin in pins:
        for via in pin.via:
            if via.startswith("-r ") and pin.name and pin.name not in wanted and not pin.url:
                yield f"{pin.name} is annotated with {via}, which does not require it"


def _names(pin: Pin, annotation: str) -> bool:
    return any(via == annotation or via.startswith(f"{annotation} (@") for via in pin.via)


def _place(url: str, request: CompileRequest) -> str:
    """What tells one direct reference from another; with ``--pin-vcs`` without what is checked out."""
    return split_ref(url)[0] if request.pin_vcs and "+" in url.partition(":")[0] else url
