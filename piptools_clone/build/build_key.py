"""What a build depends on beside its source, as one text: what was built may be remembered under nothing less.

Metadata that a build told and wheels that were built hold for the same interpreter, variables, settings of the
backend, constraints and places of build requirements.  What those places offer is not looked at, as pip does not when
it keeps a wheel that it has built.
"""

# pathlib is a slow import:
from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from piptools_clone.build.build_environment import build_variables
from piptools_clone.formats.sanitize import without_credentials
from piptools_clone.store.sha256 import sha256_of

if TYPE_CHECKING:
    from piptools_clone.build.build_options import BuildOptions
    from piptools_clone.model.target import Target
    from piptools_clone.settings.index_settings import IndexSettings

_RECORDED = (".dist-info", ".egg-info", ".egg-link", ".pth")


def own_interpreter() -> str:
    """The interpreter that runs this, in full: its version and compiler, its ABI, its platform."""
    from sysconfig import get_platform

    return f"{sys.version} {sys.implementation.cache_tag} {get_platform()}"


_OF_INTERPRETER = ("implementation_name", "implementation_version", "python_full_version", "platform_machine")
"""The markers that tell the interpreter of a build, together with the tags."""


def other_interpreter(target: Target) -> str:
    """The interpreter of a target that has described itself, as `own_interpreter` tells the running one."""
    return " ".join([*map(target.markers.__getitem__, _OF_INTERPRETER), *target.tags])


def circumstances(
    settings: IndexSettings,
    options: BuildOptions,
    environ: Mapping[str, str],
    *,
    interpreter: str,
    sites: Iterable[str],
) -> str:
    """The digest of all that any build of a run depends on, the settings of its backend aside.

    ``interpreter`` tells the one that builds, down to its last digit and its ABI; ``sites`` are the folders of modules
    that a build outside isolation sees.
    """
    control, cut_off = settings.format_control, settings.uploaded_prior_to
    facts = (
        interpreter,
        sorted(build_variables(environ).items()),
        [without_credentials(place) for place in (*settings.indexes, "", *settings.find_links)],
        (sorted(control.no_binary), sorted(control.only_binary), settings.prefer_binary, settings.pre),
        cut_off
        and cut_off.date().isoformat(),  # the day is enough: one that is reckoned from now moves on all the time
        [_with_content(line) for line in options.constraints],
        None if options.isolation else [(site, _recorded(site)) for site in sites],
    )
    return sha256_of(repr(facts).encode("utf-8", "surrogatepass"))


def _with_content(line: str) -> tuple[str, str]:
    """A line of constraints, with what the file says that it names."""
    if not line.startswith("-c "):
        return line, ""
    try:
        with open(line[3:], "rb") as file:
            return line, sha256_of(file.read())
    except OSError:
        return line, ""


def _recorded(site: str) -> list[str]:
    """What is recorded as installed in a folder of modules, with the versions."""
    try:
        return sorted(name for name in os.listdir(site) if name.endswith(_RECORDED))
    except OSError:
        return []
