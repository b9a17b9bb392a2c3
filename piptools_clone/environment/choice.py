"""Which environment a sync means when none is named."""

# ruff: noqa: PTH100, PTH110, PTH113, PTH118, PTH120 - pathlib is a slow import
from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

_OF_TOOLS = ("pipx_metadata.json", "uv-receipt.toml")
"""What installers of tools leave in the environment that they make for each tool."""


def choose_interpreter(
    sources: Sequence[str], environ: Mapping[str, str], *, prefix: str = sys.prefix, base: str = sys.base_prefix
) -> str | None:
    """Name the environment to change, None for that of the running interpreter.

    The tool's own virtual environment comes first, as in pip-tools: a ``pip-sync`` installed in a project's environment
    changes that one, whatever else is active.  A tool that stands outside of any project (installed for the system,
    or by an installer of tools) takes the active environment (``VIRTUAL_ENV``), then a ``.venv`` beside the first
    lock, and only then its own Python.
    """
    if prefix != base and not any(os.path.exists(os.path.join(prefix, name)) for name in _OF_TOOLS):
        return None
    active = environ.get("VIRTUAL_ENV", "")
    beside = beside_lock(sources[0]) if sources else ""
    return next((folder for folder in (active, beside) if folder and _is_environment(folder)), None)


def beside_lock(source: str) -> str:
    """Name the ``.venv`` beside a lock, whether it is there or not; "" for a lock that is no file."""
    if source == "-" or "://" in source:
        return ""
    return os.path.join(os.path.dirname(os.path.abspath(source)), ".venv")


def _is_environment(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, "pyvenv.cfg"))
