"""pip's own settings, read from where pip reads them: configuration files, then PIP_* variables.

The order is that of pip's documentation ("Configuration", "Precedence / Override order"): global
files, the user's, the environment's, the file that PIP_CONFIG_FILE names; in each, `[global]` is
overridden by the section of the command; variables override every file.  Within one source a
repeated option replaces what came before, lists too; only the command line adds to a list.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from piptools_clone.errors import SettingsError
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.settings.config_options import parse_option

_SECTIONS = ("global", "install", ":env:")
"""The sections that count, later ones over earlier ones; pip-tools asks pip as its `install` command does."""

Read = Callable[[str], "str | None"]
"""The text of a file, or None where there is none that can be read."""


class _Value(NamedTuple):
    text: str
    source: str


def read_text(path: str) -> str | None:
    """Return the text of a configuration file: UTF-8, else in the encoding of the locale as pip reads it."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return None  # pip passes over files that it cannot read
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        import locale

        try:
            return data.decode(locale.getpreferredencoding(do_setlocale=False))
        except UnicodeDecodeError:
            raise SettingsError(f"{inert(path)}: the file is neither UTF-8 nor in the locale's encoding") from None


def read_pip_settings(
    environ: Mapping[str, str],
    *,
    home: str,
    prefix: str,
    platform: str = "linux",
    read: Read = read_text,
    isolated: bool = False,
) -> IndexOptions:
    """Return what pip's configuration files and variables say about the index.

    ``home`` is the user's folder, ``prefix`` the environment's (``sys.prefix``), ``platform`` a value
    of ``sys.platform``.  ``isolated`` leaves out variables and the user's files, as pip's option of that name does.
    Raises `SettingsError` naming the file or variable of a value that pip would
    refuse, or of a file that cannot be parsed.
    """
    sections: dict[str, dict[str, _Value]] = {name: {} for name in _SECTIONS}
    for path in config_files(environ, home=home, prefix=prefix, platform=platform, read=read, isolated=isolated):
        _read_file(path, read, sections)
    for name, text in () if isolated else environ.items():
        if name.startswith("PIP_"):
            sections[":env:"][_normalized(name[4:])] = _Value(text, f"the variable {name}")
    return IndexOptions(**_collected(sections, home))


def read_own_settings(environ: Mapping[str, str], *, isolated: bool) -> IndexOptions:
    """Return what pip's settings say on this machine, for the Python that runs this; as `read_pip_settings`.

    The one place that says what ``--isolated`` means, for both commands.
    """
    home = os.path.expanduser("~")
    return read_pip_settings(environ, home=home, prefix=sys.prefix, platform=sys.platform, isolated=isolated)


def config_files(
    environ: Mapping[str, str],
    *,
    home: str,
    prefix: str,
    platform: str,
    read: Read = read_text,
    isolated: bool = False,
) -> tuple[str, ...]:
    """Return the files that pip would look into, those with more say later; none for PIP_CONFIG_FILE=/dev/null."""
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return ()
    name = "pip.ini" if platform == "win32" else "pip.conf"
    folders = list(_global_folders(environ, platform))
    if not isolated and (not named or read(named) is None):  # a named file takes the place of the user's
        folders += [f"{home}/pip" if platform == "win32" else f"{home}/.pip", _user_folder(environ, home, platform)]
    return (*(f"{folder}/{name}" for folder in (*folders, prefix)), *((named,) if named else ()))


def _global_folders(environ: Mapping[str, str], platform: str) -> Iterator[str]:
    if platform == "win32":
        yield f"{environ.get('PROGRAMDATA', 'C:/ProgramData')}/pip"
    elif platform == "darwin":
        yield "/Library/Application Support/pip"
    else:
        for folder in (environ.get("XDG_CONFIG_DIRS", "").strip() or "/etc/xdg").split(":"):
            yield f"{folder}/pip"
        yield "/etc"


def _user_folder(environ: Mapping[str, str], home: str, platform: str) -> str:
    if platform == "win32":
        return f"{environ.get('APPDATA') or f'{home}/AppData/Roaming'}/pip"
    if platform == "darwin":
        own = f"{home}/Library/Application Support/pip"
        return own if os.path.isdir(own) else f"{home}/.config/pip"
    return f"{environ.get('XDG_CONFIG_HOME', '').strip() or f'{home}/.config'}/pip"


def _normalized(name: str) -> str:
    """Return pip's spelling of an option name, whatever case, dashes and underscores it was written with."""
    return name.lower().replace("_", "-").removeprefix("--")


def _read_file(path: str, read: Read, sections: dict[str, dict[str, _Value]]) -> None:
    text = read(path)
    if not text:
        return
    import configparser

    parser = configparser.RawConfigParser()
    parser.optionxform = _normalized  # type: ignore[assignment, method-assign]  # its documented use
    try:
        parser.read_string(text, path)
    except configparser.Error as error:
        raise SettingsError(
            f"{inert(path)}: pip's configuration file cannot be parsed: {inert(' '.join(str(error).split()), 300)}"
        ) from None
    for section in parser.sections():
        if section in sections:
            where = f"{inert(path)}, section [{section}]"
            sections[section].update((key, _Value(value or "", where)) for key, value in parser.items(section))


def _collected(sections: Mapping[str, Mapping[str, _Value]], home: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for values in sections.values():
        for name, value in values.items():
            found = parse_option(name, value.text, value.source) if value.text else None
            if found is None:
                continue
            option, parsed = found
            if option.accumulates:
                parsed = fields.get(option.field, ()) + parsed
            fields[option.field] = _expanded(parsed, home) if option.type == "path" else parsed
    return fields


def _expanded(path: str, home: str) -> str:
    return home + path[1:] if path == "~" or path.startswith("~/") else path
