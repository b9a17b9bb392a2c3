"""Write laid-out wheels below a staging folder, in the environment's file system, out of the environment's sight."""

from __future__ import annotations

import os
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from piptools_clone.sync.layout import Placed
from piptools_clone.sync.pack import ALIGNED_FROM, BLOCK, Pack, PackedFile

_CLONE_RANGE = 0x4020940D  # FICLONERANGE of Linux: share blocks of one file with another


class LinkMode(StrEnum):
    """How file contents get from the cache into an environment."""

    AUTO = "auto"
    COPY = "copy"
    CLONE = "clone"
    HARDLINK = "hardlink"


class Writer:
    """Writes files, each folder made once.  What cannot be linked or cloned is copied.

    ``tree`` is the folder of the cache whose files are linked, for hard links only.
    """

    def __init__(self, mode: LinkMode = LinkMode.AUTO, *, tree: Path | None = None) -> None:
        self._folders: set[str] = set()
        self._clones = mode in (LinkMode.AUTO, LinkMode.CLONE)
        self._tree = tree

    def write(self, placed: Placed, path: str, pack: Pack) -> None:
        """Write one file to a path, whatever its final place is."""
        self._make_folder(path.rpartition("/")[0])
        content = placed.content
        if isinstance(content, bytes):
            _write_new(path, content, executable=placed.executable)
        elif self._tree is None or not self._link(content, path):
            self._write_packed(content, path, pack, executable=placed.executable)

    def _write_packed(self, file: PackedFile, path: str, pack: Pack, *, executable: bool) -> None:
        view = pack.view(file)
        descriptor = _create(path, executable=executable)
        try:
            if not (self._clones and file.size >= ALIGNED_FROM and self._clone(file, descriptor, pack)):
                _write_all(descriptor, view)
        finally:
            view.release()
            os.close(descriptor)

    def _clone(self, file: PackedFile, descriptor: int, pack: Pack) -> bool:
        import fcntl
        import struct

        blocks = -(-file.size // BLOCK) * BLOCK  # whole blocks, cut to size afterwards
        request = struct.pack("@qQQQ", pack.descriptor, file.offset, blocks, 0)
        try:
            fcntl.ioctl(descriptor, _CLONE_RANGE, request)
        except OSError:
            self._clones = False  # this file system cannot; no need to ask again
            return False
        os.ftruncate(descriptor, file.size)
        return True

    def _link(self, file: PackedFile, path: str) -> bool:
        with suppress(OSError):
            os.link(f"{self._tree}/{file.path}", path)
            return True
        return False

    def _make_folder(self, folder: str) -> None:
        if folder not in self._folders:
            os.makedirs(folder, exist_ok=True)
            self._folders.add(folder)


def write_generated(path: str, content: bytes) -> None:
    """Write a file that is no wheel's, making its folder."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    _write_new(path, content, executable=False)


def _create(path: str, *, executable: bool) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o777 if executable else 0o666)


def _write_new(path: str, content: bytes, *, executable: bool) -> None:
    descriptor = _create(path, executable=executable)
    try:
        _write_all(descriptor, memoryview(content))
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, view: memoryview) -> None:
    while view:
        view = view[os.write(descriptor, view) :]
