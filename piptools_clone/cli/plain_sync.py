"""What a plain command line of ``pip-sync`` asks for, read without click, as `plain_arguments` does for pip-compile.

Locks that are missing, or that are no locks by their names, are left to click, and so is all that asks for more than a
sync: a question, a report, options of pip, a configuration file.
"""

# pathlib is a slow import, and this module stands on the way of every run:
from __future__ import annotations

import os

from piptools_clone.cli.config_search import find_config
from piptools_clone.cli.plain_words import (
    MANNERS,
    SHORT_OF_BOTH,
    NotPlainError,
    Table,
    Words,
    format_rules,
    may_be_plain,
)
from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.store.cache import cache_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_SOURCE = "requirements.txt"
CHOICES: Mapping[str, Sequence[str]] = {"--link-mode": ("auto", "copy", "clone", "hardlink")}
"""What the value of an option may be."""
_BOTH_WAYS = ("strict", "require-hashes")
_ONE_WAY = ("dry-run", "force", "user", "break-system-packages", "allow-empty", "no-build", "offline", "no-index")
TABLE = Table(
    flags={
        **MANNERS,
        **{f"--{name}": (name.replace("-", "_"), True) for name in (*_BOTH_WAYS, *_ONE_WAY)},
        **{f"--no-{name}": (name.replace("-", "_"), False) for name in _BOTH_WAYS},
        "--check": ("dry_run", True),
        "--compile": ("compile_bytecode", True),
        "--no-compile": ("compile_bytecode", False),
    },
    values={
        "--python-executable": "python",
        "--python": "python",
        "--cache-dir": "cache_dir",
        "--link-mode": "link_mode",
        "--index-url": "index_url",
        "--cert": "cert",
        "--client-cert": "client_cert",
    },
    lists={
        "--requirement": "sources",
        "--keep": "keep",
        "--find-links": "find_links",
        "--extra-index-url": "extra_index_urls",
        "--trusted-host": "trusted_hosts",
        "--absent-status": "absent_statuses",
        "--only-binary": "only_binary",
        "--no-binary": "no_binary",
    },
    short={**SHORT_OF_BOTH, "-f": "--find-links", "-r": "--requirement"},
    choices=CHOICES,
)
_OF_INDEX = ("index_url", "no_index", "cert", "client_cert")
"""Fields of the request's options about the index, and below those that have several values."""
_LISTS_OF_INDEX = ("find_links", "extra_index_urls", "trusted_hosts", "absent_statuses")
_MANNERS = ("color", "no_config")
"""What no field of the request holds."""


class PlainSync(NamedTuple):
    """A request, and how it is to be reported; ``verbosity`` and ``color`` are as in `Report`."""

    request: SyncRequest
    verbosity: int
    color: bool | None


def plain_sync(arguments: Sequence[str], environ: Mapping[str, str]) -> PlainSync | None:
    """What click would make of a command line; None where it is not plain."""
    if not may_be_plain(environ, "_PIP_SYNC_COMPLETE"):
        return None
    try:
        words = Words(TABLE, arguments)
        sources = (*words.others, *words.lists["sources"]) or (DEFAULT_SOURCE,)
        if not all(map(_is_lock, sources)) or (not words.fields.get("no_config") and find_config(sources) is not None):
            return None
    except (NotPlainError, PiptoolsCloneError):
        return None
    request = _request(words, sources, cache_folder(arguments, environ))
    return PlainSync(request, words.loudness, words.color)


def _is_lock(path: str) -> bool:
    return not path.endswith(".in") and os.access(path, os.R_OK) and not os.path.isdir(path)


def _request(words: Words, sources: tuple[str, ...], cache_dir: str) -> SyncRequest:
    lists = words.lists
    options = IndexOptions(
        format_control=format_rules(lists),
        **words.only(_OF_INDEX),  # type: ignore[arg-type]  # by the table above
        **{field: tuple(lists[field]) for field in _LISTS_OF_INDEX},  # type: ignore[arg-type]  # as above
    )
    request = SyncRequest(sources, options, keep=tuple(lists["keep"]), cache_dir=cache_dir)
    given = words.without(_OF_INDEX, _MANNERS)
    return request._replace(**given)  # type: ignore[arg-type]  # as above
