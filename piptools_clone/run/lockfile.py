"""The lock on disk: read, checked up front, and replaced in one atomic step.

A reader of the file sees the old bytes or the new bytes, never a part of either, whatever happens to
the writer.  Nothing here knows what the bytes mean.
"""

# pathlib is a slow import, and this module stands on the way of every run:
from __future__ import annotations

import os
import stat
import time
from contextlib import suppress

from piptools_clone.errors import OutputError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Write = Callable[[int, bytes], int]

_TEMPORARY = ".pip-compile-"
_LEFT_OVER_SECONDS = 3600.0
"""A temporary file of a killed run is this old before another run removes it: no write takes as long."""


def read_old(path: str) -> bytes | None:
    """Return the bytes of the old output, or None when there is none (``-``, a pipe, a device, no file).

    Raises `OutputError` when there is one that cannot be read.
    """
    old = _stat(path)
    if old is None or not stat.S_ISREG(old.st_mode):
        return None
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _could_not_open(path, error.strerror or str(error)) from error


def check_output(path: str, inputs: Iterable[str], *, writable: bool = True) -> None:
    """Refuse, before any work, an output that could not be replaced later.

    With ``writable`` False (a dry run, a check) only confusions are refused: an output that is a folder,
    or one of the inputs under any spelling.  Raises `OutputError`, or `UsageError` for an input.
    """
    if path == "-":
        return
    old = _stat(path)
    if old is not None:
        _check_kind(path, old, inputs)
    if writable and (old is None or stat.S_ISREG(old.st_mode)):
        _check_folder(path)
        if old is not None:
            _check_not_read_only(path, old)


def replace(path: str, content: bytes, *, write: Write = os.write) -> bool:
    """Make the file hold ``content`` and tell whether that changed anything.

    A file that holds it already is not touched at all.  Otherwise a new file beside it, flushed to the disk,
    takes its place, with its mode and (where permitted) its owner; a symbolic link stays and what it points to is
    replaced.  A pipe or a device is simply written to.  ``write`` is the edge that tests use to fail.
    Raises `OutputError`, after which the old file is as it was and no other file is left.
    """
    old = _stat(path)
    if old is not None and not stat.S_ISREG(old.st_mode):
        _write_through(path, old, content)
        return True
    if old is not None:
        if read_old(path) == content:
            return False
        _check_not_read_only(path, old)
    target = os.path.realpath(path)
    _sweep(os.path.dirname(target))
    try:
        _replace(target, old, content, write)
    except OSError as error:
        raise OutputError(f"Could not write file {path!r}: {error.strerror or error}") from error
    return True


def _replace(target: str, old: os.stat_result | None, content: bytes, write: Write) -> None:
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f"{_TEMPORARY}{os.urandom(16).hex()}.tmp")
    try:
        _write_new(temporary, content, write)
        _take_identity(temporary, old)
        os.replace(temporary, target)
    except BaseException:  # an interrupt as well: only this call knows the name
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _write_new(path: str, content: bytes, write: Write) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[write(descriptor, rest.tobytes()) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _take_identity(path: str, old: os.stat_result | None) -> None:
    """Give the new file the owner, the group and the mode of the old one, or those of any new file."""
    if old is None:
        os.chmod(path, 0o666 & ~_umask())
        return
    new = os.stat(path)
    if hasattr(os, "chown") and (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        with suppress(PermissionError):  # only root may give a file away; a member may set the group
            os.chown(path, old.st_uid if os.geteuid() == 0 else -1, old.st_gid)
    os.chmod(path, stat.S_IMODE(old.st_mode))  # last, since chown clears bits


def _umask() -> int:
    """Return the process's umask.  Reading means setting it: a strict one, should a thread make a file just now."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync_folder(folder: str) -> None:
    """Make the new name durable.  Not every system can; the file is replaced either way."""
    if os.name == "nt":
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _sweep(folder: str) -> None:
    """Remove what killed runs left beside the output."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_TEMPORARY) and entry.name.endswith(".tmp"):
                with suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > _LEFT_OVER_SECONDS:
                        os.unlink(entry.path)


def _write_through(path: str, old: os.stat_result, content: bytes) -> None:
    if stat.S_ISDIR(old.st_mode):
        raise _could_not_open(path, "Is a directory")
    try:
        with open(path, "wb") as file:
            file.write(content)
    except OSError as error:
        raise OutputError(f"Could not write file {path!r}: {error.strerror or error}") from error


def _check_kind(path: str, old: os.stat_result, inputs: Iterable[str]) -> None:
    if stat.S_ISDIR(old.st_mode):
        raise _could_not_open(path, "Is a directory")
    if not stat.S_ISREG(old.st_mode):
        return
    for source in inputs:
        if source != "-" and _is_same_file(source, old):
            also = f" ({source} is the same file)" if source != path else ""
            raise UsageError(f"input and output filenames must not be matched: {path}{also}")


def _is_same_file(source: str, old: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(source), old)
    except (OSError, ValueError):
        return False


def _check_folder(path: str) -> None:
    folder = os.path.dirname(os.path.realpath(path))
    try:
        if not stat.S_ISDIR(os.stat(folder).st_mode):
            raise _could_not_open(path, "Not a directory")
    except OSError as error:
        raise _could_not_open(path, error.strerror or str(error)) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _could_not_open(path, f"Permission denied (its folder {folder!r} is not writable)")


def _check_not_read_only(path: str, old: os.stat_result) -> None:
    """Refuse a file that says it is not to be written, to root and to owners of its folder as well."""
    if not old.st_mode & stat.S_IWUSR or not os.access(path, os.W_OK):
        mode = f"{stat.S_IMODE(old.st_mode):04o}"
        raise OutputError(
            f"Could not open file {path!r}: it is read-only (mode {mode})",
            hint="make it writable (chmod u+w), or write elsewhere with --output-file",
        )


def _stat(path: str) -> os.stat_result | None:
    """Return what the path leads to, None for nothing."""
    if path == "-":
        return None
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _could_not_open(path, getattr(error, "strerror", None) or str(error)) from error


def _could_not_open(path: str, reason: str) -> OutputError:
    return OutputError(f"Could not open file {path!r}: {reason}")
