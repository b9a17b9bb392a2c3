"""A pre-release, a yanked release or a direct reference is chosen only while what asks for it is chosen, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement as Line
from packaging.version import Version

from piptools_clone.errors import NoSolution
from piptools_clone.resolve.graph import chosen_packages
from piptools_clone.resolve.provider import Provider
from piptools_clone.resolve.resolution import search
from tests.resolve.worlds import Release, World, demands, provide, requirements, versions, worlds

FREE = Release()


def releases(*names: str, **others: Release) -> dict[str, Release]:
    return dict.fromkeys(names, FREE) | others


# one at a time


def test_a_pre_release_does_not_survive_the_release_that_asked_for_it() -> None:
    """The release wanted nothing but pre-releases, so that these were the only choice while it was looked at."""
    world = World(
        {
            "a": {"1.0": Release(("c>=1.0.0",)), "2.0": Release(("c>=2.0.0b1",))},
            "c": {"1.0.0": FREE, "1.5.0a1": FREE, "2.0.0b1": Release(("d==2",))},
            "d": releases("1", "2"),
        },
        ("a", "d==1"),
    )
    assert versions(world) == {"a": "1.0", "c": "1.0.0", "d": "1"}


def test_a_pre_release_that_was_the_only_choice_for_a_dropped_release_is_not_one_for_others() -> None:
    world = World(
        {
            "a": {"1.0": Release(("c",)), "2.0": Release(("c>1", "d==2"))},
            "c": releases("1.0", "1.5rc1"),
            "d": {"1": FREE, "2": Release(("e==2",))},
            "e": releases("1", "2"),
        },
        ("a", "e==1"),
    )
    assert versions(world) == {"a": "1.0", "c": "1.0", "e": "1"}


def test_a_pre_release_is_not_the_last_resort_of_those_that_do_not_ask_for_it() -> None:
    """There is no solution, however one looks: what is chosen would stand there without anything that asks for it."""
    world = World(
        {
            "a": {"1.0": Release(("c",)), "2.0": Release(("c>=1.0rc1", "d==2"))},
            "c": {"1.0": Release(("d==2",)), "2.0rc1": FREE},
            "d": releases("1", "2"),
        },
        ("a", "d==1"),
    )
    with pytest.raises(NoSolution) as caught:
        versions(world)
    assert "c 2.0rc1 is a pre-release" in str(caught.value)


def test_what_was_dropped_by_a_preference_is_taken_where_only_its_wish_helps() -> None:
    """The first search drops a 2.0 for the sake of b; without the pre-release that it asks for nothing is left."""
    world = World(
        {
            "a": {"1.0": Release(("c",)), "2.0": Release(("c>=1.0rc1", "b==1.0"))},
            "b": releases("1.0", "2.0"),
            "c": {"1.0": Release(("ghost",)), "2.0rc1": FREE},
        },
        ("b", "a"),
    )
    assert versions(world) == {"a": "2.0", "b": "1.0", "c": "2.0rc1"}


def test_a_yanked_release_is_not_the_last_resort_of_those_that_do_not_pin_it() -> None:
    world = World(
        {
            "a": {"1.0": Release(("c",)), "2.0": Release(("c==2.0", "d==2"))},
            "c": {"1.0": Release(("d==2",)), "2.0": Release(yanked="broken")},
            "d": releases("1", "2"),
        },
        ("a", "d==1"),
    )
    with pytest.raises(NoSolution) as caught:
        versions(world)
    assert "c 2.0 is yanked (broken)" in str(caught.value)


URL = "https://files.example/c-9.zip"


def test_a_direct_reference_is_not_chosen_for_those_that_do_not_name_it() -> None:
    packages = {
        "a": {"1.0": Release(("c",)), "2.0": Release((f"c @ {URL}", "d==2"))},
        "c": {"1.0": Release(("d==2",)), "0.5": FREE},
        "d": releases("1", "2"),
    }
    asked = World(packages, ("a", "d==1", "c>0.5"), directs={URL: ("c", "9", ())})
    with pytest.raises(NoSolution):
        versions(asked)
    assert versions(asked._replace(roots=("a", "d==1"))) == {"a": "1.0", "c": "0.5", "d": "1"}
    assert versions(asked._replace(roots=("a", "d==2"))) == {"a": "2.0", "c": "9", "d": "2"}


# against an exhaustive search


def is_admitted(world: World, chosen: Mapping[str, str], name: str) -> bool:
    """Whether what is chosen, the user and the index admit the release of one package (PEP 440, PEP 592)."""
    bounds = [line.specifier for line in map(Line, world.constraints) if line.name == name]
    bounds += demands(world, chosen).specifiers[name]
    release, version = world.packages[name][chosen[name]], Version(chosen[name])
    if release.requires is None or release.requires_python is not None:
        return False
    if not all(bound.contains(version, prereleases=True) for bound in bounds):
        return False
    pinned = {clause.version for bound in bounds for clause in bound if clause.operator == "=="}
    if release.yanked is not None and chosen[name] not in pinned:
        return False
    if not version.is_prerelease or any(bound.prereleases for bound in bounds):
        return True
    finals = [each for each in world.packages[name] if not Version(each).is_prerelease]
    fitting = [each for each in finals if all(bound.contains(each) for bound in bounds)]
    return not any(_may_be_tried(world.packages[name][each], each, pinned) for each in fitting)


def _may_be_tried(release: Release, version: str, pinned: set[str]) -> bool:
    """Whether a final release stands before its pre-releases; that its metadata is noise is known too late."""
    return release.requires_python is None and (release.yanked is None or version in pinned)


def admitted_solutions(world: World, chosen: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
    """Every closed choice of releases that are all admitted."""
    chosen = chosen or {}
    asked = demands(world, chosen)
    missing = sorted(name for name in asked.specifiers if name not in chosen)
    if missing:
        for version in world.packages.get(missing[0], {}):
            yield from admitted_solutions(world, {**chosen, missing[0]: version})
    elif all(is_admitted(world, chosen, name) for name in chosen):
        yield dict(chosen)


@settings(max_examples=150)
@given(worlds(odd=True))
def test_what_is_chosen_is_admitted_by_what_is_chosen(world: World) -> None:
    try:
        chosen = versions(world)
    except NoSolution:
        return
    assert all(is_admitted(world, chosen, name) for name in chosen)


SMALL = ("1.0", "2.0", "3.0rc1")
_lines = st.builds("{}{}".format, st.sampled_from("abc"), st.sampled_from(("", "", ">=1.0rc1", "==2.0", ">2.0", "<2")))
_releases = st.builds(
    Release, st.lists(_lines, max_size=2).map(tuple), st.sampled_from((None, None, None, "broken")), st.none()
)


@settings(max_examples=400)
@given(st.fixed_dictionaries({name: st.fixed_dictionaries(dict.fromkeys(SMALL, _releases)) for name in "abc"}), _lines)
def test_a_solution_is_found_exactly_when_one_is_admitted(packages: dict[str, dict[str, Release]], line: str) -> None:
    """As far as releases were looked at: what one that was never tried asks for is not known."""
    world = World(packages, ("a", line))
    expected = list(admitted_solutions(world))
    provider = provide(world)
    try:
        found = search(provider, requirements(world.roots), ())
    except NoSolution as failure:
        assert not [each for each in expected if all(was_tried(provider, *chosen) for chosen in each.items())], failure
    else:
        assert {each.pin.name: each.pin.version for each in chosen_packages(found)} in expected


def was_tried(provider: Provider, name: str, version: str) -> bool:
    """Whether the last search knew what a release needs."""
    package = provider.known.by_name.get(name)
    return package is not None and package.state_of(Version(version)) in provider.known.releases.states(name)
