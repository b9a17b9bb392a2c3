"""What a plain command line of ``pip-compile`` asks for, read without click, which takes long to load.

Plain is what click would surely accept, and read as it is read here.  Whatever else there is, such as an option that is
not listed, a file that is not there or a value that is not one of the choices, is left to click, and so are all words
about what is wrong.
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
from piptools_clone.formats.sanitize import has_control_character
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.store.cache import cache_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_SOURCE = "requirements.in"

CHOICES: Mapping[str, Sequence[str]] = {
    "--annotation-style": ("line", "split"),
    "--index-strategy": ("merge", "first-index"),
    "--newline": ("LF", "CRLF", "native", "preserve"),
}
"""What the value of an option may be."""
_BOTH_WAYS = (
    *("allow-unsafe", "annotate", "pin-vcs", "reuse-hashes", "strip-extras", "upgrade"),
    *("emit-find-links", "emit-index-url", "emit-options", "emit-trusted-host"),
)
TABLE = Table(
    flags={
        **MANNERS,
        **{f"--{name}": (name.replace("-", "_"), True) for name in _BOTH_WAYS},
        **{f"--no-{name}": (name.replace("-", "_"), False) for name in _BOTH_WAYS},
        "--header": ("header", True),
        "--no-header": ("header", False),
        "--emit-ambient-options": ("ambient_options", True),
        "--no-emit-ambient-options": ("ambient_options", False),
        "--generate-hashes": ("generate_hashes", True),
        "--check": ("check", True),
        "--dry-run": ("dry_run", True),
        "--no-build": ("no_build", True),
        "--pre": ("pre", True),
        "--prefer-binary": ("prefer_binary", True),
    },
    values={
        "--output-file": "output",
        "--annotation-style": "annotation_style",
        "--newline": "newline",
        "--cache-dir": "cache_dir",
        "--index-strategy": "index_strategy",
        "--index-url": "index_url",
        "--uploaded-prior-to": "uploaded_prior_to",
    },
    lists={
        "--constraint": "constraints",
        "--extra-index-url": "extra_index_urls",
        "--trusted-host": "trusted_hosts",
        "--only-binary": "only_binary",
        "--no-binary": "no_binary",
    },
    short={**SHORT_OF_BOTH, "-U": "--upgrade", "-c": "--constraint", "-o": "--output-file", "-p": "--pre"},
    choices=CHOICES,
)
_OF_INDEX = ("index_url", "pre", "prefer_binary", "uploaded_prior_to")
"""Fields of the request's options about the index."""
_MANNERS = ("color", "header", "no_config")
"""What no field of the request holds."""

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

    __slots__ = ("_words", "color", "request", "settles_extras", "verbosity")

    def __init__(self, request: CompileRequest, words: Words) -> None:
        self.request = request
        self.verbosity = words.loudness
        self.color = words.color
        self.settles_extras = "strip_extras" in words.fields
        self._words = words

    def header_command(self, environ: Mapping[str, str]) -> str | None:
        """What the header of the lock names, see `cli.header`; None for no header."""
        from piptools_clone.cli.header_command import ONE_OFF, custom_command
        from piptools_clone.formats.locks.lock_header import render_command

        if not self._words.fields.get("header", True):
            return None
        shown = [
            (name, value or True)  # a flag that says no is spelled so
            for field, (name, value) in self._words.spelled.items()
            if field not in ONE_OFF and value != _DEFAULTS.get(field)
        ]
        return custom_command(environ) or render_command(shown, self._words.others)


def plain_command(arguments: Sequence[str], environ: Mapping[str, str]) -> PlainCommand | None:
    """What click would make of a command line; None where it is not plain."""
    if not may_be_plain(environ, *_NOT_PLAIN):
        return None
    try:
        words = Words(TABLE, arguments)
        sources = tuple(words.others) or (DEFAULT_SOURCE,)
        request = _request(words, sources, cache_folder(arguments, environ))
        _check(request)
        if not words.fields.get("no_config") and find_config(sources) is not None:
            return None
    except (NotPlainError, PiptoolsCloneError):
        return None
    return PlainCommand(request, words)


def _request(words: Words, sources: tuple[str, ...], cache_dir: str) -> CompileRequest:
    if len(sources) > 1 and "output" not in words.fields:
        raise NotPlainError
    request = CompileRequest(
        sources,
        os.path.splitext(sources[0])[0] + ".txt",
        constraints=tuple(words.lists["constraints"]),
        options=_index_options(words),
        cache_dir=cache_dir,
    )
    given = words.without(_OF_INDEX, _MANNERS)
    return request._replace(**given)  # type: ignore[arg-type]  # by the table above


def _check(request: CompileRequest) -> None:
    """Raise `NotPlainError` where click, or who builds a request from what it read, might refuse something."""
    folder = str(request.cache_dir)
    good = (
        all(source.endswith((".in", ".txt")) and os.access(source, os.R_OK) for source in request.sources)
        and not any(map(os.path.isdir, request.sources))
        and not any(map(has_control_character, (*request.sources, *request.constraints, request.output)))
        and (not os.path.exists(folder) or (os.path.isdir(folder) and os.access(folder, os.R_OK | os.W_OK)))
    )
    if not good:
        raise NotPlainError


def _index_options(words: Words) -> IndexOptions:
    """What is said about the index."""
    lists = words.lists
    return IndexOptions(
        extra_index_urls=tuple(lists["extra_index_urls"]),
        trusted_hosts=tuple(lists["trusted_hosts"]),
        format_control=format_rules(lists),
        **words.only(_OF_INDEX),  # type: ignore[arg-type]  # by the table above
    )
