"""The command that the header of a lock names: what must be typed to make the same lock again.

Bots read it and run it, so it is a wire format: always ``pip-compile``, long options sorted, values joined
with ``=``, then the sources sorted; only what differs from the defaults and shapes the lock.
"""

from __future__ import annotations

import os

from piptools_clone.cli.arguments.compile_options import COMPILE
from piptools_clone.cli.arguments.options import CONFIG_FILE_NAMES
from piptools_clone.formats.locks.lock_header import render_command
from piptools_clone.formats.sanitize import redact_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from piptools_clone.cli.arguments.options import Given, Option

_ADDRESS = r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"]+"


def header_command(
    given: Given, typed: Container[str], environ: Mapping[str, str], configured: Container[str] = ()
) -> str | None:
    """Return the command for the header, ``CUSTOM_COMPILE_COMMAND`` or that of this run; None for no header.

    ``typed`` has the names of the options that the command line or the environment gives, ``configured`` those that
    the configuration file does.
    """
    if not given["header"]:
        return None
    shown = [
        _spelled(option, given[option.name])
        for option in COMPILE.options
        if option.name in typed or ("new" not in option.marks and option.name in configured)
        if _is_shown(option, given)
    ]
    return environ.get("CUSTOM_COMPILE_COMMAND") or render_command(shown, given["src_files"])


def _is_shown(option: Option, given: Given) -> bool:
    value = given[option.name]
    if option.kind == "argument" or "once" in option.marks or value is None:
        return False
    if value is False and not option.negative:
        return False
    if option.name == "config":
        return not given["no_config"] and os.path.normpath(value) not in CONFIG_FILE_NAMES
    return bool(value != option.unset)


def _spelled(option: Option, value: object) -> tuple[str, object]:
    name = option.names[-1]
    if option.kind == "flag":
        return (name if value or not option.negative else option.negative), True
    if option.name == "pip_args_str":
        import re

        return name, re.sub(_ADDRESS, lambda found: redact_url(found[0]), str(value))
    return name, value
