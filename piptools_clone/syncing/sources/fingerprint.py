"""The fingerprint of a project's folder: a digest of what a build reads there.

A build can read everything, so everything counts: the path of each file, whether it can be executed, and its content.
Left out is only what no build reads, or what builds, tests and editors leave behind (`_FOLDERS`, `_FILES`, ...), and
what version control ignores.  That again counts where it would be packed all the same, for few backends ask version
control: modules (generated ones are ignored often) and all that lies in a package.

Too much counted costs a build that was not needed, too little leaves an old version installed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from hashlib import file_digest, sha256

FORM = "1"
"""Of the fingerprint; another one makes all fingerprints differ, so everything is installed anew once."""
MAX_FILES = 100_000
MAX_BYTES = 2 << 30

_FOLDERS = frozenset({
    ".git", ".hg", ".svn", ".bzr", "__pycache__", "node_modules", ".venv", ".tox", ".nox", ".eggs", ".direnv",
    ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints", ".idea", ".vscode",
})  # fmt: skip
_FILES = frozenset((".git", ".DS_Store", "Thumbs.db", ".coverage"))
_ENDINGS = (".pyc", ".pyo", ".swp", "~", ".egg-info")
_BUILT = frozenset(("build", "dist", "htmlcov"))
"""What builds and reports leave in the folder of the project itself, where it is no package."""
_MARKS = ("pyvenv.cfg", "CACHEDIR.TAG")
"""Files that tell an environment, and a cache (such as the ``target`` of cargo)."""
_MODULES = (".py", ".pyi", ".pyx", ".pxd", ".so", ".pyd")
_PACKAGE = "__init__.py"
_EXECUTABLE, _PLAIN, _UNREADABLE = b"x", b"-", b"?"


class TooLargeError(ValueError):
    """The folder holds more than is compared."""


def fingerprint_folder(
    folder: str, ignored: Iterable[str] = (), facts: Iterable[bytes] = (), kept: Iterable[str] = ()
) -> str:
    """Give the fingerprint of a folder.

    ``ignored`` are paths that version control ignores, as `work_tree` gives them; ``facts`` are what a build
    reads elsewhere; ``kept`` are folders of this program's own, such as its cache.  Raises `TooLargeError`.
    """
    return _digest(folder, _FolderWalk(folder, frozenset(ignored), kept).files(), facts)


def fingerprint_files(folder: str, paths: Iterable[str], facts: Iterable[bytes] = ()) -> str:
    """Give the fingerprint of some files of a folder; ``facts`` and what is raised are as for `fingerprint_folder`."""
    return _digest(folder, paths, facts)


def _digest(folder: str, paths: Iterable[str], facts: Iterable[bytes]) -> str:
    running, files, size = sha256(), 0, 0
    for fact in facts:
        running.update(sha256(fact).digest())
    for path in sorted(paths):
        kind, content, length = _read(os.path.join(folder, path), MAX_BYTES - size)
        files, size = files + 1, size + length
        if files > MAX_FILES or size > MAX_BYTES:
            raise TooLargeError(folder)
        running.update(os.fsencode(path) + b"\0" + kind + content)
    return f"{FORM}:{running.hexdigest()}"


def _read(path: str, limit: int) -> tuple[bytes, bytes, int]:
    """The kind of a file, the digest of its content, and its size; one above ``limit`` is not read."""
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            return _UNREADABLE, bytes(32), 0
        if found.st_size > limit:
            return _PLAIN, bytes(32), found.st_size
        with open(path, "rb") as file:
            content = file_digest(file, "sha256").digest()
    except OSError:
        return _UNREADABLE, bytes(32), 0
    return _EXECUTABLE if found.st_mode & stat.S_IXUSR else _PLAIN, content, found.st_size


class _FolderWalk:
    """Lists the files of a folder that count."""

    def __init__(self, root: str, ignored: frozenset[str], kept: Iterable[str]) -> None:
        self._root = root
        self._ignored = ignored
        self._parents = {path.rpartition("/")[0] + "/" for path in ignored if not path.endswith("/")}
        self._seen = {(found.st_dev, found.st_ino) for found in (os.stat(path) for path in kept if os.path.isdir(path))}
        self._files = 0

    def files(self) -> Iterator[str]:
        """Give their paths, relative and with ``/``; links to folders are followed, each folder is visited once."""
        waiting = [("", False)]
        while waiting:
            folder, in_package = waiting.pop()
            names = self._names(folder)
            in_package = in_package or _PACKAGE in names
            if folder and not self._counts_folder(folder, names, in_package=in_package):
                continue
            for name, is_folder in names.items():
                if is_folder:
                    if name not in _FOLDERS and not name.endswith(_ENDINGS):
                        waiting.append((f"{folder}{name}/", in_package))
                elif self._counts_file(folder, name, in_package=in_package):
                    yield folder + name

    def _names(self, folder: str) -> dict[str, bool]:
        """What is in a folder, and whether it is a folder; nothing for one that was visited or cannot be read."""
        path = os.path.join(self._root, folder)
        try:
            found = os.stat(path)
            if (found.st_dev, found.st_ino) in self._seen and found.st_ino:
                return {}
            self._seen.add((found.st_dev, found.st_ino))
            with os.scandir(path) as entries:
                names = dict(sorted((entry.name, entry.is_dir()) for entry in entries))  # each run in one order
        except OSError:
            return {}
        self._files += len(names)
        if self._files > 2 * MAX_FILES:
            raise TooLargeError(self._root)
        return names

    def _counts_folder(self, folder: str, names: dict[str, bool], *, in_package: bool) -> bool:
        """``folder`` ends with ``/``."""
        if any(mark in names for mark in _MARKS):
            return False
        is_ignored = folder in self._ignored and folder not in self._parents
        return in_package or not (is_ignored or folder[:-1] in _BUILT)

    def _counts_file(self, folder: str, name: str, *, in_package: bool) -> bool:
        if name in _FILES or name.endswith(_ENDINGS) or (not folder and name.startswith(".coverage.")):
            return False
        return in_package or name.endswith(_MODULES) or folder + name not in self._ignored
