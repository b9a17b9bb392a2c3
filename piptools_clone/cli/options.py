"""The options of the commands, in groups; what pip-tools has is spelled, defaulted and explained as there.

A parameter may stand in several commands.  Those whose name is in `NEW` are not in pip-tools.
"""

from __future__ import annotations

import os
from typing import Any

import click

from piptools_clone.cli.config_search import CONFIG_FILE_NAMES
from piptools_clone.store.cache import cache_folder
from piptools_clone.version import __version__

UNSAFE_PACKAGES = ("distribute", "pip", "setuptools")
BUILD_TARGETS = ("editable", "sdist", "wheel")
CONFIG_FILE = "piptools_clone.config_file"
"""Where in ``ctx.meta`` the path of the configuration file stands that was read."""

NEW = frozenset(
    {
        "groups",
        "check",
        "offline",
        "pin_vcs",
        "ambient_options",
        "python",
        "no_build",
        "index_strategy",
        "only_binary",
        "no_binary",
        "prefer_binary",
        "absent_status",
    }
)
"""Names of the parameters of pip-compile that pip-tools lacks."""


def default_cache_dir() -> str:
    """Return the folder of this user's caches, as the platform has it, and our name in it."""
    return cache_folder((), os.environ)


def flag(names: str, text: str, **more: Any) -> click.Option:  # noqa: ANN401 - whatever click takes
    """Make a flag; ``names`` are as click takes them, ``-U --upgrade/--no-upgrade``."""
    return click.Option(names.split(), is_flag=True, help=text, **more)


def pair(names: str, text: str, *, default: bool | None) -> click.Option:
    """Make a flag with its opposite."""
    return flag(names, text, default=default)


def value(names: str, text: str, **more: Any) -> click.Option:  # noqa: ANN401 - as above
    """Make an option that takes a value."""
    return click.Option(names.split(), help=text, **more)


def values(names: str, text: str, **more: Any) -> click.Option:  # noqa: ANN401 - as above
    """Make an option that takes a value and may be used more than once."""
    return value(names, text, multiple=True, **more)


def _show_help(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"{ctx.command.name}, version {__version__}")
        ctx.exit()


HELP = flag("-h --help", "Show this message and exit.", callback=_show_help, is_eager=True, expose_value=False)
VERSION = flag("--version", "Show the version and exit.", callback=_show_version, is_eager=True, expose_value=False)
COLOR = pair(
    "--color/--no-color", "Force output to be colorized or not, instead of auto-detecting color support", default=None
)
VERBOSE = click.Option(["-v", "--verbose"], count=True, help="Show more output")
QUIET = click.Option(["-q", "--quiet"], count=True, help="Give less output")
DRY_RUN = flag("-n --dry-run", "Only show what would happen, don't change anything")
PIP_ARGS = value("--pip-args pip_args_str", "Arguments to pass directly to the pip command.")
CONFIG = value(
    "--config",
    "Read configuration from TOML file. By default, looks for the following files in the given order, from the "
    f"folder of the input file upward: {', '.join(CONFIG_FILE_NAMES)}.",
    type=click.Path(exists=True, dir_okay=False, readable=True),
)
NO_CONFIG = flag("--no-config", "Do not read any config file.", default=False)
SRC_FILES = click.Argument(["src_files"], nargs=-1, type=click.Path(exists=True, allow_dash=True))
REQUIREMENT_FILES = values(
    "-r --requirement requirement_files",
    "A lock, as an argument is one; may be used more than once.",
    type=click.Path(exists=True, allow_dash=True),
)

FIND_LINKS = values(
    "-f --find-links", "Look for archives in this directory or on this HTML page; may be used more than once"
)
INDEX_URL = value("-i --index-url", "Change index URL (defaults to the one of pip)")
NO_INDEX = flag("--no-index", "Ignore package index (only looking at --find-links URLs instead).")
EXTRA_INDEX_URL = values("--extra-index-url", "Add another index URL to search; may be used more than once")
CERT = value("--cert", "Path to alternate CA bundle.")
CLIENT_CERT = value(
    "--client-cert",
    "Path to SSL client certificate, a single file containing the private key and the certificate in PEM format.",
)
TRUSTED_HOST = values(
    "--trusted-host",
    "Mark this host as trusted, even though it does not have valid or any HTTPS; may be used more than once",
)
ABSENT_STATUS = values(
    "--absent-status",
    "HOST=STATUS: the index on this host answers 401, 403 or 410 instead of 404 for a project that it does not have; "
    "may be used more than once",
)
INDEX = (FIND_LINKS, INDEX_URL, NO_INDEX, EXTRA_INDEX_URL, CERT, CLIENT_CERT, TRUSTED_HOST, ABSENT_STATUS)
