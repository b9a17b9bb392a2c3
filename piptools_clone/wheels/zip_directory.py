"""What a zip archive holds, read off its central directory (APPNOTE.TXT of PKWARE, sections 4.3 to 4.5).

Law: an archive is one from its first byte to its last.  Readers of zip files differ in where they look for the
directory, in which of two names or sizes they believe, and in what they skip; so nothing is accepted in which they
could differ: each byte belongs to one file, to the directory, or to the end, and all that is said twice is the same.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    import mmap

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
METHODS = frozenset((STORED, DEFLATED, BZIP2, LZMA))
"""Those that pip can undo with any Python."""

_END = struct.Struct("<4s4H2LH")  # signature, disks, entries, size and offset of the directory, length of the comment
_WIDE_END = struct.Struct("<4sQ2H2L4Q")  # signature, length, versions, disks, entries, size and offset of the directory
_LOCATOR = struct.Struct("<4sLQL")  # signature, disk, offset of the wide end, disks
_ENTRY = struct.Struct("<4s4x2H4x3L5H2L")  # ..., lengths of name, extra field and comment, disk, attributes, offset
_LOCAL = struct.Struct("<4s2x2H4x3L2H")  # ..., lengths of name and extra field
_DESCRIPTORS = (struct.Struct("<4s3L"), struct.Struct("<3L"), struct.Struct("<4sL2Q"), struct.Struct("<L2Q"))
_LONGEST_COMMENT = 0xFFFF
_DESCRIBED, _UTF8 = 0x8, 0x800
_ENCRYPTED, _PATCHED = 0x1 | 0x40 | 0x2000, 0x20
_WIDE, _MANY = 0xFFFFFFFF, 0xFFFF
_SIZES, _UNICODE_PATH = 0x1, 0x7075


class BadArchive(ValueError):
    """No zip archive, or one that two readers could read in two ways; the text says why."""


class ZipEntry(NamedTuple):
    """A file or folder of an archive: ``raw`` is its name in bytes, ``start`` where its content begins."""

    path: str
    raw: bytes
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    mode: int
    start: int

    @property
    def is_folder(self) -> bool:
        """Whether this stands for a folder."""
        return self.path.endswith("/")


class _Directory(NamedTuple):
    """Where the directory lies, and how many entries it has."""

    start: int
    end: int
    entries: int


def read_directory(content: bytes | mmap.mmap, most: int) -> list[ZipEntry]:
    """Read the directory of an archive, in its order.  Raises `BadArchive`, for more than ``most`` entries too."""
    directory = _find_directory(content)
    if directory.entries > most:
        raise BadArchive(f"it holds more than {most:,} files")
    found = _read_entries(content[directory.start : directory.end], directory.entries)
    if len({entry.raw for entry in found}) != len(found) or len({entry.path for entry in found}) != len(found):
        raise BadArchive("a name is in it twice")
    return _with_starts(content, found, directory.start)


def _find_directory(content: bytes | mmap.mmap) -> _Directory:
    at = content.rfind(b"PK\5\6", max(0, len(content) - _END.size - _LONGEST_COMMENT))
    if at < 0 or at + _END.size > len(content):
        raise BadArchive("it has no end, or too much behind it")
    _, disk, first, here, count, size, start, comment = _END.unpack_from(content, at)
    if at + _END.size + comment != len(content):
        raise BadArchive("there is something behind its end")
    found, end = _Directory(start, start + size, count), at
    if at >= _LOCATOR.size and content[at - _LOCATOR.size : at - _LOCATOR.size + 4] == b"PK\6\7":
        found, end = _find_wide_directory(content, at - _LOCATOR.size, found)
    elif disk or first or here != count:
        raise BadArchive("it is one part of several")
    if found.end != end:
        raise BadArchive("there is something before its first file, or around its directory")
    return found


def _find_wide_directory(content: bytes | mmap.mmap, locator: int, narrow: _Directory) -> tuple[_Directory, int]:
    """The directory of an archive that may have very many or very large files (ZIP64), and where it must end."""
    _, disk, end, disks = _LOCATOR.unpack_from(content, locator)
    if disk or disks > 1 or end != locator - _WIDE_END.size:
        raise BadArchive("its two ends do not belong together")
    signature, length, _, _, disk, first, here, count, size, start = _WIDE_END.unpack_from(content, end)
    if signature != b"PK\6\6" or length != _WIDE_END.size - 12 or disk or first or here != count:
        raise BadArchive("its two ends do not belong together")
    for wide, told, limit in (
        (start, narrow.start, _WIDE),
        (size, narrow.end - narrow.start, _WIDE),
        (count, narrow.entries, _MANY),
    ):
        if told not in (wide, limit):
            raise BadArchive("its two ends do not agree")
    return _Directory(start, start + size, count), end


def _read_entries(directory: bytes, count: int) -> list[ZipEntry]:
    """The entries of a directory; ``start`` is that of the local header yet."""
    found: list[ZipEntry] = []
    at = 0
    try:
        for _ in range(count):
            signature, flags, method, crc, compressed, size, named, extra, comment, disk, _, attributes, offset = (
                _ENTRY.unpack_from(directory, at)
            )
            raw = directory[at + _ENTRY.size : at + _ENTRY.size + named]
            at += _ENTRY.size + named + extra + comment
            if signature != b"PK\1\2" or disk or at > len(directory):
                raise BadArchive("its directory is damaged")
            path = raw.decode("utf-8" if flags & _UTF8 or raw.isascii() else "cp437")
            if extra:
                fields = _fields(directory[at - extra - comment : at - comment])
                size, compressed, offset = _widened(fields, size, compressed, offset)
                _check_unicode_path(fields, raw)
            found.append(ZipEntry(path, raw, flags, method, crc, compressed, size, attributes >> 16, offset))
    except (struct.error, UnicodeDecodeError) as error:
        raise BadArchive("its directory is damaged") from error
    if at != len(directory):
        raise BadArchive("its directory holds more than it tells")
    return found


def _fields(extra: bytes) -> dict[int, bytes]:
    """The extra fields of a header; what is cut off at the end counts as none, as some tools pad there."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        found.setdefault(kind, extra[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def _widened(fields: dict[int, bytes], *values: int) -> tuple[int, ...]:
    """Size, compressed size and offset, each of which may stand in an extra field where it is large (ZIP64)."""
    if _WIDE not in values:
        return values
    wide = iter(each for (each,) in struct.iter_unpack("<Q", fields.get(_SIZES, b"")[:24]))
    found = tuple(next(wide, -1) if value == _WIDE else value for value in values)
    if -1 in found:
        raise BadArchive("its directory is damaged")
    return found


