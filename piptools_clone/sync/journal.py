"""The journal of a swap, as files in the sync's own folder in the environment.

``journal`` lists every step before the first is done.  ``putting`` appears when nothing is left to be taken.
``done`` is the journal renamed: the swap is complete and only tidying is left.  A swap that leaves the disk to the
system (see `environment.boot`) is complete when its journal is renamed to a note beside the folder.
"""

from __future__ import annotations

import json
import os
from enum import StrEnum

from piptools_clone.environment.boot import NOTE
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.named_tuple import NamedTuple

FOLDER = ".piptools-clone"
"""The sync's own folder, in the folder of modules."""

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


def write_journal(folder: str, steps: Steps, *, boot: str = "") -> None:
    """Make the steps durable.  Paths are kept relative, so that a moved environment can still be recovered.

    ``boot`` is that of the kernel when the journal is to become a note.
    """
    content = {
        "version": _VERSION,
        "boot": boot,
        "takes": _relative(folder, steps.takes),
        "puts": _relative(folder, steps.puts),
    }
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
    return _read_steps(os.path.join(folder, "journal"), folder)


def read_note(path: str) -> list[str]:
    """Read what a sync has put that left a note.  Raises `EnvironmentFailure` as `read_journal` does."""
    steps = _read_steps(path, os.path.join(os.path.dirname(path), FOLDER))
    return [step.target for step in steps.puts]


def _read_steps(path: str, folder: str) -> Steps:
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


def leave_note(folder: str) -> str:
    """Complete a swap by making its journal the note beside the folder; the disk may take its time."""
    path = note_of(folder)
    os.rename(os.path.join(folder, "journal"), path)
    return path


def note_of(folder: str) -> str:
    """Where the note of a sync is whose folder this is."""
    return os.path.join(os.path.dirname(folder), NOTE)


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
