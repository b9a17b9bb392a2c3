"""The METADATA of a wheel, from an archive that is there or from byte ranges of one that is not.

A wheel is a zip archive: its directory stands at the end, and METADATA usually just before it, so one request for the
last bytes nearly always suffices.  Servers differ: some know no ranges from the end, some no ranges at all.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, BinaryIO, cast

from piptools_clone.errors import BoundExceeded, IndexFailure, MetadataError
from piptools_clone.formats.filenames import split_wheel
from piptools_clone.formats.sanitize import inert
from piptools_clone.http.steps import Ask, Steps
from piptools_clone.index.metadata.core_metadata import METADATA_LIMIT
from piptools_clone.model.names import canonical_name

if TYPE_CHECKING:
    from piptools_clone.http.transport import Response

TAIL = 32 * 1024  # bytes asked for first: the directory and METADATA of 19 in 20 wheels
STEP = 16 * 1024  # bytes asked for at least when that was not enough
MOST = 8 * 2**20  # bytes by ranges at most: past that the whole wheel is the better way

_REFUSALS = frozenset({400, 405, 416, 501})
_INFO = r"([^/\\]+)\.dist-info/METADATA"
_CONTENT_RANGE = r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})"


class NoRanges(Exception):
    """The server gives no usable ranges of this file: read the whole file instead."""


def read_wheel_metadata(file: BinaryIO | io.BufferedIOBase, filename: str) -> bytes:
    """METADATA of a wheel (binary distribution format).

    Raises MetadataError for a broken wheel, BoundExceeded for a huge entry.
    """
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(cast("BinaryIO", file)) as archive:
            info = archive.getinfo(_metadata_entry(archive.namelist(), filename))
            if info.file_size > METADATA_LIMIT:
                raise BoundExceeded(f"the metadata of {inert(filename)} is larger than {METADATA_LIMIT >> 20} MiB")
            with archive.open(info) as entry:
                return entry.read(METADATA_LIMIT + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise MetadataError(f"{inert(filename)} is no wheel that can be read: {inert(str(error))}") from error


def _metadata_entry(names: list[str], filename: str) -> str:
    """The one METADATA of the archive's own ``.dist-info`` folder."""
    wheel = split_wheel(filename)
    own = canonical_name(wheel.name) if wheel else ""
    found = [name for name in names if (match := re.fullmatch(_INFO, name)) and _is_named(match[1], own)]
    if len(found) != 1:
        raise MetadataError(f"{inert(filename)} holds {len(found) or 'no'} METADATA of its own")
    return found[0]


def _is_named(stem: str, name: str) -> bool:
    return canonical_name(stem.partition("-")[0]) == name


class Ranges:
    """Reads METADATA by byte ranges; remembers how each server is to be asked.  For several threads."""

    def __init__(self) -> None:
        self._no_suffix: set[str] = set()
        self._no_ranges: set[str] = set()

    def read_metadata(self, url: str, filename: str) -> Steps[bytes]:
        """METADATA of a remote wheel.  Raises NoRanges, MetadataError, IndexFailure."""
        host = url.split("/", 3)[2]
        if host in self._no_ranges:
            raise NoRanges
        try:
            remote = yield from self._open(url, host, filename)
            return (yield from _read(remote, url, filename))
        except NoRanges:
            self._no_ranges.add(host)
            raise
        except _TooFarApart:
            raise NoRanges from None

    def _open(self, url: str, host: str, filename: str) -> Steps[io.BufferedIOBase]:
        """The wheel as a file, of which the end has been read."""
        what = f"the metadata of {inert(filename)}"
        response = None if host in self._no_suffix else (yield from _ask(url, f"bytes=-{TAIL}", what))
        if response is None:
            self._no_suffix.add(host)
            first = yield from _ask(url, "bytes=0-0", what)
            size = _content_range(first)[2] if first else 0
            response = (yield from _ask(url, f"bytes={max(0, size - TAIL)}-{size - 1}", what)) if size else None
        if response is None:
            raise NoRanges
        return io.BytesIO(response.body) if response.status == 200 else _RemoteFile(response)


def _read(remote: io.BufferedIOBase, url: str, filename: str) -> Steps[bytes]:
    """METADATA of an opened wheel; begins again with each piece that was missing, which is nearly never one."""
    while True:
        try:
            return read_wheel_metadata(remote, filename)
        except _Missing as missing:
            start, end = missing.start, missing.end
        headers = {"Range": f"bytes={start}-{end - 1}"}
        response = yield Ask(url, headers, end - start, f"the metadata of {inert(filename)}")
        if response.status != 206 or _content_range(response)[:2] != (start, end):
            raise NoRanges
        assert isinstance(remote, _RemoteFile)
        remote.add(start, response.body)


def _ask(url: str, wanted: str, what: str) -> Steps[Response | None]:
    """The answer to a range request, None when the server does not understand it."""
    try:
        response: Response = yield Ask(url, {"Range": wanted}, TAIL, what)
    except BoundExceeded:
        raise NoRanges from None  # the whole wheel was on its way
    except IndexFailure as failure:
        if failure.status in _REFUSALS:
            return None
        raise
    if response.status == 404:
        raise IndexFailure(f"{response.url} is on its project's page, but not there (404)", url=url, status=404)
    return response if response.status in (200, 206) else None


def _content_range(response: Response) -> tuple[int, int, int]:
    """Start, end (past the last byte) and whole size; raises NoRanges when the body is something else."""
    match = re.fullmatch(_CONTENT_RANGE, response.headers.get("content-range", ""))
    if response.status != 206 or not match:
        raise NoRanges
    start, last, size = map(int, match.groups())
    if last + 1 - start != len(response.body) or last >= size:
        raise NoRanges
    return start, last + 1, size


class _TooFarApart(Exception):
    """More of the file was needed than it is worth to fetch by ranges."""


class _Missing(Exception):
    """A part of the file that must be fetched before reading can go on: bytes from ``start`` to before ``end``."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__(start, end)
        self.start = start
        self.end = end


class _RemoteFile(io.BufferedIOBase):
    """A file of which the end is known, and pieces that were added; reading what is not known raises `_Missing`."""

    def __init__(self, tail: Response) -> None:
        super().__init__()
        start, end, self._size = _content_range(tail)
        if end != self._size:
            raise NoRanges
        self._pieces = [(start, tail.body)]
        self._fetched = len(tail.body)
        self._at = 0

    def add(self, start: int, piece: bytes) -> None:
        """Make a piece known."""
        self._pieces.append((start, piece))
        self._fetched += len(piece)

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        if self._at < 0:
            raise ValueError("before the start of the file")
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        end = self._size if size is None or size < 0 else min(self._size, self._at + size)
        data = self._take(self._at, max(self._at, end))
        self._at += len(data)
        return data

    def _take(self, start: int, end: int) -> bytes:
        for at, piece in self._pieces:
            if at <= start and end <= at + len(piece):
                return piece[start - at : end - at]
        stop = min(self._size, max(end, start + max(STEP, self._fetched)))
        if self._fetched + stop - start > MOST:
            raise _TooFarApart
        raise _Missing(start, stop)
