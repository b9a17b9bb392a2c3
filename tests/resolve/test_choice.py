"""Which versions are open to choice: pre-releases, yanked ones, direct references, upgrades, broken ones."""

from __future__ import annotations

import pytest

from piptools_clone.errors import NoSolution
from piptools_clone.solver.solver import Decide
from tests.resolve.worlds import MemoryIndex, Release, World, lock, provide, requirements, versions

FREE = Release()


def world(*roots: str, limits: tuple[str, ...] = (), **packages: dict[str, Release]) -> World:
    return World(packages, roots, limits)


def releases(*names: str, **others: Release) -> dict[str, Release]:
    return dict.fromkeys(names, FREE) | others


def refused(asked: World, **how: object) -> str:
    """Why there is no solution."""
    with pytest.raises(NoSolution) as caught:
        lock(asked, **how)
    return str(caught.value)


# pre-releases (PEP 440, "Handling of pre-releases")

PRE = releases("1.0", "2.0rc1", "2.0rc2")


@pytest.mark.parametrize(
    ("lines", "limits", "expected"),
    [
        (("a",), (), "1.0"),
        (("a>=1.0",), (), "1.0"),
        (("a>=1.0rc1",), (), "2.0rc2"),
        (("a", "a>=1.0rc1"), (), "2.0rc2"),
        (("a==2.0rc1",), (), "2.0rc1"),
        (("a",), ("a>=1.0rc1",), "2.0rc2"),
        (("a>1.0",), (), "2.0rc2"),  # nothing but pre-releases matches
        (("a>1.0", "a<2.0rc2"), (), "2.0rc1"),
        (("a===2.0rc1",), (), "2.0rc1"),
    ],
)
def test_pre_releases_are_admitted_by_all_requirements_together(
    lines: tuple[str, ...], limits: tuple[str, ...], expected: str
) -> None:
    assert versions(world(*lines, limits=limits, a=PRE)) == {"a": expected}


@pytest.mark.parametrize(("pre", "expected"), [(None, "1.0"), (True, "2.0rc2"), (False, "1.0")])
def test_the_user_may_admit_or_refuse_pre_releases(pre: bool | None, expected: str) -> None:
    assert versions(world("a", a=PRE), pre=pre) == {"a": expected}


def test_refused_pre_releases_are_no_fallback() -> None:
    said = refused(world("a>1.0", a=PRE), pre=False)
    assert "a 2.0rc1 to 2.0rc2 are pre-releases" in said


def test_a_dependency_may_admit_a_pre_release_late() -> None:
    """The answer is the one that would have come if it had been known from the start."""
    late = {"1.0": Release(("a>=1.5b1",))}
    assert versions(world("a", "z", a=PRE, z=late)) == {"a": "2.0rc2", "z": "1.0"}


def test_a_final_release_that_does_not_work_does_not_open_pre_releases() -> None:
    broken = {"1.0": Release(("nobody",)), "2.0rc1": FREE}
    assert "a 2.0rc1 is a pre-release" in refused(world("a", a=broken))


def test_where_all_final_releases_are_unusable_pre_releases_are_open() -> None:
    """As pip does: files that the target cannot use are not there."""
    unusable = {"1.0": Release(requires_python="<3"), "2.0rc1": FREE}
    assert versions(world("a", a=unusable)) == {"a": "2.0rc1"}


def test_what_a_dropped_version_asked_for_admits_nothing() -> None:
    """Version 2.0 of z is tried and given up; the pre-release that only it wanted is not taken."""
    dropped = {"2.0": Release(("a>=1.0rc1", "b==2.0")), "1.0": Release(("a",))}
    assert versions(world("z", "b==1.0", a=PRE, b=releases("1.0", "2.0"), z=dropped)) == {
        "a": "1.0",
        "b": "1.0",
        "z": "1.0",
    }


# yanked releases (PEP 592)

