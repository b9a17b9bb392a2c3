"""The options that only pip-sync has, in the order of its help."""

from __future__ import annotations

import click

from piptools_clone.cli import options
from piptools_clone.cli.options import flag, pair, value, values
from piptools_clone.cli.plain_sync import CHOICES

BEHAVIOUR = (
    flag("-a --ask", "Show what would happen, then ask whether to continue"),
    options.DRY_RUN,
    flag("--check", "Change nothing; fail if something would change"),
    flag("--force", "Proceed even if conflicts are found"),
)
PLACE = (
    value(
        "--python-executable --python python_executable",
        "Custom python executable path if targeting an environment other than current.",
    ),
    flag("--user user_only", "Restrict attention to user directory"),
    value("--target", "Install into this folder.", type=click.Path(file_okay=False)),
    value(
        "--prefix", "Install below this folder as below the prefix of an environment.", type=click.Path(file_okay=False)
    ),
    flag("--break-system-packages", "Change a Python that belongs to the system, and packages of conda."),
)
CARE = (
    values("--keep", "Never remove packages of this name; a pattern such as ``types-*`` is allowed."),
    pair("--strict/--no-strict", "Refuse a lock that lacks dependencies or has unpinned lines", default=True),
    flag("--allow-empty", "Let a lock that pins nothing remove everything."),
    pair("--require-hashes/--no-require-hashes", "Require a hash for every line, or for none", default=None),
    values(
        "--relax-record",
        "Install the wheel of this project although its RECORD is wrong, or another package has one of its files "
        "with other contents (the other's stays).",
    ),
    flag("--verify", "Compare every installed file with its RECORD, and repair what differs."),
    values("--reinstall", "Install this project anew although it is as the lock says."),
    flag("--reinstall-all", "Install everything that the lock names anew."),
)
FILES = (
    value(
        "--link-mode",
        "How files get from the cache into the environment; hard links share them with every other environment.",
        type=click.Choice(CHOICES["--link-mode"]),
        default="auto",
    ),
    pair("--compile/--no-compile compile_bytecode", "Compile Python source files to bytecode", default=False),
    values("--only-binary", "Do not use source distributions of these packages (or ``:all:``); as in pip."),
    values("--no-binary", "Do not use wheels of these packages (or ``:all:``); as in pip."),
    flag("--no-build", "Fail rather than build anything.", default=False),
    value(
        "--cache-dir",
        "Store the cache data in DIRECTORY.",
        default=options.default_cache_dir,
        envvar="PIP_TOOLS_CACHE_DIR",
    ),
    flag("--offline", "Use the cache only, and send no request."),
    value(
        "--report",
        "Write what was done, or would be, to this file as JSON, in the shape of pip's installation report.",
    ),
)
PARAMETERS: tuple[click.Parameter, ...] = (
    options.VERSION,
    *BEHAVIOUR,
    *options.INDEX,
    *PLACE,
    *CARE,
    *FILES,
    options.VERBOSE,
    options.QUIET,
    options.COLOR,
    options.SRC_FILES,
    options.REQUIREMENT_FILES,
    options.PIP_ARGS,
    options.CONFIG,
    options.NO_CONFIG,
    options.HELP,
)
