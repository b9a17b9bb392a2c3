"""What a zip archive holds, read off its central directory (APPNOTE.TXT of PKWARE, sections 4.3 and 4.4).

`zipfile` does the same in four times the time, and reads what is left to it here: archives of more than 4 GiB or 65,534
files, with a comment, or with something before them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING

from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    import mmap
    import zipfile

STORED, DEFLATED = 0, 8
_END = struct.Struct("<4s4H2LH")  # signature, disks, entries, size and offset of the directory, length of the comment
_ENTRY = struct.Struct("<4s4x2H4x3L3H4x2L")
_UTF8 = 0x800
_WIDE, _MANY = 0xFFFFFFFF, 0xFFFF


class Entry(NamedTuple):
    """A file or folder of an archive: ``raw`` is its name in bytes, ``offset`` that of its local header."""

    path: str
    raw: bytes
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    mode: int
    offset: int

    @property
    def is_folder(self) -> bool:
        """Whether this stands for a folder."""
        return self.path.endswith("/")


def read_directory(content: bytes | mmap.mmap) -> list[Entry] | None:
    """Read the directory of an archive; None when `zipfile` is to be asked, be it for what is wrong with it."""
    at = len(content) - _END.size
    if at < 0:
        return None
    signature, _, _, _, count, size, start, comment = _END.unpack_from(content, at)
    if signature != b"PK\5\6" or comment or count == _MANY or start + size != at:
        return None
    return _read_entries(content[start:at], count)


def entries_of(archive: zipfile.ZipFile) -> Iterable[Entry]:
    """Spell what `zipfile` read in the same way."""
    for info in archive.infolist():
        raw = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437")
        sizes = info.compress_size, info.file_size
        mode = info.external_attr >> 16
        yield Entry(
            info.orig_filename, raw, info.flag_bits, info.compress_type, info.CRC, *sizes, mode, info.header_offset
        )


def _read_entries(directory: bytes, count: int) -> list[Entry] | None:
    found: list[Entry] = []
    at = 0
    try:
        for _ in range(count):
            signature, flags, method, crc, compressed, size, named, extra, comment, attributes, offset = (
                _ENTRY.unpack_from(directory, at)
            )
            if signature != b"PK\1\2" or method not in (STORED, DEFLATED) or _WIDE in (compressed, size, offset):
                return None
            at += _ENTRY.size
            raw = directory[at : at + named]
            at += named + extra + comment
            path = raw.decode("utf-8" if flags & _UTF8 or raw.isascii() else "cp437")
            found.append(Entry(path, raw, flags, method, crc, compressed, size, attributes >> 16, offset))
    except (struct.error, UnicodeDecodeError):
        return None
    return found if at == len(directory) else None
