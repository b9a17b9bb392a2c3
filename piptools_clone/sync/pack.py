"""An unpacked wheel as one file: contents one after another, then a manifest with every digest.

One file per wheel makes installing quick: it is opened once, and each of its files is one write.  It is
verified as it is used: the trailer holds the digest of the manifest, the manifest those of the files.

    contents | manifest text | trailer: length of the manifest (8 bytes), its SHA-256 (32), MAGIC (8)

Lines of the manifest: the name of the wheel; its ``.dist-info`` folder; its ``.data`` folder; ``purelib`` or
``platlib``; then one line per file: offset, size, ``x`` or ``-``, digest as in RECORD, path.
"""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from piptools_clone.environment.record import encode_digest

MAGIC = b"PTCPACK1"
ALIGNED_FROM = 1 << 17  # a larger file starts on a block, so that a file system can share its blocks (reflink)
BLOCK = 4096
_TRAILER = 8 + 32 + len(MAGIC)


class DamagedPack(ValueError):
    """A pack that is not what was written; it is to be thrown away and made again."""


class PackedFile(NamedTuple):
    """A file of a wheel; ``digest`` is spelled as in RECORD."""

    path: str
    offset: int
    size: int
    executable: bool
    digest: str


class PackWriter:
    """Writes a pack to an open file: chunks of one file after another, then `finish`."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._lines: list[str] = []
        self._at = 0

    def begin(self, size: int) -> int:
        """Start a file of that size and return its offset."""
        if size >= ALIGNED_FROM and self._at % BLOCK:
            padding = BLOCK - self._at % BLOCK
            self._out.write(bytes(padding))
            self._at += padding
        return self._at

    def write(self, chunk: bytes) -> None:
        """Add a part of the file at hand."""
        self._out.write(chunk)
        self._at += len(chunk)

    def end(self, file: PackedFile) -> None:
        """Note the file that is complete now."""
        flag = "x" if file.executable else "-"
        self._lines.append(f"{file.offset} {file.size} {flag} {file.digest} {file.path}")

    def finish(self, filename: str, info: str, data: str, *, pure: bool) -> None:
        """Write the manifest and the trailer."""
        head = [filename, info, data, "purelib" if pure else "platlib"]
        manifest = "\n".join(head + self._lines).encode("utf-8", "surrogateescape")
        self._out.write(manifest + len(manifest).to_bytes(8, "big") + sha256(manifest).digest() + MAGIC)


class Pack:
    """A pack opened for reading; a context manager.  Raises `DamagedPack` where it is not what was written."""

    __slots__ = ("_files", "_lines", "_map", "_view", "data", "descriptor", "filename", "info", "pure")

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDONLY)
        try:
            self._map = mmap.mmap(self.descriptor, 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # an empty file
            os.close(self.descriptor)
            raise DamagedPack(path) from error
        self._view = memoryview(self._map)
        try:
            head, self._lines = _read_manifest(self._map)
            self.filename, self.info, self.data, root = head
            self.pure = root == "purelib"
            self._files: list[PackedFile] | None = None
        except (ValueError, IndexError) as error:
            self.close()
            raise DamagedPack(path) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def files(self) -> list[PackedFile]:
        """Everything that is in it."""
        if self._files is None:
            self._files = [_parse_line(line) for line in self._lines]
        return self._files

    def close(self) -> None:
        """Let go of the file."""
        self._view.release()
        with suppress(BufferError):  # a view that is still held closes the map when it goes
            self._map.close()
        os.close(self.descriptor)

    def view(self, file: PackedFile) -> memoryview:
        """Give the content of a file, checked against its digest; valid until the pack is closed."""
        view = self._view[file.offset : file.offset + file.size]
        if encode_digest(sha256(view).digest()) != file.digest:
            raise DamagedPack(file.path)
        return view

    def text(self, path: str) -> str:
        """Read a text of the wheel; "" when it is not there."""
        for line in self._lines:
            if line.endswith(path) and (file := _parse_line(line)).path == path:
                return bytes(self.view(file)).decode("utf-8", "replace")
        return ""


def _read_manifest(content: mmap.mmap) -> tuple[list[str], list[str]]:
    trailer = content[-_TRAILER:]
    length = int.from_bytes(trailer[:8], "big")
    manifest = content[max(len(content) - _TRAILER - length, 0) : -_TRAILER]
    if trailer[40:] != MAGIC or sha256(manifest).digest() != trailer[8:40]:
        raise ValueError("the manifest is damaged")
    lines = manifest.decode("utf-8", "surrogateescape").split("\n")
    return lines[:4], lines[4:]


def _parse_line(line: str) -> PackedFile:
    """Read a line of a manifest whose digest has been checked, so that it is what `PackWriter` wrote."""
    offset, size, flag, digest, path = line.split(" ", 4)
    return PackedFile(path, int(offset), int(size), flag == "x", digest)
