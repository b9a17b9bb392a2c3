"""The reader of zip archives agrees with `zipfile` on all that is in one."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from piptools_clone.wheels.zip_content import chunks_of
from piptools_clone.wheels.zip_directory import BadArchive, ZipEntry, read_directory
from tests.support.packages import make_wheel

MOST = 100_000


def archive(names: dict[str, bytes], *, comment: bytes = b"", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, data in names.items():
            made.writestr(zipfile.ZipInfo(name), data, method)  # of 1980: two workers must collect the same bytes
        made.comment = comment
    return buffer.getvalue()


class Stream(io.BytesIO):
    """A file in which nobody can go back, so that sizes stand behind the contents."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, *_: object) -> int:
        raise OSError


def streamed(names: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = Stream()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, data in names.items():
            made.writestr(zipfile.ZipInfo(name), data, method)  # of 1980: two workers must collect the same bytes
    return buffer.getvalue()


def wide(names: dict[str, bytes]) -> bytes:
    """With sizes of 64 bits in the local headers, as writers have it that do not know them before."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in names.items():
            with made.open(name, "w", force_zip64=True) as member:
                member.write(data)
    return buffer.getvalue()


def of_many_files() -> bytes:
    return archive({f"a/{number}": b"" for number in range(66_000)})


def with_wide_end(content: bytes) -> bytes:
    """The same archive with an end of 64 bits, which nothing in it needs."""
    _, _, _, _, count, size, start, _ = struct.unpack("<4s4H2LH", content[-22:])
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)
    return content[:-22] + end + locator + content[-22:]


NAMES = {"a/": b"", "a/b.py": b"x" * 9000, "a/ü.py": b"", "empty": b"", "c": bytes(range(256)) * 5000}


@pytest.mark.parametrize(
    "make",
    [
        lambda: archive(NAMES),
        lambda: archive(NAMES, method=zipfile.ZIP_STORED),
        lambda: archive(NAMES, method=zipfile.ZIP_BZIP2),
        lambda: archive(NAMES, method=zipfile.ZIP_LZMA),
        lambda: archive({}),
        lambda: archive(NAMES, comment=b"hello"),
        lambda: streamed(NAMES),
        lambda: streamed(NAMES, zipfile.ZIP_STORED),
        lambda: streamed(NAMES, zipfile.ZIP_LZMA),
        lambda: wide(NAMES),
        lambda: with_wide_end(archive(NAMES)),
        lambda: make_wheel("a", "1.0", files={"a/b/c.py": "1"}).data,
        of_many_files,
    ],
    ids=[
        *("deflated", "stored", "bzip2", "lzma", "no files", "comment", "streamed", "streamed and stored"),
        *("streamed lzma", "wide sizes", "wide end", "a wheel", "many files"),
    ],
)
def test_it_reads_what_zipfile_reads(make) -> None:
    content = make()
    entries = read_directory(content, MOST)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        infos = opened.infolist()
        assert [
            (each.path, each.flags, each.method, each.crc, each.compressed, each.size, each.mode, each.is_folder)
            for each in entries
        ] == [
            (
                *(info.filename, info.flag_bits, info.compress_type, info.CRC),
                *(info.compress_size, info.file_size, info.external_attr >> 16, info.is_dir()),
            )
            for info in infos
        ]
        for entry, info in zip(entries[:10], infos[:10], strict=True):
            assert b"".join(chunks_of(content, entry)) == opened.read(info)


def test_a_real_archive_of_more_than_4_gib_has_wide_offsets(tmp_path: Path) -> None:
    """A sparse file: only what is read of it is there."""
    import mmap

    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as made:
        made.writestr("small", b"x")
    small = path.read_bytes()
    hole = 5 << 30
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 45, 0, 0, 0, 33, 0, 0xFFFFFFFF, 0xFFFFFFFF, 4, 20)
    local += b"hole" + struct.pack("<2H2Q", 1, 16, hole, hole)
    directory_at = small.index(b"PK\1\2")
    moved = len(local) + hole
    directory = bytearray(small[directory_at:-22])
    directory[42:46] = b"\xff" * 4
    directory[30:32] = struct.pack("<H", 12)
    directory += struct.pack("<2HQ", 1, 8, moved)
    directory += struct.pack("<4s6H3L5H2L", b"PK\1\2", 45, 45, 0, 0, 0, 33, 0, *[0xFFFFFFFF] * 2, 4, 20, 0, 0, 0, 0, 0)
    directory += b"hole" + struct.pack("<2H2Q", 1, 16, hole, hole)
    start = moved + directory_at
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 2, 2, len(directory), start)
    end += struct.pack("<4sLQL", b"PK\6\7", 0, start + len(directory), 1)
    end += struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(directory), 0xFFFFFFFF, 0)
    with path.open("wb") as file:
        file.write(local)
        file.seek(moved)
        file.write(small[:directory_at] + bytes(directory) + end)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        small_entry, hole_entry = read_directory(content, MOST)
        assert (small_entry.path, b"".join(chunks_of(content, small_entry))) == ("small", b"x")
        assert (hole_entry.path, hole_entry.size) == ("hole", hole)
        assert [info.filename for info in zipfile.ZipFile(path).infolist()] == ["small", "hole"]


@pytest.mark.parametrize("content", [b"", b"PK", b"x" * 100, archive({"a": b"x"})[:-30]])
def test_what_is_no_archive(content: bytes) -> None:
    with pytest.raises(BadArchive, match="no end"):
        read_directory(content, MOST)


def test_an_entry_tells_a_folder() -> None:
    assert ZipEntry("a/", b"a/", 0, 0, 0, 0, 0, 0, 0).is_folder