YANKED = {"1.0": FREE, "1.1": Release(yanked="broken")}


@pytest.mark.parametrize(
    ("line", "expected"),
    [("a", "1.0"), ("a>=1.0", "1.0"), ("a==1.1", "1.1"), ("a===1.1", "1.1"), ("a==1.*", "1.0")],
)
def test_yanked_only_if_pinned(line: str, expected: str) -> None:
    assert versions(world(line, a=YANKED)) == {"a": expected}


def test_yanked_may_be_pinned_by_a_dependency_that_shows_up_late() -> None:
    late = {"0.1": FREE, "1.0": Release(("a==1.1",))}  # with a choice, so that a is decided first
    assert versions(world("a", "z", a=YANKED, z=late)) == {"a": "1.1", "z": "1.0"}


def test_yanked_stays_if_it_is_locked() -> None:
    assert versions(world("a", a=YANKED), pins={"a": "1.1"}) == {"a": "1.1"}


def test_yanked_is_said() -> None:
    assert "a 1.1 is yanked (broken)" in refused(world("a>1.0", a=YANKED))


def test_a_pin_of_a_dropped_version_does_not_open_a_yanked_one() -> None:
    dropped = {"2.0": Release(("a==1.1", "b==2.0")), "1.0": Release(("a",))}
    assert versions(world("z", "b==1.0", a=YANKED, b=releases("1.0", "2.0"), z=dropped))["a"] == "1.0"


# direct references

URL = "https://files.example/a-9.zip"


def with_direct(*roots: str, limits: tuple[str, ...] = (), **packages: dict[str, Release]) -> World:
    return World(packages, roots, limits, {URL: ("a", "9", ("b<2",))})


B = releases("1.0", "2.0")


def test_a_direct_reference_is_the_only_candidate_of_its_name() -> None:
    asked = with_direct(f"a @ {URL}", "a>=1", a=releases("1.0", "10.0"), b=B)
    index = MemoryIndex(asked)
    assert versions(asked, index=index) == {"a": "9", "b": "1.0"}
    assert "page a" not in index.asked


def test_a_direct_reference_may_not_be_what_another_line_wants() -> None:
    said = refused(with_direct(f"a @ {URL}", "a<9", b=B))
    assert "No matching distribution found for a<9 (from requirements.in:2)" in said
    assert "a is given as https://files.example/a-9.zip, version 9" in said


def test_a_direct_reference_in_metadata_shows_up_late() -> None:
    """The name is known from the index by then: the search begins again."""
    asked = with_direct("a", "z", a=releases("1.0"), b=B, z={"1.0": Release((f"a @ {URL}",))})
    assert versions(asked) == {"a": "9", "b": "1.0", "z": "1.0"}


def test_a_direct_reference_in_metadata_counts_only_for_the_release_that_says_so() -> None:
    asked = with_direct(
        "z", "b==2.0", a=releases("1.0"), b=B, z={"1.0": Release(("a",)), "2.0": Release((f"a @ {URL}",))}
    )
    assert versions(asked) == {"a": "1.0", "b": "2.0", "z": "1.0"}


def test_a_constraint_by_direct_reference() -> None:
    asked = with_direct("z", limits=(f"a @ {URL}",), a=releases("1.0"), b=B, z={"1.0": Release(("a",))})
    assert versions(asked) == {"a": "9", "b": "1.0", "z": "1.0"}


def test_a_direct_reference_with_an_extra() -> None:
    asked = World(
        {"b": B, "c": releases("1.0")},
        (f"a[x] @ {URL}",),
        directs={URL: ("a", "9", ("b<2", 'c; extra == "x"'))},
    )
    assert versions(asked) == {"a": "9", "b": "1.0", "c": "1.0"}


# constraints


def test_a_constraint_requires_nothing() -> None:
    assert versions(world("a", limits=("b==1.0",), a=releases("1.0"), b=B)) == {"a": "1.0"}


