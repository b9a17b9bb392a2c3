"""Files that spare a request: found by a hash of their key, replaced in one step, never needed.

Any number of processes may use one folder, on network file systems too: a file is written beside its
place and renamed over it, so a reader sees a whole entry or none.  A cache may always miss, so no
error of the disk leaves this module.
"""

from __future__ import annotations

import os
import stat
from itertools import count

from piptools_clone.store.private import fault_of_folder, make_folder, open_own
from piptools_clone.store.sha256 import sha256_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Later = Callable[[Callable[[], object]], object]
    """Does a job when there is time."""

_LAYOUT = "v2"
"""Part of every path: a release that stores otherwise reads nothing of the older one's."""
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_serial = count()


class Cache:
    """A folder of entries.  ``problem`` says why the folder is unusable; then nothing is read or written."""

    __slots__ = ("folder", "problem")

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.problem = _prepare(folder)

    def path(self, kind: str, key: str) -> str:
        """Where the entry of a key lies or would lie; ``kind`` is a plain word, ``key`` any text.

        There are 16 folders for a kind: enough for a hundred thousand entries, and making a folder costs as much as
        writing a page.
        """
        digest = sha256_of(key.encode("utf-8", "surrogatepass"))
        return f"{self._kind(kind)}/{digest[0]}/{digest[1:]}"

    def holds(self, kind: str, key: str) -> bool:
        """Whether there is an entry for a key."""
        return self.has_any(kind) and os.path.exists(self.path(kind, key))

    def read(self, kind: str, key: str) -> bytes | None:
        """Return the bytes last written for a key, or None."""
        if not self.has_any(kind):
            return None
        try:
            descriptor = open_own(self.path(kind, key))
        except OSError:
            return None
        try:  # three calls of the system; a file object takes seven
            return os.read(descriptor, os.fstat(descriptor).st_size)
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def write(self, kind: str, key: str, data: bytes | Callable[[], bytes]) -> None:
        """Store bytes, or what makes them, for a key, in place of what was there; does nothing where that fails."""
        if self.problem:
            return
        try:
            _replace(self.path(kind, key), data() if callable(data) else data)
        except OSError:
            return

    def _kind(self, kind: str) -> str:
        return f"{self.folder}/{kind}-{_LAYOUT}"

    def has_any(self, kind: str) -> bool:
        """Whether there may be entries of a kind: to see that there are none takes less than to hash a key."""
        try:
            return not self.problem and not fault_of_folder(self._kind(kind))
        except OSError:
            return False


def _replace(path: str, data: bytes) -> None:
    import threading

    folder = os.path.dirname(path)
    temporary = f"{folder}/.{os.getpid():x}-{threading.get_ident():x}-{next(_serial):x}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(temporary, flags, 0o600)
    except FileNotFoundError:
        make_folder(folder)
        descriptor = os.open(temporary, flags, 0o600)
    try:
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _prepare(folder: str) -> str | None:
    """Make the folder ours alone; in words, why that cannot be."""
    try:
        make_folder(folder)
        fault = fault_of_folder(folder, follow=True)
        if fault.endswith("may write to"):
            os.chmod(folder, stat.S_IMODE(os.stat(folder).st_mode) & ~_OTHERS_MAY_WRITE)
        elif fault:
            return f"the cache folder {folder} {fault}"
    except OSError as error:
        return f"the cache folder {folder} cannot be used: {error.strerror or error}"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"the cache folder {folder} cannot be written"


def default_cache_folder(environ: Mapping[str, str], platform: str) -> str:
    """Return the user's cache folder for this tool, by the rules of the platform (a value of ``sys.platform``).

    XDG Base Directory Specification on Unix, ~/Library/Caches on macOS, LOCALAPPDATA on Windows.
    """
    home = environ.get("HOME") or environ.get("USERPROFILE") or os.path.expanduser("~")
    if platform == "win32":
        return f"{environ.get('LOCALAPPDATA') or f'{home}/AppData/Local'}/piptools-clone/Cache"
    if platform == "darwin":
        return f"{home}/Library/Caches/piptools-clone"
    base = environ.get("XDG_CACHE_HOME", "")
    return f"{base if base.startswith('/') else f'{home}/.cache'}/piptools-clone"
