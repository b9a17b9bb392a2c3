"""From what was decided for many environments to the pins of a lock: a name may stand there several times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from piptools_clone.model.candidate import Candidate
from piptools_clone.model.lock import Pin
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.resolve.graph import ChosenPackage, annotations_of, direct_pin, is_arbitrary

if TYPE_CHECKING:
    from collections.abc import Callable

    from piptools_clone.resolve.parts.part import Part
    from piptools_clone.resolve.parts.releases_by_part import ReleasesByPart


class ChosenRelease(NamedTuple):
    """A release with its state, and where it is needed."""

    name: str
    state: int
    cells: int


def chosen_releases(releases: ReleasesByPart, decisions: Mapping[Part, int]) -> list[ChosenRelease]:
    """Everything that is needed anywhere, by name, the newest version first."""
    releases.reach.follow(decisions)
    cells: dict[tuple[str, int], int] = {}
    for part, state in decisions.items():
        key = part.name, state
        cells[key] = cells.get(key, 0) | releases.reach.cells(part)
    ordered = sorted(cells, key=lambda key: (key[0], -key[1]))
    return [ChosenRelease(*key, cells[key]) for key in ordered if cells[key]]


def markers_of(releases: ReleasesByPart) -> list[str]:
    """The markers of all that was followed to what was chosen: what a lock is spelled with."""
    texts = {root.marker for root in releases.roots} | {need.marker for need in releases.reach.needs}
    return sorted(texts - {""})


def chosen_in_environments(
    releases: ReleasesByPart, decisions: Mapping[Part, int], spell: Callable[[int, Sequence[str]], str]
) -> list[ChosenPackage]:
    """The pins without hashes, each with its marker, sorted by name and from new to old."""
    by_release: dict[tuple[str, int], list[Part]] = {}
    for part, state in decisions.items():
        by_release.setdefault((part.name, state), []).append(part)
    return [
        _choose(releases, each, by_release[each.name, each.state], spell)
        for each in chosen_releases(releases, decisions)
    ]


def _choose(
    releases: ReleasesByPart, release: ChosenRelease, parts: Sequence[Part], spell: Callable[[int, Sequence[str]], str]
) -> ChosenPackage:
    name, state, cells = release
    package, reach = releases.package(name), releases.reach
    direct, version = package.direct(state), str(package.version(state))
    lines = [
        each
        for each in (*releases.roots, *releases.constraints)
        if each.name == name and releases.reader.cells(each.marker) & cells
    ]
    typed = [each for each in lines if each.url is None or direct is None or each.url == direct.url]
    wanted: dict[str, int] = {}
    for (part, extra), found in reach.parts().items():
        if extra and part in parts:
            wanted[extra] = wanted.get(extra, 0) | found
    # one that is asked for in some of the environments is left out: what it adds is pinned with its own marker
    extras = [extra for extra, found in wanted.items() if not cells & ~found]
    needs = [need for need in reach.into.get(name, ()) if reach.needs[need] & cells]
    requirers = {need.part.name for need in needs if need.part.name != name}
    said = sorted({*(each.marker for each in lines), *(need.marker for need in needs)})
    pin = Pin(
        name=name,
        version=version,
        extras=tuple(sorted(extras)),
        operator="===" if is_arbitrary(typed, version) else "==",
        marker=spell(cells, said),
        via=annotations_of(typed, requirers),
    )
    if direct is not None:
        return ChosenPackage(direct_pin(pin, direct, typed), None, direct)
    candidate = releases.examine(package, state, locked=True)
    assert isinstance(candidate, Candidate)
    return ChosenPackage(pin, candidate, None)
