"""The scripts that an installer makes or rewrites (binary distribution format, entry points).  Pure."""

from __future__ import annotations

import os

from piptools_clone.named_tuple import NamedTuple

MAX_LINE = 127  # bytes that Linux reads of a ``#!`` line; other systems read at least as many
OF_PYTHON = b"#!python"
"""How a script begins into which an installer writes the interpreter."""

_SCRIPT = """\
# -*- coding: utf-8 -*-
import sys
from {module} import {top}
if __name__ == "__main__":
    if sys.argv[0].endswith("-script.pyw"):
        sys.argv[0] = sys.argv[0][:-11]
    elif sys.argv[0].endswith(".exe"):
        sys.argv[0] = sys.argv[0][:-4]
    sys.exit({attribute}())
"""


class EntryPoint(NamedTuple):
    """A command that an installer makes (Entry points specification)."""

    name: str
    module: str
    attribute: str
    is_gui: bool = False


def interpreter_line(executable: str) -> bytes:
    """Write the ``#!`` line for an interpreter, by way of ``/bin/sh`` where its path is too long or has spaces."""
    path = os.fsencode(executable)
    if len(path) + 3 <= MAX_LINE and not any(char in path for char in b" \t\r\n"):
        return b"#!" + path + b"\n"
    quoted = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"$", b"\\$").replace(b"`", b"\\`")
    return b"#!/bin/sh\n'''exec' \"" + quoted + b'" "$0" "$@"\n\' \'\'\'\n'


def render_script(point: EntryPoint, line: bytes) -> str:
    """Write the script of an entry point below an interpreter line."""
    top = point.attribute.partition(".")[0]
    return os.fsdecode(line) + _SCRIPT.format(module=point.module, top=top, attribute=point.attribute)


def with_interpreter_line(content: bytes, line: bytes) -> bytes:
    """Replace a first line ``#!python`` as the format asks; other content is returned as it is, the same object."""
    first, newline, rest = content.partition(b"\n")
    return line + rest if newline and first.startswith(OF_PYTHON) else content
