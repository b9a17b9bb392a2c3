"""Laws of a resolution over random small worlds, compared with an exhaustive search."""

from __future__ import annotations

import random
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement as Line

from piptools_clone.errors import NoSolution
from tests.resolve.worlds import (
    MARKERS,
    NAMES,
    ShuffledIndex,
    ThreadedIndex,
    World,
    demands,
    lock,
    solutions,
    versions,
    worlds,
)

law = settings(max_examples=60, deadline=None)
"""As many worlds as a quick run affords, however slow the machine."""


def outcome(world: World, **how: object) -> object:
    """The whole answer as a value: pins, or the explanation."""
    try:
        return lock(world, **how)
    except NoSolution as failure:
        return str(failure)


@law
@given(worlds())
def test_a_solution_is_found_exactly_when_there_is_one(world: World) -> None:
    assert isinstance(outcome(world), list) == (next(solutions(world), None) is not None)


@law
@given(worlds())
def test_what_is_found_is_valid_closed_and_holds_nothing_unreachable(world: World) -> None:
    with suppress(NoSolution):
        chosen = versions(world)
        asked = demands(world, chosen)
        assert chosen.keys() == asked.specifiers.keys()
        for name, version in chosen.items():
            assert world.packages[name][version].usable
            assert all(bound.contains(version) for bound in asked.specifiers[name])
        for limit in map(Line, world.constraints):
            assert limit.name not in chosen or limit.specifier.contains(chosen[limit.name])


@law
@given(worlds())
def test_what_is_found_cannot_be_newer_in_one_package_alone(world: World) -> None:
    """No pin can be raised while all others stay: the newest versions are taken."""
    with suppress(NoSolution):
        chosen = versions(world)
        for other in solutions(world):
            differing = [name for name in other.keys() | chosen.keys() if other.get(name) != chosen.get(name)]
            if other.keys() == chosen.keys() and len(differing) == 1:
                assert other[differing[0]] < chosen[differing[0]]


@law
@given(worlds(odd=True))
def test_yanked_and_pre_releases_are_taken_only_if_something_that_is_taken_asks_for_them(world: World) -> None:
    """Unless there is no solution otherwise, or no final release that could be."""
    plain = {
        name: {text: each for text, each in own.items() if each.yanked is None and "rc" not in text}
        for name, own in world.packages.items()
    }
    if next(solutions(world._replace(packages=plain)), None) is None:
        return
    chosen = versions(world)
    asked = demands(world, chosen).specifiers
    for line in map(Line, world.constraints):
        asked.setdefault(line.name, []).append(line.specifier)
    for name, version in chosen.items():
        bounds = asked[name]
        if "rc" in version and not any(bound.prereleases for bound in bounds):
            assert not [text for text in plain[name] if all(bound.contains(text) for bound in bounds)]
        if world.packages[name][version].yanked:
            assert any(clause.operator == "==" for bound in bounds for clause in bound)


@law
@given(worlds())
def test_who_requires_a_pin_is_said_truly(world: World) -> None:
    with suppress(NoSolution):
        pins = lock(world)
        chosen = {pin.name: pin for pin in pins}
        for pin in pins:
            for via in pin.via:
                if not via.startswith("-r"):
                    lines = map(Line, world.packages[via][chosen[via].version].requires or ())
                    held = [line for line in lines if line.name == pin.name]
                    extras = ("", *chosen[via].extras)
                    assert any(not line.marker or _holds(line, extra) for line in held for extra in extras)


def _holds(line: Line, extra: str) -> bool:
    return line.marker is not None and line.marker.evaluate({**MARKERS, "extra": extra})


@law
@given(worlds(), st.integers())
def test_the_order_of_answers_does_not_matter(world: World, seed: int) -> None:
    assert outcome(world, index=ShuffledIndex(world, seed)) == outcome(world)


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_answers_from_threads_do_not_matter(world: World) -> None:
    with ThreadPoolExecutor(4) as executor:
        assert outcome(world, index=ThreadedIndex(world, executor)) == outcome(world)


