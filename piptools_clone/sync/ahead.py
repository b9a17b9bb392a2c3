"""The first requests of a sync with nothing in its cache, sent while most of the program is still being loaded.

Only for pages that are sure to be needed: there is no unpacked wheel yet, the locks are plain, and what they name is
not installed.  A sync that has nothing to fetch asks for nothing.
"""

# pathlib is a slow import, and this module stands on the way of every run:
from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from piptools_clone import loading
from piptools_clone.environment.choice import choose_interpreter
from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.formats.plain_names import plain_names

if TYPE_CHECKING:
    from piptools_clone.index.early_requests import EarlyRequests
    from piptools_clone.model.sync_request import SyncRequest

PARTS = ("packaging.requirements", "piptools_clone.index.index", "piptools_clone.sync.story")
"""What takes long to load, in pieces between which the network is looked after."""


def begin(request: SyncRequest, environ: Mapping[str, str]) -> EarlyRequests | None:
    """Ask for the pages that are sure to be needed; None where nothing is sure.

    Whoever gets the requests closes them.  Nothing is raised: what is wrong here will be wrong again.
    """
    elsewhere = request.target or request.prefix or request.user
    if request.offline or request.options.no_index or elsewhere or _has_wheels(request.cache_dir):
        return None
    try:
        names = plain_names(request.sources, (), _read)
        missing = tuple(sorted(set(names) - _installed(request, environ)))
        return _begin(request, environ, missing) if missing else None
    except (PiptoolsCloneError, OSError):
        return None


def load(requests: EarlyRequests | None) -> None:
    """Load the program, and look after the requests meanwhile."""
    loading.load(PARTS, requests.attend if requests else None)


def _begin(request: SyncRequest, environ: Mapping[str, str], names: tuple[str, ...]) -> EarlyRequests | None:
    from piptools_clone.index.early_requests import EarlyRequests
    from piptools_clone.index.settings import merge_settings, read_pip_settings
    from piptools_clone.model.options import IndexOptions

    ambient = IndexOptions()
    if not request.isolated:
        home = os.path.expanduser("~")
        ambient = read_pip_settings(environ, home=home, prefix=sys.prefix, platform=sys.platform)
    settings = merge_settings(request.options, IndexOptions(), ambient)
    requests = EarlyRequests(settings, cache_dir=request.cache_dir, environ=environ)
    return requests.begin(names, strategy=request.index_strategy)


def _has_wheels(cache: str | None) -> bool:
    from glob import iglob

    return cache is not None and next(iglob(os.path.join(cache, "packs-v*", "*")), None) is not None


def _installed(request: SyncRequest, environ: Mapping[str, str]) -> set[str]:
    """What seems to be installed, by the names of folders; raises OSError where that is not plain."""
    python = request.python or choose_interpreter(request.sources, environ) or sys.prefix
    prefix = python if os.path.isdir(python) else os.path.dirname(os.path.dirname(python))
    versions = [name for name in os.listdir(os.path.join(prefix, "lib")) if name.startswith("python")]
    names = os.listdir(os.path.join(prefix, "lib", "".join(versions), "site-packages"))  # two are none
    return {re.sub(r"[-_.]+", "-", name.partition("-")[0]).lower() for name in names if name.endswith(".dist-info")}


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
