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
from collections.abc import Sequence
from typing import Any

from piptools_clone.named_tuple import NamedTuple
from piptools_clone.run.memo import seal
from piptools_clone.run.memo.witness import RECORDED, digest_of, settled, stat_of
from piptools_clone.store import private

FOLDER = "recipes-v2"
"""Where recipes lie in the cache."""
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
    """What is installed into environments of a kind for a command.

    ``sources`` are the locks that it names, ``files`` those with all that they include, ``digests`` what was read of
    them (hexadecimal SHA-256), ``watched`` other files that decided something.  ``said`` is what the command says once
    it has nothing to do: nothing, if it is to be quiet.
    """

    sources: tuple[str, ...]
    files: tuple[str, ...]
    digests: tuple[str, ...]
    watched: tuple[str, ...]
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


def write_recipe(version: str, argv: Sequence[str], recipe: Recipe) -> None:
    """Keep a recipe for a command, if all that decided it is as it was when the run began."""
    command = take_apart(argv)
    if command is None:
        return
    try:
        stats = settled((*seal.configs_of(recipe.files), *recipe.watched))
    except OSError:
        return
    items = tuple((*item,) for item in recipe.items)
    whole: Any = (stats, *recipe._replace(kind=(*recipe.kind,), items=items))  # type: ignore[arg-type]  # for marshal
    private.write(_path(version, command, argv), marshal.dumps(whole))


def read_recipe(version: str, command: Command, argv: Sequence[str]) -> Recipe | None:
    """Give the recipe of a command, if all that it depends on is as it was, but for the environment."""
    try:
        content = private.read(_path(version, command, argv))
        if content is None:
            return None
        stats, sources, files, digests, watched, kind, items, said = marshal.loads(content)  # noqa: S302 - private
        if all(digest_of(path) == digest for path, digest in zip(files, digests, strict=True)) and all(
            stat_of(path) == seen for path, seen in stats
        ):
            return Recipe(sources, files, digests, watched, Kind(*kind), tuple(Item(*item) for item in items), said)
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return None


def recorded_names(names: set[str]) -> tuple[str, ...]:
    """Choose what is recorded as installed among the names of a folder of modules."""
    return tuple(sorted(name for name in names if name.endswith(RECORDED)))


def _path(version: str, command: Command, argv: Sequence[str]) -> str:
    return os.path.join(seal.cache_folder(argv), FOLDER, seal.key_of(version, command.rest))
