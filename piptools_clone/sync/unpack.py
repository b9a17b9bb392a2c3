"""Unpack a wheel into a pack, checking everything on the way (see `wheel`)."""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from hashlib import new, sha256
from typing import TYPE_CHECKING, BinaryIO, cast
from zlib import decompressobj

from piptools_clone.environment.installed import metadata_values
from piptools_clone.environment.record import RecordLine, encode_digest
from piptools_clone.errors import BoundExceeded
from piptools_clone.formats.inert import inert
from piptools_clone.sync.pack import Head, PackedFile, PackWriter
from piptools_clone.sync.wheel import (
    Layout,
    Member,
    check_members,
    check_metadata,
    check_wheel_file,
    parse_entry_points,
    parse_filename,
    read_record_of_wheel,
)
from piptools_clone.sync.wheel_paths import WheelFault
from piptools_clone.sync.zip_directory import DEFLATED, STORED, Entry, entries_of, read_directory

if TYPE_CHECKING:
    import mmap
    import zipfile
    from pathlib import Path

MAX_FILES = 200_000  # the largest wheels known hold some 15,000
MAX_UNPACKED = 64 << 30  # bytes; the largest wheels known unpack to some 5 GiB
_CHUNK = 1 << 20
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, ..., lengths of the name and of the extra field
_ENCRYPTED = 0x1


