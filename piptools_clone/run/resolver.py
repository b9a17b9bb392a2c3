"""The resolution of a compile: for which target, by which settings, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from piptools_clone.environment.targets import running_target
from piptools_clone.errors import NoSolution
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.formats.requirements.requirements_in import Wanted, lines_left_out
from piptools_clone.index.index import Index
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.lock import LockOptions, Pin
from piptools_clone.model.policy import Policy
from piptools_clone.model.requirement import Requirement
from piptools_clone.model.target import Target
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.resolve.explain.details import dropped, hashed, places_asked
from piptools_clone.resolve.policies import choice_policy, is_plain, written_options
from piptools_clone.resolve.roots import RootsOnly, pin_commit, unfit_target, with_locked_commits, with_upgraded_extras
from piptools_clone.resolve.selection import Selection
from piptools_clone.run.context import RunContext
from piptools_clone.run.inputs import Inputs
from piptools_clone.run.kept import Kept
from piptools_clone.settings.index_settings import merge_settings

if TYPE_CHECKING:
    from piptools_clone.resolve.graph import ChosenPackage
    from piptools_clone.resolve.resolution import Resolution
    from piptools_clone.resolve.self_check import Places

_SOLVER = (
    "piptools_clone.solver.solver",
    "piptools_clone.resolve.package_versions",
    "piptools_clone.resolve.incompatibility_builder",
    "piptools_clone.resolve.known_packages",
    "piptools_clone.resolve.provider",
    "piptools_clone.resolve.resolution",
    "piptools_clone.resolve.graph",
    "piptools_clone.resolve.hashes",
    "piptools_clone.resolve.explain.remarks",
)
"""What resolves, in pieces that load in about a millisecond each, between which answers of the index are taken in."""


class Task(NamedTuple):
    """One resolution: what is wanted, what stays, by which rules."""

    roots: Sequence[Requirement]
    constraints: Sequence[Requirement]
    kept: Kept
    policy: Policy


class Resolver:
    """Resolves what inputs want for the target of a request.  ``warnings`` fill up with what a user should hear.

    ``bounds`` are the constraints of ``--upgrade-package``.  ``selection`` is one that chooses by the settings
    that hold if the files do not change them, and has begun to ask; it is used where it chooses as this would, else
    dropped.
    """

    def __init__(
        self,
        request: CompileRequest,
        context: RunContext,
        bounds: Sequence[Requirement] = (),
        selection: Selection | None = None,
    ) -> None:
        self.warnings: list[str] = []
        self._request = request
        self._context = context
        self._bounds = bounds
        self._selection = selection
        self._doubts_cache = False
        self._has_directs = False

    def settle(self, wanted: Wanted) -> None:
        """Settle settings and target, now that the requirements files are read, and say what follows from them."""
        context = self._context
        before = context.settings
        self._settle_settings(wanted)
        if context.settings != before:
            self._drop_selection()
        self._target = self._find_target()
        self._reader = (RootsOnly if self._request.no_deps else DependencyReader)(self._target)
        self._note(lines_left_out((*wanted.requirements, *wanted.constraints), self.holds))

    def _settle_settings(self, wanted: Wanted) -> None:
        context = self._context
        context.hide_variables(wanted.variables)
        context.settle(wanted.options)
        self._note(places_asked(context.settings))
        if context.settings.require_hashes and not self._request.generate_hashes:
            context.observer.note("--require-hashes says nothing about writing a lock; see --generate-hashes")

    @property
    def build_bounds(self) -> list[str]:
        """What ``--upgrade-package`` says of versions, which holds for builds as well."""
        return [f"{bound.name}{bound.specifier}" for bound in self._bounds if bound.specifier]

    @property
    def python_version(self) -> str:
        """The Python that is locked for, such as ``3.12``."""
        return self._target.python_version

    @property
    def python_range(self) -> str:
        """The Pythons of a lock for many environments whose request names none."""
        return ""

    def holds(self, marker: str) -> bool:
        """Whether a marker holds on the target."""
        return not marker or self._reader.holds(marker)

    @property
    def places(self) -> Places:
        """The environments that are locked for, as a check of a lock by itself sees them."""
        from piptools_clone.resolve.self_check import one_place

        return one_place(self.holds)

    def roots_and_constraints(self, wanted: Wanted) -> tuple[list[Requirement], list[Requirement]]:
        """What is required, and what is bounded, of that whose marker holds on the target."""
        roots = [each for each in wanted.requirements if self.holds(each.marker)]
        return roots, [each for each in (*wanted.constraints, *self._bounds) if self.holds(each.marker)]

    def resolve(self, inputs: Inputs, kept: Kept) -> list[Pin]:
        """Resolve, and hash if hashes are asked for.

        Raises `NoSolution` and whatever the index raises where it cannot be read.
        """
        self.warnings += unfit_target(inputs.requires_python, self._target.python_full_version)
        task = self._task(inputs.wanted, kept)
        index, resolution = self._resolution(task)
        from piptools_clone.resolve.graph import chosen_packages

        chosen = chosen_packages(resolution)
        self._has_directs = resolution.has_directs
        self._remark(index, [(resolution, chosen)])
        return self._pins(index, task, chosen, resolution.roots)

    def _pins(
        self, index: Index, task: Task, chosen: Sequence[ChosenPackage], roots: Sequence[Requirement]
    ) -> list[Pin]:
        from piptools_clone.resolve.hashes import hashed_pins

        kept = task.kept
        if self._request.pin_vcs:
            chosen = [pin_commit(each, roots) for each in chosen]
        pins = [each.pin for each in chosen]
        self._note(dropped(kept.versions.items(), pins))
        if kept.hashes is None:
            return pins
        self._note(hashed(pins))
        return hashed_pins(index, chosen, kept.hashes, dict(task.policy.hashes))

    def is_plain(self, inputs: Inputs) -> bool:
        """Whether the lock followed from the text of files and from pages of indexes alone."""
        is_elsewhere = self._has_directs or self._context.has_fetched or inputs.asked_backend
        return is_plain(self._context.settings) and not is_elsewhere

    @property
    def pages_hold(self) -> tuple[float, float]:
        """From when until when the pages of the cache are fresh that were used, in seconds since the epoch."""
        taken = self._selection.index.taken_unasked if self._selection else None
        return taken or (0.0, float("inf"))

    def lock_options(self, wanted: Wanted) -> LockOptions:
        """The option lines of the lock."""
        settings = self._context.settings
        if not self._request.ambient_options:
            settings = merge_settings(self._request.options, wanted.options, IndexOptions())
        return written_options(settings, wanted.typed)

    def _find_target(self) -> Target:
        """What is locked for: the Python that runs this, unless the request says something else."""
        request, context = self._request, self._context
        if request.is_for_host:
            return running_target(context.cache)
        from piptools_clone.run.target_choice import targets_of

        (chosen,), context.build_host = targets_of(request, context.environ, context.cache)
        return chosen.target

    def _task(self, wanted: Wanted, kept: Kept) -> Task:
        roots, constraints = self.roots_and_constraints(wanted)
        roots = with_upgraded_extras(roots, self._bounds)
        if self._request.pin_vcs:
            roots = with_locked_commits(roots, kept.pins)
        policy = choice_policy(self._request, self._context.settings, roots, constraints)
        return Task(roots, constraints, kept, policy)

    def _resolution(self, task: Task) -> tuple[Index, Resolution]:
        """Resolve; where the cache was believed and there is no solution, once more by what the index says now."""
        selection = self._select(task)
        try:
            try:
                return selection.index, self._attempt(selection, task)
            except NoSolution:
                if self._request.offline or selection.index.taken_unasked is None:
                    raise
            self._doubts_cache = True  # what is missing may have come since
            self._drop_selection()
            selection = self._select(task)
            return selection.index, self._attempt(selection, task)
        except NoSolution:
            self._warn_of(selection.index)
            raise

    def _warn_of(self, index: Index) -> None:
        """Say what was met on the way to a failure: a place that was passed over may be why."""
        for warning in self._shown(index.warnings):
            self._context.observer.warn(warning)

    def _select(self, task: Task) -> Selection:
        """Open what chooses by the rules of a task, unless it is there, and ask for what will likely be needed."""
        versions = task.kept.versions
        if self._selection is None or not self._selection.serves(task.policy, self._target, versions):
            self._drop_selection()
            index = self._context.open_index(task.policy, refresh=self._is_asked_anew, bounds=self.build_bounds)
            self._selection = Selection(index, task.policy, self._target, self._reader, versions)
        named = [root for root in task.roots if root.name and root.url is None]
        self._selection.prefetch.begin(named, task.constraints)
        return self._selection

    def _attempt(self, selection: Selection, task: Task) -> Resolution:
        self._context.load(_SOLVER)
        from piptools_clone.resolve.resolution import resolve

        return resolve(selection, task.roots, task.constraints, self._context.observer)

    def _drop_selection(self) -> None:
        if self._selection is not None:
            self._selection.index.close()
            self._selection = None

    def _is_asked_anew(self, name: str) -> bool:
        """Whether a page is held against the index however fresh it is: where the user asks for what is new now."""
        return self._request.asks_anew or self._doubts_cache or any(bound.name == name for bound in self._bounds)

    def _remark(self, index: Index, found: Iterable[tuple[Resolution, Sequence[ChosenPackage]]]) -> None:
        from piptools_clone.resolve.explain.remarks import remarks_on

        remarks = [remarks_on(resolution, chosen) for resolution, chosen in found]
        warnings = [line for each in remarks for line in each.warnings]
        self.warnings += self._shown([*index.warnings, *warnings])
        for line in self._shown(line for each in remarks for line in each.announcements):
            self._context.observer.announce(line)

    def _shown(self, lines: Iterable[str]) -> list[str]:
        """Lines as they may be shown, each once: the value of a variable may stand in any of them."""
        return [self._context.hidden(line) for line in dict.fromkeys(lines)]

    def _note(self, details: Iterable[str]) -> None:
        for line in details:
            self._context.observer.note(line)
