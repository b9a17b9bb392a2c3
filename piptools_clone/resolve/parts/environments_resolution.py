"""One resolution for many environments: what was chosen in which of them, or where there is no solution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from piptools_clone.errors import NoSolution
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.resolve.admitted_releases import Restart
from piptools_clone.resolve.parts.law import Cut
from piptools_clone.resolve.parts.parts_choice import Unrequested
from piptools_clone.resolve.resolution import RESTART_LIMIT
from piptools_clone.solver.solver import Unsolvable, run, solve

if TYPE_CHECKING:
    from piptools_clone.model.environments import Held
    from piptools_clone.resolve.parts.part import Part
    from piptools_clone.resolve.parts.parts_provider import PartsProvider
    from piptools_clone.solver.incompatibility import Incompatibility


class RealConflict(Exception):
    """The requirements contradict each other in some environments, ``cells``; the refutation is true there."""

    def __init__(self, cells: int, refutation: Incompatibility) -> None:
        super().__init__("the requirements contradict each other in some environments")
        self.cells = cells
        self.refutation = refutation


class Decisions(NamedTuple):
    """The state of each part that is needed, and how many searches it took to find them."""

    states: Mapping[Part, int]
    searches: int


def search(provider: PartsProvider) -> Decisions:
    """Let the solver ask a provider, and cut parts, until a solution takes only what it may.

    Raises `RealConflict`, `NoSolution` where the search does not end, and whatever the index raises.
    """
    releases = provider.releases
    failed: tuple[RealConflict, Held] | None = None
    for count in range(1, RESTART_LIMIT + 1):
        try:
            found = _search_once(provider)
        except Restart:
            continue
        except Cut as cut:
            if not releases.partition.cut(cut.parts, cut.cells):
                raise AssertionError(f"a cut that divides nothing: {cut}") from None
            continue
        except RealConflict as conflict:
            if provider.choice.widen():
                failed = conflict, releases.environments.hold(conflict.cells)
                continue
            raise _best_told(failed, conflict) from None
        if found is not None:
            return Decisions(found, count)
    raise NoSolution(f"ResolutionImpossible: gave up after the search had begun anew {RESTART_LIMIT} times")


def _best_told(first: tuple[RealConflict, Held] | None, last: RealConflict) -> RealConflict:
    """The last conflict, which stands after all was tried, in the words of the first one where that is the same."""
    common = first[1].cells & last.cells if first is not None else 0
    return RealConflict(common, first[0].refutation) if first is not None and common else last


def _search_once(provider: PartsProvider) -> Mapping[Part, int] | None:
    """One search; None where its solution may not be taken, which is remembered."""
    releases = provider.releases
    provider.builder.begin()
    try:
        run(solve(provider.begin(), priority=provider.priority, referee=releases.law), provider.answer)
    except Unsolvable as failure:
        raise RealConflict(releases.law.refute(failure.incompatibility), failure.incompatibility) from None
    decided = releases.law.decisions()
    releases.reach.follow(decided)
    needed = {part: state for part, state in decided.items() if releases.reach.cells(part)}
    try:
        return needed if provider.choice.verify(needed) else None
    except Unrequested:
        provider.forbid(needed)
        return None