@law
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(world: World, shuffler: random.Random) -> None:
    """Lines of the input, lines of metadata, files of a page: none of their orders changes a version."""
    roots, limits = list(world.roots), list(world.constraints)
    shuffler.shuffle(roots)
    shuffler.shuffle(limits)
    packages = {}
    for name in shuffler.sample(sorted(world.packages), len(world.packages)):
        own = world.packages[name]
        packages[name] = {
            version: own[version]._replace(requires=_shuffled(own[version].requires, shuffler))
            for version in shuffler.sample(sorted(own), len(own))
        }
    other = World(packages, tuple(roots), tuple(limits))
    found, again = outcome(world), outcome(other)
    if isinstance(found, list):
        assert found == again
    else:
        assert isinstance(again, str)


def _shuffled(lines: tuple[str, ...] | None, shuffler: random.Random) -> tuple[str, ...] | None:
    return None if lines is None else tuple(shuffler.sample(lines, len(lines)))


@law
@given(worlds())
def test_a_compiled_lock_compiles_to_itself(world: World) -> None:
    with suppress(NoSolution):
        pins = lock(world)
        exact = World(world.packages, tuple(_line(pin.name, pin.extras, pin.version) for pin in pins))
        assert versions(exact) == {pin.name: pin.version for pin in pins}
        assert lock(world, pins={pin.name: pin.version for pin in pins}) == pins


def _line(name: str, extras: tuple[str, ...], version: str) -> str:
    return f"{name}[{','.join(extras)}]=={version}"


@law
@given(worlds(), st.dictionaries(st.sampled_from(NAMES), st.sampled_from(("1.0", "1.5", "2.0", "3.0", "9.9"))))
def test_old_pins_never_make_a_world_unsolvable_and_are_kept_where_they_can(world: World, pins: dict[str, str]) -> None:
    fresh, locked = outcome(world), outcome(world, pins=pins)
    assert isinstance(fresh, list) == isinstance(locked, list)
    if isinstance(locked, list):
        chosen = {pin.name: pin.version for pin in locked}
        assert chosen in list(solutions(world))


@law
@given(worlds())
def test_an_explanation_names_only_facts_of_its_world(world: World) -> None:
    try:
        lock(world)
    except NoSolution as failure:
        said = str(failure)
    else:
        return
    assert said.count("ResolutionImpossible") == 1
    lines = {"requirements.in": world.roots, "limits.txt": world.constraints}
    places = re.findall(r"(\S+):(\d+)(?: (?:requires|allows only) ([^\s]+[^\s,.]))?", said.partition("\n")[2])
    for path, number, text in places:
        assert not text or _same(text, lines[path][int(number) - 1])
    for name, first, last in re.findall(rf"\b({'|'.join(NAMES)})(?:\[\w+\])? (\d\.\d)(?: to (\d\.\d))?", said):
        assert {first, last or first} <= world.packages[name].keys(), said
    for name, text in re.findall(rf"\b([a-z]+)(?:\[\w+\])?(?: {RUNS})? needs? ({NEED})", said):
        needs = [line.partition(";")[0] for each in world.packages[name].values() for line in each.requires or ()]
        assert any(_same(text, line) for line in needs), said


RUNS = r"\d\.\d(?: to \d\.\d)?(?:, \d\.\d(?: to \d\.\d)?)*"
NEED = r"[a-z]+(?:\[[\w,]+\])?(?:,?[<>=!~]{1,2}[\d.*]*[\d*])+"


def _same(said: str, written: str) -> bool:
    left, right = Line(said), Line(written)
    return (left.name, left.extras, left.specifier) == (right.name, right.extras, right.specifier)


@law
@given(worlds())
def test_an_explanation_suffices(world: World) -> None:
    """The lines of the user that it names cannot be met by themselves."""
    try:
        lock(world)
    except NoSolution as failure:
        named = set(re.findall(r"(requirements\.in|limits\.txt):(\d+)", str(failure)))
    else:
        return
    roots = tuple(line for i, line in enumerate(world.roots, 1) if ("requirements.in", str(i)) in named)
    limits = tuple(line for i, line in enumerate(world.constraints, 1) if ("limits.txt", str(i)) in named)
    assert next(solutions(World(world.packages, roots, limits)), None) is None
