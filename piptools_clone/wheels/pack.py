"""An unpacked wheel as one file: contents one after another, then a manifest with every digest.

One file per wheel makes installing quick: it is opened once, and each of its files is one write.  What an installer
needs to know of the wheel was read and checked when it was unpacked, and is in the manifest too, as is the part of
RECORD that is the same wherever the wheel goes.  A pack is verified as it is used: the trailer holds the digest of the
manifest, the manifest that of all contents and those of the files.

    contents | manifest, marshalled | trailer: length of the manifest (8 bytes), its SHA-256 (32), MAGIC (8)

The manifest names the wheel that it was made from, so that a pack under another name is seen to be another's.

The manifest is a `Manifest`, all of plain tuples, its files in the order of the fields of `PackedFile`.
"""

from __future__ import annotations

import marshal
import mmap
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from piptools_clone.environment.record_file import RecordLine, render_record
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.store.private import open_own
from piptools_clone.wheels.source_note import SOURCE_NOTE

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"PTCPACK5"
ALIGNED_FROM = 1 << 17  # a larger file starts on a block, so that a file system can share its blocks (reflink)
BLOCK = 4096
OWN_FILES = (
    "RECORD",
    "RECORD.jws",
    "RECORD.p7s",
    "INSTALLER",
    "REQUESTED",
    "direct_url.json",
    "provenance_url.json",
    SOURCE_NOTE,
)
"""What an installer writes itself; a wheel's own files of these names are not kept."""

_HELD = 1 << 16  # bytes that are held back to be written together; more would be given back to the system each time
_TRAILER = 8 + 32 + len(MAGIC)
_MARSHAL = 4  # the version of the format that every supported Python reads


class DamagedPack(ValueError):
    """A pack that is not what was written; it is to be thrown away and made again."""


class PackedFile(NamedTuple):
    """A file of a wheel; ``digest`` is the bytes of its SHA-256."""

    path: str
    offset: int
    size: int
    executable: bool
    digest: bytes


class WheelHead(NamedTuple):
    """What is known of a wheel besides its files.

    ``name`` is canonical, ``version`` normalised, both by the file name.  ``info`` and ``data`` are the names of its
    special folders.  ``requires`` and ``requires_python`` are as in METADATA.  ``scripts`` are the fields of
    `scripts.EntryPoint`.
    """

    filename: str
    name: str
    version: str
    info: str
    data: str
    pure: bool
    requires_python: str
    requires: tuple[str, ...]
    scripts: tuple[tuple[str, str, str, bool], ...]


class Manifest(NamedTuple):
    """What a pack says of itself.

    ``plain`` are files that lie in the folder of modules as they lie in the wheel, below ``folders`` (parents first),
    ``record`` their lines in RECORD, ``tops`` what they and the folders are called at the top.  ``placed`` are those of
    the ``.data`` folder; ``digest`` is the SHA-256 of all contents with what lies between them.  ``wheel`` is the
    hexadecimal SHA-256 of the wheel, "" for a pack that was made without one; ``relaxed`` tells that what its RECORD
    says was waived.
    """

    head: tuple[Any, ...]
    folders: tuple[str, ...]
    tops: tuple[str, ...]
    plain: tuple[PackedFile, ...]
    placed: tuple[PackedFile, ...]
    record: str
    digest: bytes
    wheel: str
    relaxed: bool


