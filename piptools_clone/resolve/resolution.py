"""One resolution: from requirements to what was chosen, or to an explanation."""

from collections.abc import Sequence

from piptools_clone.errors import NoSolution
from piptools_clone.model.requirement import Requirement
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.resolve.admitted_releases import Restart
from piptools_clone.resolve.provider import Provider
from piptools_clone.solver.solver import Unsolvable, run, solve

RESTART_LIMIT = 1000  # each restart learns something more; a world that never ends is refused


class Resolution(NamedTuple):
    """What was chosen: the state of each package that is present, extras as ``name[extra]``."""

    decisions: dict[str, int]
    roots: tuple[Requirement, ...]
    constraints: tuple[Requirement, ...]
    provider: Provider


def resolve(provider: Provider, roots: Sequence[Requirement], constraints: Sequence[Requirement]) -> Resolution:
    """Choose a version for everything that is needed.

    Raises `NoSolution` with the explanation, and whatever the index raises where it cannot be read.
    """
    failed: NoSolution | None = None
    for _ in range(RESTART_LIMIT):
        try:
            knowledge = provider.begin(roots, constraints)
            solution = run(solve(knowledge, priority=provider.priority), provider.answer)
        except Restart:
            continue
        except Unsolvable as failure:
            failed = failed or _explained(failure, provider)
            if provider.relent():
                continue
            raise failed from None
        if provider.reconsider(solution.decisions):
            continue
        return Resolution(dict(solution.decisions), tuple(provider.roots), tuple(constraints), provider)
    raise failed or NoSolution(f"ResolutionImpossible: gave up after the search had begun anew {RESTART_LIMIT} times")


def _explained(failure: Unsolvable, provider: Provider) -> NoSolution:
    from piptools_clone.resolve.explain.explanation import explain_failure

    return explain_failure(failure.incompatibility, provider)
