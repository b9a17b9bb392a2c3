"""Unpack a wheel into a pack, checking everything on the way (see `wheel`)."""

from __future__ import annotations

import mmap
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from hashlib import new, sha256
from pathlib import Path
from typing import BinaryIO

from piptools_clone.environment.record import RecordLine, encode_digest
from piptools_clone.errors import BoundExceeded
from piptools_clone.formats.inert import inert
from piptools_clone.sync.pack import PackedFile, PackWriter
from piptools_clone.sync.wheel import (
    Layout,
    Member,
    WheelFault,
    check_members,
    check_metadata,
    check_wheel_file,
    parse_entry_points,
    parse_filename,
    read_record_of_wheel,
)

MAX_FILES = 200_000  # the largest wheels known hold some 15,000
MAX_UNPACKED = 64 << 30  # bytes; the largest wheels known unpack to some 5 GiB
_CHUNK = 1 << 20
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, ..., lengths of the name and of the extra field
_ENCRYPTED, _UTF8 = 0x1, 0x800


def unpack_wheel(wheel: Path, filename: str, out: BinaryIO, *, relaxed: bool = False) -> None:
    """Check the wheel at a path, which is called ``filename`` on its index, and write it to ``out`` as a pack.

    ``relaxed`` waives what RECORD says and that names may not differ in case only.  Raises `WheelFault` for
    a wheel that must not be installed, `BoundExceeded` for one larger than any sensible one.
    """
    try:
        with wheel.open("rb") as file, zipfile.ZipFile(file) as archive:
            _unpack(_OpenWheel(filename, archive, file), out, relaxed=relaxed)
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError) as error:
        raise WheelFault(f"{inert(filename)} is no readable zip file: {inert(str(error))}") from error


class _OpenWheel:
    """The central directory of a wheel and its bytes."""

    def __init__(self, filename: str, archive: zipfile.ZipFile, file: BinaryIO) -> None:
        self.filename = filename
        self.infos = [info for info in archive.infolist() if not info.is_dir()]
        self._archive = archive
        self._file = file
        self._check_infos()

    @property
    def members(self) -> list[Member]:
        """The files, as the checks of names want them."""
        return [Member(info.filename, info.file_size, _is_executable(info)) for info in self.infos]

    def read(self, path: str) -> str:
        """Read a whole text."""
        info = next(info for info in self.infos if info.filename == path)
        if info.file_size > _CHUNK * 64:
            raise BoundExceeded(f"{inert(self.filename)}: {inert(path)} is larger than 64 MiB")
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            return b"".join(self.chunks(info, raw)).decode("utf-8", "surrogateescape")

    def chunks(self, info: zipfile.ZipInfo, raw: mmap.mmap) -> Iterator[bytes]:
        """Yield the content of a file in parts of about a megabyte, never more in all than its declared size."""
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            with self._archive.open(info) as member:
                yield from iter(lambda: member.read(_CHUNK), b"")
            return
        start = self._content_offset(info, raw)
        end = start + info.compress_size
        if info.compress_type == zipfile.ZIP_STORED:
            yield from (raw[at : min(at + _CHUNK, end)] for at in range(start, end, _CHUNK))
            return
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        left = info.file_size + 1  # one more than declared is enough to notice a lie
        for at in range(start, end, _CHUNK):
            chunk = inflate.decompress(raw[at : min(at + _CHUNK, end)], left)
            left -= len(chunk)
            yield chunk
            if left <= 0:
                return

    def _content_offset(self, info: zipfile.ZipInfo, raw: mmap.mmap) -> int:
        signature: bytes
        name_length: int
        extra_length: int
        signature, name_length, extra_length = _LOCAL_HEADER.unpack_from(raw, info.header_offset)
        name_start = info.header_offset + _LOCAL_HEADER.size
        name = raw[name_start : name_start + name_length]
        expected = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437")
        if signature != b"PK\x03\x04" or name != expected:
            raise WheelFault(f"{inert(self.filename)}: two names are given for {inert(info.filename)}")
        return name_start + name_length + extra_length

    def _check_infos(self) -> None:
        if len(self.infos) > MAX_FILES:
            raise BoundExceeded(f"{inert(self.filename)} holds more than {MAX_FILES} files")
        if sum(info.file_size for info in self.infos) > MAX_UNPACKED:
            raise BoundExceeded(f"{inert(self.filename)} unpacks to more than {MAX_UNPACKED >> 30} GiB")
        for info in self.infos:
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                raise WheelFault(f"{inert(self.filename)}: {inert(info.filename)} is a link or a device")
            if info.flag_bits & _ENCRYPTED:
                raise WheelFault(f"{inert(self.filename)}: {inert(info.filename)} is encrypted")
            if info.orig_filename != info.filename:  # zipfile cuts names at a NUL
                raise WheelFault(f"{inert(self.filename)}: {inert(info.orig_filename)!r} cannot be used")


def _unpack(wheel: _OpenWheel, out: BinaryIO, *, relaxed: bool) -> None:
    members = wheel.members
    layout = check_members(wheel.filename, members, relaxed=relaxed)
    pure = check_wheel_file(wheel.filename, wheel.read(f"{layout.info}/WHEEL"))
    check_metadata(wheel.filename, wheel.read(f"{layout.info}/METADATA"))
    _check_entry_points(wheel, layout, members)
    record: dict[str, RecordLine] = {}
    if not relaxed:
        record = read_record_of_wheel(wheel.filename, wheel.read(f"{layout.info}/RECORD"), layout, members)
    writer = PackWriter(out)
    with mmap.mmap(wheel._file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        for info in wheel.infos:
            _copy(wheel, info, raw, writer, record.get(info.filename))
    writer.finish(wheel.filename, layout.info, layout.data, pure=pure)


def _check_entry_points(wheel: _OpenWheel, layout: Layout, members: list[Member]) -> None:
    path = f"{layout.info}/entry_points.txt"
    if any(member.path == path for member in members):
        parse_entry_points(wheel.filename, wheel.read(path), parse_filename(wheel.filename)[0])


def _copy(
    wheel: _OpenWheel, info: zipfile.ZipInfo, raw: mmap.mmap, writer: PackWriter, recorded: RecordLine | None
) -> None:
    offset = writer.begin(info.file_size)
    own, size, crc = sha256(), 0, 0
    algorithm, _, expected = recorded.digest.partition("=") if recorded else ("", "", "")
    other = new(algorithm) if algorithm not in ("", "sha256") else None
    for chunk in wheel.chunks(info, raw):
        own.update(chunk)
        if other:
            other.update(chunk)
        size += len(chunk)
        crc = zlib.crc32(chunk, crc)
        writer.write(chunk)
    if size != info.file_size or crc != info.CRC:
        raise WheelFault(f"{inert(wheel.filename)}: {inert(info.filename)} is damaged")
    digest = encode_digest(own.digest())
    found = encode_digest(other.digest()) if other else digest
    if expected and found.partition("=")[2] != expected.rstrip("="):
        raise WheelFault(
            f"{inert(wheel.filename)}: {inert(info.filename)} does not have the digest that RECORD gives",
            hint="if you trust the file all the same: --relax-record with the name of the project",
        )
    writer.end(PackedFile(info.filename, offset, size, _is_executable(info), digest))


def _is_executable(info: zipfile.ZipInfo) -> bool:
    mode = info.external_attr >> 16
    return bool(mode & 0o111) and stat.S_IFMT(mode) in (0, stat.S_IFREG)
