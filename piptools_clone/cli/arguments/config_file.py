"""Defaults of options from the configuration file of a project: ``.pip-tools.toml``, or ``pyproject.toml``.

It is looked for from the folder of the first input upward, then from the working folder upward, so that a project's
settings hold wherever one stands in it.  The keys of its table ``[tool.pip-tools]`` are the options, and their names in
the table of options; its values become click's ``default_map``: the command line and the environment overrule them.

A plain run looks for the file, too, so click is not imported before there is one.
"""

from __future__ import annotations

import os

from piptools_clone.cli.arguments.options import CONFIG_FILE_NAMES
from piptools_clone.environment.upward import folders_upward, is_trusted
from piptools_clone.errors import SettingsError
from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    import click

    from piptools_clone.cli.arguments.options import CommandOptions, Option

    Config = dict[str, Any]

CONFIG_FILE = "piptools_clone.config_file"
"""Where in ``ctx.meta`` the path of the configuration file stands that was read."""
TARGETS = "piptools_clone.targets"
"""Where in ``ctx.meta`` the table of targets stands, as it was read, and the path of its file."""
_COMMANDS = ("compile", "sync")
_TABLES = (*_COMMANDS, "targets")
"""Keys of the common table that are no options."""


def find_config(sources: Sequence[str]) -> tuple[str, Config] | None:
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


def read_config(path: str) -> Config:
    """Return the ``[tool.pip-tools]`` table of a file.  Raises `SettingsError`."""
    return _own_table(path, _load(path))


def _in_folder(folder: str, start: str) -> tuple[str, Config] | None:
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
        return True  # reading it says what is wrong


def _load(path: str) -> Config:
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


def _tool(document: Config) -> Config:
    tool = document.get("tool", {})
    return tool if isinstance(tool, dict) else {}


def _own_table(path: str, document: Config) -> Config:
    table = _tool(document).get("pip-tools", {})
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: [tool.pip-tools] must be a table")
    return table


class _Key(NamedTuple):
    """A key as it is written, with its value, and the file and table that hold it."""

    written: str
    value: object
    place: str

    def complain(self, text: str) -> str:
        """Say what is wrong in pip-tools' words, and then where."""
        return f"{text}{os.linesep}It is {self.written!r} in {self.place}."


def apply_config(ctx: click.Context, table: CommandOptions, given: Mapping[str, Any]) -> None:
    """Set the defaults of a command with a table of options from the configuration file, if there is one.

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
        path, config = explicit, read_config(explicit)
        folder = ""
    else:
        found = find_config([*_given(given, "src_files"), *_given(given, "requirement_files")])
        if found is None:
            return
        path, config = found
        folder = os.path.relpath(os.path.dirname(path) or os.curdir)
    ctx.meta[CONFIG_FILE] = path
    if "targets" in config:
        ctx.meta[TARGETS] = config["targets"], inert(path)
    keys = _named(table.options, _merged(table.command.removeprefix("pip-"), path, config))
    ctx.default_map = {**(ctx.default_map or {}), **_validated(ctx, table, keys, folder)}


def _given(raw: Mapping[str, Any], name: str) -> Sequence[str]:
    values = raw.get(name)
    return values if isinstance(values, (list, tuple)) else ()  # click has a value of its own for "none"


def _merged(command: str, path: str, config: Config) -> list[_Key]:
    """List the keys of the common table, then those of the command's own; the other command's do not count."""
    own = config.get(command, {})
    if not isinstance(own, dict):
        raise SettingsError(f"{path}: [tool.pip-tools.{command}] must be a table")
    place = f"{inert(path)}, [tool.pip-tools"
    common = [_Key(key, value, f"{place}]") for key, value in config.items() if key not in _TABLES]
    return common + [_Key(key, value, f"{place}.{command}]") for key, value in own.items()]


def _named(options: Sequence[Option], keys: Iterable[_Key]) -> dict[str, _Key]:
    """Map names of options to the last key that means each, spelled as the option or as its name."""
    positives = {_key_of(name): option for option in options for name in option.long_names}
    negatives = {_key_of(option.negative): option for option in options if option.negative}
    named = {}
    for key in keys:
        name, value = _key_of(key.written), key.value
        if name in positives:
            name = positives[name].name
        elif name in negatives:
            name = negatives[name].name
            value = not value if isinstance(value, bool) else value
        named[name] = key._replace(value=value)
    return named


def _key_of(written: str) -> str:
    """Spell an option, or a key as it is written, as names are: ``--Find-Links`` is ``find_links``."""
    return written.lstrip("-").replace("-", "_").lower()


def _validated(ctx: click.Context, table: CommandOptions, keys: Mapping[str, _Key], folder: str) -> Config:
    own = {option.name: option for option in table.options}
    config = {}
    for name, key in keys.items():
        if name in own:
            config[name] = _rebased(own[name], key.value, folder)
        _check_value(ctx, own.get(name) or _of_the_other_command(ctx, name, key, own), key)
    return config


def _of_the_other_command(ctx: click.Context, name: str, key: _Key, own: Iterable[str]) -> Option:
    """Find the option of a key that only the other command knows: the common table is for both."""
    from piptools_clone.cli.arguments.compile_options import COMPILE
    from piptools_clone.cli.arguments.sync_options import SYNC

    options = (SYNC if ctx.command.name == COMPILE.command else COMPILE).options
    known = {_key_of(spelled): option for option in options for spelled in (*option.long_names, option.negative)}
    known |= {option.name: option for option in options}
    if name in known:
        return known[name]
    import difflib

    import click

    near = sorted(difflib.get_close_matches(name, sorted({*own, *known})))
    meant = f" (Did you mean{' one of:' if len(near) > 1 else ''} {', '.join(map(repr, near))}?)" if near else ""
    raise click.BadOptionUsage(name, key.complain(f"No such config key {name!r}.{meant}"), ctx=ctx)


def _check_value(ctx: click.Context, option: Option, key: _Key) -> None:
    import click

    from piptools_clone.cli.arguments.click_options import click_parameter

    try:
        _refuse_floats(option, key.value)
        click_parameter(option).type_cast_value(ctx, key.value)
    except Exception as error:  # click's own casts raise whatever the value lacks
        message = f"Invalid value for config key {option.name!r}: {key.value!r}.{os.linesep}Details: {error}"
        raise click.BadOptionUsage(option.name, key.complain(message), ctx=ctx) from error


def _refuse_floats(option: Option, value: object) -> None:
    """Raises ValueError for what would be taken for a text that is not what is written."""
    given = value if isinstance(value, list) else [value]
    if option.type == "text" and any(isinstance(each, float) for each in given):
        raise ValueError("a text in quotes is wanted, for 3.10 without them is 3.1")


def _rebased(option: Option, value: object, folder: str) -> object:
    """Take a path as relative to the folder of the file; a word for an interpreter is one if that is an environment."""
    if folder in ("", os.curdir) or option.marks.isdisjoint({"path", "interpreter"}):
        return value
    if isinstance(value, list):
        return [_rebased(option, item, folder) for item in value]
    if not isinstance(value, str) or "://" in value or value == "-" or os.path.isabs(value):
        return value
    path = os.path.normpath(os.path.join(folder, value))
    is_word = "interpreter" in option.marks and not os.path.dirname(value) and not value.startswith(".")
    return value if is_word and not os.path.isfile(os.path.join(path, "pyvenv.cfg")) else path
