"""Unpack a wheel into a pack, checking everything on the way (see `checked_wheel`)."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from hashlib import new, sha256
from typing import TYPE_CHECKING, BinaryIO
from zlib import decompressobj

from piptools_clone.environment.installed import MAX_TEXT, metadata_values
from piptools_clone.environment.record_file import RecordLine, encode_digest
from piptools_clone.errors import BoundExceeded
from piptools_clone.formats.sanitize import inert
from piptools_clone.wheels.checked_wheel import (
    Layout,
    Member,
    check_members,
    check_metadata,
    check_wheel_file,
    parse_entry_points,
    parse_filename,
    read_record_of_wheel,
)
from piptools_clone.wheels.pack import PackedFile, PackWriter, WheelHead
from piptools_clone.wheels.wheel_paths import WheelFault, check_paths
from piptools_clone.wheels.zip_content import chunks_of
from piptools_clone.wheels.zip_directory import DEFLATED, STORED, BadArchive, ZipEntry, read_directory

if TYPE_CHECKING:
    import mmap
    from pathlib import Path

MAX_FILES = 200_000
"""Files and folders of a wheel; the largest wheels known hold some 15,000."""
MAX_UNPACKED = 16 << 30
"""Bytes that a wheel unpacks to; the largest wheels known come to some 5 GiB."""
MAX_RATIO = 200
"""Bytes that each byte of a wheel may unpack to, once they are more than `FREE_OF_RATIO`; code comes to 3 to 10."""
FREE_OF_RATIO = 1 << 30
_ASKS_FOR_ROOM = 64 << 20  # bytes from which on a wheel is not unpacked before there is room for it
_ENTRY_POINTS = 1 << 20  # bytes of an ``entry_points.txt``; a script of each of its lines would be some 140,000
_CHUNK = 1 << 20


def unpack_wheel(wheel: Path, filename: str, out: BinaryIO, *, sha256: str = "", relaxed: bool = False) -> None:
    """Check the wheel at a path, which is called ``filename`` on its index, and write it to ``out`` as a pack.

    ``sha256`` is the digest of the wheel, which the pack names; it is not looked at here.
    ``relaxed`` waives what RECORD says and that names may not differ in case only.  Raises `WheelFault` for
    a wheel that must not be installed, `BoundExceeded` for one larger than any sensible one.
    """
    import mmap

    with wheel.open("rb") as file:
        try:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise WheelFault(f"{inert(filename)} is no readable zip file: it is empty") from error
        with content:
            unpack_content(content, filename, out, sha256=sha256, relaxed=relaxed)


def unpack_content(
    content: bytes | mmap.mmap, filename: str, out: BinaryIO, *, sha256: str = "", relaxed: bool = False
) -> None:
    """Check a wheel that is in memory and write it to ``out`` as a pack; as `unpack_wheel`."""
    try:
        _unpack(_OpenWheel(filename, content), out, sha256, relaxed=relaxed)
    except (BadArchive, zlib.error, struct.error, EOFError) as error:
        raise WheelFault(f"{inert(filename)} is no readable zip file: {inert(str(error))}") from error


class _OpenWheel:
    """The central directory of a wheel and its bytes."""

    def __init__(self, filename: str, content: bytes | mmap.mmap) -> None:
        self.filename = filename
        self._content = content
        entries = read_directory(content, MAX_FILES)
        self.entries = [entry for entry in entries if not entry.is_folder]
        self._by_path = {entry.path: entry for entry in self.entries}
        self.size = sum(entry.size for entry in self.entries)
        self._check_size()
        self._check_kinds(entries)

    @property
    def members(self) -> list[Member]:
        """The files, as the checks of names want them."""
        return [Member(entry.path, entry.size, _is_executable(entry)) for entry in self.entries]

    def read(self, path: str) -> str:
        """Read a whole text; "" when it is not there."""
        entry = self._by_path.get(path)
        if entry is None:
            return ""
        most = _ENTRY_POINTS if path.endswith("/entry_points.txt") else MAX_TEXT
        if entry.size > most:
            raise BoundExceeded(f"{inert(self.filename)}: {inert(path)} is larger than {most >> 20} MiB")
        return b"".join(self.chunks(entry)).decode("utf-8", "surrogateescape")

    def chunks(self, entry: ZipEntry) -> Iterator[bytes]:
        """Yield the content of a file in parts of at most a megabyte; more or less than declared is `BadArchive`."""
        return chunks_of(self._content, entry)

    def small(self, entry: ZipEntry) -> bytes:
        """Read a small file; the content may be cut off, or go on for one byte too many, where its size is a lie."""
        content = self._content[entry.start : entry.start + entry.compressed]
        if entry.method == STORED:
            return content
        inflate = decompressobj(-15)
        found = inflate.decompress(content, entry.size + 1)
        return found if inflate.eof and not inflate.unused_data else b""

    def _check_size(self) -> None:
        if self.size > MAX_UNPACKED:
            raise BoundExceeded(f"{inert(self.filename)} unpacks to more than {MAX_UNPACKED >> 30} GiB")
        if self.size > max(FREE_OF_RATIO, MAX_RATIO * len(self._content)):
            raise BoundExceeded(
                f"{inert(self.filename)} unpacks to more than {FREE_OF_RATIO >> 30} GiB "
                f"and more than {MAX_RATIO} times its own size"
            )

    def _check_kinds(self, entries: list[ZipEntry]) -> None:
        for entry in entries:
            if stat.S_IFMT(entry.mode) not in (0, stat.S_IFDIR if entry.is_folder else stat.S_IFREG):
                raise WheelFault(f"{inert(self.filename)}: {inert(entry.path)} is a link or a device")
        folders = [entry for entry in entries if entry.is_folder]
        check_paths(self.filename, [entry.path[:-1] for entry in folders])
        for entry in folders:
            if entry.compressed:  # nothing, in a compressed form
                list(self.chunks(entry))


def _unpack(wheel: _OpenWheel, out: BinaryIO, digest: str, *, relaxed: bool) -> None:
    _check_room(wheel, out)
    members = wheel.members
    layout = check_members(wheel.filename, members, relaxed=relaxed)
    head = _read_head(wheel, layout)
    record: dict[str, RecordLine] = {}
    if not relaxed:
        record = read_record_of_wheel(wheel.filename, wheel.read(f"{layout.info}/RECORD"), layout, members)
    writer = PackWriter(out)
    for entry in wheel.entries:
        recorded = record.get(entry.path)
        if not _copy_small(wheel, entry, writer, recorded):
            _copy(wheel, entry, writer, recorded)
    writer.finish(head, digest, relaxed=relaxed)


def _check_room(wheel: _OpenWheel, out: BinaryIO) -> None:
    """Raise OSError where a large wheel would fill the disk, before that happens."""
    if wheel.size < _ASKS_FOR_ROOM or not hasattr(os, "fstatvfs"):
        return
    try:
        found = os.fstatvfs(out.fileno())
    except (OSError, ValueError):  # no file, or one on a system that does not tell
        return
    free = found.f_bavail * found.f_frsize
    if free < wheel.size:
        import errno

        needed = f"{wheel.size >> 20:,} MiB are needed for {inert(wheel.filename)}, and {free >> 20:,} MiB are free"
        raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}: {needed}")


def _read_head(wheel: _OpenWheel, layout: Layout) -> WheelHead:
    pure = check_wheel_file(wheel.filename, wheel.read(f"{layout.info}/WHEEL"))
    metadata = wheel.read(f"{layout.info}/METADATA")
    check_metadata(wheel.filename, metadata)
    name, version = parse_filename(wheel.filename)
    texts = wheel.read(f"{layout.info}/entry_points.txt")
    scripts = parse_entry_points(wheel.filename, texts, name) if texts else ()
    return WheelHead(
        wheel.filename,
        name,
        str(version),
        layout.info,
        layout.data,
        pure,
        (metadata_values(metadata, "requires-python") or ("",))[0],
        metadata_values(metadata, "requires-dist"),
        tuple((*each,) for each in scripts),
    )


def _copy_small(wheel: _OpenWheel, entry: ZipEntry, writer: PackWriter, recorded: RecordLine | None) -> bool:
    """Copy a file that is small and whose RECORD is of the usual kind, and tell whether it was: nearly all are."""
    if recorded is None or entry.size > _CHUNK or entry.compressed > _CHUNK or entry.method not in (STORED, DEFLATED):
        return False
    content = wheel.small(entry)
    digest = sha256(content).digest()
    spelled = encode_digest(digest)
    if spelled != recorded.digest or len(content) != entry.size:
        return False
    writer.end(PackedFile(entry.path, writer.begin(entry.size), entry.size, _is_executable(entry), digest), spelled)
    writer.write(content)
    return True


def _copy(wheel: _OpenWheel, entry: ZipEntry, writer: PackWriter, recorded: RecordLine | None) -> None:
    """Copy any file, in parts, or say what is wrong with it."""
    offset = writer.begin(entry.size)
    algorithm, _, expected = recorded.digest.partition("=") if recorded else ("", "", "")
    own = sha256()
    other = new(algorithm) if algorithm not in ("", "sha256") else None
    size, crc = 0, 0
    for chunk in wheel.chunks(entry):
        own.update(chunk)
        if other:
            other.update(chunk)
        if not expected:
            crc = zlib.crc32(chunk, crc)
        size += len(chunk)
        writer.write(chunk)
    if size != entry.size or (not expected and crc != entry.crc):  # a digest says all that the check sum would
        raise WheelFault(f"{inert(wheel.filename)}: {inert(entry.path)} is damaged")
    digest = own.digest()
    spelled = encode_digest(digest)
    found = encode_digest(other.digest()) if other else spelled
    if expected and found.partition("=")[2] != expected.rstrip("="):
        raise WheelFault(
            f"{inert(wheel.filename)}: {inert(entry.path)} does not have the digest that RECORD gives",
            hint="if you trust the file all the same: --relax-record with the name of the project",
        )
    writer.end(PackedFile(entry.path, offset, size, _is_executable(entry), digest), spelled)


def _is_executable(entry: ZipEntry) -> bool:
    return bool(entry.mode & 0o111) and stat.S_IFMT(entry.mode) in (0, stat.S_IFREG)
