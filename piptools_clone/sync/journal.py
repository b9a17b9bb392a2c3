"""The journal of a swap, as files in the sync's own folder in the environment.

``journal`` lists every step before the first is done.  ``putting`` appears when nothing is left to be taken.
``done`` is the journal renamed: the swap is complete and only tidying is left.
"""

from __future__ import annotations

import json
import os
from enum import StrEnum
from typing import NamedTuple

from piptools_clone.errors import EnvironmentFailure

_VERSION = 1


class State(StrEnum):
    """How far a swap had come."""

    NONE = "none"
    TAKING = "taking"
    PUTTING = "putting"
    DONE = "done"


class Step(NamedTuple):
    """One rename; a take goes from the environment to the sync's folder, a put the other way."""

    source: str
    target: str


class Steps(NamedTuple):
    """All steps of a swap, in order."""

    takes: tuple[Step, ...]
    puts: tuple[Step, ...]


def write_journal(folder: str, steps: Steps) -> None:
    """Make the steps durable.  Paths are kept relative, so that a moved environment can still be recovered."""
    content = {"version": _VERSION, "takes": _relative(folder, steps.takes), "puts": _relative(folder, steps.puts)}
    temporary = os.path.join(folder, "journal.new")
    with open(temporary, "w", encoding="ascii") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    if not steps.takes:
        _touch(os.path.join(folder, "putting"))
    os.rename(temporary, os.path.join(folder, "journal"))
    sync_folder(folder)


def read_journal(folder: str) -> Steps:
    """Read the steps back.  Raises `EnvironmentFailure` for a journal of another version, or one that was edited."""
    path = os.path.join(folder, "journal")
    try:
        with open(path, encoding="ascii") as file:
            content = json.load(file)
        if content["version"] == _VERSION:
            return Steps(_absolute(folder, content["takes"]), _absolute(folder, content["puts"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnvironmentFailure(f"The journal of an interrupted sync cannot be read: {path}") from error
    raise EnvironmentFailure(f"The journal of an interrupted sync is of another version of this tool: {path}")


def read_state(folder: str) -> State:
    """Tell how far the swap in a folder had come."""
    names = set(os.listdir(folder))
    if "done" in names:
        return State.DONE
    if "journal" not in names:
        return State.NONE
    return State.PUTTING if "putting" in names else State.TAKING


def mark_putting(folder: str) -> None:
    """Note durably that all takes are done."""
    _touch(os.path.join(folder, "putting"))
    sync_folder(folder)


def unmark_putting(folder: str) -> None:
    """Note durably that all puts are undone."""
    os.unlink(os.path.join(folder, "putting"))
    sync_folder(folder)


def mark_done(folder: str) -> None:
    """Note durably that the swap is complete: from here on nothing is undone."""
    os.rename(os.path.join(folder, "journal"), os.path.join(folder, "done"))
    sync_folder(folder)


def sync_folder(folder: str) -> None:
    """Make renames in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _touch(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o666))


def _relative(folder: str, steps: tuple[Step, ...]) -> list[list[str]]:
    return [[os.path.relpath(path, folder) for path in step] for step in steps]


def _absolute(folder: str, steps: list[list[str]]) -> tuple[Step, ...]:
    return tuple(Step(*(os.path.normpath(os.path.join(folder, path)) for path in step)) for step in steps)
