"""What one run is made of, once for compile and sync: settings, cache, included files, index, what is to be hidden."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property, partial
from typing import TYPE_CHECKING, Self

from piptools_clone.index.includes import Includes
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.process.loading import load
from piptools_clone.settings.index_settings import IndexSettings, merge_settings, read_own_settings
from piptools_clone.store.cache import Cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from piptools_clone.build.build_options import BuildHost, BuildOptions
    from piptools_clone.formats.requirements.logical_lines import Variables
    from piptools_clone.index.early_requests import EarlyRequests
    from piptools_clone.index.index import Index
    from piptools_clone.index.metadata.source_builder import SourceBuilder
    from piptools_clone.model.compile_request import CompileRequest
    from piptools_clone.model.observer import Observer
    from piptools_clone.model.policy import Policy
    from piptools_clone.model.sync_request import SyncRequest


class RunContext:
    """Opens what a run needs when it is needed, each once, and closes it in the reverse order, whatever fails.

    Making one does nothing that can fail.  ``early`` are requests that were sent before there is an index; they are
    set before anything else is opened.  ``build_host`` builds for metadata, where it is not the running Python; it is
    set before an index is opened.
    """

    def __init__(self, request: CompileRequest | SyncRequest, environ: Mapping[str, str], observer: Observer) -> None:
        self.environ = environ
        self.observer = observer
        self._request = request
        self._file_options = IndexOptions()
        self._settings: IndexSettings | None = None
        self._variables: Variables | None = None
        self._early: EarlyRequests | None = None
        self._index: Index | None = None
        self.build_host: BuildHost | None = None
        self._opened = ExitStack()
        self._includes = Includes(lambda: self._own_settings, environ, offline=request.offline)
        self._opened.callback(self._includes.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._variables is not None:
            self._variables.hide_in(error)
        self.close()

    def close(self) -> None:
        """Close all that was opened, the last first.  May be called again."""
        self._opened.close()

    def closes(self, close: Callable[[], object]) -> None:
        """Have something closed with the run, before what was opened earlier."""
        self._opened.callback(close)

    # settings

    @cached_property
    def ambient(self) -> IndexOptions:
        """What pip's own settings say.  Raises `SettingsError`."""
        return read_own_settings(self.environ, isolated=self._request.isolated)

    @cached_property
    def _own_settings(self) -> IndexSettings:
        """What holds before any file is read: the command line over pip's own settings."""
        return self._merged(IndexOptions())

    @property
    def settings(self) -> IndexSettings:
        """What holds: the command line over the files, once they are read (`settle`), over pip's own settings.

        Raises `SettingsError`.
        """
        if self._settings is None:
            is_silent = self._file_options == IndexOptions()
            self._settings = self._own_settings if is_silent else self._merged(self._file_options)
        return self._settings

    def settle(self, file_options: IndexOptions) -> None:
        """Note what the files say, now that they are read."""
        self._file_options = file_options
        self._settings = None

    def _merged(self, file_options: IndexOptions) -> IndexSettings:
        return merge_settings(self._request.options, file_options, self.ambient)

    # files

    @cached_property
    def cache(self) -> Cache | None:
        """The cache; None where there is none, or it cannot be used, which is said once."""
        cache = Cache(self._request.cache_dir) if self._request.cache_dir else None
        if cache is not None and cache.problem:
            self.observer.warn(f"the cache is not used: {cache.problem}")
            return None
        if cache is not None:
            self.closes(partial(_tidy, cache))
        return cache

    def fetch(self, url: str) -> bytes:
        """Read a requirements file that is included by address.  Raises `IndexFailure`."""
        return self._includes.fetch(url)

    @property
    def has_fetched(self) -> bool:
        """Whether a file was included by address."""
        return self._includes.were_asked

    # what is to be hidden

    def hide_variables(self, names: Iterable[str]) -> Variables:
        """Hide from now on the values of the variables that the files use, in `hidden` and in failures."""
        from piptools_clone.formats.requirements.logical_lines import Variables

        self._variables = Variables(names, self.environ)
        return self._variables

    def hidden(self, text: str) -> str:
        """A text as it may be shown."""
        return text if self._variables is None else self._variables.hide(text)

    # the index

    @property
    def early(self) -> EarlyRequests | None:
        """The requests that were sent before there was an index, where its settings are those that hold."""
        early = self._early
        if early is not None and early.settings != self.settings:
            early.close()
            early = self._early = None
        return early

    @early.setter
    def early(self, early: EarlyRequests | None) -> None:
        self._early = early
        if early is not None:
            self.closes(early.close)

    def build_options(self, bounds: Iterable[str] = ()) -> BuildOptions:
        """How pip builds; ``bounds`` are requirements that hold for builds as well."""
        from piptools_clone.build.build_options import build_options

        request = self._request
        return build_options(
            self.settings,
            isolation=request.build_isolation,
            offline=request.offline,
            bounds=bounds,
            host=self.build_host,
        )

    def _make_builder(self, policy: Policy, options: BuildOptions) -> SourceBuilder:
        """What builds sources for their metadata; loaded for those few runs that need it."""
        from piptools_clone.build.pip_build import PipBuilder

        announce = self.observer.announce
        return PipBuilder(self.settings, policy, environ=self.environ, announce=announce, options=options)

    def open_index(
        self, policy: Policy, *, refresh: Callable[[str], bool] = lambda _: False, bounds: Iterable[str] = ()
    ) -> Index:
        """Open an index by the settings that hold; it takes over the early requests.

        ``refresh`` is as in `Index`, ``bounds`` as in `build_options`.
        """
        from piptools_clone.index.index import Index

        early = self.early
        self._early = None
        index = Index(
            self.settings,
            policy,
            cache=self.cache,
            environ=self.environ,
            make_builder=partial(self._make_builder, policy, self.build_options(bounds)),
            early=early,
            offline=self._request.offline,
            refresh=refresh,
        )
        self.closes(index.close)
        self._index = index
        return index

    def attend(self) -> None:
        """Take in what has arrived from the network, without waiting."""
        network = self._index or self._early
        if network is not None:
            network.attend()

    def load(self, modules: Iterable[str]) -> None:
        """Load parts of the program, and look after the network after each."""
        load(modules, self.attend)


def _tidy(cache: Cache) -> None:
    if cache.has_written:
        from piptools_clone.store.upkeep import tidy

        tidy(cache)
