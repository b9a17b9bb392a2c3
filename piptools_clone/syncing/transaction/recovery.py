"""Holds an environment for one sync, and brings in order what a killed sync or a power cut left in it.

After a restart of the machine, what a sync added without waiting for the disk may be damaged (see `durability`).  If
anything of it is, all that was added is taken away: the environment is then the old one, exactly, and the lock says
what comes anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager

from piptools_clone.environment.installed import Distribution
from piptools_clone.environment.interpreter import Interpreter
from piptools_clone.environment.own_names import NOTE
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.observer import Observer
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.syncing.transaction.durability import boot_id, is_sure
from piptools_clone.syncing.transaction.environment_lock import lock_folder_of, locked_environment
from piptools_clone.syncing.transaction.final_paths import Bounds
from piptools_clone.syncing.transaction.journal import State, read_note
from piptools_clone.syncing.transaction.rename_plan import RenamePlan
from piptools_clone.syncing.transaction.swap import flush, swap
from piptools_clone.syncing.verify import find_drift
from piptools_clone.syncing.write.scheme import scheme_of


class Lost(NamedTuple):
    """What is not as it was written, each with its fault; ``proved`` if a note of ours says that it was added last."""

    faults: tuple[str, ...]
    proved: bool


def locked(
    interpreter: Interpreter, observer: Observer, share: Callable[[int], object] = lambda _: None
) -> AbstractContextManager[str]:
    """Hold an environment, recovered from a killed sync, and give the folder of the sync; see `locked_environment`."""

    def waits(process: str) -> None:
        observer.announce(f"Another pip-sync (process {inert(process)}) changes this environment; waiting.")

    def recovered(state: State) -> None:
        if state is State.DONE:
            observer.announce("An interrupted sync of this environment was complete; its left-over files were removed.")
        else:
            observer.announce("An interrupted sync of this environment was undone.")

    return locked_environment(interpreter.paths.purelib, scheme_of(interpreter).folders, waits, recovered, share)


def recover(interpreter: Interpreter, installed: Callable[[], Sequence[Distribution]], observer: Observer) -> None:
    """Undo or complete what a killed sync began, and see after a restart whether the last sync reached the disk.

    Raises `EnvironmentFailure` where something is wrong and cannot be mended.
    """
    site = os.fspath(interpreter.paths.purelib)
    if os.path.lexists(lock_folder_of(site)):
        with locked(interpreter, observer):
            pass
    if is_sure(site, boot_id()):
        return
    lost = find_lost(site, installed())
    try:
        with locked(interpreter, observer) as folder:
            _settle_note(folder, site, lost, scheme_of(interpreter).folders, observer)
    except EnvironmentFailure:
        if lost.faults:
            raise  # all is well otherwise, and the next sync that may write here says so to the next


def find_lost(site: str, installed: Iterable[Distribution]) -> Lost:
    """Name what the last sync added and what is not as it was written.

    A note that is not ours tells nothing of what was added, so everything is looked at.  Raises `EnvironmentFailure`
    where the note is no file.
    """
    path = os.path.join(site, NOTE)
    if os.path.lexists(path) and (os.path.islink(path) or not os.path.isfile(path)):
        raise EnvironmentFailure(
            f"{inert(path, 500)} is not what a pip-sync leaves there.", hint="find out what made it, and remove it"
        )
    added = read_note(path)
    looked_at = [each for each in installed if added is None or os.fspath(each.info) in added]
    faults = ((each.name, _fault(each)) for each in looked_at if added is not None or each.record is not None)
    return Lost(tuple(f"{name} ({fault})" for name, fault in faults if fault), added is not None)


def _settle_note(folder: str, site: str, lost: Lost, roots: Sequence[str], observer: Observer) -> None:
    """Take back what a restart of the machine damaged; else make it durable, and remove the note."""
    names = inert(", ".join(lost.faults), 500)
    if lost.faults and lost.proved:
        inside = Bounds(roots)
        added = read_note(os.path.join(site, NOTE)) or ()
        swap(folder, RenamePlan(tuple(path for path in added if inside(path) and os.path.lexists(path)), ()))
        observer.announce(
            f"The machine stopped before the last sync was on the disk; it was undone, because of {names}."
        )
    elif os.path.lexists(os.path.join(site, NOTE)):
        flush(folder)
        os.unlink(os.path.join(site, NOTE))
        if lost.faults:
            observer.warn(f"not as they were installed: {names}; pip-sync --verify repairs them")


def _fault(distribution: Distribution) -> str:
    """A RECORD that was cut off lacks its last line, which names itself."""
    own = f"{distribution.info.name}/RECORD"
    if own not in {line.path for line in distribution.record or ()}:
        return "its RECORD is damaged"
    return find_drift(distribution)
