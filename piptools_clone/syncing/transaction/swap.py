"""Swap files by renames so that after any failure, or a kill at any instant, all is old or all is new.

Why this is exact: every path in the sync's folder belongs to one step, so where a file is tells what was done.
Takes come before puts, with a durable mark between them.  Before the mark no put was begun, and undoing moves back what
lies in the folder.  After it every place of a put was empty, so what is there now is ours.  Undoing removes
the mark between undoing the puts and the takes, so it can itself be killed and begun again.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from contextlib import suppress

from piptools_clone.environment.own_names import PART
from piptools_clone.errors import InterruptedLate
from piptools_clone.process.signals import deferred
from piptools_clone.syncing.transaction.journal import (
    JournalStep,
    JournalSteps,
    State,
    leave_note,
    mark,
    note_of,
    read_journal,
    read_state,
    remove_journal,
    write_journal,
)
from piptools_clone.syncing.transaction.rename_plan import RenamePlan

Rename = Callable[[str, str], None]
Checkpoint = Callable[[str], None]


def no_checkpoint(_: str) -> None:
    """Do nothing: what a test replaces to fail or die between two steps."""


def swap(
    folder: str,
    plan: RenamePlan,
    *,
    boot: str = "",
    rename: Rename = os.rename,
    checkpoint: Checkpoint = no_checkpoint,
) -> None:
    """Carry out renames, with the journal in ``folder``, which then holds only what may be thrown away.

    Waits for the disk, unless they only add and ``boot`` names the boot of the kernel: then a note stays (see
    `durability`).  The note of an earlier sync goes with whatever is taken.
    On any exception everything is undone and the exception goes on; an interrupt waits until all is done, and is then
    raised as `InterruptedLate`.  ``rename`` and ``checkpoint`` are the
    edges that tests replace.
    """
    steps = _steps(folder, plan)
    waits = bool(steps.takes) or not boot
    is_done = False
    try:
        with deferred():
            try:
                write_journal(folder, steps, boot="" if waits else boot)
                checkpoint("journal")
                _forward(folder, steps, rename, checkpoint)
                if waits:
                    flush(folder)
                    mark(folder, State.PUTTING, State.DONE)
                else:
                    leave_note(folder)
            except BaseException:
                state = read_state(folder)
                if state in (State.TAKING, State.PUTTING):
                    _undo(folder, state, steps, rename, no_checkpoint)
                raise
            is_done = True
            checkpoint("done")
    except KeyboardInterrupt:
        if is_done:
            raise InterruptedLate from None
        raise


def recover(
    folder: str, roots: Sequence[str], *, rename: Rename = os.rename, checkpoint: Checkpoint = no_checkpoint
) -> State:
    """Undo what an interrupted swap left half done, and tell what was found; DONE needs tidying alone.

    ``roots`` are the folders of the environment.  Raises `EnvironmentFailure` when the journal cannot be believed.
    """
    state, steps = read_journal(folder, roots)
    if state in (State.TAKING, State.PUTTING):
        _undo(folder, state, steps, rename, checkpoint)
    return state


def flush(folder: str) -> None:
    """Write the new files to the disk before the old ones are given up: the whole file system, or all of them."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        import ctypes

        ctypes.CDLL(None).syncfs(descriptor)
    except (ImportError, AttributeError, OSError):  # not Linux
        if hasattr(os, "sync"):
            os.sync()
    finally:
        os.close(descriptor)


def move(source: str, target: str, rename: Rename) -> None:
    """Rename; where that crosses file systems (EXDEV), file by file.

    A folder is merged into one that is there, so a move that was interrupted can be repeated, or reversed.
    """
    if not os.path.isdir(source) or os.path.islink(source):
        _move_file(source, target, rename)
        return
    if os.path.islink(target):  # made since the renames were planned
        raise OSError(errno.EEXIST, "a link is in the way of a folder", target)
    if not os.path.lexists(target):
        with _crossing_allowed():
            rename(source, target)
            return
        import shutil

        os.mkdir(target)
        shutil.copystat(source, target)
    for name in os.listdir(source):
        if name == PART:  # of a move that was interrupted; what it was to become is still where it was
            os.unlink(f"{source}/{name}")
        else:
            move(f"{source}/{name}", f"{target}/{name}", rename)
    os.rmdir(source)


class _crossing_allowed(suppress):  # noqa: N801 - reads as a statement, as `suppress` does
    """Passes over the one error that says two paths are on different file systems (also: overlay layers)."""

    def __init__(self) -> None:
        super().__init__(OSError)

    def __exit__(self, kind: object, error: object, traceback: object) -> bool:
        return isinstance(error, OSError) and error.errno == errno.EXDEV


def _move_file(source: str, target: str, rename: Rename) -> None:
    with _crossing_allowed():
        rename(source, target)
        return
    import shutil

    part = _part_beside(target)
    with suppress(FileNotFoundError):  # another tool may have left a link there
        os.unlink(part)
    shutil.copy2(source, part, follow_symlinks=False)
    os.rename(part, target)
    os.unlink(source)


def _steps(folder: str, plan: RenamePlan) -> JournalSteps:
    note = note_of(folder)
    gone = (*plan.takes, note) if os.path.lexists(note) else plan.takes
    takes = tuple(JournalStep(path, f"{folder}/old/{number}") for number, path in enumerate(gone))
    return JournalSteps(takes, tuple(JournalStep(source, target) for source, target in plan.puts))


def _forward(folder: str, steps: JournalSteps, rename: Rename, checkpoint: Checkpoint) -> None:
    if steps.takes:
        os.makedirs(f"{folder}/old", exist_ok=True)
    for number, (source, target) in enumerate(steps.takes):
        move(source, target, rename)
        checkpoint(f"take {number}")
    if steps.takes:
        mark(folder, State.TAKING, State.PUTTING)
        checkpoint("putting")
    for number, (source, target) in enumerate(steps.puts):
        move(source, target, rename)
        checkpoint(f"put {number}")


def _undo(folder: str, state: State, steps: JournalSteps, rename: Rename, checkpoint: Checkpoint) -> None:
    if state is State.PUTTING:
        for number, (source, target) in enumerate(reversed(steps.puts)):
            _move_back(target, source, rename)
            checkpoint(f"undo put {number}")
        mark(folder, State.PUTTING, State.TAKING)
        checkpoint("undo putting")
    for number, (source, target) in enumerate(reversed(steps.takes)):
        _move_back(target, source, rename)
        checkpoint(f"undo take {number}")
    remove_journal(folder)


def _move_back(source: str, target: str, rename: Rename) -> None:
    for path in (source, target):
        with suppress(FileNotFoundError):
            os.unlink(_part_beside(path))
    if os.path.lexists(source):
        move(source, target, rename)


def _part_beside(path: str) -> str:
    """What a file is called while it is copied: one name for all, for with one more letter a name may be too long."""
    return os.path.join(os.path.dirname(path), PART)