def test_constraints_bound_what_is_needed() -> None:
    assert versions(world("a", limits=("b<2",), a={"1.0": Release(("b",))}, b=B)) == {"a": "1.0", "b": "1.0"}


# upgrades, as constraints on one name


def test_old_pins_give_way() -> None:
    """A pin is a wish: where it cannot be kept it is passed by without a word."""
    a = {"1.0": Release(("b<2",)), "2.0": Release(("b>=2",))}
    assert versions(world("a", "b", a=a, b=B), pins={"a": "1.0", "b": "2.0"}) in (
        {"a": "1.0", "b": "1.0"},
        {"a": "2.0", "b": "2.0"},
    )
    assert versions(world("a>1", "b", a=a, b=B), pins={"a": "1.0", "b": "1.0"}) == {"a": "2.0", "b": "2.0"}


def test_a_pin_of_a_version_that_is_gone_is_no_pin() -> None:
    assert versions(world("a", a=releases("1.0", "2.0")), pins={"a": "1.5"}) == {"a": "2.0"}


def test_a_locked_pre_release_stays() -> None:
    assert versions(world("a", a=PRE), pins={"a": "2.0rc1"}) == {"a": "2.0rc1"}


# metadata that is no metadata

NOISE = Release(None)


def test_broken_metadata_is_passed_over_and_said() -> None:
    assert versions(world("a", a={"1.0": FREE, "2.0": NOISE})) == {"a": "1.0"}
    assert "a 2.0 has broken metadata (it is noise)" in refused(world("a>1", a={"1.0": FREE, "2.0": NOISE}))


@pytest.mark.parametrize("line", ["b=>1", "b; nonsense == '1'", "b >= one", "\x1b[2J"])
def test_a_requirement_that_cannot_be_read_makes_a_release_unusable(line: str) -> None:
    assert versions(world("a", a={"1.0": FREE, "2.0": Release((line,))})) == {"a": "1.0"}


def test_a_broken_line_of_an_extra_counts_only_with_the_extra() -> None:
    """The markers of a release are read as a whole: a line that nobody can read is a fault of the release."""
    odd = {"2.0": Release(('b>=one; extra == "x"',)), "1.0": FREE}
    assert versions(world("a", a=odd)) == {"a": "1.0"}


# extras


def test_an_extra_that_nobody_declares_adds_nothing() -> None:
    assert versions(world("a[typo]", a=releases("1.0"))) == {"a": "1.0"}


def test_an_extra_is_asked_for_late() -> None:
    a = {"1.0": Release(("b; extra == 'x'",))}
    asked = world("a", "z", a=a, b=B, z={"1.0": Release(("a[x]",))})
    assert versions(asked) == {"a": "1.0", "b": "2.0", "z": "1.0"}


def test_an_extra_of_a_dropped_version_adds_nothing() -> None:
    a = {"1.0": Release(("c; extra == 'x'",))}
    z = {"2.0": Release(("a[x]", "b==2.0")), "1.0": Release(("a",))}
    asked = world("z", "b==1.0", a=a, b=B, c=releases("1.0"), z=z)
    assert versions(asked) == {"a": "1.0", "b": "1.0", "z": "1.0"}


def test_an_extra_that_needs_its_own_package_in_another_version() -> None:
    a = {"2.0": Release(('a<2; extra == "x"',)), "1.0": FREE}
    assert versions(world("a[x]", a=a)) == {"a": "1.0"}


# builds


def source(*requires: str) -> Release:
    return Release(requires, is_source=True)


def built(asked: World, pins: dict[str, str] | None = None) -> tuple[str, list[str]]:
    """The version of a, and what was built for it."""
    index = MemoryIndex(asked)
    found = versions(asked, index=index, pins=pins)["a"]
    return found, [what.removeprefix("build a-") for what in index.asked if what.startswith("build ")]


