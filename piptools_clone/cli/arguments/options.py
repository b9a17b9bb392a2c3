"""What an option of a command is, and the options that both commands have.

All that is known of an option stands in one place: here, in `compile_options` or in `sync_options`.  The fast reader
(`plain_line`), click and the help (`click_options`), the keys of the configuration file (`config_file`), the header of
a lock (`header_command`), the requests and the documentation (`option_reference`) are made of that.

A plain run loads this before its first request, so nothing heavy is imported here.
"""

from __future__ import annotations

import os
import sys

from piptools_clone.model.index_options import IndexOptions
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.store.cache import default_cache_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    Given = Mapping[str, Any]
    """A command line that was read: the value of every option of the command by its name, given or not."""

MARKS = {
    "plain": "the fast readers of the commands that have it take it",
    "plain-in-sync": "the fast reader of pip-sync takes it, and that of pip-compile does not",
    "new": "pip-tools lacks it; the header has it only if it was typed, for bots that know the options of pip-tools",
    "once": "says how to run this time, or how much to say; the header never has it",
    "path": "a value in a configuration file is relative to that file",
    "interpreter": "as path, but it may also be a word such as 3.12 or python3",
}


class Option(NamedTuple):
    """One option of a command, or its argument.

    ``name`` is the key of its value in a command line that was read, and a key of the configuration file, where the
    names of the option are keys as well.  ``kind`` is ``flag``, ``count`` (a flag that counts), ``value``, ``values``
    (may be given more than once) or ``argument``.  The last of ``names`` is the one for the header; ``negative`` is the
    name of the opposite of a flag, "" for none.  ``marks`` are from `MARKS`.

    ``type`` is ``text``, ``integer``, ``input`` (a file that is there, or ``-``), ``file`` (one that can be read),
    ``folder`` (no file, but it need not be there) or ``writable folder``; ``choices`` are the values there are, where
    not any; ``ignores_case`` lets them be written in any case.  ``default`` may be a function.  ``variable`` is one of
    the environment that is the default where it is set; ``shows_default`` has the help tell both.

    ``field`` is the field of the request that the value fills, by default that of its name if there is one;
    ``index_field`` is the field of `IndexOptions` that it fills instead.
    """

    name: str
    kind: str
    names: tuple[str, ...]
    help: str = ""
    marks: frozenset[str] = frozenset()
    negative: str = ""
    type: str = "text"
    choices: tuple[str, ...] = ()
    ignores_case: bool = False
    default: Any = None
    variable: str = ""
    shows_default: bool = False
    field: str = ""
    index_field: str = ""

    @property
    def unset(self) -> object:
        """Its value where nothing says anything; that of ``variable`` goes before."""
        if self.kind == "count":
            return 0
        if self.kind in ("values", "argument"):
            return ()
        return self.default() if callable(self.default) else self.default

    @property
    def long_names(self) -> tuple[str, ...]:
        """Its names that are words."""
        return tuple(name for name in self.names if name.startswith("--"))

    def is_plain(self, command: str) -> bool:
        """Whether the fast reader of a command takes it."""
        return "plain" in self.marks or (command == "pip-sync" and "plain-in-sync" in self.marks)


class CommandOptions(NamedTuple):
    """The options of a command in the order of its help, by the titles of groups for the documentation."""

    command: str
    groups: Mapping[str, tuple[Option, ...]]

    @property
    def options(self) -> list[Option]:
        """All of them."""
        return [option for options in self.groups.values() for option in options]

    def request_fields(self, given: Given, known: Sequence[str]) -> dict[str, Any]:
        """What the options say as they stand, by the fields of a request, of which ``known`` are all."""
        filling = {option.field or option.name: option for option in self.options if not option.index_field}
        return {field: given[filling[field].name] for field in known if field in filling}

    def index_options(self, given: Given) -> IndexOptions:
        """What the options say about the index; a flag that is not given says nothing."""
        pairs = [(option.index_field, given[option.name]) for option in self.options if option.index_field]
        fields: dict[str, Any] = {field: None if value is False else value for field, value in pairs}
        return IndexOptions(**{**fields, "format_control": _format_rules(given)})


def _format_rules(given: Given) -> tuple[tuple[str, str], ...]:
    """Put what holds for all packages before what names some: click does not tell the order across options."""
    pairs = [(kind, value) for kind in ("no_binary", "only_binary") for value in given[kind]]
    return tuple(sorted(pairs, key=lambda pair: not pair[1].startswith(":")))


def canonical_names(names: Iterable[str]) -> frozenset[str]:
    """The names of projects in their canonical spelling."""
    if not names:
        return frozenset()
    from packaging.utils import canonicalize_name

    return frozenset(canonicalize_name(name) for name in names)


