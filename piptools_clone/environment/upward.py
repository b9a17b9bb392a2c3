"""The folders of a project from one of its files upward, and what found on this way may count.

What lies in the folders above a file (a configuration, an environment) is used without being named by the user, so
another user of the machine must not be able to put it there.
"""

# pathlib is a slow import, and this module stands on the way of every run:
from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDS_OF_A_PROJECT = (".git", ".hg")


def folders_upward(start: str) -> Iterator[str]:
    """Yield a folder and those above it up to the root of its repository, else up to that of the file system.

    Folders of other users are passed over: only those of the owner of ``start``, of this user and of root count.
    """
    folder = os.path.abspath(start)
    owners = _trusted_owners(folder)
    yield folder
    while not _is_end(folder) and (above := os.path.dirname(folder)) != folder:
        folder = above
        if _owner(folder) in owners:
            yield folder


def is_trusted(path: str, start: str) -> bool:
    """Whether what was found on the way up from ``start`` is of an owner who counts.

    In a folder that only trusted users can write to, everything is.
    """
    return not _is_public(os.path.dirname(path)) or _owner(path) in _trusted_owners(start)


def _is_end(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, name)) for name in _ENDS_OF_A_PROJECT)


def _trusted_owners(folder: str) -> set[int | None]:
    user = os.geteuid() if hasattr(os, "geteuid") else 0
    return {0, user, _owner(folder)}


def _owner(path: str) -> int | None:
    """The owner of a file, a folder or a link: that a link leads to what is trusted says nothing of who made it."""
    try:
        return os.lstat(path).st_uid
    except OSError:
        return None


def _is_public(folder: str) -> bool:
    """Whether every user may put something into a folder, such as ``/tmp``."""
    try:
        return os.name == "posix" and bool(os.stat(folder).st_mode & stat.S_IWOTH)
    except OSError:
        return True
