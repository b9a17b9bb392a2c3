"""The first stage of a sync with nothing in its cache: requests that are sent before the program is loaded.

Loading takes as long as several answers of an index.  So the pages that are sure to be needed are asked for first:
there is no unpacked wheel yet, the locks are plain, and what they name is not installed.  Their answers are taken in
between the parts of the program that are loaded then.  Nothing but the cache is written to here.  A sync that has
nothing to fetch asks for nothing.

It was measured to save 7 % of a cold sync, and 12 % with what `syncing.early_wheels` does (``tox -e bench-sync``).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from piptools_clone.environment.lookup import is_path
from piptools_clone.environment.usual_environment import choose_interpreter
from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.formats.requirements.plain_inputs import plain_names
from piptools_clone.model.observer import Observer, SilentObserver
from piptools_clone.run.context import RunContext

if TYPE_CHECKING:
    from piptools_clone.model.sync_request import SyncRequest
    from piptools_clone.syncing.early_wheels import EarlyWheels

FOR_WHEELS = (
    "packaging.version",
    "piptools_clone.wheels.wheel_cache",
    "piptools_clone.wheels.unpack",
)
"""What takes long to load and is needed to unpack wheels, in pieces between which the network is looked after."""
FOR_PLAN = (
    "packaging.specifiers",
    "piptools_clone.syncing.plan",
    "piptools_clone.syncing.stage",
    "piptools_clone.run.sync_session",
)
"""What takes long to load and is needed to plan, and to ask for files."""

_SHA256 = re.compile(r"--hash=sha256:([0-9a-f]{64})\b")


class SyncStart:
    """A sync that begins: the context of its run, and the requests that are under way; see `run.compile_start`."""

    def __init__(self, request: SyncRequest, environ: Mapping[str, str], observer: Observer | None = None) -> None:
        self.context = RunContext(request, environ, observer or SilentObserver())
        self.early: EarlyWheels | None = None
        self._request = request
        self._has_begun = False

    def begin(self) -> None:
        """Ask for the pages that are sure to be needed; once.  Raises nothing: what is wrong will be wrong again."""
        if self._has_begun:
            return
        self._has_begun = True
        with suppress(PiptoolsCloneError, OSError):
            names = _missing(self._request, self.context.environ)
            self.context.early = self.early = self._ask(names) if names else None

    def load(self) -> None:
        """Load what a sync needs to plan and to ask for files, and follow what comes meanwhile."""
        self.context.load(FOR_WHEELS)
        if self.early is not None:
            with suppress(OSError):  # a worker is of use, but not needed
                self.early.start_worker()
        self.context.load(FOR_PLAN)

    def close(self) -> None:
        """Drop what is under way.  May be called again."""
        self.context.close()

    def _ask(self, names: Iterable[str]) -> EarlyWheels | None:
        from piptools_clone.model.policy import FormatControl
        from piptools_clone.syncing.early_wheels import EarlyWheels

        request, settings = self._request, self.context.settings
        is_sure = len(settings.indexes) == 1 and not settings.find_links and settings.format_control == FormatControl()
        digests = _digests(request.sources) if is_sure and not request.relax_record else frozenset()
        environ = self.context.environ
        requests = EarlyWheels(settings, cache_dir=request.cache_dir, environ=environ, digests=digests)
        return None if requests.begin(names, strategy=request.index_strategy) is None else requests


def _missing(request: SyncRequest, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The names of what plain locks say and is not installed; none where it is not sure that they will be needed.

    Raises OSError.
    """
    is_word = bool(request.python) and not is_path(str(request.python))
    elsewhere = request.target or request.prefix or request.user or is_word
    if request.offline or request.dry_run or request.options.no_index or elsewhere or _has_wheels(request.cache_dir):
        return ()
    names = plain_names(request.sources, (), _read)
    return tuple(sorted(set(names) - _installed(request, environ)))


def _digests(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(text for path in paths for text in _SHA256.findall(_read(path).decode()))


def _has_wheels(cache: str | None) -> bool:
    try:
        folders = [name for name in os.listdir(cache or os.devnull) if name.startswith("packs-v")]
        return any(os.listdir(os.path.join(cache or "", name)) for name in folders)
    except OSError:
        return False


def _installed(request: SyncRequest, environ: Mapping[str, str]) -> set[str]:
    """What seems to be installed in a virtual environment, by the names of folders.

    Raises OSError where that is not plain, or the environment could not be changed.
    """
    python = request.python or choose_interpreter(request.sources, environ) or sys.prefix
    prefix = python if os.path.isdir(python) else os.path.dirname(os.path.dirname(python))
    versions = [name for name in os.listdir(os.path.join(prefix, "lib")) if name.startswith("python")]
    site = os.path.join(prefix, "lib", "".join(versions), "site-packages")  # two are none
    names = os.listdir(site)
    if not os.path.exists(os.path.join(prefix, "pyvenv.cfg")) or not os.access(site, os.W_OK):
        raise PermissionError(site)
    return {re.sub(r"[-_.]+", "-", name.partition("-")[0]).lower() for name in names if name.endswith(".dist-info")}


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