def verbosity_of(given: Given) -> int:
    """How much is to be said, as in `Report`."""
    return int(given.get("verbose") or 0) - int(given.get("quiet") or 0)


def flag(names: str, text: str, marks: str = "", *, default: bool | None = False, **more: Any) -> Option:  # noqa: ANN401 - fields of an option
    """Make a flag; the last of ``names`` is its name, unless ``name`` says another."""
    return _option("flag", names, text, marks, default=default, **more)


def pair(names: str, text: str, marks: str = "", *, default: bool | None, **more: Any) -> Option:  # noqa: ANN401 - as above
    """Make a flag with its opposite, ``--no-upgrade`` for ``--upgrade``."""
    made = flag(names, text, marks, default=default, **more)
    return made._replace(negative=made.names[-1].replace("--", "--no-", 1))


def value(names: str, text: str, marks: str = "", **more: Any) -> Option:  # noqa: ANN401 - as above
    """Make an option that takes a value."""
    return _option("value", names, text, marks, **more)


def values(names: str, text: str, marks: str = "", **more: Any) -> Option:  # noqa: ANN401 - as above
    """Make an option that takes a value and may be used more than once."""
    return _option("values", names, text, marks, **more)


def _option(kind: str, names: str, text: str, marks: str, *, name: str = "", **more: Any) -> Option:  # noqa: ANN401 - as above
    spelled = tuple(names.split())
    name = name or spelled[-1].removeprefix("--").replace("-", "_")
    return Option(name, kind, spelled, text, frozenset(marks.split()), **more)


def default_cache_dir() -> str:
    """Return the folder of this user's caches, as the platform has it, and our name in it."""
    return default_cache_folder(os.environ, sys.platform)


CONFIG_FILE_NAMES = (".pip-tools.toml", "pyproject.toml")
"""Configuration files; in each folder the first goes before the second."""
HELP = flag("-h --help", "Show this message and exit.", "once")
VERSION = flag("--version", "Show the version and exit.", "once")
COLOR = pair(
    "--color", "Force output to be colorized or not, instead of auto-detecting color support", "plain", default=None
)
VERBOSE = _option("count", "-v --verbose", "Show more output", "plain once")
QUIET = _option("count", "-q --quiet", "Give less output", "plain once")
DRY_RUN = flag("-n --dry-run", "Only show what would happen, don't change anything", "plain once")
SRC_FILES = Option("src_files", "argument", (), marks=frozenset({"path"}), type="input")
PIP_ARGS = value("--pip-args", "Arguments to pass directly to the pip command.", name="pip_args_str")
CONFIG = value(
    "--config",
    "Read configuration from TOML file. By default, looks for the following files in the given order, from the "
    f"folder of the input file upward: {', '.join(CONFIG_FILE_NAMES)}.",
    type="file",
)
NO_CONFIG = flag("--no-config", "Do not read any config file.", "plain once")
CACHE_DIR = value(
    "--cache-dir",
    "Store the cache data in DIRECTORY.",
    "plain once path",
    default=default_cache_dir,
    variable="PIP_TOOLS_CACHE_DIR",
)
FORMATS = (
    values(
        "--only-binary",
        "Do not use source distributions of these packages (or ``:all:``); as in pip.",
        "plain new",
        index_field="format_control",
    ),
    values(
        "--no-binary",
        "Do not use wheels of these packages (or ``:all:``); as in pip.",
        "plain new",
        index_field="format_control",
    ),
)
OF_THE_INDEX = (
    values(
        "-f --find-links",
        "Look for archives in this directory or on this HTML page; may be used more than once",
        "plain-in-sync path",
        index_field="find_links",
    ),
    value("-i --index-url", "Change index URL (defaults to the one of pip)", "plain", index_field="index_url"),
    flag(
        "--no-index",
        "Ignore package index (only looking at --find-links URLs instead).",
        "plain-in-sync",
        index_field="no_index",
    ),
    values(
        "--extra-index-url",
        "Add another index URL to search; may be used more than once",
        "plain",
        index_field="extra_index_urls",
    ),
    value("--cert", "Path to alternate CA bundle.", "plain-in-sync path", index_field="cert"),
    value(
        "--client-cert",
        "Path to SSL client certificate, a single file containing the private key and the certificate in PEM format.",
        "plain-in-sync path",
        index_field="client_cert",
    ),
    values(
        "--trusted-host",
        "Mark this host as trusted, even though it does not have valid or any HTTPS; may be used more than once",
        "plain",
        index_field="trusted_hosts",
    ),
    values(
        "--absent-status",
        "HOST=STATUS: the index on this host answers 401, 403 or 410 instead of 404 for a project that it does not "
        "have; may be used more than once",
        "plain-in-sync new",
        index_field="absent_statuses",
    ),
)
