"""One run against one index: settings, connection, cache and target, from the first include to the last hash."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType

from packaging.version import Version

from piptools_clone.environment.interpreter import probe_interpreter, running_target
from piptools_clone.errors import IndexFailure, UsageError
from piptools_clone.formats.requirements_in import Wanted, written_address
from piptools_clone.formats.requirements_txt import format_names
from piptools_clone.index.build import BuildOptions
from piptools_clone.index.cache import Cache
from piptools_clone.index.default_index import default_index_url
from piptools_clone.index.finder import Finder
from piptools_clone.index.index import Index
from piptools_clone.index.settings import IndexSettings, merge_settings, read_pip_settings
from piptools_clone.index.transport import Transport
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.lock import LockOptions, Pin
from piptools_clone.model.observer import Observer
from piptools_clone.model.options import IndexOptions
from piptools_clone.model.policy import FormatControl, IndexStrategy, Policy
from piptools_clone.model.requirement import Requirement
from piptools_clone.model.target import Target
from piptools_clone.resolve.dependencies import DependencyReader
from piptools_clone.resolve.digests import hashed_pins
from piptools_clone.resolve.graph import chosen_packages
from piptools_clone.resolve.preferences import Preferences
from piptools_clone.resolve.prefetch import Prefetch
from piptools_clone.resolve.provider import PrePolicy, Provider
from piptools_clone.resolve.resolution import resolve

INCLUDE_LIMIT = 16 * 1024 * 1024  # bytes of a requirements file that is fetched: far more than any lock


class Session:
    """Opens what a compile needs when it needs it, and closes it."""

    def __init__(self, request: CompileRequest, environ: Mapping[str, str], observer: Observer) -> None:
        self._request = request
        self._environ = environ
        self._observer = observer
        self._ambient = read_pip_settings(environ, home=_home(), prefix=sys.prefix, platform=sys.platform)
        self._early: Transport | None = None
        self._index: Index | None = None
        self._wanted = Wanted()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (self._index, self._early):
            if each is not None:
                each.close()

    def fetch(self, url: str) -> bytes:
        """Read a requirements file that is included by address; the settings of pip and the command line hold."""
        if self._early is None:
            settings = merge_settings(self._request.options, IndexOptions(), self._ambient)
            self._early = Transport(settings, environ=self._environ)
        what = "the included requirements file"
        response = self._early.get(url, limit=INCLUDE_LIMIT, what=what)
        if response.status != 200:
            raise IndexFailure(f"{what} {response.url} is not there (404)", url=response.url, status=404)
        return response.body

    def open(self, wanted: Wanted) -> None:
        """Settle the settings, now that the options of the files are known."""
        self._wanted = wanted
        self._settings = merge_settings(self._request.options, wanted.options, self._ambient)
        self._target = self._find_target()

    @property
    def python_version(self) -> str:
        """The Python that is locked for, such as ``3.12``."""
        return self._target.python_version

    def lock(
        self,
        preferred: Mapping[str, Version],
        bounds: Sequence[Requirement],
        known_hashes: Mapping[tuple[str, str], tuple[str, ...]] | None,
    ) -> list[Pin]:
        """Resolve, and hash if ``known_hashes`` is given: it holds the hashes that unchanged pins keep."""
        reader = DependencyReader(self._target)
        roots = [each for each in self._wanted.requirements if _holds(each, reader)]
        constraints = [each for each in (*self._wanted.constraints, *bounds) if _holds(each, reader)]
        policy = self._policy(roots)
        index = self._index = self._open_index(policy)
        finder = Finder(policy, self._target)
        preferences = Preferences(preferred)
        prefetch = Prefetch(index, finder, reader, preferences)
        provider = Provider(
            index=index,
            finder=finder,
            reader=reader,
            preferences=preferences,
            prefetch=prefetch,
            observer=self._observer,
            pre=self._pre_policy(),
            prefer_binary=policy.prefer_binary,
        )
        try:
            chosen = chosen_packages(resolve(provider, roots, constraints))
            if known_hashes is None:
                return [each.pin for each in chosen]
            return hashed_pins(index, chosen, known_hashes)
        finally:
            prefetch.stop()

    def lock_options(self) -> LockOptions:
        """The option lines of the lock: addresses lose credentials, or keep the ``${VAR}`` they came from."""
        settings = self._settings
        if not self._request.ambient_options:
            settings = merge_settings(self._request.options, self._wanted.options, IndexOptions())
        written = [written_address(url, self._wanted.typed) for url in settings.indexes]
        is_default = bool(written) and written[0].rstrip("/") == default_index_url().rstrip("/")
        control = settings.format_control
        return LockOptions(
            index_url=written[0] if written and not is_default else None,
            extra_index_urls=tuple(written[1:]),
            find_links=tuple(written_address(place, self._wanted.typed) for place in settings.find_links),
            trusted_hosts=settings.trusted_hosts,
            no_binary=format_names(control.no_binary),
            only_binary=format_names(control.only_binary),
        )

    def _find_target(self) -> Target:
        if self._request.python is None:
            return running_target()
        return probe_interpreter(self._request.python).target

    def _pre_policy(self) -> PrePolicy:
        """Pip's ``--pre``, ``--all-releases`` and ``--only-final``: the last two work as the format options do."""
        kinds = {"all_releases": "no_binary", "only_final": "only_binary"}
        control = FormatControl.from_options((kinds[kind], value) for kind, value in self._settings.release_control)

        def admits(name: str) -> bool | None:
            not_refused, not_admitted = control.allows(name)
            if not_refused and not_admitted:
                return True if self._settings.pre else None
            return not not_refused

        return admits

    def _policy(self, roots: Sequence[Requirement]) -> Policy:
        settings = self._settings
        hashes = tuple((str(root.name), root.hashes) for root in roots if root.hashes and root.name)
        return Policy(
            pre=settings.pre,
            format_control=settings.format_control,
            prefer_binary=settings.prefer_binary,
            uploaded_prior_to=settings.uploaded_prior_to,
            strategy=IndexStrategy(self._request.index_strategy),
            hashes=hashes,
            no_build=self._request.no_build or ":all:" in settings.format_control.only_binary,
        )

    def _open_index(self, policy: Policy) -> Index:
        settings: IndexSettings = self._settings
        cache = Cache(self._request.cache_dir) if self._request.cache_dir else None
        if cache is not None and cache.problem:
            self._observer.warn(f"the cache is not used: {cache.problem}")
        return Index(
            settings,
            policy,
            cache=cache,
            environ=self._environ,
            announce=self._observer.announce,
            build_options=BuildOptions(isolation=settings.build_isolation and self._request.build_isolation),
            offline=self._request.offline,
        )


def _holds(requirement: Requirement, reader: DependencyReader) -> bool:
    return requirement.marker is None or reader.holds(str(requirement.marker))


def _home() -> str:
    home = os.path.expanduser("~")  # noqa: PTH111 - pathlib is slow to import
    if home == "~":
        raise UsageError("the home folder is not known", hint="set HOME")
    return home
