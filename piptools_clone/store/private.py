"""Folders and files of the user's own: what is in them is believed, for only this user can have written it.

Everything that is remembered between runs lies in such a folder, under names that tell nothing secret.  A folder or
file that belongs to another user, that others may write to, or that a link leads to, is none; where a system knows no
users, all are.  Light: this stands on the way of every run.
"""

# pathlib is a slow import, and `stat` is loaded anyway:
from __future__ import annotations

import errno
import os
import stat

OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def make_folder(folder: str) -> None:
    """Make a folder for this user alone, and the ones above it that are missing.  Raises OSError."""
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        return
    except FileNotFoundError:
        above = os.path.dirname(folder)
        if above in ("", folder):
            raise
        make_folder(above)
        make_folder(folder)


def fault_of_folder(folder: str, *, follow: bool = False) -> str:
    """Why what is in a folder cannot be believed, to be said after its name; "" where it can.

    With ``follow`` this user's own link to a folder is as good as one.  Raises OSError where there is none.
    """
    found = os.lstat(folder)
    if stat.S_ISLNK(found.st_mode):
        if not (follow and is_own(found, others=0)):
            return "is a link"
        found = os.stat(folder)
    if not stat.S_ISDIR(found.st_mode):
        return "is no folder"
    if not is_own(found, others=0):
        return "belongs to another user"
    return "" if is_own(found) else "is one that others may write to"


def is_own(found: os.stat_result, *, others: int = OTHERS_MAY_WRITE) -> bool:
    """Whether something belongs to this user, and gives others none of these rights."""
    return not hasattr(os, "geteuid") or (found.st_uid == os.geteuid() and not found.st_mode & others)


def open_own(path: str) -> int:
    """Open a file of this user's own for reading, and give its descriptor.

    Raises PermissionError for any other, a link among them, and OSError where there is none.
    """
    try:
        descriptor = os.open(path, _READ)
    except OSError as error:
        if error.errno == errno.ELOOP:  # a link
            raise PermissionError(f"{path} is no file of this user's own") from None
        raise
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and is_own(found):
        return descriptor
    os.close(descriptor)
    raise PermissionError(f"{path} is no file of this user's own")