SOURCES = {"1.0": FREE, "2.0": source("b<2"), "3.0": source("b>=2"), "4.0": source("b>=2")}


def test_only_the_best_that_is_asked_for_is_built_as_long_as_another_will_do() -> None:
    assert built(world("a", "b<2", a=SOURCES, b=B)) == ("1.0", ["4.0.tar.gz"])
    assert built(world("a<4", "b<2", a=SOURCES, b=B)) == ("1.0", ["3.0.tar.gz"])
    assert built(world("a>1", "b<2", a=SOURCES, b=B))[0] == "2.0"


def test_what_is_locked_is_built_at_once() -> None:
    assert built(world("a", "b<2", a=SOURCES, b=B), {"a": "2.0"}) == ("2.0", ["2.0.tar.gz"])


def test_beside_what_is_locked_the_best_is_built() -> None:
    """Where the locked one will not do."""
    assert built(world("a", "b>=2", a=SOURCES, b=B), {"a": "2.0"}) == ("4.0", ["2.0.tar.gz", "4.0.tar.gz"])


def test_down_a_walk_only_wheels_are_read_ahead() -> None:
    """And each batch goes on where the one before ended."""
    a = {f"{major}.0": source("b<2") if major % 2 else Release(("b<2",)) for major in range(1, 61)}
    asked = world("a", "b>=2", a=a, b=B)
    provider = provide(asked, index=(index := MemoryIndex(asked)))
    provider.begin(requirements(asked.roots), ())
    for newest in (60, 58, 56, 54):
        provider.answer(Decide("a", (1 << newest + 1) - 2, required=(1 << 61) - 2))
    read = {what for what in index.asked if what.startswith("metadata a-")}
    assert not [what for what in index.asked if what.startswith("build ")]
    assert len(read) == 1 + 1 + 2 + 4 + 8


# what is asked of the index


def test_only_what_may_matter_is_asked_for() -> None:
    """One page a name, one metadata a version that is looked at."""
    a = {str(major): Release(("b",)) for major in range(1, 50)}
    asked = world("a", a=a, b=B, other=releases("1.0"))
    index = MemoryIndex(asked)
    assert versions(asked, index=index) == {"a": "49", "b": "2.0"}
    assert sorted(set(index.asked)) == [
        "metadata a-49-py3-none-any.whl",
        "metadata b-2.0-py3-none-any.whl",
        "page a",
        "page b",
    ]


def test_a_failure_of_the_index_is_not_swallowed() -> None:
    class Down(MemoryIndex):
        def _page(self, name: str) -> object:
            raise ConnectionError(name)

    with pytest.raises(ConnectionError):
        versions(world("a", a=B), index=Down(world("a", a=B)))


# the order of decisions


def test_what_the_user_named_is_as_new_as_can_be_before_what_others_need() -> None:
    """Else a dependency that happens to be decided first could take years off a package that was asked for."""
    app = {"1": FREE, "2": Release(requires=("lib<2",))}
    asked = world("tool", "zapp", tool={"1": Release(requires=("lib",))}, zapp=app, lib=releases("1", "2"))
    assert versions(asked) == {"tool": "1", "zapp": "2", "lib": "1"}


def test_a_version_that_is_tried_again_is_no_step_of_a_walk() -> None:
    """Versions are read ahead only where one after the other is given up, not after each jump back."""
    asked = world("calm", calm=releases(*map(str, range(1, 40))))
    provider = provide(asked, index=(index := MemoryIndex(asked)))
    provider.begin(requirements(asked.roots), ())
    everything = (1 << 40) - 2
    for _ in range(9):
        assert provider.answer(Decide("calm", everything, everything)).state == 39
    assert {what for what in index.asked if what.startswith("metadata")} == {"metadata calm-39-py3-none-any.whl"}
    for given_up in range(1, 9):
        provider.answer(Decide("calm", everything >> given_up, everything))
    assert len({what for what in index.asked if what.startswith("metadata")}) > 20
