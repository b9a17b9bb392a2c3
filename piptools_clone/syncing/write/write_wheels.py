"""Write laid-out wheels below a staging folder, in the environment's file system, out of the environment's sight."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum

from piptools_clone.syncing.write.layout import Placed
from piptools_clone.wheels.pack import ALIGNED_FROM, BLOCK, Pack, PackedFile

_CLONE_RANGE = 0x4020940D  # FICLONERANGE of Linux: share blocks of one file with another
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_KEPT = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


class LinkMode(StrEnum):
    """How file contents get from the cache into an environment."""

    AUTO = "auto"
    COPY = "copy"
    CLONE = "clone"
    HARDLINK = "hardlink"


class Writer:
    """Writes files of packs.  What cannot be linked or cloned is copied.

    ``tree`` is the folder of the cache whose files are linked, for hard links only.  A process that writes to such a
    file writes to all of its names, so it is held against its digest each time that it gets another one.
    """

    def __init__(self, mode: LinkMode = LinkMode.AUTO, *, tree: str | None = None) -> None:
        self._folders: set[str] = set()
        self._clones = mode in (LinkMode.AUTO, LinkMode.CLONE)
        self._tree = tree

    def write_plain(self, pack: Pack, files: Iterable[PackedFile], folder: str) -> None:
        """Write files of a pack below a folder, as they lie in the wheel; `WheelWriter` asks whether it is whole."""
        os.makedirs(folder, exist_ok=True)
        for name in pack.manifest.folders:
            with suppress(FileExistsError):  # a folder that several wheels share
                os.mkdir(f"{folder}/{name}")
        if self._tree is None:
            self._copy(pack, files, folder)
        else:
            for file in files:
                self._write_file(PackedFile(*file), f"{folder}/{file[0]}", pack, executable=file[3])

    def write(self, placed: Placed, path: str, pack: Pack) -> None:
        """Write one other file to a path, whatever its final place is."""
        self._make_folder(path.rpartition("/")[0])
        if isinstance(placed.content, bytes):
            _write_new(path, memoryview(placed.content), executable=placed.executable)
        else:
            self._write_file(placed.content, path, pack, executable=placed.executable)

    def _copy(self, pack: Pack, files: Iterable[PackedFile], folder: str) -> None:
        """Copy small files, two thousand of them in a breath: this loop is most of the time of a sync."""
        content = pack.content
        for path, offset, size, executable, digest in files:
            view = content[offset : offset + size]
            if size >= ALIGNED_FROM:
                self._write_large(PackedFile(path, offset, size, executable, digest), f"{folder}/{path}", pack, view)
            else:
                _write_new(f"{folder}/{path}", view, executable=executable)

    def _write_file(self, file: PackedFile, path: str, pack: Pack, *, executable: bool) -> None:
        if self._tree is None or file.executable != executable or not self._link(file, path, pack):
            self._write_large(file._replace(executable=executable), path, pack, pack.view(file))

    def _write_large(self, file: PackedFile, path: str, pack: Pack, view: memoryview) -> None:
        descriptor = os.open(path, _NEW, 0o777 if file.executable else 0o666)
        try:
            if not (self._clones and file.size >= ALIGNED_FROM and self._clone(file, descriptor, pack)):
                _write_all(descriptor, view)
        finally:
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

    def _link(self, file: PackedFile, path: str, pack: Pack) -> bool:
        source = f"{self._tree}/{file.path}"
        with suppress(OSError):
            if not _is_as_packed(source, file):
                self._renew(source, file, pack)
            os.link(source, path)
            return True
        return False

    def _renew(self, source: str, file: PackedFile, pack: Pack) -> None:
        """Put a file where it is missing or was changed; the other environments keep the one that they have."""
        temporary = f"{source}.{os.getpid():x}.new"
        self._make_folder(os.path.dirname(source))
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        _write_new(temporary, pack.view(file), executable=file.executable)
        os.replace(temporary, source)

    def _make_folder(self, folder: str) -> None:
        if folder not in self._folders:
            os.makedirs(folder, exist_ok=True)
            self._folders.add(folder)


def _is_as_packed(path: str, file: PackedFile) -> bool:
    """Whether there is a file, no link, of this content; whether it may be run is as it was."""
    from hashlib import file_digest

    try:
        with open(os.open(path, _KEPT), "rb") as opened:
            found = os.fstat(opened.fileno())
            is_alike = stat.S_ISREG(found.st_mode) and found.st_size == file.size
            is_alike = is_alike and (os.name == "nt" or bool(found.st_mode & 0o100) == file.executable)
            return is_alike and file_digest(opened, "sha256").digest() == file.digest
    except OSError:
        return False


def write_generated(path: str, content: bytes) -> None:
    """Write a file that is no wheel's, making its folder."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    _write_new(path, memoryview(content), executable=False)


def _write_new(path: str, view: memoryview, *, executable: bool) -> None:
    descriptor = os.open(path, _NEW, 0o777 if executable else 0o666)
    try:
        _write_all(descriptor, view)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, view: memoryview) -> None:
    while view:
        written = os.write(descriptor, view)
        if written == len(view):
            return
        view = view[written:]
