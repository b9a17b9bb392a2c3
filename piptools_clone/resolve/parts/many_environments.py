"""Resolves for many environments: puts together what that takes, and says what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from piptools_clone.errors import UsageError
from piptools_clone.formats.requirements.marker_text import Speller
from piptools_clone.index.environments_finder import OpenFinder, TargetsFinder
from piptools_clone.model.environments import Environments
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.resolve.parts.environments_lock import chosen_in_environments, chosen_releases, markers_of
from piptools_clone.resolve.parts.environments_reader import EnvironmentsReader
from piptools_clone.resolve.parts.environments_resolution import Decisions, RealConflict, search
from piptools_clone.resolve.parts.labels import markers_of_fact
from piptools_clone.resolve.parts.part import Partition
from piptools_clone.resolve.parts.partial_conflict import Conflicts, explain_conflict
from piptools_clone.resolve.parts.parts_choice import OldVersion, PartsChoice
from piptools_clone.resolve.parts.parts_provider import PartsProvider
from piptools_clone.resolve.parts.releases_by_part import ReleasesByPart
from piptools_clone.resolve.parts.required_files import RequiredFiles
from piptools_clone.resolve.parts.sampled_reader import SampledReader, pythons_of, sampled
from piptools_clone.resolve.resolution import Resolution
from piptools_clone.resolve.selection import Selection
from piptools_clone.solver.incompatibility import leaves

if TYPE_CHECKING:
    from packaging.version import Version

    from piptools_clone.errors import NoSolution
    from piptools_clone.index.index import Index
    from piptools_clone.model.observer import Observer
    from piptools_clone.model.policy import Policy
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.model.target import Target
    from piptools_clone.resolve.graph import ChosenPackage

MOST_CONFLICTS = 100  # places without a solution that are looked for, one after the other
_SOLVED = "everywhere else there is a solution"


class Scope(NamedTuple):
    """What is locked for: all platforms and the Pythons of a range (a specifier set), or the named targets alone.

    ``names`` are those of the ``targets``.  ``markers`` limit the range to where any of them holds; in environments of
    ``required`` each package must have a file that can be used; ``fewest`` is as in `PartsChoice`; with
    ``no_deps`` only what the inputs name is pinned.
    """

    python: str
    targets: Sequence[Target] = ()
    names: Sequence[str] = ()
    markers: Sequence[str] = ()
    required: Sequence[str] = ()
    fewest: bool = False
    no_deps: bool = False


class Task(NamedTuple):
    """What is wanted of which index (``source``); ``old`` are the pins of the old lock by name, with their markers."""

    source: Index
    policy: Policy
    scope: Scope
    roots: Sequence[Requirement]
    constraints: Sequence[Requirement]
    old: Mapping[str, Sequence[tuple[Version, str]]]


class ForEnvironments(NamedTuple):
    """What was chosen, sorted by name and from new to old; ``resolutions`` hold each name once, in these orders.

    ``searches`` is how often the solver began.
    """

    chosen: list[ChosenPackage]
    resolutions: list[tuple[Resolution, list[ChosenPackage]]]
    searches: int


def resolve_for_environments(task: Task, observer: Observer) -> ForEnvironments:
    """Choose versions so that one lock is right in all environments of the scope.

    Raises `NoSolution` with the environments where there is none, and whatever the index raises.
    """
    world = _World(task, observer, ())
    try:
        decisions = world.search()
    except RealConflict as conflict:
        raise _explained(conflict, world, task, observer) from None
    return world.result(decisions)


def open_environments(scope: Scope, without: Iterable[str] = ()) -> tuple[Environments, EnvironmentsReader]:
    """The environments of a scope, and what reads dependencies for them.

    ``without`` are markers of environments that are left out.
    """
    environments = Environments(scope.python, [target.markers for target in scope.targets])
    reader = EnvironmentsReader(environments, scope.python, no_deps=scope.no_deps)
    left_out = list(without)
    for text in (*scope.markers, *left_out):
        reader.cells(text)  # refines first: a set holds only until then
    inside = 0 if scope.markers else environments.everything
    for text in scope.markers:
        inside |= reader.cells(text)
    for text in left_out:
        inside &= ~reader.cells(text)
    environments.restrict(inside)
    if not (environments.everything or left_out):
        raise UsageError(
            f"--environment: none of its markers holds for Python {scope.python}",
            hint="name another range with --python-version, or environments of this one",
        )
    return environments, reader


class _World:
    """All that one resolution is made of.  ``without`` are markers of environments that are left out."""

    def __init__(self, task: Task, observer: Observer, without: Iterable[str]) -> None:
        self._scope = scope = task.scope
        self._spellers: dict[tuple[tuple[str, ...], ...], Speller] = {}
        self.environments, self._reader = open_environments(scope, without)
        required = RequiredFiles(self.environments, self._reader, scope.required)
        finder = (
            TargetsFinder(task.policy, self.environments, scope.targets)
            if scope.targets
            else OpenFinder(task.policy, self.environments, pythons_of(scope.python), required.unserved)
        )
        guesses = SampledReader(sampled(scope.python, scope.targets))
        self.selection = Selection(
            task.source, task.policy, finder.target, self._reader, {}, finder=finder, guesses=guesses
        )
        old = {name: [self._old(*each) for each in pins] for name, pins in task.old.items()}
        partition = Partition(self.environments, lambda name: _first_cuts(old.get(name, ())))
        self.releases = ReleasesByPart(self.selection, self.environments, self._reader, partition, self.spell)
        named = [root for root in task.roots if root.name and root.url is None]
        self.selection.prefetch.begin(named, task.constraints)
        self.releases.read_lines(task.roots, task.constraints)
        choice = PartsChoice(self.releases, finder, old, fewest=scope.fewest)
        self._provider = PartsProvider(self.releases, choice, observer)

    def _old(self, version: Version, marker: str) -> OldVersion:
        return OldVersion(version, self.environments.hold(self._reader.cells(marker)))

    def spell(self, cells: int, markers: Iterable[str] = ()) -> str:
        """The text of a set, spelled as some markers are."""
        return self._speller(tuple(markers)).spell(cells)

    def _speller(self, *markers: tuple[str, ...]) -> Speller:
        """What spells by some markers; of one kind there is one, which keeps what it spelled."""
        if markers not in self._spellers:
            self._spellers[markers] = Speller(self.environments, *markers)
        return self._spellers[markers]

    def cells(self, markers: Sequence[str], *, holds: bool) -> int:
        """The environments where any of some markers holds, or where none does."""
        for text in markers:
            self._reader.cells(text)  # refines first
        cells = 0
        for text in markers:
            cells |= self._reader.cells(text)
        return cells if holds else self.environments.everything & ~cells

    def place(self, cells: int, said: Sequence[str]) -> str:
        """Some environments in words: the names of targets, else a marker."""
        names = self._names(cells)
        return f"for {', '.join(names)}" if names else f"where {self.spell(cells, said)}"

    def without(self, rest: int, said: Sequence[str]) -> str:
        """How a user asks for nothing but some environments."""
        if self._scope.targets:
            names = self._names(self.environments.everything & ~rest)
            return f"leave out --target {' --target '.join(names)}"
        marker = self.spell(rest, said).replace("'", '"')
        return f"--environment '{marker}' leaves these environments out"

    def _names(self, cells: int) -> list[str]:
        return [name for number, name in enumerate(self._scope.names) if self.environments.target(number) & cells]

    def search(self) -> Decisions:
        """What the solver decides for each part; nothing is read ahead when it ends.  Raises `RealConflict`."""
        try:
            return search(self._provider)
        finally:
            self.selection.prefetch.stop()

    def result(self, decisions: Decisions) -> ForEnvironments:
        """The pins, and what else is to be known of them."""
        releases, states = self.releases, decisions.states
        markers = tuple(markers_of(releases))
        chosen = chosen_in_environments(
            releases, states, lambda cells, said: self._speller(tuple(said), markers).spell(cells)
        )
        rounds: list[tuple[dict[str, int], list[ChosenPackage]]] = []
        for release, package in zip(chosen_releases(releases, states), chosen, strict=True):
            free = next((each for each in rounds if release.name not in each[0]), None)
            if free is None:
                free = {}, []
                rounds.append(free)
            free[0][release.name] = release.state
            free[1].append(package)
        has_directs = bool(releases.references)
        resolutions = [
            (Resolution(states_by_name, releases.roots, releases, self.selection, has_directs), packages)
            for states_by_name, packages in rounds
        ]
        return ForEnvironments(chosen, resolutions, decisions.searches)


def _first_cuts(old: Sequence[OldVersion]) -> list[int]:
    """A recompile begins with the markers of the old pins as parts: then one search is enough."""
    return [each.held.cells for each in old[:-1]]


def _explained(conflict: RealConflict, world: _World, task: Task, observer: Observer) -> NoSolution:
    """Say where there is no solution; what is left is solved in truth before it is said to have one."""
    said, held = _said(conflict), world.environments.hold(conflict.cells)
    where = world.spell(held.cells, said)
    without, elsewhere = [where], ""
    while where and not elsewhere:
        left = _World(task, observer, without)
        if not left.environments.everything:
            elsewhere = "there is none elsewhere either"
        elif len(without) > MOST_CONFLICTS:
            elsewhere = "there are more such places"
        if elsewhere:
            break
        try:
            left.search()
        except RealConflict as other:
            said = sorted({*said, *_said(other)})
            found = left.spell(other.cells, [*said, *without])
            without.append(found or world.spell(world.cells(without, holds=False), [*said, *without]))
        else:
            elsewhere = _SOLVED
    rest, others = world.cells(without, holds=False), world.cells(without[1:], holds=True)
    hint = world.without(rest, [*said, *without]) if elsewhere == _SOLVED else ""
    told = Conflicts(
        world.place(held.cells, said) if where else "", world.place(others, said) if others else "", elsewhere, hint
    )
    error = explain_conflict(conflict.refutation, held.cells, world.releases, told)
    error.environments = (where, world.spell(others, said)) if others else (where,)
    return error


def _said(conflict: RealConflict) -> list[str]:
    """The markers under which the facts of a conflict were said."""
    return sorted({marker for fact in leaves(conflict.refutation) for marker in markers_of_fact(fact)})
