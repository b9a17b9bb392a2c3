"""What a plain command line of ``pip-compile`` asks for, read without click, which takes long to load.

Plain is what click would surely accept, and read as it is read here.  Whatever else there is, such as an option that is
not listed, a file that is not there or a value that is not one of the choices, is left to click, and so are all words
about what is wrong.
"""

# pathlib is a slow import, and this module stands on the way of every run:
# ruff: noqa: PTH110, PTH112, PTH122
from __future__ import annotations

import os
import sys

from piptools_clone.cli.config_search import find_config
from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.formats.inert import has_control_character
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.options import IndexOptions
from piptools_clone.recall.lookup import likely_cache_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEFAULT_SOURCE = "requirements.in"

CHOICES: Mapping[str, Sequence[str]] = {
    "--annotation-style": ("line", "split"),
    "--index-strategy": ("merge", "first-index"),
    "--newline": ("LF", "CRLF", "native", "preserve"),
}
"""What the value of an option may be."""
SHORT = {
    "-U": "--upgrade",
    "-c": "--constraint",
    "-i": "--index-url",
    "-n": "--dry-run",
    "-o": "--output-file",
    "-p": "--pre",
    "-q": "--quiet",
    "-v": "--verbose",
}
_BOTH_WAYS = (
    *("allow-unsafe", "annotate", "pin-vcs", "reuse-hashes", "strip-extras", "upgrade"),
    *("emit-find-links", "emit-index-url", "emit-options", "emit-trusted-host"),
)
FLAGS: Mapping[str, tuple[str, bool]] = {
    **{f"--{name}": (name.replace("-", "_"), True) for name in _BOTH_WAYS},
    **{f"--no-{name}": (name.replace("-", "_"), False) for name in _BOTH_WAYS},
    "--emit-ambient-options": ("ambient_options", True),
    "--no-emit-ambient-options": ("ambient_options", False),
    "--generate-hashes": ("generate_hashes", True),
    "--check": ("check", True),
    "--dry-run": ("dry_run", True),
    "--no-build": ("no_build", True),
}
"""Options without a value, and the field of the request that they fill."""
VALUES: Mapping[str, str] = {
    "--output-file": "output",
    "--annotation-style": "annotation_style",
    "--newline": "newline",
    "--cache-dir": "cache_dir",
    "--index-strategy": "index_strategy",
}
"""Options with a value, and the field of the request that it fills."""
INDEX_FLAGS = {"--pre": "pre", "--prefer-binary": "prefer_binary"}
INDEX_VALUES = {"--index-url": "index_url", "--uploaded-prior-to": "uploaded_prior_to"}
"""The same for the fields of its options about the index."""
LISTS = {
    "--constraint": "constraints",
    "--extra-index-url": "extra_index_urls",
    "--trusted-host": "trusted_hosts",
    "--only-binary": "only_binary",
    "--no-binary": "no_binary",
}
"""Options that may be repeated."""
MANNERS: Mapping[str, tuple[str, bool]] = {
    "--color": ("color", True),
    "--no-color": ("color", False),
    "--header": ("header", True),
    "--no-header": ("header", False),
    "--no-config": ("no_config", True),
}
"""Flags that no field of the request holds."""
LOUDNESS = {"--quiet": -1, "--verbose": 1}

_DEFAULTS = {
    **IndexOptions._field_defaults,
    **CompileRequest._field_defaults,
    "strip_extras": None,  # whoever says nothing is told that the default will change
    "header": True,
}
_NOT_PLAIN = ("PIP_TOOLS_RESOLVER", "_PIP_COMPILE_COMPLETE")
"""Variables that tell click something: which resolver, and that a shell asks how a word goes on."""


class PlainCommand:
    """A request, still without its header, and how it is to be reported.

    ``verbosity`` and ``color`` are as in `Report`; ``settles_extras`` tells whether it says if extras are stripped.
    """

    __slots__ = ("_found", "color", "request", "settles_extras", "verbosity")

    def __init__(self, request: CompileRequest, found: _Found) -> None:
        self.request = request
        self.verbosity = found.loudness
        self.color = found.manners.get("color")
        self.settles_extras = "strip_extras" in found.fields
        self._found = found

    def header_command(self, environ: Mapping[str, str]) -> str | None:
        """What the header of the lock names, see `cli.header`; None for no header."""
        from piptools_clone.cli.header import ONE_OFF, custom_command
        from piptools_clone.formats.header import render_command

        if not self._found.manners.get("header", True):
            return None
        shown = [
            (name, value or True)  # a flag that says no is spelled so
            for field, (name, value) in self._found.spelled.items()
            if field not in ONE_OFF and value != _DEFAULTS.get(field)
        ]
        return custom_command(environ) or render_command(shown, self._found.sources)


