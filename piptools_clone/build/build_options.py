"""How pip is to build, which is known long before anything is built."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from piptools_clone.settings.index_settings import IndexSettings


class BuildHost(NamedTuple):
    """The interpreter that builds for metadata, by default the running one: what a build says depends on it.

    ``python`` is the path of another, ``described`` tells it in full, and ``sites`` are its folders of modules (see
    `build_key`).  ``foreign`` names the target where it is of another kind than that interpreter: then nothing that has
    to be built can be known.
    """

    python: str = ""
    described: str = ""
    sites: tuple[str, ...] = ()
    foreign: str = ""


class BuildOptions(NamedTuple):
    """How pip builds: ``constraints`` are lines that hold for build requirements; ``timeout`` is in seconds.

    ``cache_dir`` is where pip may keep what it fetches for builds, nowhere when empty.  ``offline`` leaves it local
    places only.  ``host`` builds for metadata.
    """

    isolation: bool = True
    constraints: tuple[str, ...] = ()
    timeout: float = 1800.0
    cache_dir: str = ""
    offline: bool = False
    host: BuildHost = BuildHost()


def build_options(
    settings: IndexSettings,
    *,
    isolation: bool,
    offline: bool,
    bounds: Iterable[str] = (),
    host: BuildHost | None = None,
) -> BuildOptions:
    """How pip builds by the settings of a run, for compile and for sync.

    The files of constraints that pip's settings name hold for builds, and so do ``bounds``, requirements without a
    marker.  ``isolation`` and ``offline`` are what the request says; ``host`` builds, where it is not the running
    Python.
    """
    files = (*settings.constraints, *settings.build_constraints)
    lines = [*bounds, *(f"-c {os.path.abspath(path)}" for path in files if "://" not in path)]
    return BuildOptions(settings.build_isolation and isolation, tuple(lines), offline=offline, host=host or BuildHost())
