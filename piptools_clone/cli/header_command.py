"""The command that the header of a lock names: what must be typed to make the same lock again.

Bots read it and run it, so it is a wire format: always ``pip-compile``, long options sorted, values joined
with ``=``, then the sources sorted; only what differs from the defaults and shapes the lock.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from piptools_clone.cli.config_search import CONFIG_FILE_NAMES
from piptools_clone.formats.locks.lock_header import render_command
from piptools_clone.formats.sanitize import redact_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click

ONE_OFF = frozenset(
    {
        "cache_dir",
        "check",
        "dry_run",
        "no_config",
        "offline",
        "quiet",
        "rebuild",
        "reuse_hashes",
        "upgrade",
        "upgrade_packages",
        "verbose",
    }
)
"""Names of parameters that say how to run this time, or how much to say."""
_ADDRESS = r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"]+"


def header_command(ctx: click.Context) -> str:
    """Return the command for the header: that of ``CUSTOM_COMPILE_COMMAND``, or the one that was run."""
    return custom_command(os.environ) or compile_command(ctx)


def custom_command(environ: Mapping[str, str]) -> str | None:
    """The command that the user wants named instead of the one that was run."""
    return environ.get("CUSTOM_COMPILE_COMMAND")


def compile_command(ctx: click.Context) -> str:
    """Reconstruct the command from the parameters of a context."""
    import click

    shown = [
        _spelled(option, ctx.params[str(option.name)])
        for option in ctx.command.params
        if isinstance(option, click.Option) and _is_shown(ctx, option)
    ]
    return render_command(shown, ctx.params.get("src_files") or ())


def _is_shown(ctx: click.Context, option: click.Option) -> bool:
    from click import Context
    from click.core import ParameterSource

    from piptools_clone.cli.options import NEW

    name = str(option.name)
    value = ctx.params.get(name)
    source = ctx.get_parameter_source(name)
    if name in ONE_OFF or value is None or source in (None, ParameterSource.DEFAULT):
        return False
    if name == "config":
        return not ctx.params.get("no_config") and os.path.normpath(value) not in CONFIG_FILE_NAMES
    if name in NEW and source is ParameterSource.DEFAULT_MAP:
        return False  # a bot that knows only pip-tools' options still finds the configuration file
    return bool(value != option.get_default(Context(ctx.command)))


def _spelled(option: click.Option, value: object) -> tuple[str, object]:
    name = option.opts[-1]
    if option.is_flag:
        return (name if value or not option.secondary_opts else option.secondary_opts[-1]), True
    if option.name == "pip_args_str":
        import re

        return name, re.sub(_ADDRESS, lambda found: redact_url(found[0]), str(value))
    return name, value