class _NotPlainError(Exception):
    """The command line is not plain."""


def plain_command(arguments: Sequence[str], environ: Mapping[str, str]) -> PlainCommand | None:
    """What click would make of a command line; None where it is not plain."""
    if sys.platform == "win32" or any(name in environ for name in _NOT_PLAIN):  # there, click looks for more in words
        return None
    try:
        found = _Found(arguments)
        sources = tuple(found.sources) or (DEFAULT_SOURCE,)
        request = _request(found, sources, likely_cache_folder(arguments, environ))
        _check(request)
        if not found.manners.get("no_config") and find_config(sources) is not None:
            return None
    except (_NotPlainError, PiptoolsCloneError):
        return None
    return PlainCommand(request, found)


class _Found:
    """Arguments by the place where they belong; raises `_NotPlainError`.

    ``spelled`` has each by that place, as its long name and its value.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self.sources: list[str] = []
        self.fields: dict[str, object] = {}
        self.options: dict[str, object] = {}
        self.lists: dict[str, list[str]] = {name: [] for name in LISTS.values()}
        self.manners: dict[str, bool] = {}
        self.loudness = 0
        self.spelled: dict[str, tuple[str, object]] = {}
        rest = iter(arguments)
        for argument in rest:
            if argument.startswith("-"):
                self._take(SHORT.get(argument, argument), rest)
            else:
                self.sources.append(argument)

    def _take(self, argument: str, rest: Iterator[str]) -> None:
        name, given, value = argument.partition("=")
        if argument in FLAGS:
            self._set(argument, self.fields, *FLAGS[argument])
        elif argument in INDEX_FLAGS:
            self._set(argument, self.options, INDEX_FLAGS[argument], True)
        elif argument in MANNERS:
            field, meant = MANNERS[argument]
            self.manners[field] = meant
            self.spelled[field] = argument, meant
        elif argument in LOUDNESS:
            self.loudness += LOUDNESS[argument]
        elif given and name.startswith("--"):
            self._take_value(name, value)
        else:
            self._take_value(argument, next(rest, "-"))

    def _take_value(self, name: str, value: str) -> None:
        if not value or value.startswith("-") or value not in CHOICES.get(name, (value,)):
            raise _NotPlainError
        if name in VALUES:
            self._set(name, self.fields, VALUES[name], value)
        elif name in INDEX_VALUES:
            self._set(name, self.options, INDEX_VALUES[name], value)
        elif name in LISTS:
            values = self.lists[LISTS[name]]
            values.append(value)
            self.spelled[LISTS[name]] = name, values
        else:
            raise _NotPlainError

    def _set(self, name: str, place: dict[str, object], field: str, value: object) -> None:
        place[field] = value
        self.spelled[field] = name, value


def _request(found: _Found, sources: tuple[str, ...], cache_dir: str) -> CompileRequest:
    if len(sources) > 1 and "output" not in found.fields:
        raise _NotPlainError
    request = CompileRequest(
        sources,
        os.path.splitext(sources[0])[0] + ".txt",
        constraints=tuple(found.lists["constraints"]),
        options=_index_options(found),
        cache_dir=cache_dir,
    )
    return request._replace(**found.fields)  # type: ignore[arg-type]  # by the tables above


def _check(request: CompileRequest) -> None:
    """Raise `_NotPlainError` where click, or who builds a request from what it read, might refuse something."""
    folder = str(request.cache_dir)
    good = (
        all(source.endswith((".in", ".txt")) and os.access(source, os.R_OK) for source in request.sources)
        and not any(map(os.path.isdir, request.sources))
        and not any(map(has_control_character, (*request.sources, *request.constraints, request.output)))
        and (not os.path.exists(folder) or (os.path.isdir(folder) and os.access(folder, os.R_OK | os.W_OK)))
    )
    if not good:
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