def _check_unicode_path(fields: dict[int, bytes], raw: bytes) -> None:
    """Refuse a second name in an extra field, which only some readers heed."""
    if _UNICODE_PATH in fields and fields[_UNICODE_PATH][5:] != raw:
        raise BadArchive(f"two names are given for {_shown(raw)}")


def _with_starts(content: bytes | mmap.mmap, entries: list[ZipEntry], end: int) -> list[ZipEntry]:
    """Find the content of each entry, and see that they lie one after another, from the first byte to the directory."""
    found: dict[bytes, ZipEntry] = {}
    at = 0
    for entry in sorted(entries, key=_place):
        if entry.start != at:
            raise BadArchive(_misplaced(entry, at))
        _check(entry)
        start = _start_of_content(content, entry)
        found[entry.raw] = ZipEntry(*entry[:-1], start)
        at = start + entry.compressed
        if entry.flags & _DESCRIBED:
            at += _length_of_descriptor(content, entry, at)
    if at != end:
        raise BadArchive("there is something between its files and its directory, or they overlap")
    return [found[entry.raw] for entry in entries]


def _place(entry: ZipEntry) -> int:
    return entry.start


def _misplaced(entry: ZipEntry, at: int) -> str:
    if entry.start < at:
        return f"{_shown(entry.raw)} overlaps another file"
    return f"there is something before {_shown(entry.raw)} that belongs to no file"


def _check(entry: ZipEntry) -> None:
    if entry.flags & _ENCRYPTED:
        raise BadArchive(f"{_shown(entry.raw)} is encrypted")
    if entry.method not in METHODS or entry.flags & _PATCHED:
        raise BadArchive(f"{_shown(entry.raw)} is compressed in a way that installers do not know")
    if entry.method == STORED and entry.compressed != entry.size:
        raise BadArchive(f"two sizes are given for {_shown(entry.raw)}")
    if entry.is_folder and entry.size:
        raise BadArchive(f"the folder {_shown(entry.raw)} has content")


def _start_of_content(content: bytes | mmap.mmap, entry: ZipEntry) -> int:
    """Where the content begins, after a local header that says the same as the directory."""
    try:
        signature, flags, method, crc, compressed, size, named, extra = _LOCAL.unpack_from(content, entry.start)
    except struct.error as error:
        raise BadArchive(f"{_shown(entry.raw)} is not in it") from error
    name = entry.start + _LOCAL.size
    start: int = name + named + extra
    if signature != b"PK\3\4":
        raise BadArchive(f"{_shown(entry.raw)} is not in it")
    if content[name : name + named] != entry.raw:
        raise BadArchive(f"two names are given for {_shown(entry.raw)}")
    if extra:
        fields = _fields(content[name + named : start])
        _check_unicode_path(fields, entry.raw)
        if _SIZES in fields:
            size, compressed = _widened(fields, size, compressed)
    told = (crc, compressed, size)
    is_later = flags & _DESCRIBED and told in ((0, 0, 0), (0, _WIDE, _WIDE))
    if (flags, method) != (entry.flags, entry.method) or not (is_later or told == _facts(entry)):
        raise BadArchive(f"its directory and its content do not agree on {_shown(entry.raw)}")
    return start


def _length_of_descriptor(content: bytes | mmap.mmap, entry: ZipEntry, at: int) -> int:
    """The length of what follows a content whose size was not known when it was begun (APPNOTE.TXT, section 4.3.9)."""
    for form in _DESCRIPTORS:
        if at + form.size > len(content):
            continue
        found = form.unpack_from(content, at)
        if found[-3:] == _facts(entry) and found[:-3] in ((), (b"PK\7\10",)):
            return form.size
    raise BadArchive(f"its directory and its content do not agree on {_shown(entry.raw)}")


def _facts(entry: ZipEntry) -> tuple[int, int, int]:
    return entry.crc, entry.compressed, entry.size


def _shown(raw: bytes) -> str:
    return inert(raw.decode("utf-8", "replace"))
