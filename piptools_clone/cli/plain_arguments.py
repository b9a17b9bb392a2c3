"""What a plain command line of ``pip-compile`` asks for, seen without click, which takes long to load.

Click stays the judge: what is found here is only where to begin, and is dropped unless click comes to the same request.
An option that is not listed makes the command line one that is not plain.
"""

# pathlib is a slow import, and this module stands on the way of every run:
# ruff: noqa: PTH110, PTH122
from __future__ import annotations

import os

from piptools_clone.cli.config_search import find_config
from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.options import IndexOptions
from piptools_clone.recall.lookup import likely_cache_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEFAULT_SOURCE = "requirements.in"

_BOTH_WAYS = (
    *("allow-unsafe", "annotate", "pin-vcs", "reuse-hashes", "strip-extras", "upgrade"),
    *("emit-find-links", "emit-index-url", "emit-options", "emit-trusted-host"),
)
FLAGS: Mapping[str, tuple[str, object]] = {
    **{f"--{name}": (name.replace("-", "_"), True) for name in _BOTH_WAYS},
    **{f"--no-{name}": (name.replace("-", "_"), False) for name in _BOTH_WAYS},
    "--emit-ambient-options": ("ambient_options", True),
    "--no-emit-ambient-options": ("ambient_options", False),
    "--generate-hashes": ("generate_hashes", True),
    "--check": ("check", True),
    "-U": ("upgrade", True),
    "-n": ("dry_run", True),
    "--dry-run": ("dry_run", True),
    "--no-build": ("no_build", True),
    "-r": ("rebuild", True),
    "--rebuild": ("rebuild", True),
}
"""Options without a value, and the field of the request that they fill."""
VALUES: Mapping[str, str] = {
    "-o": "output",
    "--output-file": "output",
    "--annotation-style": "annotation_style",
    "--newline": "newline",
    "--cache-dir": "cache_dir",
    "--index-strategy": "index_strategy",
}
"""Options with a value, and the field of the request that it fills."""
INDEX_FLAGS = {"-p": "pre", "--pre": "pre", "--prefer-binary": "prefer_binary"}
INDEX_VALUES = {"-i": "index_url", "--index-url": "index_url", "--uploaded-prior-to": "uploaded_prior_to"}
"""The same for the fields of its options about the index."""
LISTS = {
    "-c": "constraints",
    "--constraint": "constraints",
    "--extra-index-url": "extra_index_urls",
    "--trusted-host": "trusted_hosts",
    "--only-binary": "only_binary",
    "--no-binary": "no_binary",
}
"""Options that may be repeated."""
OF_NO_MATTER = frozenset(
    ("-q", "--quiet", "-v", "--verbose", "--color", "--no-color", "--header", "--no-header", "--no-config")
)
"""Options that say how much to say, or that the request does not hold."""


class _NotPlainError(Exception):
    """The command line is not plain."""


def plain_request(arguments: Sequence[str], environ: Mapping[str, str]) -> CompileRequest | None:
    """The request that a command line will most likely come to, without its header; None where it is not plain.

    Whatever is wrong with it is said by whoever reads it for certain.
    """
    try:
        found = _Found(arguments)
        sources = tuple(found.sources) or _default_sources()
        if "--no-config" not in found.plain and find_config(sources) is not None:
            return None
    except (_NotPlainError, PiptoolsCloneError):
        return None
    request = CompileRequest(
        sources,
        _derived_output(sources),
        constraints=tuple(found.lists["constraints"]),
        options=_index_options(found),
        cache_dir=likely_cache_folder(arguments, environ),
    )
    return request._replace(**found.fields)  # type: ignore[arg-type]  # by the tables above


class _Found:
    """Arguments by the place where they belong; raises `_NotPlainError`."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.sources: list[str] = []
        self.plain: set[str] = set()
        self.fields: dict[str, object] = {}
        self.options: dict[str, object] = {}
        self.lists: dict[str, list[str]] = {name: [] for name in LISTS.values()}
        rest = iter(arguments)
        for argument in rest:
            if argument.startswith("-"):
                self._take(argument, rest)
            else:
                self.sources.append(argument)

    def _take(self, argument: str, rest: Iterator[str]) -> None:
        name, given, value = argument.partition("=")
        if argument in FLAGS:
            field, meant = FLAGS[argument]
            self.fields[field] = meant
        elif argument in INDEX_FLAGS:
            self.options[INDEX_FLAGS[argument]] = True
        elif argument in OF_NO_MATTER:
            self.plain.add(argument)
        elif given and name.startswith("--"):
            self._take_value(name, value)
        else:
            self._take_value(argument, next(rest, "-"))

    def _take_value(self, name: str, value: str) -> None:
        if not value or value.startswith("-"):
            raise _NotPlainError
        if name in VALUES:
            self.fields[VALUES[name]] = value
        elif name in INDEX_VALUES:
            self.options[INDEX_VALUES[name]] = value
        elif name in LISTS:
            self.lists[LISTS[name]].append(value)
        else:
            raise _NotPlainError


def _index_options(found: _Found) -> IndexOptions:
    """What is said about the index."""
    lists = found.lists
    return IndexOptions(
        extra_index_urls=tuple(lists["extra_index_urls"]),
        trusted_hosts=tuple(lists["trusted_hosts"]),
        format_control=format_rules(lists),
        **found.options,  # type: ignore[arg-type]  # by the tables above
    )


def format_rules(given: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Put what holds for all packages before what names some: click does not tell the order across options."""
    pairs = [(kind, value) for kind in ("no_binary", "only_binary") for value in given[kind]]
    return tuple(sorted(pairs, key=lambda pair: not pair[1].startswith(":")))


def _default_sources() -> tuple[str, ...]:
    if not os.path.exists(DEFAULT_SOURCE):
        raise _NotPlainError
    return (DEFAULT_SOURCE,)


def _derived_output(sources: tuple[str, ...]) -> str:
    """The name of the output where none is given; nonsense for several sources, which click refuses."""
    return os.path.splitext(sources[0])[0] + ".txt"
