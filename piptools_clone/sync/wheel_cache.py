"""Packs of wheels by the SHA-256 of the wheel, in a private folder of the cache."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from piptools_clone.errors import SettingsError
from piptools_clone.sync.pack import DamagedPack, Pack
from piptools_clone.sync.unpack import unpack_content, unpack_wheel

_FOLDER = "packs-v2"


class WheelCache:
    """Unpacked wheels below a cache folder; safe for any number of processes, since entries appear by rename.

    The folder belongs to this user alone; another owner, or a folder that others may write to, raises
    `SettingsError`, because whoever can write there can put code into environments.
    """

    def __init__(self, cache: Path) -> None:
        self.root = private_folder(cache / _FOLDER)

    def open(self, sha256: str, *, relaxed: bool = False) -> Pack | None:
        """Open the pack of a wheel, None when it is not there; a damaged one is removed."""
        path = self._path(sha256, relaxed=relaxed)
        try:
            return Pack(path)
        except FileNotFoundError:
            return None
        except DamagedPack:
            path.unlink(missing_ok=True)
            return None

    def holds(self, sha256: str, *, relaxed: bool = False) -> bool:
        """Whether there is a pack of that wheel."""
        return self._path(sha256, relaxed=relaxed).exists()

    def add(self, wheel: Path, filename: str, sha256: str, *, relaxed: bool = False) -> None:
        """Check and unpack a wheel whose digest has been verified.  Raises `wheel.WheelFault`, `BoundExceeded`."""
        self._write(
            lambda out: unpack_wheel(wheel, filename, out, relaxed=relaxed),
            lambda _: self._path(sha256, relaxed=relaxed),
        )

    def add_content(self, content: bytes, filename: str, sha256: str, *, relaxed: bool = False) -> None:
        """Check and unpack a wheel that is in memory; as `add`."""
        self._write(
            lambda out: unpack_content(content, filename, out, relaxed=relaxed),
            lambda _: self._path(sha256, relaxed=relaxed),
        )

    def add_made(self, write: Callable[[BinaryIO], None]) -> str:
        """Keep a pack that was made without a wheel, and give the digest that it is kept under: its own."""
        path = self._write(write, lambda pack: self._path(digest_of(pack.read_bytes()), relaxed=False))
        return path.name.removesuffix(".pack")

    def discard(self, sha256: str, *, relaxed: bool = False) -> None:
        """Throw a pack away that turned out to be damaged."""
        self._path(sha256, relaxed=relaxed).unlink(missing_ok=True)

    def tree(self, sha256: str, pack: Pack) -> Path:
        """Give a folder that holds the files of a wheel as files, which only hard links need; made on first use."""
        tree = Path(self._path(sha256, relaxed=False)).with_suffix("")
        if not tree.is_dir():
            temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=tree.parent))
            for file in pack.files:
                path = temporary / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(pack.view(file))
                path.chmod(0o777 & ~_umask() if file.executable else 0o666 & ~_umask())
            try:
                temporary.rename(tree)
            except OSError:  # another process was quicker
                shutil.rmtree(temporary)
        return tree

    def _write(self, write: Callable[[BinaryIO], None], place: Callable[[Path], Path]) -> Path:
        descriptor, name = tempfile.mkstemp(prefix=".new-", dir=self.root)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb", buffering=1 << 18) as out:
                write(out)
            path = place(temporary)
            path.parent.mkdir(exist_ok=True, mode=0o700)
            return temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _path(self, sha256: str, *, relaxed: bool) -> Path:
        return self.root / sha256[:2] / f"{sha256}{'.relaxed' if relaxed else ''}.pack"


def private_folder(folder: Path) -> Path:
    """Make a folder that only this user may write to, or refuse the one that is there."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not hasattr(os, "geteuid"):
        return folder
    status = folder.stat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise SettingsError(
            f"The cache folder {folder} belongs to another user, or others may write to it.",
            hint="name another with --cache-dir, or give it to this user with mode 700",
        )
    return folder


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def digest_of(content: bytes) -> str:
    """Compute a hexadecimal SHA-256."""
    from hashlib import sha256

    return sha256(content).hexdigest()
