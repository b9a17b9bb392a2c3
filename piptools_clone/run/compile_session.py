"""One run against one index: settings, connection, cache and target, from the first include to the last hash."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from packaging.version import Version

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
from piptools_clone.process.loading import load
from piptools_clone.resolve.explain.details import dropped, hashed, places_asked
from piptools_clone.resolve.policies import choice_policy, is_plain, written_options
from piptools_clone.resolve.roots import RootsOnly, pin_commit, unfit_target, with_locked_commits, with_upgraded_extras
from piptools_clone.resolve.selection import Selection
from piptools_clone.run.context import RunContext
from piptools_clone.settings.index_settings import merge_settings

if TYPE_CHECKING:
    from piptools_clone.build.build_requirements import BuildRequirements, BuildSystem
    from piptools_clone.formats.locks.old_lock import OldPin
    from piptools_clone.model.candidate import CoreMetadata
    from piptools_clone.resolve.graph import ChosenPackage
    from piptools_clone.resolve.resolution import Resolution

_REST = (
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
"""What resolves, in pieces that load in about a millisecond each."""


class Kept(NamedTuple):
    """What of the old lock stays where it can: versions, commits of repositories, hashes.

    ``hashes`` are by canonical name and version; None where no hashes are asked for.
    """

    versions: Mapping[str, Version]
    pins: "Sequence[OldPin]" = ()
    hashes: Mapping[tuple[str, str], tuple[str, ...]] | None = None


class _Task(NamedTuple):
    """One resolution: what is wanted, what stays, by which rules."""

    roots: Sequence[Requirement]
    constraints: Sequence[Requirement]
    kept: Kept
    policy: Policy


class Session:
    """Opens what a compile needs when it needs it, and closes it.  ``warnings`` fill up with what a user should hear.

    ``bounds`` are the constraints of ``--upgrade-package``; they hold for build requirements too.  A ``scout``, whose
    index took over the early requests, is used where the settings turn out to be its own, and closed in any case.
    The ``context`` is closed with the session.
    """

    def __init__(
        self,
        request: CompileRequest,
        context: RunContext,
        bounds: Sequence[Requirement] = (),
        *,
        scout: Selection | None = None,
    ) -> None:
        self.warnings: list[str] = []
        self._request = request
        self._context = context
        self._observer = context.observer
        self._bounds = bounds
        self._doubts_cache = False
        self._index: Index | None = None
        self._scout = scout
        self._projects: BuildRequirements | None = None
        self._has_directs = False

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._index is not None and isinstance(error, NoSolution):
            for warning in self._heard(self._index.warnings):  # a place that was passed over may be why
                self._observer.warn(warning)
        self._context.__exit__(kind, error, trace)

    def close(self) -> None:
        """End what is under way.  May be called again."""
        self._context.close()

    # the inputs

    def open(self, wanted: Wanted) -> None:
        """Settle the settings, now that the options of the files are known, and the target."""
        self._options = wanted.options
        self._typed = wanted.typed
        self._context.hide_variables(wanted.variables)
        before = self._context.settings
        self._context.settle(wanted.options)
        self._settings = self._context.settings
        if self._settings != before:
            self._drop_scout()
        self._target = self._find_target()
        self._reader = (RootsOnly if self._request.no_deps else DependencyReader)(self._target)
        self._tell(places_asked(self._settings))
        self._tell(lines_left_out((*wanted.requirements, *wanted.constraints), self.holds))
        if self._settings.require_hashes and not self._request.generate_hashes:
            self._observer.note("--require-hashes says nothing about writing a lock; see --generate-hashes")

    def project_metadata(self, folder: str, what: str) -> "CoreMetadata":
        """The metadata of the project in a folder, by pip.  Raises BuildFailure."""
        from piptools_clone.index.pages.links import path_to_url

        return self._project_builder().build(path_to_url(os.path.abspath(folder)), what).metadata

    def build_requirements(
        self, folder: str, what: str, system: "BuildSystem", kinds: Iterable[str]
    ) -> Mapping[str, tuple[str, ...]]:
        """What the build backend of a project asks for beside its static requirements.  Raises BuildFailure."""
        return self._project_builder().ask(folder, what, system, kinds)

    def _project_builder(self) -> "BuildRequirements":
        """The builder of the user's own projects, which ``--only-binary`` is not about."""
        if self._projects is None:
            from piptools_clone.build.build_requirements import BuildRequirements

            self._projects = BuildRequirements(
                self._settings,
                Policy(no_build=self._request.no_build),
                environ=self._context.environ,
                announce=self._observer.announce,
                options=self._context.build_options(self._build_bounds()),
            )
            self._context.closes(self._projects.stop)
        return self._projects

    # the resolution

    @property
    def python_version(self) -> str:
        """The Python that is locked for, such as ``3.12``."""
        return self._target.python_version

    def holds(self, marker: str) -> bool:
        """Whether a marker holds on the target."""
        return not marker or self._reader.holds(marker)

    def holding(self, requirements: Iterable[Requirement]) -> list[Requirement]:
        """Those whose marker holds on the target."""
        return [each for each in requirements if self.holds(each.marker)]

    def lock(self, wanted: Wanted, kept: Kept, requires_python: Sequence[tuple[str, str]] = ()) -> list[Pin]:
        """Resolve, and hash if hashes are asked for.

        ``requires_python`` are pairs of a project file and what it says.  Raises `NoSolution` and whatever the index
        raises where it cannot be read.
        """
        self.warnings += unfit_target(requires_python, self._target.python_full_version)
        task = self._task(wanted, kept)
        index = self._index = self._index or self._open_index(task)
        try:
            resolution = self._attempt(index, task)
        except NoSolution:
            if self._request.offline or not index.took_unasked:
                raise
            self._doubts_cache = True  # what is missing may have come since
            index.close()
            index = self._index = self._open_index(task)
            resolution = self._attempt(index, task)
        from piptools_clone.resolve.graph import chosen_packages
        from piptools_clone.resolve.hashes import hashed_pins

        self._has_directs = resolution.has_directs
        chosen = chosen_packages(resolution)
        self._remark(index, resolution, chosen)
        if self._request.pin_vcs:
            chosen = [pin_commit(each, resolution.roots) for each in chosen]
        pins = [each.pin for each in chosen]
        self._tell(dropped(kept.versions, pins))
        if kept.hashes is None:
            return pins
        self._tell(hashed(pins))
        return hashed_pins(index, chosen, kept.hashes, dict(task.policy.hashes))

    def _tell(self, details: Iterable[str]) -> None:
        for line in details:
            self._observer.note(line)

    def look_ahead(self, wanted: Wanted, kept: Kept) -> None:
        """Ask for what `lock` of the same will need first."""
        task = self._task(wanted, kept)
        self._index = self._open_index(task)
        self._scout = self._send_out(self._index, task)
        self._index.attend()

    def attend(self) -> None:
        """Take in what has come, and go on from there."""
        if self._index is not None:
            self._index.attend()

    def _task(self, wanted: Wanted, kept: Kept) -> _Task:
        roots = with_upgraded_extras(self.holding(wanted.requirements), self._bounds)
        if self._request.pin_vcs:
            roots = with_locked_commits(roots, kept.pins)
        constraints = self.holding((*wanted.constraints, *self._bounds))
        return _Task(roots, constraints, kept, choice_policy(self._request, self._settings, roots, constraints))

    def _send_out(self, index: Index, task: _Task) -> Selection:
        """Ask for what a resolution will likely need, ahead of it."""
        scout, versions = self._scout, task.kept.versions
        if scout is None or scout.index is not index or not scout.serves(task.policy, self._target, versions):
            scout = Selection(index, task.policy, self._target, self._reader, versions)
        scout.prefetch.begin([root for root in task.roots if root.name and root.url is None], task.constraints)
        return scout

    def _attempt(self, index: Index, task: _Task) -> "Resolution":
        scout = self._send_out(index, task)
        _load_rest(index)
        from piptools_clone.resolve.resolution import resolve

        return resolve(scout, task.roots, task.constraints, self._observer)

    def _remark(self, index: Index, resolution: "Resolution", chosen: "Sequence[ChosenPackage]") -> None:
        from piptools_clone.resolve.explain.remarks import remarks_on

        remarks = remarks_on(resolution, chosen)
        self.warnings += self._heard([*index.warnings, *remarks.warnings])
        for line in self._heard(remarks.announcements):
            self._observer.announce(line)

    def _heard(self, lines: Iterable[str]) -> list[str]:
        """Lines as they may be shown, each once: the value of a variable may stand in any of them."""
        return [self._context.hidden(line) for line in dict.fromkeys(lines)]

    @property
    def is_plain(self) -> bool:
        """Whether the lock followed from the text of files and from pages of indexes alone."""
        return is_plain(self._settings) and not (self._has_directs or self._context.has_fetched or self._projects)

    def lock_options(self) -> LockOptions:
        """The option lines of the lock."""
        settings = self._settings
        if not self._request.ambient_options:
            settings = merge_settings(self._request.options, self._options, IndexOptions())
        return written_options(settings, self._typed)

    # what a run is made of

    def _find_target(self) -> Target:
        python = self._request.python
        target = running_target() if python is None else _probed(python, self._request.sources, self._context.environ)
        if not self._request.target_overrides:
            return target
        from piptools_clone.environment.targets import override_target

        return override_target(target, self._request.target_overrides)

    def _open_index(self, task: _Task) -> Index:
        scout, kept = self._scout, task.kept.versions
        if scout is not None and self._index is None and scout.serves(task.policy, self._target, kept):
            return scout.index
        self._drop_scout()
        return self._context.open_index(task.policy, refresh=self._is_asked_anew, bounds=self._build_bounds())

    def _drop_scout(self) -> None:
        if self._scout is not None:
            self._scout.index.close()
            self._scout = None

    def _build_bounds(self) -> list[str]:
        """``--upgrade-package`` holds for builds as well."""
        return [f"{bound.name}{bound.specifier}" for bound in self._bounds if bound.specifier]

    def _is_asked_anew(self, name: str) -> bool:
        """Whether a page is held against the index however fresh it is: where the user asks for what is new now."""
        return self._request.asks_anew or self._doubts_cache or any(bound.name == name for bound in self._bounds)


def _load_rest(index: Index) -> None:
    """Load what is needed from now on while the first answers are on their way."""
    load(_REST, index.attend)


def _probed(python: str, sources: Sequence[str], environ: Mapping[str, str]) -> Target:
    from piptools_clone.environment.search import find_interpreter

    return find_interpreter(python, environ, sources=sources, first=(sys.executable,)).target
