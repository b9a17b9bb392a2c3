"""Two small files are looked for in a source archive, in bounded memory and linear time, whatever it is packed like."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from piptools_clone.errors import BoundExceeded, MetadataError
from piptools_clone.index.metadata import sdist
from piptools_clone.index.metadata.sdist import read_texts

TEXT = b"Metadata-Version: 2.2\nName: a\nVersion: 1\n"
MEMORY = 8 << 20


def archive(form: int = tarfile.PAX_FORMAT, *, folder: str = "a-1") -> bytes:
    """An archive with a path that is long and one that is not ASCII, as extended headers hold them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as made:
        for name, content in ((f"{folder}/{'long/' * 60}x", b""), (f"{folder}/ü", b"u"), (f"{folder}/PKG-INFO", TEXT)):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1.5
            made.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_honest_archives(pack: Callable[[bytes], bytes], form: int, tmp_path: Path) -> None:
    path = tmp_path / "a-1.tar"
    path.write_bytes(pack(archive(form)))
    assert read_texts(str(path), "a-1.tar") == {"PKG-INFO": TEXT}


def header(kind: bytes, size: int) -> bytes:
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, size
    return info.tobuf(tarfile.USTAR_FORMAT)


def bomb(path: Path, kind: bytes, size: int, times: int) -> str:
    """An archive of extended headers of so many digits, which compress to nearly nothing."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(times):
            file.write(header(kind, size) + b"9" * -(-size // 512) * 512)
        file.write(archive())
    return str(path)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
@pytest.mark.parametrize(("size", "times"), [(64 << 20, 1), (8 << 10, 1000)])
def test_headers_are_bounded(kind: bytes, size: int, times: int, tmp_path: Path) -> None:
    path = bomb(tmp_path / "a-1.tar.gz", kind, size, times)
    tracemalloc.start()
    try:
        with pytest.raises((BoundExceeded, MetadataError)):
            read_texts(path, "a-1.tar.gz")
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def test_members_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdist, "MEMBERS_LIMIT", 1)
    path = tmp_path / "a-1.tar"
    path.write_bytes(archive(folder="b/c"))
    with pytest.raises(BoundExceeded, match="more than 1 files"):
        read_texts(str(path), "a-1.tar")