def unpack_wheel(wheel: Path, filename: str, out: BinaryIO, *, relaxed: bool = False) -> None:
    """Check the wheel at a path, which is called ``filename`` on its index, and write it to ``out`` as a pack.

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
            unpack_content(content, filename, out, relaxed=relaxed)


def unpack_content(content: bytes | mmap.mmap, filename: str, out: BinaryIO, *, relaxed: bool = False) -> None:
    """Check a wheel that is in memory and write it to ``out`` as a pack; as `unpack_wheel`."""
    try:
        _unpack(_OpenWheel(filename, content), out, relaxed=relaxed)
    except (zlib.error, struct.error, EOFError, NotImplementedError) as error:
        raise WheelFault(f"{inert(filename)} is no readable zip file: {inert(str(error))}") from error


class _OpenWheel:
    """The central directory of a wheel and its bytes."""

    def __init__(self, filename: str, content: bytes | mmap.mmap) -> None:
        self.filename = filename
        self._content = content
        self._archive: zipfile.ZipFile | None = None
        entries = read_directory(content)
        if entries is None:
            self._archive = _opened_by_zipfile(filename, content)
            entries = list(entries_of(self._archive))
        self.entries = [entry for entry in entries if not entry.is_folder]
        self._by_path = {entry.path: entry for entry in self.entries}
        self._check_entries()

    @property
    def is_quick(self) -> bool:
        """Whether all files are stored or deflated."""
        return self._archive is None

    @property
    def members(self) -> list[Member]:
        """The files, as the checks of names want them."""
        return [Member(entry.path, entry.size, _is_executable(entry)) for entry in self.entries]

    def read(self, path: str) -> str:
        """Read a whole text; "" when it is not there."""
        entry = self._by_path.get(path)
        if entry is None:
            return ""
        if entry.size > _CHUNK * 64:
            raise BoundExceeded(f"{inert(self.filename)}: {inert(path)} is larger than 64 MiB")
        return b"".join(self.chunks(entry)).decode("utf-8", "surrogateescape")

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """Yield the content of a file in parts of about a megabyte, never more in all than its declared size."""
        start = self._content_offset(entry)
        end = start + entry.compressed
        if entry.method == STORED:
            yield from (self._content[at : min(at + _CHUNK, end)] for at in range(start, end, _CHUNK))
        elif entry.method == DEFLATED:
            yield from self._inflated(entry, start, end)
        else:
            assert self._archive is not None
            with self._archive.open(self._archive.getinfo(entry.path)) as member:
                yield from iter(lambda: member.read(_CHUNK), b"")

    def small(self, entry: Entry) -> bytes:
        """Read a small file; the content may be cut off, or go on for one byte too many, where its size is a lie."""
        start = self._content_offset(entry)
        content = self._content[start : start + entry.compressed]
        return content if entry.method == STORED else decompressobj(-15).decompress(content, entry.size + 1)

    def _inflated(self, entry: Entry, start: int, end: int) -> Iterator[bytes]:
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        left = entry.size + 1  # one more than declared is enough to notice a lie
        for at in range(start, end, _CHUNK):
            chunk = inflate.decompress(self._content[at : min(at + _CHUNK, end)], left)
            left -= len(chunk)
            yield chunk
            if left <= 0:
                return

    def _content_offset(self, entry: Entry) -> int:
        signature: bytes
        name_length: int
        extra_length: int
        signature, name_length, extra_length = _LOCAL_HEADER.unpack_from(self._content, entry.offset)
        name_start = entry.offset + _LOCAL_HEADER.size
        if signature != b"PK\x03\x04" or self._content[name_start : name_start + name_length] != entry.raw:
            raise WheelFault(f"{inert(self.filename)}: two names are given for {inert(entry.path)}")
        return name_start + name_length + extra_length

    def _check_entries(self) -> None:
        if len(self.entries) > MAX_FILES:
            raise BoundExceeded(f"{inert(self.filename)} holds more than {MAX_FILES} files")
        if sum(entry.size for entry in self.entries) > MAX_UNPACKED:
            raise BoundExceeded(f"{inert(self.filename)} unpacks to more than {MAX_UNPACKED >> 30} GiB")
        for entry in self.entries:
            if stat.S_IFMT(entry.mode) not in (0, stat.S_IFREG):
                raise WheelFault(f"{inert(self.filename)}: {inert(entry.path)} is a link or a device")
            if entry.flags & _ENCRYPTED:
                raise WheelFault(f"{inert(self.filename)}: {inert(entry.path)} is encrypted")


def _opened_by_zipfile(filename: str, content: bytes | mmap.mmap) -> zipfile.ZipFile:
    import io
    import zipfile

    try:
        return zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else cast("BinaryIO", content))
    except zipfile.BadZipFile as error:
        raise WheelFault(f"{inert(filename)} is no readable zip file: {inert(str(error))}") from error


def _unpack(wheel: _OpenWheel, out: BinaryIO, *, relaxed: bool) -> None:
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
    writer.finish(head)


def _read_head(wheel: _OpenWheel, layout: Layout) -> Head:
    pure = check_wheel_file(wheel.filename, wheel.read(f"{layout.info}/WHEEL"))
    metadata = wheel.read(f"{layout.info}/METADATA")
    check_metadata(wheel.filename, metadata)
    name, version = parse_filename(wheel.filename)
    texts = wheel.read(f"{layout.info}/entry_points.txt")
    scripts = parse_entry_points(wheel.filename, texts, name) if texts else ()
    return Head(
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


def _copy_small(wheel: _OpenWheel, entry: Entry, writer: PackWriter, recorded: RecordLine | None) -> bool:
    """Copy a file that is small and whose RECORD is of the usual kind, and tell whether it was: nearly all are."""
    if recorded is None or entry.size > _CHUNK or entry.compressed > _CHUNK or not wheel.is_quick:
        return False
    content = wheel.small(entry)
    digest = sha256(content).digest()
    spelled = encode_digest(digest)
    if spelled != recorded.digest or len(content) != entry.size:
        return False
    writer.end(PackedFile(entry.path, writer.begin(entry.size), entry.size, _is_executable(entry), digest), spelled)
    writer.write(content)
    return True


def _copy(wheel: _OpenWheel, entry: Entry, writer: PackWriter, recorded: RecordLine | None) -> None:
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


def _is_executable(entry: Entry) -> bool:
    return bool(entry.mode & 0o111) and stat.S_IFMT(entry.mode) in (0, stat.S_IFREG)
