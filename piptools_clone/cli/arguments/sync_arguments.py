"""From a command line of ``pip-sync`` to a `SyncRequest`, by the same rules for click and for the fast reader."""

from __future__ import annotations

import os

from piptools_clone.cli.arguments.config_file import find_config
from piptools_clone.cli.arguments.options import canonical_names, verbosity_of
from piptools_clone.cli.arguments.plain_line import NotPlainError, PlainLine
from piptools_clone.cli.arguments.sync_options import SYNC
from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.named_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from piptools_clone.cli.arguments.options import Given

DEFAULT_SOURCE = "requirements.txt"


class PlainSync(NamedTuple):
    """The request of a plain command line, and how it is to be reported: ``verbosity`` and ``color`` as in `Report`."""

    request: SyncRequest
    verbosity: int
    color: bool | None


def plain_sync(arguments: Sequence[str], environ: Mapping[str, str]) -> PlainSync | None:
    """What click would make of a command line; None where it is not plain.

    Locks that are missing, or that are no locks by their names, are left to click, and so is all that asks for more
    than a sync: a question, a report, options of pip, a configuration file.
    """
    try:
        given: Given = PlainLine(SYNC, arguments, environ).given
        request = build_request(given)
        sources = request.sources or (DEFAULT_SOURCE,)
        if not all(map(_is_lock, sources)) or (not given["no_config"] and find_config(sources) is not None):
            return None
    except (NotPlainError, PiptoolsCloneError):
        return None
    return PlainSync(request._replace(sources=sources), verbosity_of(given), given["color"])


def _is_lock(path: str) -> bool:
    return not path.endswith(".in") and os.access(path, os.R_OK) and not os.path.isdir(path)


def build_request(given: Given, warn: Callable[[str], None] = lambda _: None) -> SyncRequest:
    """Gather what is asked for; ``warn`` gets sentences for the user.  Sources that are not named are none.

    Raises `UsageError` for options of pip that cannot be honoured.
    """
    fields = {
        **SYNC.request_fields(given, SyncRequest._fields),
        "sources": (*given["src_files"], *given["requirement_files"]),
        "options": SYNC.index_options(given),
        "dry_run": (given["dry_run"] and not given["ask"]) or given["check"],
        "describes": bool(given["report"]),
        "relax_record": canonical_names(given["relax_record"]),
        "reinstall_names": canonical_names(given["reinstall"]),
    }
    request = SyncRequest(**fields)
    return _with_pip_args(request, given["pip_args_str"], warn) if given["pip_args_str"] else request


def _with_pip_args(request: SyncRequest, text: str, warn: Callable[[str], None]) -> SyncRequest:
    from piptools_clone.cli.arguments.pip_args import merge_options, parse_pip_args

    pip = parse_pip_args(text, installs=True)
    for warning in pip.warnings:
        warn(warning)
    require_hashes = request.require_hashes
    return request._replace(
        options=merge_options(request.options, pip.options),
        python=request.python or pip.python,
        user=request.user or pip.user,
        target=request.target or pip.target,
        prefix=request.prefix or pip.prefix,
        break_system_packages=request.break_system_packages or pip.break_system_packages,
        require_hashes=pip.options.require_hashes if require_hashes is None else require_hashes,
        compile_bytecode=request.compile_bytecode or bool(pip.compile_bytecode),
        reinstall=request.reinstall or pip.force_reinstall,
        build_isolation=pip.build_isolation is not False,
        cache_dir=None if pip.no_cache else pip.cache_dir or request.cache_dir,
        isolated=pip.isolated,
    )
