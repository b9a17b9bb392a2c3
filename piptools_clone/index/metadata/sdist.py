"""What a source distribution says of itself without being built: PEP 643 and PEP 621, through PEP 625's layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from piptools_clone.errors import BoundExceeded, MetadataError
from piptools_clone.formats.filenames import parse_version, sdist_stem
from piptools_clone.formats.sanitize import inert
from piptools_clone.index.metadata.core_metadata import METADATA_LIMIT, check_filename, check_size, parse_headers
from piptools_clone.index.metadata.static_project import parse_static_project
from piptools_clone.index.metadata.tar_stream import TarStream
from piptools_clone.model.candidate import CoreMetadata

if TYPE_CHECKING:
    import tarfile
    import zipfile

UNPACKED_LIMIT = 4 * 2**30  # bytes of a source distribution that are unpacked in search of two small files
MEMBERS_LIMIT = 200_000  # files of a source distribution; the largest known hold some 50,000

_WANTED = ("PKG-INFO", "pyproject.toml")
_SETTLED = parse_version("2.2")  # the first Metadata-Version that says what is dynamic (PEP 643)
# What readers of archives raise besides errors of their own:
_BROKEN = (EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
_NEEDED = frozenset({"requires-dist", "requires-python", "provides-extra"})


def read_static_metadata(path: str, filename: str) -> CoreMetadata | None:
    """The metadata of a source distribution on disk when it is static, None when only a build can tell.

    Raises MetadataError when the archive is broken or of another release, BoundExceeded when it unpacks to too much.
    """
    texts = read_texts(path, filename)
    metadata = settled_metadata(texts, filename)
    if metadata is not None and sdist_stem(filename) is not None:
        check_filename(metadata, filename)
    return metadata


def settled_metadata(texts: dict[str, bytes], what: str) -> CoreMetadata | None:
    """The metadata that ``PKG-INFO`` or ``pyproject.toml`` settles, None without."""
    version = None
    if "PKG-INFO" in texts:
        try:
            headers = parse_headers(texts["PKG-INFO"], inert(what))
        except MetadataError:
            return None  # a build may still tell
        written = parse_version(headers.metadata_version)
        if written and _SETTLED and written >= _SETTLED and _NEEDED.isdisjoint(headers.dynamic):
            return headers.metadata
        version = headers.metadata.version
    if "pyproject.toml" in texts:
        found = parse_static_project(texts["pyproject.toml"], version=version)
        if found is not None:
            check_size(found, inert(what))
        return found
    return None


def read_texts(path: str, filename: str, subdirectory: str = "") -> dict[str, bytes]:
    """``PKG-INFO`` and ``pyproject.toml`` of the top folder of an archive, or of a folder in that, if they are there.

    Raises MetadataError when the archive is broken, BoundExceeded when it unpacks to too much.
    """
    import lzma
    import tarfile
    import zipfile
    import zlib

    try:
        if filename.endswith(".zip"):
            with zipfile.ZipFile(path) as archive:
                return _read_zip(archive, subdirectory)
        stream = TarStream(path, inert(filename))
        with stream as file, tarfile.TarFile(fileobj=file) as archive:  # reads members, unpacks none
            return _read_tar(archive, stream, filename, subdirectory)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, *_BROKEN) as error:
        raise MetadataError(f"{inert(filename)} is no archive that can be read: {inert(str(error))}") from error


def _read_zip(archive: zipfile.ZipFile, subdirectory: str) -> dict[str, bytes]:
    texts = {}
    for info in archive.infolist():
        name = _wanted(info.filename, subdirectory)
        if name and info.file_size <= METADATA_LIMIT:
            with archive.open(info) as entry:
                texts[name] = entry.read(METADATA_LIMIT)
    return texts


def _read_tar(archive: tarfile.TarFile, stream: TarStream, filename: str, subdirectory: str) -> dict[str, bytes]:
    texts = {}
    for number, member in enumerate(archive):
        name = _wanted(member.name, subdirectory)
        if name and member.isreg() and not member.issparse() and member.size <= METADATA_LIMIT:
            texts[name] = stream.read_content(member.offset_data, member.size)
        if len(texts) == len(_WANTED):
            break
        if number >= MEMBERS_LIMIT:
            raise BoundExceeded(f"{inert(filename)} holds more than {MEMBERS_LIMIT:,} files")
        if archive.offset > UNPACKED_LIMIT:
            raise BoundExceeded(f"{inert(filename)} unpacks to more than {UNPACKED_LIMIT >> 30} GiB")
    return texts


def _wanted(path: str, subdirectory: str) -> str | None:
    """Which of the two files a path is: in the top folder, where PEP 625 has them, or in its subdirectory."""
    folder, _, name = path.removeprefix("./").rpartition("/")
    _, _, inside = folder.partition("/")
    return name if folder and name in _WANTED and inside == subdirectory else None
