"""Packs of wheels by the SHA-256 of the wheel, in a private folder of the cache.

A pack says itself which wheel it was made from, and one that says something else than its name is thrown away.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from threading import get_ident
from typing import TYPE_CHECKING, BinaryIO

from piptools_clone.errors import SettingsError
from piptools_clone.store.cache import PACKS, folder_of
from piptools_clone.store.private import fault_of_folder, make_folder
from piptools_clone.wheels.pack import DamagedPack, Pack

if TYPE_CHECKING:
    from pathlib import Path

_DAY = 86_400  # seconds
_serial = count()


class WheelCache:
    """Unpacked wheels below a cache folder; safe for any number of processes, since entries appear by rename.

    The folder belongs to this user alone; another owner, or a folder that others may write to, raises
    `SettingsError`, because what is written there gets into environments.
    """

    def __init__(self, cache: str | Path) -> None:
        self._root = _private(folder_of(os.fspath(cache), PACKS))

    @property
    def root(self) -> Path:
        """The folder that holds them."""
        from pathlib import Path

        return Path(self._root)

    @property
    def folders(self) -> tuple[str, str]:
        """The folder of the cache, and that of the packs in it."""
        return os.path.dirname(self._root), self._root

    def open(self, sha256: str, *, relaxed: bool = False) -> Pack | None:
        """Open the pack of a wheel, None when it is not there; a damaged one is removed."""
        try:
            pack = Pack(self._path(sha256, relaxed=relaxed))
            _mark_used(self._path(sha256, relaxed=relaxed))
        except FileNotFoundError:
            return None
        except DamagedPack:
            self.discard(sha256, relaxed=relaxed)
            return None
        if (pack.made_from, pack.manifest.relaxed) == (sha256, relaxed):
            return pack
        pack.close()
        self.discard(sha256, relaxed=relaxed)
        return None

    def holds(self, sha256: str, *, relaxed: bool = False) -> bool:
        """Whether there is a pack of that wheel."""
        return _mark_used(self._path(sha256, relaxed=relaxed))

    def add(self, wheel: Path, filename: str, sha256: str, *, relaxed: bool = False) -> None:
        """Check and unpack a wheel whose digest has been verified.  Raises `WheelFault`, `BoundExceeded`."""
        from piptools_clone.wheels.unpack import unpack_wheel

        place = self._path(sha256, relaxed=relaxed)
        self._write(lambda out: unpack_wheel(wheel, filename, out, sha256=sha256, relaxed=relaxed), lambda _: place)

    def add_content(self, content: bytes, filename: str, sha256: str, relaxed: bool = False) -> None:
        """Check and unpack a wheel that is in memory; as `add`."""
        from piptools_clone.wheels.unpack import unpack_content

        place = self._path(sha256, relaxed=relaxed)
        self._write(lambda out: unpack_content(content, filename, out, sha256=sha256, relaxed=relaxed), lambda _: place)

    def add_made(self, write: Callable[[BinaryIO], None]) -> str:
        """Keep a pack that was made without a wheel, and give the digest that it is kept under: of its manifest."""

        def place(path: str) -> str:
            with Pack(path) as pack:
                return self._path(pack.made_from, relaxed=False)

        path = self._write(write, place)
        return path.rpartition("/")[2].removesuffix(".pack")

    def discard(self, sha256: str, *, relaxed: bool = False) -> None:
        """Throw a pack away that turned out to be damaged."""
        with suppress(FileNotFoundError):
            os.unlink(self._path(sha256, relaxed=relaxed))

    def tree(self, sha256: str, pack: Pack) -> str:
        """Give the folder for the files of a wheel as files, which only hard links need; `Writer` fills it."""
        tree = self._path(sha256, relaxed=pack.manifest.relaxed).removesuffix(".pack")
        folder = _private(f"{tree}.files")
        _mark_used(folder)
        return folder

    def _write(self, write: Callable[[BinaryIO], None], place: Callable[[str], str]) -> str:
        try:
            return self._write_new(write, place)
        except OSError as error:  # a full disk, most likely
            raise SettingsError(
                f"the cache folder {os.path.dirname(self._root)} cannot be written: {error.strerror or error}; "
                "nothing was changed",
                hint="make room there, or name another with --cache-dir",
            ) from error

    def _write_new(self, write: Callable[[BinaryIO], None], place: Callable[[str], str]) -> str:
        temporary = f"{self._root}/.new-{os.getpid():x}-{get_ident():x}-{next(_serial):x}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with os.fdopen(descriptor, "wb") as out:
                write(out)
            path = place(temporary)
            with suppress(FileExistsError):
                os.mkdir(os.path.dirname(path), 0o700)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        return path

    def _path(self, sha256: str, *, relaxed: bool) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}{'.relaxed' if relaxed else ''}.pack"


def _private(folder: str) -> str:
    """Make a folder that only this user may write to, or refuse the one that is there."""
    make_folder(folder)
    fault = fault_of_folder(folder)
    if fault:
        raise SettingsError(
            f"The cache folder {folder} {fault}.",
            hint="name another with --cache-dir, or give it to this user with mode 700",
        )
    return folder


def _mark_used(path: str) -> bool:
    """Date a pack by its last use, once a day, so that pruning leaves what a run needs; False if there is none."""
    try:
        if time.time() - os.stat(path).st_mtime > _DAY:
            os.utime(path)
    except FileNotFoundError:
        return False
    except OSError:  # of a cache that can only be read
        return True
    return True
