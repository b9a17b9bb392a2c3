"""A world as one environment sees it, and all of its solutions there, by exhaustive search.

Two notions of what may be chosen enclose what a resolver may make of pre-releases and yanked files:

* `strict`: what must be found.  A pre-release is chosen only where the user names one, or there is no final release
  that the user's requirements admit; a yanked release only where the user pins it.  A package with a single release
  says the same as the user who needs it.  (What another release would ask for, if it were chosen, need not be found:
  pip does not look for it either.)
* `lenient`: what may be locked.  Everything that is chosen may ask, and constraints may, final releases that cannot be
  used here do not count, and where there is no solution without restricted releases any may be chosen.

Worlds without such releases have one notion only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tests.resolve.worlds import World
from tests.universal.samples import Environment, admits, environments, holds

Chosen = Mapping[str, str]
"""What is chosen, by name: a version, or the address of a direct reference."""


class Line(NamedTuple):
    """A requirement, taken apart; texts stay texts, since they are the keys of what is remembered."""

    name: str
    extras: tuple[str, ...]
    specifier: str
    url: str
    marker: str


@lru_cache(maxsize=50_000)
def parse(text: str) -> Line:
    """A line of a requirements file or of metadata."""
    found = Requirement(text)
    marker = str(found.marker) if found.marker else ""
    return Line(found.name, tuple(sorted(found.extras)), str(found.specifier), found.url or "", marker)


@lru_cache(maxsize=200_000)
def allows(specifier: str, version: str) -> bool:
    """Whether a version lies within a specifier, pre-releases like all others."""
    return SpecifierSet(specifier).contains(version, prereleases=True)


@cache
def is_pre_release(version: str) -> bool:
    return "://" not in version and Version(version).is_prerelease


@cache
def names_pre_releases(specifier: str) -> bool:
    return bool(SpecifierSet(specifier).prereleases)


@cache
def pins(specifier: str) -> bool:
    """Whether one clause admits a single version."""
    return any(each.operator in ("==", "===") and "*" not in each.version for each in SpecifierSet(specifier))


class Release(NamedTuple):
    """A release in one environment: its version, what it needs by extra ("" without), whether it is yanked."""

    version: str
    needs: Mapping[str, tuple[Line, ...]]
    yanked: bool = False


class Universe(NamedTuple):
    """What one environment sees: lines that hold here, releases that can be used here (newest first, by name).

    ``all_finals`` are the final versions of each name, usable here or not, yanked or not.
    """

    roots: tuple[Line, ...]
    limits: tuple[Line, ...]
    releases: Mapping[str, Mapping[str, Release]]
    all_finals: Mapping[str, tuple[str, ...]]


class Kind(NamedTuple):
    """Environments that see the same, with what they see."""

    universe: Universe
    environments: tuple[Environment, ...]


class Case(NamedTuple):
    """All that a lock is made from."""

    world: World
    roots: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    python: str = ">=3.9,<4"
    policy: str = "requires-python"

    @property
    def markers(self) -> list[str]:
        """All markers of the world and of the lines, each once."""
        direct = [text for _, _, requires in self.world.directs.values() for text in requires]
        in_world = [text for _, _, release in _releases(self.world) for text in release.requires or ()]
        texts = (*self.roots, *self.constraints, *in_world, *direct)
        return sorted({parse(text).marker for text in texts} - {""})

    @property
    def pythons(self) -> list[str]:
        """All Requires-Python of the world."""
        return sorted({release.requires_python or "" for _, _, release in _releases(self.world)} - {""})


def _releases(world: World) -> Iterator[tuple[str, str, object]]:
    return ((name, version, each) for name, own in world.packages.items() for version, each in own.items())


def kinds(case: Case, more: Iterable[str] = ()) -> list[Kind]:
    """The sampled environments, joined where they see the same.  ``more`` are markers to be told apart, too."""
    extras = ("", *sorted(_extras(case)))
    markers = [(marker, extra) for marker in case.markers for extra in (extras if "extra" in marker else ("",))]
    groups: dict[tuple[bool, ...], list[Environment]] = {}
    for each in environments([*case.markers, *more], case.python, case.pythons):
        seen = [holds(marker, each, extra) for marker, extra in markers]
        seen += [admits(python, each["python_full_version"]) for python in case.pythons]
        groups.setdefault(tuple(seen), []).append(each)
    return [Kind(_universe(case, extras, group[0]), tuple(group)) for group in groups.values()]


def _extras(case: Case) -> set[str]:
    direct = [text for _, _, requires in case.world.directs.values() for text in requires]
    in_world = [text for _, _, release in _releases(case.world) for text in release.requires or ()]
    return {extra for text in (*case.roots, *in_world, *direct) for extra in parse(text).extras}


def _universe(case: Case, extras: tuple[str, ...], environment: Environment) -> Universe:
    def here(texts: Iterable[str]) -> tuple[Line, ...]:
        return tuple(line for line in map(parse, texts) if holds(line.marker, environment))

    def needs(texts: Iterable[str]) -> dict[str, tuple[Line, ...]]:
        lines = [parse(text) for text in texts]
        found = {"": tuple(line for line in lines if holds(line.marker, environment))}
        for extra in extras[1:]:
            marked = [line for line in lines if not holds(line.marker, environment)]
            found[extra] = tuple(line for line in marked if holds(line.marker, environment, extra))
        return found

    python = environment["python_full_version"]
    releases: dict[str, dict[str, Release]] = {}
    for name, own in case.world.packages.items():
        usable = [version for version, each in own.items() if admits(each.requires_python or "", python)]
        releases[name] = {
            version: Release(version, needs(own[version].requires or ()), own[version].yanked is not None)
            for version in sorted(usable, key=Version, reverse=True)
        }
    for url, (name, version, requires) in case.world.directs.items():
        releases.setdefault(name, {})[url] = Release(version, needs(requires))
    finals = {
        name: tuple(version for version in own if not is_pre_release(version))
        for name, own in case.world.packages.items()
    }
    return Universe(here(case.roots), here(case.constraints), releases, finals)


def demands(universe: Universe, chosen: Chosen) -> dict[str, list[Line]]:
    """What the roots and the chosen releases ask for, by name, as far as these are chosen."""
    found: dict[str, list[Line]] = {}
    waiting, seen = list(universe.roots), set()
    while waiting:
        line = waiting.pop()
        found.setdefault(line.name, []).append(line)
        for extra in ("", *line.extras):
            if line.name in chosen and (line.name, extra) not in seen:
                seen.add((line.name, extra))
                waiting += universe.releases[line.name][chosen[line.name]].needs.get(extra, ())
    return found


def is_admitted(universe: Universe, name: str, choice: str, lines: Iterable[Line]) -> bool:
    """Whether what is asked of a name, and the constraints, admit this version or address."""
    version = universe.releases[name][choice].version
    urls = {line.url for line in lines if line.url}
    limits = [line for line in universe.limits if line.name == name]
    within = all(allows(line.specifier, version) for line in (*lines, *limits))
    return within and (urls == {choice} if "://" in choice else not urls)


def is_unrestricted(universe: Universe, name: str, choice: str) -> bool:
    """Whether this is neither a pre-release nor yanked."""
    return not is_pre_release(choice) and not universe.releases[name][choice].yanked


def _may_be_restricted(universe: Universe, name: str, choice: str, lines: list[Line], *, lenient: bool) -> bool:
    limits = [line for line in universe.limits if line.name == name]
    bounds = [line.specifier for line in (*lines, *limits)]
    asked = bounds if lenient else [line.specifier for line in lines]
    if universe.releases[name][choice].yanked and not any(pins(bound) for bound in asked):
        return False
    if is_pre_release(choice) and not any(names_pre_releases(bound) for bound in asked):
        finals = universe.all_finals.get(name, ())
        here = universe.releases[name]
        rivals = [each for each in finals if not lenient or (each in here and not here[each].yanked)]
        return not any(all(allows(bound, each) for bound in bounds) for each in rivals)
    return True


def is_lenient(universe: Universe, chosen: Chosen) -> bool:
    """Whether each restricted release is one that may be locked."""
    return _all_may_be_restricted(universe, chosen, demands(universe, chosen), lenient=True)


def is_strict(universe: Universe, chosen: Chosen) -> bool:
    """Whether each restricted release is asked for by the user, or by what has a single release."""
    return _all_may_be_restricted(universe, chosen, demands(universe, _singles(universe)), lenient=False)


def _singles(universe: Universe) -> dict[str, str]:
    found = {}
    for name, own in universe.releases.items():
        every = {*own, *universe.all_finals.get(name, ())}
        if len(own) == len(every) == 1:
            found[name] = next(iter(own))
    return found


def _all_may_be_restricted(
    universe: Universe, chosen: Chosen, asked: Mapping[str, list[Line]], *, lenient: bool
) -> bool:
    return all(
        is_unrestricted(universe, name, choice)
        or _may_be_restricted(universe, name, choice, asked.get(name, []), lenient=lenient)
        for name, choice in chosen.items()
    )


def choices(universe: Universe, chosen: Chosen | None = None) -> Iterator[dict[str, str]]:
    """Every choice that is valid, closed and holds nothing unreachable, restricted releases like all others."""
    chosen = chosen or {}
    asked = demands(universe, chosen)
    if not all(is_admitted(universe, name, choice, asked[name]) for name, choice in chosen.items() if name in asked):
        return
    missing = min((name for name in asked if name not in chosen), default=None)
    if missing is None:
        yield dict(chosen)
        return
    for choice in universe.releases.get(missing, {}):
        if is_admitted(universe, missing, choice, asked[missing]):
            yield from choices(universe, {**chosen, missing: choice})


def solutions(universe: Universe) -> Iterator[dict[str, str]]:
    """The strict ones: what a resolver has to find where there is any."""
    return (each for each in choices(universe) if is_strict(universe, each))


def is_solvable(universe: Universe) -> bool:
    return next(solutions(universe), None) is not None


def has_plain_solution(universe: Universe) -> bool:
    """Whether there is a solution without pre-releases and yanked files."""
    return any(all(is_unrestricted(universe, *item) for item in each.items()) for each in choices(universe))
