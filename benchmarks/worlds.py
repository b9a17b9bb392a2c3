"""Families of made-up projects: worlds of one kind that differ in one size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Projects = Mapping[str, Mapping[str, Sequence[str]]]
"""For each project its versions, and for each version its Requires-Dist."""

IN_A_ROW = 20  # projects with many versions each: as many as a small application has
RELEASES = 5  # of each project of the tree


class World(NamedTuple):
    """Projects by name, each with versions and what these require, and the lines of an input."""

    projects: Projects
    roots: list[str]


class Family(NamedTuple):
    """Worlds that differ in one size."""

    name: str
    size_of: str
    make: Callable[[int], World]
    sizes: tuple[int, ...]


def name(number: int) -> str:
    """The name of a project."""
    return f"project-{number}"


def tree(size: int) -> World:
    """Every project needs two others, down to the last."""
    projects = {
        name(i): {f"1.{k}": [name(j) for j in (2 * i + 1, 2 * i + 2) if j < size] for k in range(RELEASES)}
        for i in range(size)
    }
    return World(projects, [name(0)])


def versions(size: int) -> World:
    """Twenty projects in a row with many versions, each bounding the next."""
    projects = {
        name(i): {f"{k}.0": [f"{name(i + 1)}>={k // 2}"] if i + 1 < IN_A_ROW else [] for k in range(1, size + 1)}
        for i in range(IN_A_ROW)
    }
    return World(projects, [name(0)])


def depth(size: int) -> World:
    """Each project needs the next one."""
    return World({name(i): {"1.0": [name(i + 1)] if i + 1 < size else []} for i in range(size)}, [name(0)])


def width(size: int) -> World:
    """One project needs all others."""
    others: Projects = {name(i): {"1.0": [], "2.0": []} for i in range(1, size)}
    return World({name(0): {"1.0": [f"{other}>=1" for other in others]}, **others}, [name(0)])


def ladder(size: int) -> World:
    """Two projects that go in step, and an old bound that only the lowest step admits."""
    top = {f"{k}.0": [f"{name(1)}>={k},<{k + 1}"] for k in range(1, size + 1)}
    bottom = {f"{k}.0": [f"{name(2)}>=2" if k > 1 else name(2)] for k in range(1, size + 1)}
    return World({name(0): top, name(1): bottom, name(2): {"1.0": [], "2.0": []}}, [name(0), f"{name(2)}<2"])


def lines(size: int) -> World:
    """Every project is a line of the input."""
    projects: Projects = {name(i): {"1.0": [], "2.0": []} for i in range(size)}
    return World(projects, [f"{name(i)}>=1" for i in range(size)])


FAMILIES = {
    family.name: family
    for family in (
        Family("projects", "projects in a tree", tree, (100, 300, 1_000, 3_000)),
        Family("versions", f"versions of each of {IN_A_ROW} projects", versions, (10, 100, 1_000, 5_000)),
        Family("depth", "projects in a row", depth, (10, 30, 100, 300, 1_000)),
        Family("width", "dependencies of one project", width, (100, 300, 1_000, 3_000)),
        Family("ladder", "releases walked down, of two projects", ladder, (10, 100, 1_000, 3_000)),
        Family("lines", "lines of the input", lines, (100, 300, 1_000, 3_000)),
    )
}
