"""The quick reader of zip archives agrees with `zipfile`, and leaves to it whatever is not plain."""

from __future__ import annotations

import io
import zipfile

import pytest

from piptools_clone.sync.zip_directory import entries_of, read_directory
from tests.support.packages import make_wheel


def archive(names: dict[str, bytes], *, comment: bytes = b"", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, data in names.items():
            made.writestr(name, data)
        made.comment = comment
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        archive({"a/": b"", "a/b.py": b"x" * 9000, "a/ü.py": b"", "empty": b""}),
        archive({"stored": b"x"}, method=zipfile.ZIP_STORED),
        archive({}),
        make_wheel("a", "1.0", files={"a/b/c.py": "1"}).data,
    ],
    ids=["deflated", "stored", "no files", "a wheel"],
)
def test_it_reads_what_zipfile_reads(content: bytes) -> None:
    assert read_directory(content) == list(entries_of(zipfile.ZipFile(io.BytesIO(content))))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"x" * 100,
        archive({"a": b""}, comment=b"hello"),
        archive({"a": b""}, method=zipfile.ZIP_LZMA),
        b"#!/bin/sh\n" + archive({"a": b""}),
        archive({"a": b"x"})[:-30],
        archive({"a": b"x"}).replace(b"PK\1\2", b"PK\1\3"),
    ],
    # an archive holds the time, and two workers that collect at different seconds would disagree on its bytes
    ids=["empty", "short", "noise", "comment", "lzma", "prefix", "cut off", "damaged directory"],
)
def test_it_leaves_the_rest_to_zipfile(content: bytes) -> None:
    assert read_directory(content) is None
