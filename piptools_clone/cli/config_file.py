"""Defaults of options from the configuration file of a project, which `config_search` finds.

Its values become click's ``default_map``: the command line and the environment overrule them.
"""

# pathlib is a slow import, and this module stands on the way of every run:
from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from piptools_clone.cli.config_search import Table, find_config, read_config
from piptools_clone.cli.options import CONFIG_FILE
from piptools_clone.errors import SettingsError
from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple

_COMMANDS = ("compile", "sync")
_INTERPRETERS = frozenset({"python", "python_executable"})
_PATHS = _INTERPRETERS | {
    *("src_files", "requirement_files", "output_file", "constraint", "find_links", "cert", "client_cert", "cache_dir"),
    *("target", "prefix", "report"),
}
"""Parameters that hold paths: in a file found elsewhere they are relative to that file's folder."""


def _given(raw: Mapping[str, Any], name: str) -> Sequence[str]:
    values = raw.get(name)
    return values if isinstance(values, (list, tuple)) else ()  # click has a value of its own for "none"


class _Key(NamedTuple):
    """A key as it is written, with its value, and the file and table that hold it."""

    written: str
    value: object
    place: str

    def complain(self, text: str) -> str:
        """Say what is wrong in pip-tools' words, and then where."""
        return f"{text}{os.linesep}It is {self.written!r} in {self.place}."


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
        found = find_config([*_given(given, "src_files"), *_given(given, "requirement_files")])
        if found is None:
            return
        path, table = found
        folder = os.path.relpath(os.path.dirname(path) or os.curdir)
    ctx.meta[CONFIG_FILE] = path
    config = _validated(ctx, _named(ctx, _merged(ctx, path, table)), folder)
    ctx.default_map = {**(ctx.default_map or {}), **config}


def _merged(ctx: click.Context, path: str, table: Table) -> list[_Key]:
    """List the keys of the common table, then those of the command's own; the other command's do not count."""
    name = str(ctx.command.name).removeprefix("pip-")
    own = table.get(name, {})
    if not isinstance(own, dict):
        raise SettingsError(f"{path}: [tool.pip-tools.{name}] must be a table")
    common = [
        _Key(key, value, f"{inert(path)}, [tool.pip-tools]") for key, value in table.items() if key not in _COMMANDS
    ]
    return common + [_Key(key, value, f"{inert(path)}, [tool.pip-tools.{name}]") for key, value in own.items()]


def _named(ctx: click.Context, keys: Sequence[_Key]) -> dict[str, _Key]:
    """Map names of parameters to the last key that means each, spelled as the option or as the parameter."""
    by_option = _by_option(ctx.command.params)
    named = {}
    for key in keys:
        name = key.written.lstrip("-").replace("-", "_").lower()
        parameter, negative = by_option.get("--" + name.replace("_", "-"), (None, False))
        if parameter is not None:
            name = str(parameter.name)
        value = not key.value if negative and isinstance(key.value, bool) else key.value
        named[name] = key._replace(value=value)
    return named


def _by_option(parameters: Sequence[click.Parameter]) -> dict[str, tuple[click.Parameter, bool]]:
    """Map long options to their parameter, and to whether they are its negative form."""
    positive = {option: (parameter, False) for parameter in parameters for option in parameter.opts}
    return {option: (parameter, True) for parameter in parameters for option in parameter.secondary_opts} | positive


def _validated(ctx: click.Context, keys: Mapping[str, _Key], folder: str) -> Table:
    own = {str(parameter.name): parameter for parameter in ctx.command.params}
    config = {}
    for name, key in keys.items():
        if name not in own:
            _check_sibling(ctx, name, key, own)
        else:
            _check_value(ctx, own[name], key)
        config[name] = _rebased(name, key.value, folder)
    return config


def _check_sibling(ctx: click.Context, name: str, key: _Key, own: Mapping[str, click.Parameter]) -> None:
    """Accept a key that only the other command knows: the common table is for both."""
    sibling = {str(parameter.name): parameter for parameter in _sibling_parameters(ctx)}
    for option, (parameter, _) in _by_option(tuple(sibling.values())).items():
        sibling.setdefault(option.lstrip("-").replace("-", "_"), parameter)
    if name in sibling:
        _check_value(ctx, sibling[name], key)
        return
    import difflib

    near = sorted(difflib.get_close_matches(name, sorted({*own, *sibling})))
    meant = f" (Did you mean{' one of:' if len(near) > 1 else ''} {', '.join(map(repr, near))}?)" if near else ""
    raise click.BadOptionUsage(name, key.complain(f"No such config key {name!r}.{meant}"), ctx=ctx)


def _sibling_parameters(ctx: click.Context) -> Sequence[click.Parameter]:
    from importlib import import_module

    other = "sync" if str(ctx.command.name).endswith("compile") else "compile"
    make: Callable[[], click.Command] = import_module(f"piptools_clone.cli.{other}_entry").command
    return make().params


def _check_value(ctx: click.Context, parameter: click.Parameter, key: _Key) -> None:
    try:
        parameter.type_cast_value(ctx, key.value)
    except Exception as error:  # click's own casts raise whatever the value lacks
        message = f"Invalid value for config key {parameter.name!r}: {key.value!r}.{os.linesep}Details: {error}"
        raise click.BadOptionUsage(str(parameter.name), key.complain(message), ctx=ctx) from error


def _rebased(name: str, value: object, folder: str) -> object:
    """Take a path as relative to the folder of the file; a word for an interpreter is one if that is an environment."""
    if folder in ("", os.curdir) or name not in _PATHS:
        return value
    if isinstance(value, list):
        return [_rebased(name, item, folder) for item in value]
    if not isinstance(value, str) or "://" in value or value == "-" or os.path.isabs(value):
        return value
    path = os.path.normpath(os.path.join(folder, value))
    is_word = not os.path.dirname(value) and not value.startswith(".")
    if name in _INTERPRETERS and is_word and not os.path.isfile(os.path.join(path, "pyvenv.cfg")):
        return value
    return path