class PackWriter:
    """Writes a pack to an open file: chunks of one file after another, then `finish`."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._files: list[PackedFile] = []
        self._lines: list[RecordLine] = []
        self._at = 0
        self._digest = sha256()
        self._chunks: list[bytes] = []
        self._held = 0

    def begin(self, size: int) -> int:
        """Start a file of that size and return its offset."""
        if size >= ALIGNED_FROM and self._at % BLOCK:
            self.write(bytes(BLOCK - self._at % BLOCK))
        return self._at

    def write(self, chunk: bytes) -> None:
        """Add a part of the file at hand."""
        self._chunks.append(chunk)
        self._at += len(chunk)
        self._held += len(chunk)
        if self._held >= _HELD:
            self._flush()

    def end(self, file: PackedFile, spelled: str) -> None:
        """Note the file that is complete now; ``spelled`` is its digest as in RECORD."""
        self._files.append(file)
        self._lines.append(RecordLine(file.path, spelled, str(file.size)))

    def finish(self, head: WheelHead, wheel: str = "", *, relaxed: bool = False) -> None:
        """Write the manifest and the trailer; ``wheel`` and ``relaxed`` are as in `Manifest`."""
        self._flush()
        found = _manifest(head, self._files, self._lines)
        found = found._replace(digest=self._digest.digest(), wheel=wheel, relaxed=relaxed)
        manifest = marshal.dumps(_plainly(found), _MARSHAL)
        self._out.write(manifest + len(manifest).to_bytes(8, "big") + sha256(manifest).digest() + MAGIC)

    def _flush(self) -> None:
        """Write many small files as one."""
        content = b"".join(self._chunks)
        self._digest.update(content)
        self._out.write(content)
        self._chunks, self._held = [], 0


class Pack:
    """A pack opened for reading; a context manager.  Raises `DamagedPack` where it is not what was written."""

    __slots__ = ("_map", "content", "descriptor", "head", "made_from", "manifest")

    def __init__(self, path: str | Path) -> None:
        try:
            self.descriptor = open_own(os.fspath(path))
        except PermissionError as error:
            raise DamagedPack(path) from error
        try:
            self._map = mmap.mmap(self.descriptor, 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # an empty file
            os.close(self.descriptor)
            raise DamagedPack(path) from error
        self.content = memoryview(self._map)
        try:
            self.manifest = _read_manifest(self._map)
            self.head = WheelHead(*self.manifest.head)
            self.made_from = self.manifest.wheel or self._map[8 - _TRAILER : -len(MAGIC)].hex()
        except (ValueError, TypeError, EOFError) as error:
            self.close()
            raise DamagedPack(path) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def files(self) -> list[PackedFile]:
        """Everything that is in it."""
        return [PackedFile(*file) for file in (*self.manifest.plain, *self.manifest.placed)]

    def close(self) -> None:
        """Let go of the file."""
        self.content.release()
        with suppress(BufferError):  # a view that is still held closes the map when it goes
            self._map.close()
        os.close(self.descriptor)

    def view(self, file: PackedFile) -> memoryview:
        """Give the content of a file, checked against its digest; valid until the pack is closed."""
        view = self.content[file.offset : file.offset + file.size]
        if sha256(view).digest() != file.digest:
            raise DamagedPack(file.path)
        return view

    @contextmanager
    def closed_on_error(self) -> Iterator[None]:
        """Let go of the file if the block fails."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def is_whole(self) -> bool:
        """Whether all contents are what was written."""
        length = int.from_bytes(self._map[-_TRAILER : 8 - _TRAILER], "big")
        with self.content[: len(self._map) - _TRAILER - length] as contents:
            return sha256(contents).digest() == self.manifest.digest

    def text(self, path: str) -> str:
        """Read a text of the wheel; "" when it is not there."""
        for file in self.manifest.plain:
            if file[0] == path:
                return bytes(self.view(PackedFile(*file))).decode("utf-8", "replace")
        return ""


def _manifest(head: WheelHead, files: Iterable[PackedFile], recorded: Iterable[RecordLine]) -> Manifest:
    own = {f"{head.info}/{name}" for name in OWN_FILES}
    data = f"{head.data}/"
    plain = tuple(file for file in files if not file.path.startswith(data) and file.path not in own)
    placed = tuple(file for file in files if file.path.startswith(data))
    lines = sorted(line for line in recorded if not line.path.startswith(data) and line.path not in own)
    tops = {file.path.partition("/")[0] for file in plain} | {head.info}
    folders = _folders(plain, head.info)
    return Manifest(tuple(head), folders, tuple(sorted(tops)), plain, placed, render_record(lines), b"", "", False)


def _folders(files: Iterable[PackedFile], info: str) -> tuple[str, ...]:
    """List the folders of files and their parents, each after its own parent."""
    found = {info}
    for folder in {file.path.rpartition("/")[0] for file in files}:
        parent = folder
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition("/")[0]
    return tuple(sorted(found))


def _plainly(manifest: Manifest) -> tuple[Any, ...]:
    """Spell a manifest in the types that marshal knows."""
    head, folders, tops, plain, placed, *rest = manifest
    return (head, folders, tops, tuple(map(tuple, plain)), tuple(map(tuple, placed)), *rest)


def _read_manifest(content: mmap.mmap) -> Manifest:
    trailer = content[-_TRAILER:]
    length = int.from_bytes(trailer[:8], "big")
    manifest = content[max(len(content) - _TRAILER - length, 0) : -_TRAILER]
    if trailer[40:] != MAGIC or sha256(manifest).digest() != trailer[8:40]:
        raise ValueError("the manifest is damaged")
    return Manifest(*marshal.loads(manifest))  # noqa: S302 - its digest holds, and the folder is this user's alone
