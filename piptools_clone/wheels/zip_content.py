"""The content of a file in a zip archive, in parts of at most a megabyte, whatever it swells to."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from piptools_clone.wheels.zip_directory import BZIP2, DEFLATED, LZMA, STORED, BadArchive, ZipEntry

if TYPE_CHECKING:
    import mmap

PART = 1 << 20
"""Bytes that are given at a time."""
MAX_DICTIONARY = 64 << 20
"""Bytes that LZMA may look back, and so takes of memory: as many as the strongest setting of its own tool."""
_HAS_END_MARK = 0x2  # of LZMA; without it the size tells where the content ends
_STEP = 1 << 16  # bytes of what is compressed that are looked at at a time


class _Decompressor(Protocol):
    """What the standard library has for bzip2 and LZMA."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def chunks_of(content: bytes | mmap.mmap, entry: ZipEntry) -> Iterator[bytes]:
    """Yield the content of a file.  Raises `BadArchive` unless it has exactly the size that is told."""
    size = 0
    for chunk in _all_chunks(content, entry):
        size += len(chunk)
        if size > entry.size:
            break
        yield chunk
    if size != entry.size:
        raise BadArchive(f"the content of {entry.path} has another size than is told")


def _all_chunks(content: bytes | mmap.mmap, entry: ZipEntry) -> Iterator[bytes]:
    if entry.method == STORED:
        end = entry.start + entry.compressed
        return (content[at : min(at + PART, end)] for at in range(entry.start, end, PART))
    if entry.method == DEFLATED:
        return _inflated(content, entry)
    import bz2
    import lzma

    try:
        if entry.method == BZIP2:
            return _undone(content, entry, bz2.BZ2Decompressor())
        return _undone(content, *_lzma(content, entry))
    except lzma.LZMAError as error:
        raise BadArchive(f"the content of {entry.path} is damaged") from error


def _pieces(content: bytes | mmap.mmap, entry: ZipEntry) -> Iterator[bytes]:
    end = entry.start + entry.compressed
    return (content[at : min(at + _STEP, end)] for at in range(entry.start, end, _STEP))


def _inflated(content: bytes | mmap.mmap, entry: ZipEntry) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in _pieces(content, entry):
        data = piece
        while data and not inflate.eof:
            yield inflate.decompress(data, PART)
            data = inflate.unconsumed_tail
        if inflate.eof and (data or inflate.unused_data):
            break
    while not inflate.eof and (rest := inflate.decompress(b"", PART)):
        yield rest
    _check_end(entry, inflate.eof, inflate.unused_data)


def _undone(content: bytes | mmap.mmap, entry: ZipEntry, undo: _Decompressor) -> Iterator[bytes]:
    import lzma

    try:
        for piece in _pieces(content, entry):
            data = piece
            while not undo.eof and (data or not undo.needs_input):
                yield undo.decompress(data, PART)
                data = b""
            if data:
                break
        has_no_mark = entry.method == LZMA and not entry.flags & _HAS_END_MARK
        _check_end(entry, undo.eof or has_no_mark, undo.unused_data or data)
    except (lzma.LZMAError, OSError) as error:
        raise BadArchive(f"the content of {entry.path} is damaged") from error


def _check_end(entry: ZipEntry, ended: bool, rest: bytes) -> None:
    if not ended or rest:
        raise BadArchive(f"the content of {entry.path} is {'followed by something' if ended else 'cut off'}")


def _lzma(content: bytes | mmap.mmap, entry: ZipEntry) -> tuple[ZipEntry, _Decompressor]:
    """What is left of an entry after its properties, and what undoes it (APPNOTE.TXT, section 5.8)."""
    import lzma

    head = content[entry.start : entry.start + min(9, entry.compressed)]
    if len(head) < 9 or head[2:4] != b"\5\0" or head[4] >= 9 * 5 * 5:
        raise BadArchive(f"the content of {entry.path} is damaged")
    rest, lc = divmod(head[4], 9)
    pb, lp = divmod(rest, 5)
    size = int.from_bytes(head[5:9], "little")
    if size > MAX_DICTIONARY:
        raise BadArchive(f"to unpack {entry.path} takes more than {MAX_DICTIONARY >> 20} MiB of memory")
    form = {"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb, "dict_size": max(size, 4096)}
    undo = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[form])
    return entry._replace(start=entry.start + 9, compressed=entry.compressed - 9), undo
