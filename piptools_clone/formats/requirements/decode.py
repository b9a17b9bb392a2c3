"""Bytes of a requirements file to text, by pip's rules: a byte order mark, a coding line (PEP 263), else UTF-8."""

from __future__ import annotations

import codecs
import re

from piptools_clone.formats.requirements.line_problem import LineProblem
from piptools_clone.formats.sanitize import inert

# The mark of UTF-16-LE begins the one of UTF-32-LE, so the longer ones stand first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)
_CODING_LINE = rb"coding[:=]\s*+([-\w.]++)"
_NOT_OF_FILES = frozenset(("idna", "punycode"))
"""Codecs for names of hosts: no text is in them, and to read one takes quadratic time."""


def decode_requirements(data: bytes) -> str:
    """Decode a requirements file.

    Where pip falls back to the encoding of the user's locale this raises `LineProblem`: a lock must not
    depend on the locale of the machine.
    """
    encoding, skip = _encoding(data)
    try:
        return data[skip:].decode(_of_files(encoding))
    except LookupError:
        raise LineProblem(
            f"unknown encoding '{inert(encoding)}'", "name one that Python knows in the coding line"
        ) from None
    except ValueError as error:
        raise LineProblem(
            f"not valid {inert(encoding)} ({inert(str(error))})",
            "save the file as UTF-8, or name its encoding in the first line: # -*- coding: latin-1 -*-",
        ) from None


def _of_files(encoding: str) -> str:
    """The name of an encoding that a file may be in.  Raises LookupError for any other."""
    if codecs.lookup(encoding).name in _NOT_OF_FILES:
        raise LookupError(encoding)
    return encoding


def _encoding(data: bytes) -> tuple[str, int]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    for line in data.split(b"\n", 2)[:2]:
        found = line.startswith(b"#") and re.search(_CODING_LINE, line)
        if found:
            return found[1].decode("ascii"), 0
    return "utf-8", 0
