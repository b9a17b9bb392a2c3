"""One sync against one environment: locks, interpreter, settings and cache, opened when they are needed."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from piptools_clone.environment.installed import Distribution, read_installed
from piptools_clone.environment.interpreter import Interpreter, Paths, probe_interpreter, running_interpreter
from piptools_clone.environment.lookup import is_path
from piptools_clone.environment.search import find_interpreter, is_searched
from piptools_clone.environment.usual_environment import (
    check_not_of_tool,
    choose_interpreter,
    spell_environment,
    usual_interpreters,
    watched_by_choice,
)
from piptools_clone.formats.locks.requirements_txt import UNSAFE_PACKAGES, names_left_out
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.formats.requirements.left_out import lines_left_out
from piptools_clone.formats.requirements.requirements_in import Wanted, parse_all_requirements
from piptools_clone.index.finder import Finder
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.observer import Observer
from piptools_clone.model.policy import IndexStrategy, Policy
from piptools_clone.model.requirement import Requirement
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.process.workers import Worker
from piptools_clone.run.context import RunContext
from piptools_clone.run.memo.installation import watched_files
from piptools_clone.run.memo.sync_memo import Depends
from piptools_clone.settings.index_settings import IndexSettings
from piptools_clone.store.sha256 import sha256_of
from piptools_clone.sync.file_choice import FileChoices
from piptools_clone.sync.plan import Plan, make_plan
from piptools_clone.sync.preflight import check_environment, check_serves
from piptools_clone.sync.progress_counter import Tally
from piptools_clone.sync.protected import find_protected
from piptools_clone.sync.sources.changed_sources import Sources
from piptools_clone.sync.sources.direct_url import is_fixed
from piptools_clone.sync.stage import Staged, Stager, Tools, Underway
from piptools_clone.sync.unsafe import Left, as_requirement, find_left_out
from piptools_clone.sync.verify import find_drift
from piptools_clone.sync.wanted import select, spell
from piptools_clone.wheels.wheel_cache import WheelCache

if TYPE_CHECKING:
    import tempfile

    from piptools_clone.build.build_wheel import WheelBuilder
    from piptools_clone.index.index import Index
    from piptools_clone.sync.early_wheels import EarlyWheels


class Session:
    """Opens what a sync needs when it needs it, and closes it; ``has_changed`` once the environment is another."""

    def __init__(
        self,
        request: SyncRequest,
        environ: Mapping[str, str],
        observer: Observer,
        early: EarlyWheels | None = None,
    ) -> None:
        self._request = request
        self._run = RunContext(request, environ, observer)
        self._run.early = self._ahead = early
        self.worker = early.worker if early else Worker()
        self._environ = environ
        self._observer = observer
        self._index: Index | None = None
        self._builder: WheelBuilder | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._staged: dict[str, Staged] = {}
        self._digests: dict[str, str] = {}  # of the locks that were read, by path; "" for one that holds a variable
        self._underway: Underway | None = None
        self._lock = threading.Lock()
        self._unsafe: frozenset[str] = UNSAFE_PACKAGES
        self.tally = Tally(observer)
        self.has_changed = False
        self._is_said = False
        self._sources = Sources(
            environ, observer, lambda: self._tools().open_builder(), offline=request.offline, cache=request.cache_dir
        )
        self._cache = self._run.cache
        self.interpreter = self._find_interpreter()
        wanted = self._read_locks()
        self._variables = self._run.hide_variables(wanted.variables)
        self._run.settle(_effective(wanted.options, request))
        for warning in wanted.warnings:  # now, since what they are about may be why the sync fails
            observer.warn(warning)
        for line in lines_left_out(wanted.requirements, DependencyReader(self.interpreter.target).holds):
            observer.note(line)
        self.requirements = select(wanted, self.interpreter.target, force=request.force)
        self._files = wanted.files
        self.requires_hashes = request.require_hashes
        if self.requires_hashes is None and wanted.options.require_hashes:
            self.requires_hashes = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object = None, error: BaseException | None = None, trace: object = None) -> None:
        if self._underway is not None:
            self._underway.drop()
        self._stop()
        self.worker.end()
        self._run.__exit__(kind, error, trace)
        if self._temporary is not None:
            self._temporary.cleanup()

    def close(self) -> None:
        """End whatever is under way."""
        self.__exit__()

    def _stop(self) -> None:
        """End builds and downloads; the builds first, for they may wait for the index."""
        if self._builder is not None:
            self._builder.stop()
        if self._index is not None:
            self._index.close()

    @property
    def wheels(self) -> WheelCache:
        """Unpacked wheels: in the cache, or for this run alone where there is none."""
        if self._cache is not None:
            return WheelCache(self._cache.folder)
        if self._temporary is None:
            import tempfile

            self._temporary = tempfile.TemporaryDirectory(prefix="pip-sync-")
        return WheelCache(self._temporary.name)

    @property
    def site(self) -> Path:
        """The folder of modules whose environment is changed."""
        return self.interpreter.paths.purelib

    def installed(self) -> tuple[Distribution, ...]:
        """What is installed now."""
        return read_installed([self.interpreter.paths.purelib, self.interpreter.paths.platlib])

    def plan(self) -> Plan:
        """Compare the locks with what is installed now."""
        installed = self.installed()
        left_out = self.left_out(installed)
        added = () if self.has_hashes else [as_requirement(name, left) for name, left in left_out.items()]

        def protected(rest: Sequence[Distribution]) -> dict[str, str]:
            reasons = {each.name: left_out[each.name].reason for each in rest if each.name in left_out}
            return reasons | find_protected(rest, installed, self.interpreter.target, self._request.keep)

        return make_plan((*self.requirements, *added), installed, protected, reinstall=self._reinstall)

    def left_out(self, installed: Sequence[Distribution]) -> dict[str, Left]:
        """What the locks leave out as unsafe although something that they name needs it."""
        heads = {staged.incoming.name: staged.head for staged in self._staged.values()}
        return find_left_out(self.requirements, heads, installed, self._unsafe, self.interpreter.target)

    @property
    def has_hashes(self) -> bool:
        """Whether only what has a hash may be installed."""
        return bool(self.requires_hashes) or any(each.hashes for each in self.requirements)

    def depends(self) -> Depends | None:
        """What the next plan will depend on, None where that is more than can be watched.

        The locks are those that were read, whatever has become of the files meanwhile.
        """
        python = self._request.python
        digests = tuple([self._digests.get(os.path.abspath(file), "") for file in self._files])
        may_change = any(each.url and not is_fixed(each) for each in self.requirements)
        anew = self._request.reinstall or self._request.reinstall_names
        if (python and not is_path(python)) or may_change or anew or not all(digests):
            return None  # another PATH, or another text, would be another environment or another lock
        interpreter = self.interpreter
        own = (interpreter.executable, interpreter.prefix / "pyvenv.cfg")
        settings = watched_files(self._environ)
        watched = (*map(str, own), *watched_by_choice(self._files, self._environ), *settings)
        sites = dict.fromkeys((interpreter.paths.purelib, interpreter.paths.platlib))
        return Depends(self._files, digests, watched, tuple(map(str, sites)))

    def name_environment(self, *, changes: bool) -> None:
        """Say once which environment this is, unless the user has named it; where nothing ``changes``, as a detail."""
        request, interpreter = self._request, self.interpreter
        if self._is_said or (request.python and is_path(request.python)) or request.target or request.prefix:
            return
        self._is_said = True
        place = interpreter.paths.purelib if request.user else interpreter.prefix
        (self._observer.announce if changes else self._observer.note)(spell_environment(str(place)))

    def begin(self, requirements: Sequence[Requirement]) -> None:
        """Begin to stage these, and wait for nothing but the pages of an index; `stage` waits for the rest."""
        missing = [each for each in requirements if spell(each) not in self._staged]
        if missing and self._underway is None:
            self.tally.begin(len(requirements))
            self._underway = Stager(self._tools(), self._request.relax_record).begin(missing)

    def attend(self) -> None:
        """Take in what has come meanwhile."""
        if self._underway is not None:
            self._underway.attend()

    def stage(self, requirements: Sequence[Requirement]) -> list[Staged]:
        """Bring wheels for these into the cache; each once.  Learns the names of direct references."""
        self._finish()  # what was begun may be less, if the environment has changed since
        self.begin(requirements)
        self._finish()
        return [self._find(each) for each in requirements]

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

    def _reinstall(self, distribution: Distribution, requirement: Requirement) -> str:
        if self._request.reinstall or distribution.name in self._request.reinstall_names:
            return "is installed anew"
        changed = self._sources.why_changed(distribution, requirement) if requirement.url else ""
        return changed or (find_drift(distribution) if self._request.verify else "")

    def _read_locks(self) -> Wanted:
        def read(path: str) -> bytes:
            if path.startswith(("http://", "https://")):
                content = self._run.fetch(path)
            elif path == "-":
                content = sys.stdin.buffer.read()
            else:
                content = Path(path).read_bytes()
                self._digests[os.path.abspath(path)] = "" if b"${" in content else sha256_of(content)
            self._unsafe |= names_left_out(content.decode(errors="replace"))
            return content

        sources = [(source, False) for source in self._request.sources]
        return parse_all_requirements(
            sources, read, environ=self._environ, working_folder=os.getcwd(), exists=os.path.exists
        )

    def _find_interpreter(self) -> Interpreter:
        python = self._request.python
        if python is None and not self._request.user:
            elsewhere = bool(self._request.target or self._request.prefix)
            python = choose_interpreter(self._request.sources, self._environ, elsewhere=elsewhere)
        found = self._ask(python)
        if self._request.user:
            return found._replace(paths=found.user_paths)
        if self._request.target:
            return found._replace(paths=_paths_of_target(Path(self._request.target), found.paths))
        if self._request.prefix:
            return found._replace(paths=_paths_of_prefix(Path(self._request.prefix), found))
        return found

    def _ask(self, python: str | None) -> Interpreter:
        if python is None:
            return running_interpreter()
        if is_path(python):
            found = probe_interpreter(python, cache=self._cache)
            if os.path.isdir(python):
                check_serves(found, python)
            return found
        sources, environ = self._request.sources, self._environ
        found = find_interpreter(
            python, environ, sources=sources, first=usual_interpreters(sources, environ), cache=self._cache
        )
        if not (self._request.target or self._request.prefix):
            check_not_of_tool(str(found.prefix), python)
            if is_searched(python, environ, sources) and not self._request.break_system_packages:
                check_environment(found, python)
        return found

    def _tools(self) -> Tools:
        settings = self._run.settings
        early = self._ahead if self._ahead and self._ahead.settings == settings else None
        policy = self._policy(settings)
        target = self.interpreter.target

        def open_index() -> Index:
            with self._lock:
                if self._index is None:
                    self._index = self._run.open_index(policy)
                return self._index

        def open_builder() -> WheelBuilder:
            with self._lock:
                if self._builder is None:
                    from piptools_clone.build.build_wheel import WheelBuilder

                    announce, options = self._observer.announce, self._run.build_options()
                    self._builder = WheelBuilder(
                        settings, policy, environ=self._environ, announce=announce, options=options
                    )
                return self._builder

        return Tools(
            open_index,
            open_builder,
            self._stop,
            Finder(policy, target),
            FileChoices(self._cache, target, policy),
            self.wheels,
            self._cache,
            self.interpreter,
            self._observer,
            self.tally,
            self.worker,
            self._variables,
            self._sources,
            early.project if early else lambda _: None,
        )

    def _policy(self, settings: IndexSettings) -> Policy:
        hashes = {str(each.name): each.hashes for each in self.requirements if each.hashes and each.name}
        return Policy(
            pre=settings.pre,
            format_control=settings.format_control,
            prefer_binary=settings.prefer_binary,
            strategy=IndexStrategy(self._request.index_strategy),
            hashes=tuple(hashes.items()),
            no_build=self._request.no_build or ":all:" in settings.format_control.only_binary,
        )


def _effective(options: IndexOptions, request: SyncRequest) -> IndexOptions:
    """What the locks say about the index; one of the command line stands for all those of the files (pip-tools)."""
    return options._replace(index_url=None, extra_index_urls=()) if request.options.index_url else options


def _paths_of_target(target: Path, own: Paths) -> Paths:
    """Where pip's ``--target`` puts things: all modules into one folder, the rest beside them."""
    root = Path(os.path.realpath(target))
    return Paths(root, root, root / "bin", root, root / "include", own.stdlib)


def _paths_of_prefix(prefix: Path, interpreter: Interpreter) -> Paths:
    """The interpreter's own scheme below another prefix."""
    root, own = os.path.realpath(prefix), os.path.realpath(interpreter.prefix)
    moved = {
        key: Path(root, os.path.relpath(path, own))
        for key, path in interpreter.paths._asdict().items()
        if key != "stdlib"
    }
    return Paths(**moved, stdlib=interpreter.paths.stdlib)
