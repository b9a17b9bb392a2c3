"""The journal of a swap: a file in the sync's own folder in the environment; its name tells how far the swap has come.

It lists every step before the first is done.  It is called ``journal`` as long as things are taken, ``putting`` when
nothing is left to be taken, ``done`` when the swap is complete and only tidying is left.  A swap that leaves the disk
to the system (see `durability`) is complete when its journal is renamed to a note beside the folder.

Law: a journal is believed only if this user's pip-sync wrote it (see `signature`), and only if each of its steps stays
within the folders of the environment and the sync's own.  What else has one of these names steers nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from piptools_clone.environment.own_names import FOLDER, NOTE
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.syncing.transaction.final_paths import Bounds
from piptools_clone.syncing.transaction.signature import SIGNATURE_LENGTH, is_signed, sign

_VERSION = 2
_LIMIT = 256 << 20  # bytes of a journal; one of 200,000 steps has 40 MB
_BEGIN, _GOES_ON = '{"signature": "', '", '
_SIGNED = len(_BEGIN) + SIGNATURE_LENGTH  # what follows is signed as it stands, so nothing is parsed that is not ours


class State(StrEnum):
    """How far a swap had come."""

    NONE = "none"
    TAKING = "taking"
    PUTTING = "putting"
    DONE = "done"


_NAMES = {State.TAKING: "journal", State.PUTTING: "putting", State.DONE: "done"}


class JournalStep(NamedTuple):
    """One rename; a take goes from the environment to the sync's folder, a put the other way."""

    source: str
    target: str


class JournalSteps(NamedTuple):
    """All steps of a swap, in order."""

    takes: tuple[JournalStep, ...]
    puts: tuple[JournalStep, ...]


def write_journal(folder: str, steps: JournalSteps, *, boot: str = "") -> None:
    """Make the steps durable.  Paths are kept relative, so that a moved environment can still be recovered.

    ``boot`` is that of the kernel when the journal is to become a note.  Raises `SettingsError` where there is no key
    to sign it with.
    """
    content = {
        "version": _VERSION,
        "boot": boot,
        "takes": _relative(folder, steps.takes),
        "puts": _relative(folder, steps.puts),
    }
    temporary = os.path.join(folder, "journal.new")
    with open(temporary, "w", encoding="ascii") as file:
        file.write(render_signed(content))
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, _path(folder, State.TAKING if steps.takes else State.PUTTING))
    sync_folder(folder)


def render_signed(content: dict[str, Any]) -> str:
    """Write the content of a journal with its signature."""
    text = json.dumps(content)
    return f"{_BEGIN}{sign(text.encode())}{_GOES_ON}{text[1:]}"


def read_journal(folder: str, roots: Sequence[str]) -> tuple[State, JournalSteps]:
    """Tell how far the swap in a folder had come, and its steps; ``roots`` are the folders of the environment.

    Raises `EnvironmentFailure` for a journal that is not ours, for one of another version, and for one with a step that
    leads out of these folders.
    """
    found, content = _find(folder)
    steps = _steps_of(folder, content)
    _check_within(folder, steps, roots)
    return found, steps


def read_note(path: str) -> list[str] | None:
    """Read what a sync has put that left a note; None for a note that is not ours, which proves nothing."""
    try:
        content = _read(path)
    except EnvironmentFailure:
        return None
    return [step.target for step in _steps_of(os.path.join(os.path.dirname(path), FOLDER), content).puts]


def read_state(folder: str) -> State:
    """Tell how far the swap in a folder had come.  Raises `EnvironmentFailure` for a journal that is not ours."""
    return _find(folder)[0]


def is_unfinished(folder: str) -> bool:
    """Whether there is a journal of a swap that is neither complete nor undone, or one that cannot be believed."""
    try:
        return read_state(folder) in (State.TAKING, State.PUTTING)
    except EnvironmentFailure:
        return True


def mark(folder: str, before: State, after: State) -> None:
    """Note durably that a swap goes on to another state."""
    os.rename(_path(folder, before), _path(folder, after))
    sync_folder(folder)


def remove_journal(folder: str) -> None:
    """Note that everything was undone."""
    os.unlink(_path(folder, State.TAKING))


def leave_note(folder: str) -> str:
    """Complete a swap by making its journal the note beside the folder; the disk may take its time."""
    path = note_of(folder)
    os.rename(_path(folder, State.PUTTING), path)
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


def _find(folder: str) -> tuple[State, dict[str, Any]]:
    """Find the journal that is ours: beside it, another tool may have put anything under the other names."""
    names = set(os.listdir(folder))
    failure = None
    for state in (State.DONE, State.PUTTING, State.TAKING):
        if _NAMES[state] in names:
            try:
                return state, _read(_path(folder, state))
            except EnvironmentFailure as error:
                failure = failure or error
    if failure is not None:
        raise failure
    return State.NONE, {"takes": [], "puts": []}


def _path(folder: str, state: State) -> str:
    return os.path.join(folder, _NAMES[state])


def _read(path: str) -> dict[str, Any]:
    """Read a journal whose signature holds."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, encoding="ascii") as file:
            text = file.read(min(os.fstat(descriptor).st_size, _LIMIT))  # for as much memory is set aside
        signature, content = text[len(_BEGIN) : _SIGNED], "{" + text[_SIGNED + len(_GOES_ON) :]
        if not text.startswith(_BEGIN) or not is_signed(content.encode(), signature):
            raise _unproved(path)
        found: dict[str, Any] = json.loads(content)
    except (OSError, ValueError) as error:
        raise _unproved(path) from error
    if found.get("version") != _VERSION:
        raise EnvironmentFailure(
            f"The journal of an interrupted sync is of another version of this tool: {inert(path, 500)}",
            hint="run that version once, or make the environment anew",
        )
    return found


def _unproved(path: str) -> EnvironmentFailure:
    return EnvironmentFailure(
        f"{inert(path, 500)} is not what this user's pip-sync wrote on this machine, so nothing is done by it.",
        hint="if a pip-sync of another user or machine was interrupted here, run it there again; else a package "
        "brought it: find out which, and make the environment anew (or delete what is named, if you are sure)",
    )


def _steps_of(folder: str, content: dict[str, Any]) -> JournalSteps:
    return JournalSteps(_absolute(folder, content["takes"]), _absolute(folder, content["puts"]))


def _check_within(folder: str, steps: JournalSteps, roots: Sequence[str]) -> None:
    """Takes lead from the environment to the sync's folder, puts the other way; nothing leads anywhere else."""
    inside = Bounds(roots)
    old, new = f"{folder}/old/", f"{folder}/new/"
    for source, target in steps.takes:
        if not (inside(source) and target.startswith(old)):
            raise _strange(source)
    for source, target in steps.puts:
        if not (source.startswith(new) and (inside(target) or inside.holds_root(target))):
            raise _strange(target)


def _strange(path: str) -> EnvironmentFailure:
    return EnvironmentFailure(
        f"The journal of an interrupted sync names {inert(path, 500)}, which is not in this environment.",
        hint="was the folder taken over from another environment? make the environment anew",
    )


def _relative(folder: str, steps: tuple[JournalStep, ...]) -> list[list[str]]:
    return [[os.path.relpath(path, folder) for path in step] for step in steps]


def _absolute(folder: str, steps: list[list[str]]) -> tuple[JournalStep, ...]:
    return tuple(JournalStep(*(os.path.normpath(os.path.join(folder, path)) for path in step)) for step in steps)
