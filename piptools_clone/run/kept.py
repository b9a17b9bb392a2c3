"""The old lock: read, what of it is to stay, and what became of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from packaging.version import InvalidVersion, Version

from piptools_clone.errors import OutputError
from piptools_clone.formats.locks.old_lock import OldLock, OldPin, names_files, parse_lock, with_included
from piptools_clone.formats.locks.pin_order import version_order
from piptools_clone.formats.requirements.requirement_line import parse_line
from piptools_clone.model.compile_request import Change, CompileRequest
from piptools_clone.model.lock import Lock
from piptools_clone.model.requirement import Origin, Requirement
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.run.lockfile import read_old


class Kept(NamedTuple):
    """What of the old lock stays where it can: versions, commits of repositories, hashes.

    ``versions`` and ``pins`` are those that hold on a single target; ``everywhere`` are all, with their markers, for a
    lock of many environments: a name may stand there several times.  ``hashes`` are by canonical name and version; None
    where no hashes are asked for.
    """

    versions: Mapping[str, Version]
    pins: Sequence[OldPin] = ()
    hashes: Mapping[tuple[str, str], tuple[str, ...]] | None = None
    everywhere: Sequence[OldPin] = ()

    @property
    def by_name(self) -> Mapping[str, Sequence[OldPin]]:
        """All pins of each name, with the marker of where each was pinned, in the order of the old lock.

        A lock for one target, whose pins have no markers, is a preference for all environments.
        """
        found: dict[str, list[OldPin]] = {}
        for each in self.everywhere:
            found.setdefault(each.pin.name, []).append(each)
        return found


def parse_old(content: bytes | None, path: str) -> OldLock:
    """Read the lock of an earlier run; none, or an empty one, holds nothing.  Raises `OutputError`."""
    if not content or not content.strip():
        return OldLock()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise OutputError(f"{path}:{line}: is not UTF-8 text", hint=f"delete {path} to lock anew") from None
    folder = os.getcwd()
    old = parse_lock(text, path, environ=os.environ, working_folder=folder)
    if not names_files(text):
        return old
    return with_included(old, text, path, lambda name: read_old(name) or b"", working_folder=folder)


def upgrade_bounds(request: CompileRequest) -> list[Requirement]:
    """What ``--upgrade-package`` says: each is a constraint, never a requirement.  Raises `InputError`."""
    origin = Origin("--upgrade-package", 0, "")
    return [parse_line(text, origin)._replace(is_constraint=True) for text in request.upgrade_packages]


def what_stays(
    old: OldLock, request: CompileRequest, bounds: Iterable[Requirement], holds: Callable[[str], bool]
) -> Kept:
    """What is to stay as it was where it can: pins that are not to be upgraded, and hashes.

    ``holds`` tells whether a marker holds on the target, for what stays on a single one.
    """
    upgraded = {str(bound.name) for bound in bounds}
    hashes = _known_hashes(old, request, upgraded)
    if request.upgrade:
        return Kept({}, (), hashes)
    own = [each for each in old.pins if each.pin.name not in upgraded]
    included = [each for each in old.included if each.pin.name not in upgraded]
    pins = [each for each in own if holds(each.pin.marker)]
    versions = {**_versions(each for each in included if holds(each.pin.marker)), **_versions(pins)}
    names = {each.pin.name for each in own}
    everywhere = [*own, *(each for each in included if each.pin.name not in names)]
    return Kept(versions, pins, hashes, everywhere)


def _versions(pins: Iterable[OldPin]) -> dict[str, Version]:
    found = {}
    for pin, _ in pins:
        try:
            found[pin.name] = Version(pin.version)
        except InvalidVersion:
            continue  # a direct reference has none, and `===` may hold any text, which nothing on an index has
    return found


def _known_hashes(
    old: OldLock, request: CompileRequest, upgraded: Container[str]
) -> dict[tuple[str, str], tuple[str, ...]] | None:
    """Hashes that unchanged pins keep, or must have where they are no SHA-256; None where none are asked for at all."""
    if not request.generate_hashes:
        return None
    if not request.reuse_hashes:
        return {}
    known: dict[tuple[str, str], tuple[str, ...]] = {}
    for entry in old.pins:
        sha256 = tuple(each for each in entry.pin.hashes if each.startswith("sha256:"))
        hashes = sha256 or entry.pin.hashes
        if hashes and entry.pin.version and entry.pin.name not in upgraded:
            key = entry.pin.name, entry.pin.version  # which two lines may hold, for environments of their own
            known[key] = tuple(sorted({*known[key], *hashes})) if key in known else hashes
    return known


def changes(old: OldLock, new: Lock, left_out: Container[str]) -> tuple[Change, ...]:
    """What differs between two locks, by name, but for what is not written into the new one.

    Several versions of a name are told as one text, ``2.2.6, 2.3.0``.
    """
    pins = [pin for pin in new.pins if pin.name not in left_out]
    names_by_url = {pin.url: pin.name for pin in pins if pin.url}
    before = _told(
        (each.pin.name or names_by_url.get(each.pin.url, each.pin.url), each.pin.version or each.pin.url)
        for each in old.pins
    )
    after = _told((pin.name, pin.url or pin.version) for pin in pins)
    pairs = [(name, before.get(name, ""), after.get(name, "")) for name in sorted(before.keys() | after.keys())]
    return tuple(Change(name, was, now) for name, was, now in pairs if was != now)


def _told(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The versions of each name as one text, the oldest first."""
    found: dict[str, set[str]] = {}
    for name, version in pairs:
        found.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(versions, key=version_order)) for name, versions in found.items()}


def lines_for_unmet(bounds: Iterable[Requirement], lock: Lock) -> list[str]:
    """Say which of ``--upgrade-package`` nothing needs: likely a slip of the pen, but no fault (as in pip-tools)."""
    names = list(dict.fromkeys(pin.name for pin in lock.pins))
    lines = []
    for bound in bounds:
        if bound.name and bound.name not in names:
            from difflib import get_close_matches

            near = get_close_matches(bound.name, names, n=1)
            advice = f"; did you mean {near[0]}?" if near else ""
            lines.append(f"--upgrade-package {bound.name} upgrades nothing: nothing needs that package{advice}")
    return lines
