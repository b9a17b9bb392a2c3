"""RECORD files, both ways (specification: Recording installed projects; the CSV dialect of PEP 376)."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable

from piptools_clone.named_tuple import NamedTuple

MAX_LINES = 1_000_000
"""Lines of a RECORD, each of which takes some hundreds of bytes of memory; the largest known have some 15,000."""
_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # where `str.splitlines` ends a line


class RecordLine(NamedTuple):
    """One line: the path as written, ``algorithm=digest`` (URL-safe base64, no padding) or "", and the size or ""."""

    path: str
    digest: str = ""
    size: str = ""


def parse_record(text: str) -> list[RecordLine]:
    """Read the lines of a RECORD; a line without its three fields, or too many lines, raise ValueError."""
    if len(text) > MAX_LINES and sum(map(text.count, _BREAKS)) > MAX_LINES:
        raise ValueError(f"it has more than {MAX_LINES:,} lines")
    if '"' not in text:  # nearly every file; ten times quicker than the csv module
        return [_plain_line(line) for line in text.splitlines() if line]
    import csv

    try:
        return [RecordLine(*_three(row)) for row in csv.reader(text.splitlines()) if row]
    except csv.Error as error:
        raise ValueError(str(error)) from error


def render_record(lines: Iterable[RecordLine]) -> str:
    """Write the lines of a RECORD, quoted where a path needs it."""
    return "".join(f"{_quoted(path)},{digest},{size}\n" for path, digest, size in lines)


def encode_digest(digest: bytes) -> str:
    """Spell the bytes of a SHA-256 as RECORD does."""
    spelled = b2a_base64(digest, newline=False).decode("ascii").rstrip("=")
    return "sha256=" + spelled.replace("+", "-").replace("/", "_")


def _plain_line(line: str) -> RecordLine:
    fields = line.rsplit(",", 2)
    return RecordLine(*_three(fields))


def _three(fields: list[str]) -> tuple[str, str, str]:
    if len(fields) != 3 or not fields[0]:
        raise ValueError("a line of RECORD has a path, a digest and a size")
    return fields[0], fields[1], fields[2]


def _quoted(path: str) -> str:
    return '"' + path.replace('"', '""') + '"' if any(char in path for char in ',"\r\n') else path
