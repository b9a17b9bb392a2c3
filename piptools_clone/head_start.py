"""The first requests of a compile, sent while most of the program is still being loaded.

Loading takes as long as two answers of an index.  So what plainly written inputs name is asked for before, by the
settings that will hold if the inputs do not change them, and plain inputs cannot: see `plain_names`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from piptools_clone import loading
from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.formats.plain_names import is_plain_lock, plain_names
from piptools_clone.lockfile import check_output, read_old
from piptools_clone.model.options import IndexOptions

if TYPE_CHECKING:
    from piptools_clone.index.early_requests import EarlyRequests
    from piptools_clone.model.compile_request import CompileRequest

PARTS = ("packaging.requirements", "piptools_clone.index.index", "piptools_clone.operations")
"""What takes long to load, in pieces between which the network is looked after."""


def begin(request: CompileRequest, environ: Mapping[str, str]) -> EarlyRequests | None:
    """Ask for the pages that are sure to be needed; None where nothing is sure, or nothing is to be asked.

    Whoever gets the requests closes them.  Nothing is raised: what is wrong here will be wrong again.
    """
    if request.offline or request.upgrade_packages or request.options.no_index:
        return None
    names = plain_names(request.sources, request.constraints, _read)
    try:
        if not names or not _can_be_written(request):
            return None
        return _begin(request, environ, names)
    except (PiptoolsCloneError, OSError):
        return None


def load(requests: EarlyRequests | None) -> None:
    """Load the program, and look after the requests meanwhile."""
    loading.load(PARTS, requests.attend if requests else None)


def _begin(request: CompileRequest, environ: Mapping[str, str], names: tuple[str, ...]) -> EarlyRequests | None:
    from piptools_clone.index.early_requests import EarlyRequests
    from piptools_clone.index.settings import merge_settings, read_pip_settings

    home = os.path.expanduser("~")  # noqa: PTH111 - pathlib is slow to import
    ambient = read_pip_settings(environ, home=home, prefix=sys.prefix, platform=sys.platform, isolated=request.isolated)
    if ambient.constraints:
        return None
    settings = merge_settings(request.options, IndexOptions(), ambient)
    requests = EarlyRequests(settings, cache_dir=request.cache_dir, environ=environ)
    return requests.begin(names, strategy=request.index_strategy, refresh=request.asks_anew)


def _can_be_written(request: CompileRequest) -> bool:
    """Whether nothing about the output can refuse the compile, which it must do before the first request.

    Raises `OutputError`.
    """
    check_output(request.output, [*request.sources, *request.constraints], writable=request.writes)
    old = None if request.output == "-" else read_old(request.output)
    return not old or is_plain_lock(old)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib is slow to import
        return file.read()
