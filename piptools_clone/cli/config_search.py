"""Finds the configuration file of a project: ``.pip-tools.toml``, or ``pyproject.toml`` with ``[tool.pip-tools]``.

It is looked for from the folder of the first input upward, then from the working folder upward, so that a project's
settings hold wherever one stands in it.
"""

# pathlib is a slow import, and this module stands on the way of every run:
from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from piptools_clone.environment.upward import folders_upward, is_trusted
from piptools_clone.errors import SettingsError

Table = dict[str, Any]
CONFIG_FILE_NAMES = (".pip-tools.toml", "pyproject.toml")


def find_config(sources: Sequence[str]) -> tuple[str, Table] | None:
    """Return path and ``[tool.pip-tools]`` table of the file that holds for these inputs, None for none.

    In each folder ``.pip-tools.toml`` goes before ``pyproject.toml``, which counts only if it has the table.  The
    way up ends at the root of a repository; on it, files of other users are passed over.
    """
    seen: set[str] = set()
    for start in (*(os.path.dirname(source) or os.curdir for source in sources if source != "-"), os.curdir):
        for folder in folders_upward(start):
            if folder not in seen:
                seen.add(folder)
                if found := _in_folder(folder, start):
                    return found
    return None


def read_config(path: str) -> Table:
    """Return the ``[tool.pip-tools]`` table of a file.  Raises `SettingsError`."""
    return _own_table(path, _load(path))


def _in_folder(folder: str, start: str) -> tuple[str, Table] | None:
    for name in CONFIG_FILE_NAMES:
        path = os.path.join(folder, name)
        if os.path.isfile(path) and is_trusted(path, start):
            shown = os.path.relpath(path)
            if name == "pyproject.toml" and not _mentions_us(path):
                continue
            document = _load(shown)
            if name != "pyproject.toml" or "pip-tools" in _tool(document):
                return shown, _own_table(shown, document)
    return None


def _mentions_us(path: str) -> bool:
    """Whether a file could hold our table: to parse TOML takes longer than to look."""
    try:
        with open(path, "rb") as file:
            return b"pip-tools" in file.read()
    except OSError:
        return True  # whoever reads it says what is wrong


def _load(path: str) -> Table:
    import tomllib

    hint = ""
    try:
        with open(path, "rb") as file:
            content = file.read()
        return tomllib.loads(content.decode())
    except OSError as error:
        reason = f"Could not read {path!r}: {error}"
    except (ValueError, RecursionError) as error:  # bad TOML, not UTF-8, or nested too deep
        from piptools_clone.formats.requirements.logical_lines import RESOLVE, conflict_line

        reason = f"Could not parse {path!r}: {error}"
        if conflict_line(content.decode(errors="replace")):
            hint = f"the file is in a merge conflict: {RESOLVE}"
    raise SettingsError(f"Could not open file {path!r}: {reason}", hint=hint)


def _tool(document: Table) -> Table:
    tool = document.get("tool", {})
    return tool if isinstance(tool, dict) else {}


def _own_table(path: str, document: Table) -> Table:
    table = _tool(document).get("pip-tools", {})
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: [tool.pip-tools] must be a table")
    return table
