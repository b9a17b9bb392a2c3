"""Defaults of options from the configuration file of a project, which `config_search` finds.

Its values become click's ``default_map``: the command line and the environment overrule them.
"""

# pathlib is a slow import, and this module stands on the way of every run:
# ruff: noqa: PTH113, PTH117, PTH118, PTH120
from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from piptools_clone.cli.config_search import Table, find_config, read_config
from piptools_clone.cli.options import CONFIG_FILE
from piptools_clone.errors import SettingsError

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
        path, table = explicit, read_config(explicit)
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
