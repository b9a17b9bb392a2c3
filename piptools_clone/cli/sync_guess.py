"""What a plain command line of ``pip-sync`` asks for, seen without click, which takes long to load.

Click stays the judge: what is found here is only where to begin, and is dropped unless click comes to the same request.
An option that is not listed makes the command line one that is not plain.
"""

# pathlib is a slow import, and this module stands on the way of every run:
# ruff: noqa: PTH110
from __future__ import annotations

import os

from piptools_clone import seal
from piptools_clone.cli.config_search import find_config
from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.model.options import IndexOptions
from piptools_clone.model.sync_request import SyncRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_SOURCE = "requirements.txt"
OF_NO_MATTER = frozenset(("-q", "--quiet", "-v", "--verbose", "--color", "--no-color", "--no-config"))
"""Options that say how much to say, or that the request does not hold."""
VALUES = {
    "--python-executable": "python",
    "--python": "python",
    "--cache-dir": "cache_dir",
    "-i": "index_url",
    "--index-url": "index_url",
}
"""Options with a value, and what that is of the request or of its options about the index."""


def guess_request(arguments: Sequence[str]) -> SyncRequest | None:
    """The request that a command line will most likely come to; None where it is not plain.

    Whatever is wrong with it is said by whoever reads it for certain.
    """
    given: dict[str, str] = {}
    sources: list[str] = []
    rest = iter(arguments)
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            sources.append(word)
        elif name in VALUES:
            given[VALUES[name]] = value if equals else next(rest, "-")
        elif word not in OF_NO_MATTER:
            return None
    if any(not value or value.startswith("-") for value in given.values()):
        return None
    return _request(tuple(sources or _default_sources()), given, finds_config="--no-config" not in arguments)


def _request(sources: tuple[str, ...], given: Mapping[str, str], *, finds_config: bool) -> SyncRequest | None:
    try:
        if not sources or any(each.endswith(".in") for each in sources) or (finds_config and find_config(sources)):
            return None
    except PiptoolsCloneError:
        return None
    options = IndexOptions(index_url=given.get("index_url"))
    cache = given.get("cache_dir") or seal.cache_folder(())
    return SyncRequest(sources, options, python=given.get("python"), cache_dir=cache)


def _default_sources() -> tuple[str, ...]:
    return (DEFAULT_SOURCE,) if os.path.exists(DEFAULT_SOURCE) else ()
