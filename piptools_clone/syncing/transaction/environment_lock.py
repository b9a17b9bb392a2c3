"""The sync's own folder in an environment: one process at a time, and a place for the journal and staged files.

Law: neither the folder nor its lock is ever reached through a link, and what lies there when a sync begins is thrown
away, unless a journal that is ours says what to do with it (see `journal`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from piptools_clone.environment.own_names import FOLDER
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.process.signals import deferred
from piptools_clone.syncing.transaction.journal import State, is_unfinished
from piptools_clone.syncing.transaction.swap import recover

if TYPE_CHECKING:
    from pathlib import Path

_LOCK = "lock"


def lock_folder_of(site: str | Path) -> str:
    """Name the folder; it is there only while a sync runs, or after one that was killed."""
    return os.path.join(site, FOLDER)


@contextmanager
def locked_environment(
    site: str | Path,
    roots: Sequence[str],
    on_wait: Callable[[str], None],
    on_recovery: Callable[[State], None],
    share: Callable[[int], object] = lambda _: None,
) -> Iterator[str]:
    """Hold the environment for this process, recovered from interrupted syncs, and give the empty folder.

    ``roots`` are the folders of the environment, ``site`` among them.  While another process holds it, ``on_wait``
    hears its number once and this one waits.  ``on_recovery`` hears how far a killed sync had come.  ``share`` is told
    the descriptor of the lock, for another process that is to hold it as well.  At the end the folder is removed.
    Raises `EnvironmentFailure` when the environment cannot be written to, or its journal cannot be believed.
    """
    folder = lock_folder_of(site)
    lock = -1
    try:
        try:
            lock = _acquire(folder, on_wait)
        except OSError as error:
            raise EnvironmentFailure(f"The environment cannot be changed: {site}: {error.strerror}") from error
        state = recover(folder, roots)
        if state is not State.NONE:
            on_recovery(state)
        _tidy(folder)
        share(lock)
        yield folder
    finally:
        if lock >= 0:
            with deferred():  # another interrupt must not leave half of it there
                _release(folder, lock)


def _acquire(folder: str, on_wait: Callable[[str], None]) -> int:
    """Lock a file in the folder; begin again when its last holder removed it meanwhile."""
    told = False
    while True:
        with suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        _check_own(folder, os.path.isdir)
        path = os.path.join(folder, _LOCK)
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except FileNotFoundError:
            continue
        except OSError:
            _check_own(path, os.path.isfile)
            raise
        try:
            _check_own(path, os.path.isfile)  # a named pipe can be opened, too
            if not _try_lock(lock):
                if not told:
                    on_wait(os.pread(lock, 32, 0).decode("ascii", "replace").strip() or "unknown")
                    told = True
                _wait_for_lock(lock)
            if _is_same(lock, path):
                os.ftruncate(lock, 0)
                os.pwrite(lock, str(os.getpid()).encode(), 0)
                return lock
        except BaseException:
            os.close(lock)
            _remove_if_empty(folder, path)
            raise
        os.close(lock)


def _remove_if_empty(folder: str, path: str) -> None:
    """Leave no folder that only an interrupted wait has made; the lock is another's, or has just been given up."""
    with suppress(OSError):
        if os.listdir(folder) == [_LOCK] and os.path.isfile(path) and not os.path.islink(path):
            lock = os.open(path, os.O_RDWR)
            try:
                if _try_lock(lock) and _is_same(lock, path):
                    os.unlink(path)
                    os.rmdir(folder)
            finally:
                os.close(lock)


def _check_own(path: str, is_kind: Callable[[str], bool]) -> None:
    """Refuse a link, and what is of another kind than what a sync makes; what has just gone is made again."""
    if os.path.lexists(path) and (os.path.islink(path) or not is_kind(path)):
        raise EnvironmentFailure(
            f"{inert(path, 500)} is not what a pip-sync makes there, so the environment is left alone.",
            hint="find out what made it, and remove it",
        )


def _try_lock(lock: int) -> bool:
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for_lock(lock: int) -> None:
    import fcntl

    fcntl.flock(lock, fcntl.LOCK_EX)


def _is_same(lock: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(lock), os.lstat(path))
    except FileNotFoundError:
        return False


def _tidy(folder: str) -> None:
    """Remove everything but the lock; what proves a swap complete goes last."""
    names = sorted(os.listdir(folder), key=lambda name: name == "done")
    for name in names:
        path = os.path.join(folder, name)
        if name == _LOCK:
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            _remove_tree(path)
        else:
            os.unlink(path)


def _remove_tree(folder: str) -> None:
    """Remove a folder with all that is in it, however deep: no call of this function is within another one."""
    waiting, emptied = [folder], []
    while waiting:
        path = waiting.pop()
        emptied.append(path)
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    os.unlink(entry.path)
    for path in reversed(emptied):
        os.rmdir(path)


def _release(folder: str, lock: int) -> None:
    """Remove the folder, unless it still holds a journal: of a swap that could not be undone, or of another's."""
    try:
        stays = is_unfinished(folder)
        if not stays:
            _tidy(folder)
        os.unlink(os.path.join(folder, _LOCK))
        if not stays:
            os.rmdir(folder)
    except OSError:
        pass  # what is left is tidied by the next sync
    finally:
        os.close(lock)
