"""Defaults of options from ``.pip-tools.toml`` or ``[tool.pip-tools]`` of ``pyproject.toml``.

The file is looked for from the folder of the first input upward, then from the working folder upward, so that a
project's settings hold wherever one stands in it.  Its values become click's ``default_map``: the command
line and the environment overrule them.
"""

# pathlib is a slow import, and this module stands on the way of every run:
# ruff: noqa: PTH100, PTH110, PTH113, PTH116, PTH117, PTH118, PTH120, PTH123
from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from piptools_clone.cli.options import CONFIG_FILE, CONFIG_FILE_NAMES
from piptools_clone.errors import SettingsError

Table = dict[str, Any]
_ENDS_OF_A_PROJECT = (".git", ".hg")
_COMMANDS = ("compile", "sync")
_PATHS = frozenset(
    {"src_files", "output_file", "constraint", "find_links", "cert", "client_cert", "cache_dir", "python_executable"}
)
"""Parameters that hold paths: in a file found elsewhere they are relative to that file's folder."""


def apply_config(ctx: click.Context, given: Mapping[str, Any]) -> None:
    """Set the context's defaults from the configuration file, if there is one.

    ``given`` are the raw values of the command line: ``no_config`` beats ``config`` in any order, and
    ``src_files`` says where to look.  Raises `SettingsError` for a file that cannot be read, and click's usage errors
    for keys and values that make no sense.
    """
    if given.get("no_config"):
        return
    explicit = given.get("config")
    if isinstance(explicit, str):
        if not os.path.isfile(explicit):
            return  # click says what is wrong with it when it comes to the option
        path, table = explicit, _own_table(explicit, _load(explicit))
        folder = ""
    else:
        sources = given.get("src_files")  # click has a value of its own for "none"
        found = find_config(sources if isinstance(sources, (list, tuple)) else ())
        if found is None:
            return
        path, table = found
        folder = os.path.relpath(os.path.dirname(path) or os.curdir)
    ctx.meta[CONFIG_FILE] = path
    config = _validated(ctx, _named(ctx, _merged(ctx, path, table)), folder)
    ctx.default_map = {**(ctx.default_map or {}), **config}


def find_config(sources: Sequence[str]) -> tuple[str, Table] | None:
    """Return path and ``[tool.pip-tools]`` table of the file that holds for these inputs, None for none.

    In each folder ``.pip-tools.toml`` goes before ``pyproject.toml``, which counts only if it has the table.  The
    way up ends at the root of a repository; on it, files of other users are passed over.
    """
    seen: set[str] = set()
    for start in (*(os.path.dirname(source) or os.curdir for source in sources if source != "-"), os.curdir):
        for folder in _upward(os.path.abspath(start)):
            if folder not in seen:
                seen.add(folder)
                if found := _in_folder(folder):
                    return found
    return None


def _upward(folder: str) -> Iterator[str]:
    """Yield a folder and those above it, as far as a project may reach."""
    owners = _trusted_owners(folder)
    yield folder
    while not _is_end(folder) and (above := os.path.dirname(folder)) != folder:
        folder = above
        if _owner(folder) in owners:
            yield folder


def _is_end(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, name)) for name in _ENDS_OF_A_PROJECT)


def _trusted_owners(folder: str) -> set[int | None]:
    user = os.geteuid() if hasattr(os, "geteuid") else 0
    return {0, user, _owner(folder)}


def _owner(path: str) -> int | None:
    try:
        return os.stat(path).st_uid
    except OSError:
        return None


def _in_folder(folder: str) -> tuple[str, Table] | None:
    for name in CONFIG_FILE_NAMES:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
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
    except ValueError as error:  # bad TOML, or not UTF-8
        from piptools_clone.formats.conflict_marks import RESOLVE, conflict_line

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


def _merged(ctx: click.Context, path: str, table: Table) -> Table:
    """Lay the command's own table over the common one; the other command's is none of our business."""
    name = str(ctx.command.name).removeprefix("pip-")
    own = table.get(name, {})
    if not isinstance(own, dict):
        raise SettingsError(f"{path}: [tool.pip-tools.{name}] must be a table")
    common = {key: value for key, value in table.items() if key not in _COMMANDS}
    return {**common, **own}


def _named(ctx: click.Context, table: Table) -> Table:
    """Translate keys, spelled as options or as names of parameters, into names of parameters."""
    by_option = _by_option(ctx.command.params)
    named: Table = {}
    for key, value in table.items():
        name = key.lstrip("-").replace("-", "_").lower()
        parameter, negative = by_option.get("--" + name.replace("_", "-"), (None, False))
        if parameter is not None:
            name = str(parameter.name)
        named[name] = not value if negative and isinstance(value, bool) else value
    return named


def _by_option(parameters: Sequence[click.Parameter]) -> dict[str, tuple[click.Parameter, bool]]:
    """Map long options to their parameter, and to whether they are its negative form."""
    positive = {option: (parameter, False) for parameter in parameters for option in parameter.opts}
    return {option: (parameter, True) for parameter in parameters for option in parameter.secondary_opts} | positive


def _validated(ctx: click.Context, config: Table, folder: str) -> Table:
    own = {str(parameter.name): parameter for parameter in ctx.command.params}
    for name in config:
        if name not in own:
            _check_sibling(ctx, name, config[name], own)
        else:
            config[name] = _rebased(config[name], folder) if name in _PATHS else config[name]
            _check_value(ctx, own[name], config[name])
    return config


def _check_sibling(ctx: click.Context, name: str, value: object, own: Mapping[str, click.Parameter]) -> None:
    """Accept a key that only the other command knows: the common table is for both."""
    sibling = {str(parameter.name): parameter for parameter in _sibling_parameters(ctx)}
    for option, (parameter, _) in _by_option(tuple(sibling.values())).items():
        sibling.setdefault(option.lstrip("-").replace("-", "_"), parameter)
    if name in sibling:
        _check_value(ctx, sibling[name], value)
        return
    import difflib

    near = difflib.get_close_matches(name, sorted({*own, *sibling}))
    raise click.NoSuchOption(name, message=f"No such config key {name!r}.", possibilities=near, ctx=ctx)


def _sibling_parameters(ctx: click.Context) -> Sequence[click.Parameter]:
    from importlib import import_module

    other = "sync" if str(ctx.command.name).endswith("compile") else "compile"
    make: Callable[[], click.Command] = import_module(f"piptools_clone.cli.{other}").command
    return make().params


def _check_value(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    try:
        parameter.type_cast_value(ctx, value)
    except Exception as error:  # click's own casts raise whatever the value lacks
        message = f"Invalid value for config key {parameter.name!r}: {value!r}.{os.linesep}Details: {error}"
        raise click.BadOptionUsage(str(parameter.name), message, ctx=ctx) from error


def _rebased(value: object, folder: str) -> object:
    if folder in ("", os.curdir):
        return value
    if isinstance(value, list):
        return [_rebased(item, folder) for item in value]
    if not isinstance(value, str) or "://" in value or value == "-" or os.path.isabs(value):
        return value
    return os.path.normpath(os.path.join(folder, value))
