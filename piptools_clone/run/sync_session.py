"""One sync while it runs: what was read, what is staged, and the plan that follows from both."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from piptools_clone.environment.installed import Distribution, read_installed
from piptools_clone.environment.lookup import is_path
from piptools_clone.environment.usual_environment import watched_by_choice
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.formats.requirements.requirements_in import lines_left_out
from piptools_clone.index.finder import Finder
from piptools_clone.model.policy import IndexStrategy, Policy
from piptools_clone.model.requirement import Requirement
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.process.workers import Worker
from piptools_clone.run.context import RunContext
from piptools_clone.run.memo.installation import watched_files
from piptools_clone.run.memo.sync_memo import Depends
from piptools_clone.run.sync_tools import SyncTools
from piptools_clone.syncing.complete import Left, as_requirement, find_left_out
from piptools_clone.syncing.environment_choice import choose_environment
from piptools_clone.syncing.file_choice import FileChoices
from piptools_clone.syncing.locks import Locks, read_locks
from piptools_clone.syncing.plan import Plan, make_plan
from piptools_clone.syncing.progress_counter import ProgressCounter
from piptools_clone.syncing.protected import find_protected
from piptools_clone.syncing.sources.built_wheels import BuiltWheels
from piptools_clone.syncing.sources.changed_sources import ChangedSources
from piptools_clone.syncing.sources.direct_url import is_fixed
from piptools_clone.syncing.stage import Staged, Stager, StagingTools, Underway
from piptools_clone.syncing.verify import find_drift
from piptools_clone.syncing.wanted import check_scope, select, spell
from piptools_clone.wheels.wheel_cache import WheelCache

if TYPE_CHECKING:
    from piptools_clone.syncing.early_wheels import EarlyWheels


class SyncSession:
    """A context manager: entered it reads the locks and finds the environment; left it ends whatever is under way.

    ``interpreter`` is that of the environment.  ``requirements`` are the lines of the locks that hold for it, with the
    names of direct references as they become known.  ``requires_hashes`` is as ``required`` in `wanted.check_hashes`.
    ``has_changed`` is set by what changes the environment.  The ``context`` of the run outlives it.
    """

    def __init__(self, request: SyncRequest, context: RunContext, early: EarlyWheels | None = None) -> None:
        self.request = request
        self.observer = observer = context.observer
        self.run = context
        self._early = early
        self.worker = early.worker if early else Worker()
        self.counter = ProgressCounter(observer)
        self.has_changed = False
        self._tools = SyncTools(self.run)
        self._sources = ChangedSources(
            context.environ,
            observer,
            lambda: self._tools.builder(self._policy()),
            offline=request.offline,
            cache=request.cache_dir,
        )
        self._underway: Underway | None = None
        self._staged: dict[str, Staged] = {}
        self._planned: tuple[object, Plan] | None = None

    def __enter__(self) -> Self:
        try:
            self.interpreter = choose_environment(self.request, self.run.environ, self.run.cache)
            self._take(read_locks(self.request.sources, self.run.environ, self.run.fetch))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._underway is not None:
            self._underway.drop()
        self._tools.stop()
        self.worker.end()

    def _take(self, locks: Locks) -> None:
        wanted, request, target = locks.wanted, self.request, self.interpreter.target
        self._locks = locks
        self._variables = self.run.hide_variables(wanted.variables)
        options = wanted.options
        if request.options.index_url:  # stands for all those of the files, as in pip-tools
            options = options._replace(index_url=None, extra_index_urls=())
        self.run.settle(options)
        for warning in wanted.warnings:  # now, since what they are about may be why the sync fails
            self.observer.warn(warning)
        for line in lines_left_out(wanted.requirements, DependencyReader(target).holds):
            self.observer.note(line)
        for path, scope in () if request.force else locks.scopes:
            check_scope(path, scope, target)
        self.requirements = select(wanted, target, force=request.force)
        self.requires_hashes = request.require_hashes
        if self.requires_hashes is None and wanted.options.require_hashes:
            self.requires_hashes = True

    @cached_property
    def wheels(self) -> WheelCache:
        """Unpacked wheels: in the cache, or for this run alone where there is none."""
        if self.run.cache is not None:
            return WheelCache(self.run.cache.folder)
        import tempfile

        temporary = tempfile.TemporaryDirectory(prefix="pip-sync-")
        self.run.closes(temporary.cleanup)
        return WheelCache(temporary.name)

    @property
    def site(self) -> Path:
        """The folder of modules whose environment is changed."""
        return self.interpreter.paths.purelib

    def installed(self) -> tuple[Distribution, ...]:
        """What is installed now."""
        return read_installed([self.interpreter.paths.purelib, self.interpreter.paths.platlib])

    def left_out(self, installed: Sequence[Distribution]) -> dict[str, Left]:
        """What the locks leave out as unsafe although something that they name needs it."""
        heads = {staged.incoming.name: staged.head for staged in self._staged.values()}
        return find_left_out(self.requirements, heads, installed, self._locks.unsafe, self.interpreter.target)

    def plan(self) -> Plan:
        """Compare the locks with what is installed now.

        It is the plan of the last time, unless what is installed has changed since, or what was staged has taught more
        than the locks say.
        """
        installed = self.installed()
        left_out = self.left_out(installed)
        basis = (self.requirements, left_out, [(each, _state(each)) for each in installed])
        if self._planned is None or self._planned[0] != basis:
            self._planned = (basis, self._make_plan(installed, left_out))
        return self._planned[1]

    def _make_plan(self, installed: Sequence[Distribution], left_out: Mapping[str, Left]) -> Plan:
        has_hashes = bool(self.requires_hashes) or any(each.hashes for each in self.requirements)
        added = () if has_hashes else [as_requirement(name, left) for name, left in left_out.items()]

        def protected(rest: Sequence[Distribution]) -> dict[str, str]:
            reasons = {each.name: left_out[each.name].reason for each in rest if each.name in left_out}
            return reasons | find_protected(rest, installed, self.interpreter.target, self.request.keep)

        return make_plan((*self.requirements, *added), installed, protected, reinstall=self._why_anew)

    def _why_anew(self, distribution: Distribution, requirement: Requirement) -> str:
        if self.request.reinstall or distribution.name in self.request.reinstall_names:
            return "is installed anew"
        changed = self._sources.why_changed(distribution, requirement) if requirement.url else ""
        return changed or (find_drift(distribution) if self.request.verify else "")

    def begin(self, plan: Plan) -> None:
        """Begin to stage what a plan installs, and wait for nothing but the pages of an index."""
        requirements = [change.new for change in plan.installing if change.new]
        missing = [each for each in requirements if spell(each) not in self._staged]
        if missing and self._underway is None:
            self.counter.begin(len(requirements))
            self._underway = Stager(self._staging_tools(), self.request.relax_record).begin(missing)

    def attend(self) -> None:
        """Take in what has come meanwhile."""
        if self._underway is not None:
            self._underway.attend()

    def stage(self, plan: Plan) -> list[Staged]:
        """Bring wheels for what a plan installs into the cache; each once.  Learns the names of direct references."""
        self._finish()  # what was begun may be less, if the plan is another one
        self.begin(plan)
        self._finish()
        return [self._find(change.new) for change in plan.installing if change.new]

    def _finish(self) -> None:
        underway, self._underway = self._underway, None
        if underway is not None:
            for staged in underway.finish():
                self._staged[spell(staged.requirement)] = staged
            named = {staged.requirement.url: staged.requirement for staged in self._staged.values()}
            self.requirements = tuple(each if each.name else named.get(each.url, each) for each in self.requirements)

    def _find(self, requirement: Requirement) -> Staged:
        staged = self._staged.get(spell(requirement))
        if staged is None:  # named since
            staged = next(each for each in self._staged.values() if each.requirement.url == requirement.url)
        return staged

    def _staging_tools(self) -> StagingTools:
        settings, policy, target = self.run.settings, self._policy(), self.interpreter.target
        return StagingTools(
            partial(self._tools.index, policy),
            BuiltWheels(partial(self._tools.builder, policy), self.interpreter, self.wheels, self.run.cache),
            self._tools.stop,
            Finder(policy, target),
            FileChoices(self.run.cache, target, policy),
            self.wheels,
            self.observer,
            self.counter,
            self.worker,
            self._variables,
            self._sources,
            self._early.project if self._early and self._early.settings == settings else lambda _: None,
        )

    def _policy(self) -> Policy:
        settings = self.run.settings
        hashes = {str(each.name): each.hashes for each in self.requirements if each.hashes and each.name}
        return Policy(
            pre=settings.pre,
            format_control=settings.format_control,
            prefer_binary=settings.prefer_binary,
            strategy=IndexStrategy(self.request.index_strategy),
            hashes=tuple(hashes.items()),
            no_build=self.request.no_build or ":all:" in settings.format_control.only_binary,
        )

    def depends(self) -> Depends | None:
        """What the next plan will depend on, None where that is more than can be watched.

        The locks are those that were read, whatever has become of the files meanwhile.
        """
        python, files, digests = self.request.python, self._locks.wanted.files, self._locks.digests
        may_change = any(each.url and not is_fixed(each) for each in self.requirements)
        anew = self.request.reinstall or self.request.reinstall_names
        if (python and not is_path(python)) or may_change or anew or not all(digests):
            return None  # another PATH, or another text, would be another environment or another lock
        interpreter, environ = self.interpreter, self.run.environ
        own = (interpreter.executable, interpreter.prefix / "pyvenv.cfg")
        watched = (*map(str, own), *watched_by_choice(files, environ), *watched_files(environ))
        sites = dict.fromkeys((interpreter.paths.purelib, interpreter.paths.platlib))
        return Depends(files, digests, watched, tuple(map(str, sites)))


def _state(distribution: Distribution) -> tuple[int, int, int] | None:
    """What is another one when a distribution was installed anew: an installer makes its folder, or writes to it."""
    try:
        found = os.stat(distribution.info)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino
