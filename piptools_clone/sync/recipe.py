"""What a sync into a fresh environment came to, kept for the next fresh environment of the same kind.

An environment is made anew more often than a lock changes.  Which wheels then belong into it follows from the locks,
the options, the interpreter's kind and what is there already, and from nothing else, if every line of the locks names
its files by SHA-256.  So a recipe holds all of that together with the wheels; where all of it is as it was, planning,
choosing and checking would come to the same.  Any doubt, and any error, leaves the work to the whole command.

What is kept is trusted as much as the unpacked wheels beside it: the folder is this user's alone.  Light imports only.
"""

from __future__ import annotations

import marshal
import os
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from piptools_clone import seal
from piptools_clone.named_tuple import NamedTuple

_FOLDER = "recipes-v1"
_PYTHON = ("--python-executable", "--python")
_UNREPEATABLE = (*seal.UNSEALED, "--user", "--target", "--prefix", "--link-mode", "--compile", "-a", "--ask")


class Command(NamedTuple):
    """A command line apart from the interpreter that it names."""

    python: str | None
    rest: tuple[str, ...]


class Item(NamedTuple):
    """A wheel to install: its name and version, the SHA-256 of its pack, and where its file came from."""

    name: str
    version: str
    wheel: str
    url: str
    sha256: str


class Kind(NamedTuple):
    """A kind of environment: its traits, what is installed there, and its folders, relative to its own.

    ``traits`` are from `environment.venv`; ``folders`` are purelib, platlib, scripts, data and headers; ``stdlib`` is
    the one of the base.
    """

    traits: tuple[object, ...]
    installed: tuple[str, ...]
    folders: tuple[str, ...]
    stdlib: str


class Recipe(NamedTuple):
    """What is installed into environments of a kind for a command; ``sources`` are the locks that it names.

    ``said`` is what the command says once it has nothing to do: nothing, if it is to be quiet.
    """

    sources: tuple[str, ...]
    files: tuple[str, ...]
    kind: Kind
    items: tuple[Item, ...]
    said: str = ""


def take_apart(argv: Sequence[str]) -> Command | None:
    """Find the interpreter in a command line; None for a command that asks for something special."""
    python, rest = None, []
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=")
        if name in _UNREPEATABLE:
            return None
        if name in _PYTHON:
            python = value if equals else next(words, "")
        else:
            rest.append(word)
    return Command(python, tuple(rest))


def write_recipe(version: str, argv: Sequence[str], recipe: Recipe, watched: Iterable[str]) -> None:
    """Keep a recipe for a command; ``watched`` are other files that decided something."""
    command = take_apart(argv)
    contents = [(os.path.abspath(path), seal.content_of(path)) for path in recipe.files]
    if command is None or any(b"${" in (data or b"${") for _, data in contents):
        return
    key = seal.key_of(version, command.rest)
    stats = [(path, seal.stat_of(path)) for path in (*seal.configs_of(contents), *watched)]
    items = tuple((*item,) for item in recipe.items)
    whole: Any = (key, contents, stats, recipe.sources, recipe.files, (*recipe.kind,), items, recipe.said)
    content = marshal.dumps(whole)
    seal.keep(_path(key, argv), content)


def read_recipe(version: str, command: Command, argv: Sequence[str]) -> Recipe | None:
    """Give the recipe of a command, if all that it depends on is as it was, but for the environment."""
    key = seal.key_of(version, command.rest)
    path = _path(key, argv)
    try:
        if not _is_private(os.path.dirname(path)):
            return None
        with open(path, "rb") as file:
            stored, contents, stats, sources, files, kind, items, said = marshal.load(file)  # noqa: S302 - a private file
        if (
            stored == key
            and all(seal.content_of(path) == content for path, content in contents)
            and all(seal.stat_of(path) == stat for path, stat in stats)
        ):
            return Recipe(sources, files, Kind(*kind), tuple(Item(*item) for item in items), said)
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return None


def recorded_names(names: set[str]) -> tuple[str, ...]:
    """Choose what is recorded as installed among the names of a folder of modules."""
    return tuple(sorted(name for name in names if name.endswith(seal.RECORDED)))


def _path(key: tuple[Any, ...], argv: Sequence[str]) -> str:
    name = f"{zlib.crc32(repr(key).encode('utf-8', 'surrogatepass')):08x}"
    return os.path.join(seal.cache_folder(argv), _FOLDER, name)


def _is_private(folder: str) -> bool:
    found = os.stat(folder)
    return not hasattr(os, "geteuid") or (found.st_uid == os.geteuid() and not found.st_mode & 0o022)
