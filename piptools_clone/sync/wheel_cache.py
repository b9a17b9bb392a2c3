"""Packs of wheels by the SHA-256 of the wheel, in a private folder of the cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from threading import get_ident
from typing import TYPE_CHECKING, BinaryIO

from piptools_clone.errors import SettingsError
from piptools_clone.sync.pack import DamagedPack, Pack

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER = "packs-v3"
_OTHERS_MAY_WRITE = 0o022
_serial = count()


class WheelCache:
    """Unpacked wheels below a cache folder; safe for any number of processes, since entries appear by rename.

    The folder belongs to this user alone; another owner, or a folder that others may write to, raises
    `SettingsError`, because whoever can write there can put code into environments.
    """

    def __init__(self, cache: str | Path) -> None:
        self._root = private_folder(os.path.join(cache, _FOLDER))

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
            return Pack(self._path(sha256, relaxed=relaxed))
        except FileNotFoundError:
            return None
        except DamagedPack:
            self.discard(sha256, relaxed=relaxed)
            return None

    def holds(self, sha256: str, *, relaxed: bool = False) -> bool:
        """Whether there is a pack of that wheel."""
        return os.path.exists(self._path(sha256, relaxed=relaxed))

    def add(self, wheel: Path, filename: str, sha256: str, *, relaxed: bool = False) -> None:
        """Check and unpack a wheel whose digest has been verified.  Raises `wheel.WheelFault`, `BoundExceeded`."""
        from piptools_clone.sync.unpack import unpack_wheel

        place = self._path(sha256, relaxed=relaxed)
        self._write(lambda out: unpack_wheel(wheel, filename, out, relaxed=relaxed), lambda _: place)

    def add_content(self, content: bytes, filename: str, sha256: str, relaxed: bool = False) -> None:
        """Check and unpack a wheel that is in memory; as `add`."""
        from piptools_clone.sync.unpack import unpack_content

        place = self._path(sha256, relaxed=relaxed)
        self._write(lambda out: unpack_content(content, filename, out, relaxed=relaxed), lambda _: place)

    def add_made(self, write: Callable[[BinaryIO], None]) -> str:
        """Keep a pack that was made without a wheel, and give the digest that it is kept under: its own."""
        path = self._write(write, lambda pack: self._path(_digest_of(pack), relaxed=False))
        return path.rpartition("/")[2].removesuffix(".pack")

    def discard(self, sha256: str, *, relaxed: bool = False) -> None:
        """Throw a pack away that turned out to be damaged."""
        with suppress(FileNotFoundError):
            os.unlink(self._path(sha256, relaxed=relaxed))

    def tree(self, sha256: str, pack: Pack) -> str:
        """Give a folder that holds the files of a wheel as files, which only hard links need; made on first use."""
        tree = self._path(sha256, relaxed=False).removesuffix(".pack")
        if not os.path.isdir(tree):
            import shutil
            import tempfile

            temporary = tempfile.mkdtemp(prefix=".new-", dir=os.path.dirname(tree))
            _write_tree(temporary, pack)
            try:
                os.rename(temporary, tree)
            except OSError:  # another process was quicker
                shutil.rmtree(temporary)
        return tree

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


def private_folder(folder: str) -> str:
    """Make a folder that only this user may write to, or refuse the one that is there."""
    os.makedirs(folder, exist_ok=True, mode=0o700)
    if not hasattr(os, "geteuid"):
        return folder
    status = os.stat(folder)
    if status.st_uid != os.geteuid() or status.st_mode & _OTHERS_MAY_WRITE:
        raise SettingsError(
            f"The cache folder {folder} belongs to another user, or others may write to it.",
            hint="name another with --cache-dir, or give it to this user with mode 700",
        )
    return folder


def _write_tree(folder: str, pack: Pack) -> None:
    mask = os.umask(0o022)
    os.umask(mask)
    for file in pack.files:
        path = f"{folder}/{file.path}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(pack.view(file))
        os.chmod(path, (0o777 if file.executable else 0o666) & ~mask)


def _digest_of(path: str) -> str:
    from hashlib import file_digest

    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()
