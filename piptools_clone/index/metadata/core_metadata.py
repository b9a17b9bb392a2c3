"""Core metadata (METADATA, PKG-INFO, sidecars) -> what resolution needs of it.  Pure.

Only the header fields up to the first blank line are looked at, by one regular expression: a parser of mail
takes sixty times longer for a file with a long description.
"""

import marshal
import re

from piptools_clone.errors import BoundExceeded, MetadataError
from piptools_clone.formats.filenames import belongs, parse_version
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.names import canonical_name, is_name
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.store.shapes import is_encodable, load_plain

METADATA_LIMIT = 16 * 2**20  # bytes
REQUIREMENTS_LIMIT = 20_000  # of one release: the most seen are about 1,000, and each may cost a page

_BLANK_LINE = rb"\r?\n\r?\n"
_FIELDS = re.compile(
    rb"^(Metadata-Version|Name|Version|Requires-Dist|Requires-Python|Provides-Extra|Dynamic)[ \t]*:[ \t]*"
    rb"([^\n]*(?:\n[ \t][^\n]*)*)",
    re.MULTILINE | re.IGNORECASE,
)


class Headers(NamedTuple):
    """The fields that were looked for; ``dynamic`` in lower case."""

    metadata: CoreMetadata
    metadata_version: str
    dynamic: frozenset[str]


def parse_headers(data: bytes, what: str) -> Headers:
    """Read core metadata; ``what`` names the file for messages.

    Raises MetadataError when Name or Version is missing or invalid, BoundExceeded when it is too large or names too
    many requirements.
    """
    if len(data) > METADATA_LIMIT:
        raise BoundExceeded(f"the metadata of {what} is larger than {METADATA_LIMIT >> 20} MiB")
    head = _head(data)
    fields: dict[bytes, list[str]] = {}
    for name, value in _FIELDS.findall(head):
        fields.setdefault(name.lower(), []).append(_unfold(value))
    metadata = CoreMetadata(
        _only(fields, b"name"),
        _only(fields, b"version"),
        tuple(fields.get(b"requires-dist", ())),
        _only(fields, b"requires-python") or None,
        tuple(fields.get(b"provides-extra", ())),
    )
    check_identity(metadata, what)
    dynamic = frozenset(name.lower() for name in fields.get(b"dynamic", ()))
    return Headers(metadata, _only(fields, b"metadata-version"), dynamic)


def parse_metadata(data: bytes, filename: str) -> CoreMetadata:
    """Read the core metadata of a distribution file and hold it against the file's name; raises as `parse_headers`."""
    metadata = parse_headers(data, inert(filename)).metadata
    check_filename(metadata, filename)
    return metadata


def check_identity(metadata: CoreMetadata, what: str) -> None:
    """Raise MetadataError unless Name and Version are valid, BoundExceeded for too many requirements."""
    check_size(metadata, what)
    if not is_name(metadata.name):
        raise MetadataError(f"the metadata of {what} has no valid Name")
    if parse_version(metadata.version) is None:
        raise MetadataError(f"the metadata of {what} has no valid Version: {inert(metadata.version, 60)!r}")


def check_size(metadata: CoreMetadata, what: str) -> None:
    """Raise BoundExceeded for more requirements than a release may have."""
    if len(metadata.requires_dist) > REQUIREMENTS_LIMIT:
        raise BoundExceeded(f"the metadata of {what} names more than the bound of {REQUIREMENTS_LIMIT:,} requirements")


def check_filename(metadata: CoreMetadata, filename: str) -> None:
    """Raise MetadataError unless the file's name speaks of the same name and version as its metadata."""
    if not belongs(filename, metadata.name, metadata.version):
        spoken = inert(f"{canonical_name(metadata.name)} {metadata.version}")
        raise MetadataError(f"the metadata of {inert(filename)} is that of another release: {spoken}")


def dump_metadata(metadata: CoreMetadata) -> bytes:
    """The form in which the cache keeps metadata; `load_metadata` reads it."""
    return marshal.dumps((*metadata,), 4)


def load_metadata(data: bytes) -> CoreMetadata | None:
    """Read what `dump_metadata` wrote, None where that is no metadata of a release."""
    fields = load_plain(data, _is_kept)
    if fields is None:
        return None
    metadata = CoreMetadata(*fields)
    try:
        check_identity(metadata, "a release")
    except (MetadataError, BoundExceeded):
        return None
    return metadata


def _is_kept(value: object) -> bool:
    """Whether a value is the fields of `CoreMetadata`; told by hand, for a walk reads thousands of them."""
    if type(value) is not tuple or len(value) != 5:
        return False
    name, version, requires_dist, requires_python, extras = value
    if type(requires_dist) is not tuple or type(extras) is not tuple:
        return False
    texts = (name, version, "" if requires_python is None else requires_python, *requires_dist, *extras)
    return set(map(type, texts)) == {str} and is_encodable("".join(texts))


def _head(data: bytes) -> bytes:
    r"""What stands before the first blank line, each of its lines ended by ``\n``."""
    if b"\r" not in data:
        end = data.find(b"\n\n")
        return data if end < 0 else data[:end]
    blank = re.search(_BLANK_LINE, data)
    head = data[: blank.start()] if blank else data
    return head.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _unfold(value: bytes) -> str:
    text = value.decode("utf-8", "replace")
    return " ".join(text.split()) if "\n" in text else text.strip()


def _only(fields: dict[bytes, list[str]], name: bytes) -> str:
    """The first value of a field that may stand once; empty when it is not there."""
    values = fields.get(name)
    return values[0] if values else ""
