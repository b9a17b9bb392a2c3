"""A wheel is one zip archive from its first byte to its last: what two readers could read in two ways is refused."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from collections import namedtuple
from pathlib import Path

import pytest

from piptools_clone.errors import BoundExceeded, SettingsError
from piptools_clone.wheels import unpack
from piptools_clone.wheels.unpack import unpack_content
from piptools_clone.wheels.wheel_cache import WheelCache
from piptools_clone.wheels.wheel_paths import WheelFault
from tests.support.packages import make_wheel
from tests.wheels.test_zip_directory import streamed

FILENAME = "a-1.0-py3-none-any.whl"
WHEEL = make_wheel("a", "1.0").data
OTHER = make_wheel("a", "1.0", files={"evil.py": "1"}).data


def refused(content: bytes) -> str:
    with pytest.raises(WheelFault) as caught:
        unpack_content(content, FILENAME, io.BytesIO())
    assert FILENAME in caught.value.message
    return caught.value.message


def directory_of(content: bytes) -> int:
    return struct.unpack("<L", content[-6:-2])[0]


def moved(content: bytes, at: int, inserted: bytes) -> bytes:
    """The archive with something at a place, and an end and a directory that know of it."""
    start = directory_of(content) + len(inserted)
    body, end = content[:-22], bytearray(content[-22:])
    end[16:20] = struct.pack("<L", start)
    changed = bytearray(body[:at] + inserted + body[at:])
    place = start
    while place < len(changed):
        offset = struct.unpack("<L", changed[place + 42 : place + 46])[0]
        if offset >= at:
            changed[place + 42 : place + 46] = struct.pack("<L", offset + len(inserted))
        named, extra, comment = struct.unpack("<3H", changed[place + 28 : place + 34])
        place += 46 + named + extra + comment
    return bytes(changed + end)


def edited(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def end_of_first(content: bytes) -> int:
    return content.index(b"PK\3\4", 4)


D = directory_of(WHEEL)

ODD: dict[str, tuple[bytes, str]] = {
    "a script before it": (b"#!/bin/sh\n" + WHEEL, "before its first file"),
    "a script before it, known to the directory": (moved(WHEEL, 0, b"#!/bin/sh\n"), "belongs to no file"),
    "another archive before it": (OTHER + WHEEL, "before its first file"),
    "another archive behind it": (WHEEL + OTHER, "before its first file"),
    "something behind it": (WHEEL + b"x", "behind its end"),
    "very much behind it": (WHEEL + b"x" * 70_000, "no end, or too much behind it"),
    "a second end in its comment": (edited(WHEEL, len(WHEEL) - 2, b"\x16\0") + WHEEL[-22:], "before its first file"),
    "something between two files": (moved(WHEEL, end_of_first(WHEEL), b"hidden"), "belongs to no file"),
    "something before the directory": (moved(WHEEL, D, b"hidden"), "between its files and its directory"),
    "something in the directory": (moved(WHEEL, D, b"")[:-22] + b"hidden" + WHEEL[-22:], "around its directory"),
    "a file that the directory does not name": (
        moved(WHEEL, D, OTHER[: end_of_first(OTHER)]),
        "between its files and its directory",
    ),
    "encrypted": (edited(edited(WHEEL, 6, b"\1\0"), D + 8, b"\1\0"), "is encrypted"),
    "strongly encrypted": (edited(edited(WHEEL, 6, b"\x40\0"), D + 8, b"\x40\0"), "is encrypted"),
    "an encrypted directory": (edited(edited(WHEEL, 6, b"\0\x20"), D + 8, b"\0\x20"), "is encrypted"),
    "a patch": (edited(edited(WHEEL, 6, b"\x20\0"), D + 8, b"\x20\0"), "do not know"),
    "deflate64": (edited(edited(WHEEL, 8, b"\x09\0"), D + 10, b"\x09\0"), "do not know"),
    "other flags in the content": (edited(WHEEL, 6, b"\2\0"), "do not agree"),
    "another method in the content": (edited(WHEEL, 8, b"\0\0"), "do not agree"),
    "another check sum in the content": (edited(WHEEL, 14, b"\0\0\0\0"), "do not agree"),
    "another size in the content": (edited(WHEEL, 22, b"\1\0\0\0"), "do not agree"),
    "another name in the content": (WHEEL.replace(b"a.py", b"b.py", 1), "two names"),
    "a file outside of it": (edited(WHEEL, D + 42, b"\xff\xff\xff\x7f"), "belongs to no file"),
    "two files in one place": (edited(WHEEL, D + 42, WHEEL[D + 46 + 4 + 42 :][:4]), "belongs to no file"),
    "one part of several": (edited(WHEEL, len(WHEEL) - 18, b"\1\0"), "one part of several"),
    "more entries than are told": (edited(WHEEL, len(WHEEL) - 14, b"\1\0\1\0"), "more than it tells"),
    "fewer entries than are told": (edited(WHEEL, len(WHEEL) - 14, b"\xff\0\xff\0"), "damaged"),
}


@pytest.mark.parametrize("what", ODD)
def test_what_two_readers_could_read_in_two_ways(what: str) -> None:
    content, words = ODD[what]
    assert words in refused(content)


def written(*entries: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    """A wheel with more entries."""
    buffer = io.BytesIO(WHEEL)
    with zipfile.ZipFile(buffer, "a") as archive:
        for info, data in entries:
            archive.writestr(info, data)
    return buffer.getvalue()


def entry(name: str, mode: int = 0, extra: bytes = b"") -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.extra = extra
    return info


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("info", "data", "words"),
    [
        (entry("../"), b"", "not a plain relative one"),
        (entry("/etc/"), b"", "not a plain relative one"),
        (entry("a/../b/"), b"", "not a plain relative one"),
        (entry("x//"), b"", "not a plain relative one"),
        (entry("folder/"), b"content", "has content"),
        (entry("link/", stat.S_IFLNK | 0o777), b"", "a link or a device"),
        (entry("link", stat.S_IFLNK | 0o777), b"/etc/passwd", "a link or a device"),
        (entry("pipe", stat.S_IFIFO | 0o666), b"", "a link or a device"),
        (entry("disk", stat.S_IFBLK | 0o666), b"", "a link or a device"),
        (entry("folder", stat.S_IFDIR | 0o755), b"", "a link or a device"),
        (entry("a.py"), b"", "a name is in it twice"),
        (entry("b.py", extra=struct.pack("<2HBL", 0x7075, 9, 1, 0) + b"evil"), b"", "two names"),
    ],
)
def test_odd_entries(info: zipfile.ZipInfo, data: bytes, words: str) -> None:
    assert words in refused(written((info, data)))


def test_folders_are_no_fault() -> None:
    content = written((entry("b/", stat.S_IFDIR | 0o755), b""), (entry("b/c/"), b""))
    unpack_content(content, FILENAME, io.BytesIO())


def test_a_descriptor_must_tell_the_truth() -> None:
    with zipfile.ZipFile(io.BytesIO(WHEEL)) as archive:
        content = streamed({name: archive.read(name) for name in archive.namelist()})
    unpack_content(content, FILENAME, io.BytesIO())
    at = content.index(b"PK\7\10")
    assert "do not agree" in refused(edited(content, at + 4, b"\0\0\0\0"))


def with_content(raw: bytes, size: int, method: int = 8) -> bytes:
    """A wheel in which the content of one more file is made by hand."""
    content = bytearray(written((entry("z.bin"), b"")))
    local = bytes(content).rindex(b"PK\3\4")
    central = bytes(content).rindex(b"PK\1\2")
    for place in (local + 8, central + 10):
        content[place : place + 2] = struct.pack("<H", method)
    facts = struct.pack("<2L", len(raw), size)
    content[local + 18 : local + 26] = facts
    content[central + 20 : central + 28] = facts
    return moved(bytes(content), directory_of(bytes(content)), raw)


def _deflated(data: bytes) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflate.compress(data) + deflate.flush()


@pytest.mark.parametrize(
    "content",
    [
        with_content(_deflated(b"xyz") + b"hidden", 3),
        with_content(_deflated(b"xyz")[:-1], 3),
        with_content(_deflated(b"xyz" * 100), 3),
        with_content(_deflated(b"xyz"), 30),
        with_content(b"\t\4\5\0]\xff\xff\xff\xff" + b"\0" * 20, 3, 14),
        with_content(b"noise", 3, 12),
        with_content(b"noise", 3, 14),
    ],
    ids=["more behind", "cut off", "longer", "shorter", "a dictionary of 4 GiB", "no bzip2", "no lzma"],
)
def test_contents_that_lie(content: bytes) -> None:
    with pytest.raises(WheelFault):
        unpack_content(content, FILENAME, io.BytesIO(), relaxed=True)


class TestBounds:
    """What a wheel unpacks to is bounded, and the message names the bound."""

    def test_of_files(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(unpack, "MAX_FILES", 3)
        assert "more than 3 files" in refused(WHEEL)

    def test_of_bytes(self) -> None:
        with pytest.raises(BoundExceeded, match="more than 16 GiB"):
            unpack_content(claiming(5), FILENAME, io.BytesIO())

    def test_of_the_ratio(self) -> None:
        with pytest.raises(BoundExceeded, match="more than 1 GiB and more than 200 times its own size"):
            unpack_content(claiming(1), FILENAME, io.BytesIO())


def claiming(files: int) -> bytes:
    """A wheel in which so many files are said to have nearly 4 GiB each."""
    content = bytearray(written(*[(entry(f"z{number}"), b"") for number in range(files)]))
    for number in range(files):
        local = bytes(content).index(b"z%d" % number) - 30
        central = bytes(content).rindex(b"z%d" % number) - 46
        for place, method, size in ((local, 8, 22), (central, 10, 24)):
            content[place + method : place + method + 2] = b"\10\0"
            content[place + size : place + size + 4] = b"\xf0\xff\xff\xff"
    return bytes(content)


Free = namedtuple("Free", "f_bavail f_frsize")


def test_a_large_wheel_asks_for_room_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is looked at before it is filled, and the message names the folder."""
    package = make_wheel("a", "1.0", files={"a.bin": bytes(65 << 20)})
    monkeypatch.setattr(os, "fstatvfs", lambda _: Free(10, 1 << 20))
    cache = WheelCache(tmp_path / "cache")
    with pytest.raises(SettingsError, match=r"65 MiB are needed for a-1.0-.*, and 10 MiB are free") as caught:
        cache.add_content(package.data, package.filename, package.sha256)
    assert str(tmp_path / "cache") in caught.value.message
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
