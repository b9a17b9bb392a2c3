"""One resolution: from requirements to what was chosen, or to an explanation."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from piptools_clone.errors import NoSolution
from piptools_clone.model.observer import Observer
from piptools_clone.model.requirement import Requirement
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.resolve.admitted_releases import Restart
from piptools_clone.resolve.package_versions import PackageVersions
from piptools_clone.resolve.provider import Provider
from piptools_clone.resolve.release_reader import ReleaseReader
from piptools_clone.resolve.selection import Selection
from piptools_clone.solver.solver import Unsolvable, run, solve

RESTART_LIMIT = 1000  # each restart learns something more; a search that never ends is refused


class Known(Protocol):
    """What a search knows: the versions of packages by name, what was read of them, and what bounds them."""

    @property
    def by_name(self) -> Mapping[str, PackageVersions]:
        """The versions of each package."""
        ...

    @property
    def releases(self) -> ReleaseReader:
        """What releases need."""
        ...

    def constraints_of(self, name: str) -> Sequence[Requirement]:
        """The user's constraints on a package."""
        ...


class Resolution(NamedTuple):
    """What was chosen: the state of each package that is present, extras as ``name[extra]``.

    ``has_directs`` tells that a direct reference was read; ``roots`` have the names that these turned out to have.
    """

    decisions: dict[str, int]
    roots: Sequence[Requirement]
    known: Known
    selection: Selection
    has_directs: bool


def resolve(
    selection: Selection, roots: Sequence[Requirement], constraints: Sequence[Requirement], observer: Observer
) -> Resolution:
    """Choose a version for everything that is needed; nothing is read ahead any more when it ends.

    Raises `NoSolution` with the explanation, and whatever the index raises where it cannot be read.
    """
    try:
        return search(Provider(selection, observer), roots, constraints)
    finally:
        selection.prefetch.stop()


def search(provider: Provider, roots: Sequence[Requirement], constraints: Sequence[Requirement]) -> Resolution:
    """Let the solver ask a provider, again and again until a solution takes only what is asked for."""
    failed: NoSolution | None = None
    for _ in range(RESTART_LIMIT):
        try:
            knowledge = provider.begin(roots, constraints)
            solution = run(solve(knowledge, priority=provider.priority), provider.answer)
        except Restart:
            continue
        except Unsolvable as failure:
            failed = failed or _explained(failure, provider)
            if provider.can_widen():
                continue
            raise failed from None
        if not provider.rejects(solution.decisions):
            known, has_directs = provider.known, bool(provider.references)
            return Resolution(dict(solution.decisions), known.roots, known, provider.selection, has_directs)
    raise failed or NoSolution(f"ResolutionImpossible: gave up after the search had begun anew {RESTART_LIMIT} times")


def _explained(failure: Unsolvable, provider: Provider) -> NoSolution:
    from piptools_clone.resolve.explain.explanation import explain_failure

    return explain_failure(failure.incompatibility, provider.known.by_name, provider.selection.reader)
