"""The plan of a sync: what locks ask for, compared with what is installed.

Pure, but for the details that `Distribution` reads when they decide something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from packaging.version import InvalidVersion, Version

from piptools_clone.environment.installed import Distribution, index_by_name
from piptools_clone.formats.sanitize import inert, without_credentials
from piptools_clone.index.stated_digests import holds
from piptools_clone.model.requirement import Requirement
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.syncing.sources.direct_url import is_same, recorded_hashes
from piptools_clone.syncing.wanted import pinned_version


class Action(StrEnum):
    """What is done with one name."""

    ADD = "add"
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    REPLACE = "replace"
    REMOVE = "remove"
    KEEP = "keep"


class PlannedChange(NamedTuple):
    """One name: what is there, what shall be, what is done and why.

    ``name`` is None for a direct reference whose name is not known yet.  ``old`` holds more than one
    distribution only when an environment is damaged.
    """

    action: Action
    name: str | None
    old: tuple[Distribution, ...]
    new: Requirement | None
    reason: str

    @property
    def installs(self) -> bool:
        """Whether something is installed."""
        return self.action not in (Action.KEEP, Action.REMOVE)


class Plan(NamedTuple):
    """All changes, those that install first, each kind sorted by what is shown of it."""

    changes: tuple[PlannedChange, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return all(change.action is Action.KEEP for change in self.changes)

    @property
    def removed(self) -> tuple[PlannedChange, ...]:
        """What goes without anything in its place."""
        return tuple(change for change in self.changes if change.action is Action.REMOVE)

    @property
    def installing(self) -> tuple[PlannedChange, ...]:
        """What is installed."""
        return tuple(change for change in self.changes if change.installs)

    @property
    def gone(self) -> tuple[Distribution, ...]:
        """The distributions that go, whether or not others come for them."""
        return tuple(each for change in self.changes if change.action is not Action.KEEP for each in change.old)

    @property
    def kept(self) -> tuple[PlannedChange, ...]:
        """What stays."""
        return tuple(change for change in self.changes if change.action is Action.KEEP)


def make_plan(
    requirements: Iterable[Requirement],
    installed: Sequence[Distribution],
    protected: Callable[[Sequence[Distribution]], dict[str, str]],
    *,
    reinstall: Callable[[Distribution, Requirement], str] = lambda *_: "",
) -> Plan:
    """Compare what is wanted with what is installed.

    ``protected`` is asked once, with what no lock names, for the reasons why some of that stays all the same.
    ``reinstall`` gives a reason to install a distribution anew although it fits, or "".
    """
    by_name = index_by_name(installed)
    wanted = [_with_name(requirement, installed) for requirement in requirements]
    changes = [_decide(each, tuple(by_name.pop(each.name or "", ())), reinstall) for each in wanted]
    rest = [each for group in by_name.values() for each in group]
    reasons = protected(rest) if rest else {}
    for name, group in sorted(by_name.items()):
        action = Action.KEEP if name in reasons else Action.REMOVE
        changes.append(PlannedChange(action, name, tuple(group), None, reasons.get(name, "is not in the lock")))
    return Plan(tuple(changes))


def satisfies(distribution: Distribution, requirement: Requirement) -> str:
    """Tell why an installed distribution is not what a requirement wants; "" when it is."""
    if distribution.is_broken:
        return "its metadata is missing"
    origin = distribution.direct_url
    if requirement.url is not None:
        return "" if origin is not None and is_same(requirement, origin) else "is from another place"
    if not _contains(requirement, distribution.version):
        return f"is {inert(distribution.version)}"
    if (distribution.is_editable or origin is not None) and not distribution.manager:  # which note where they built it
        return f"is from {inert(without_credentials(str((origin or {}).get('url', 'a folder'))))}"
    return _hash_fault(distribution, requirement)


def _decide(
    requirement: Requirement, old: tuple[Distribution, ...], reinstall: Callable[[Distribution, Requirement], str]
) -> PlannedChange:
    if not old:
        return PlannedChange(Action.ADD, requirement.name, old, requirement, "is not installed")
    if len(old) > 1:
        return PlannedChange(Action.REPLACE, requirement.name, old, requirement, "is there more than once")
    fault = satisfies(old[0], requirement)
    action = _direction(old[0], requirement) if fault else Action.KEEP
    if not fault:
        fault = reinstall(old[0], requirement)
        action = Action.REPLACE if fault else Action.KEEP
    return PlannedChange(action, requirement.name, old, requirement, fault or "is as the lock says")


def _direction(old: Distribution, requirement: Requirement) -> Action:
    new = pinned_version(requirement)
    try:
        before = Version(old.version)
    except InvalidVersion:
        return Action.REPLACE
    if new is None or new == before:
        return Action.REPLACE
    return Action.UPGRADE if new > before else Action.DOWNGRADE


def _with_name(requirement: Requirement, installed: Sequence[Distribution]) -> Requirement:
    """Find the name of a direct reference without one among what was installed from there."""
    if requirement.name is not None:
        return requirement
    for distribution in installed:
        origin = distribution.direct_url
        if origin is not None and is_same(requirement, origin):
            return requirement._replace(name=distribution.name)
    return requirement


def _contains(requirement: Requirement, version: str) -> bool:
    try:
        return requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return any(each.operator == "===" and each.version == version for each in requirement.specifier)


def _hash_fault(distribution: Distribution, requirement: Requirement) -> str:
    """Compare the digests of what was installed, where they are known, with those of the lock.

    A file that was installed by its SHA-256 is fetched anew for a lock that names it by another digest; then both are
    known of it.
    """
    if not requirement.hashes:
        return ""
    found = recorded_hashes(distribution.provenance or {})
    return "" if not found or holds(requirement.hashes, found.items()) else "is from a file that the lock does not list"
