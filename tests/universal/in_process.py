"""The resolver for many environments itself, on an index in memory: what `adapter` calls unless something stands in."""

from __future__ import annotations

import random
from collections.abc import Sequence

from packaging.version import Version

from piptools_clone.errors import NoSolution
from piptools_clone.index.pages.page import Page
from piptools_clone.index.pages.project import Project, ProjectSource
from piptools_clone.model.observer import SilentObserver
from piptools_clone.model.policy import Policy
from tests.resolve.worlds import MemoryIndex, ShuffledIndex, World, constraints_of, requirements
from tests.universal.truth import parse

FEATURES = frozenset({"pre-releases", "yanked", "urls", "local-versions", "shuffle"})

_UNSURE = "there may be none elsewhere"
"""What a refusal says if not all of the environments without a solution are named."""


class SpreadIndex(ShuffledIndex):
    """The releases lie on two indexes, some on both; answers come in an order that is drawn, too."""

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(world, seed)
        self._seed = seed

    def _page(self, name: str) -> Project:
        whole = super()._page(name)
        if not whole.sources:
            return whole
        releases = whole.sources[0].page.releases  # type: ignore[union-attr] # a Page
        draw = random.Random(f"{self._seed} {name}")
        places = [draw.choice(("first", "second", "both")) for _ in releases]
        found = []
        for source in ("first", "second"):
            kept = tuple(each for each, place in zip(releases, places, strict=True) if place in (source, "both"))
            found.append(ProjectSource(source, Page(kept)))
        return Project(name, found)


def lock(
    world: World,
    roots: Sequence[str],
    constraints: Sequence[str],
    *,
    python: str,
    policy: str,
    old: Sequence[str] = (),
    shuffle: int | None = None,
) -> tuple[object, ...]:
    """As `adapter.lock`, with the answer as plain values.  What is shuffled is spread over two indexes, too."""
    from piptools_clone.resolve.parts.many_environments import Scope, Task, resolve_for_environments

    index = MemoryIndex(world) if shuffle is None else SpreadIndex(world, shuffle)
    pins: dict[str, list[tuple[Version, str]]] = {}
    for line in map(parse, old):
        if not line.url:
            pins.setdefault(line.name, []).append((Version(line.specifier.removeprefix("==")), line.marker))
    limits = constraints_of(world._replace(constraints=tuple(constraints)))
    scope = Scope(python, fewest=policy == "fewest")
    task = Task(index, Policy(), scope, requirements(roots), limits, pins)  # type: ignore[arg-type] # as far as it goes
    try:
        found = resolve_for_environments(task, SilentObserver())
    except NoSolution as failure:
        return "refused", failure.environments, str(failure), _UNSURE not in str(failure)
    return "locked", tuple(
        _line(each.pin.name, each.pin.version, each.pin.url, each.pin.marker) for each in found.chosen
    )


def _line(name: str, version: str, url: str | None, marker: str | None) -> str:
    return (f"{name} @ {url}" if url else f"{name}=={version}") + (f" ; {marker}" if marker else "")
