"""A tar archive as a stream that gives so much at a time: `tarfile` reads a header as long as it says it is.

Extended headers (POSIX.1-2001, "pax Interchange Format"; GNU's long names) are read into memory as a whole, and some
versions of Python search them in quadratic time.  An archive of a megabyte may hold one of gigabytes.
"""

from __future__ import annotations

import re
from typing import IO, cast

from piptools_clone.errors import BoundExceeded

MAX_HEADER = 16 * 1024
"""Bytes of one extended header; a path and a few attributes take hundreds."""
MAX_LONG_HEADERS = 4 * 2**20
"""Bytes of all extended headers that are longer than a block or two, which most archives have none of."""
_USUAL = 1024
_BLOCK = 512
_DIGITS = rb"[0-9]{64}"
"""What Python before 3.12.6 searches again from each digit: no number of a header is as long."""


class TarStream:
    """The decompressed bytes of an archive, for ``tarfile.TarFile(fileobj=...)``; ``shown`` names it for messages."""

    def __init__(self, path: str, shown: str) -> None:
        self._file = _opened(path)
        self._shown = shown
        self._long = 0

    def __enter__(self) -> IO[bytes]:
        return cast("IO[bytes]", self)

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        """Read a header, or a part of one.  Raises `BoundExceeded` for more than a header may have."""
        if size > _USUAL:
            self._long += size
        if not 0 <= size <= MAX_HEADER or self._long > MAX_LONG_HEADERS:
            raise BoundExceeded(
                f"{self._shown} has a header of more than {MAX_HEADER >> 10} KiB, "
                f"or long ones of more than {MAX_LONG_HEADERS >> 20} MiB together"
            )
        content = self._file.read(size)
        if size > _BLOCK and re.search(_DIGITS, content):
            raise BoundExceeded(f"{self._shown} has a header with a number of more than 64 digits")
        return content

    def read_content(self, offset: int, size: int) -> bytes:
        """Read the content of a file, which the caller has bounded."""
        before = self._file.tell()
        self._file.seek(offset)
        content = self._file.read(size)
        self._file.seek(before)
        return content

    def seek(self, offset: int) -> int:
        """Go to a place."""
        return self._file.seek(offset)

    def tell(self) -> int:
        """Where it stands."""
        return self._file.tell()


def _opened(path: str) -> IO[bytes]:
    """Open an archive, whatever it is compressed with."""
    with open(path, "rb") as file:
        magic = file.read(6)
    if magic.startswith(b"\x1f\x8b"):
        import gzip

        return cast("IO[bytes]", gzip.open(path))
    if magic.startswith(b"BZh"):
        import bz2

        return bz2.open(path)
    if magic.startswith((b"\xfd7zXZ\0", b"]\0\0")):
        import lzma

        return lzma.open(path)
    return open(path, "rb")
