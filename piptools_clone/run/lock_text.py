"""A lock to the bytes of its file, and the proof that they say the same."""

from __future__ import annotations

from collections.abc import Sequence

from piptools_clone.errors import OutputError
from piptools_clone.formats.locks.old_lock import as_written, parse_lock
from piptools_clone.formats.locks.requirements_txt import LockStyle, Rendered, choose_newline, render_lock
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.lock import Lock
from piptools_clone.run.old_scope import scope_of_request


class LockText:
    """The text of a lock, in the style that a request asks for.

    ``python_version`` is that of a single target, ``python_range`` the Pythons of a universal lock whose request names
    none.  ``warns`` tells whether the text says that it cannot be installed as it is.
    """

    def __init__(self, lock: Lock, request: CompileRequest, python_version: str, python_range: str = "") -> None:
        self._lock = lock
        self._style = _style(request, python_version, python_range)
        self._rendered = render_lock(lock, self._style)
        self.warns = self._rendered.warns

    def encode(self, newline: str, old: bytes | None, inputs: Sequence[bytes]) -> bytes:
        """The bytes of the file; ``newline`` is as in `CompileRequest`.  Raises `OutputError`."""
        return _encoded(self._rendered, choose_newline(newline, old, inputs))

    def prove(self, path: str) -> None:
        """Read it back: it must be what was resolved before it may replace another.  Raises `OutputError`."""
        if parse_lock(self._rendered.text, path).lock != as_written(self._lock, self._style):
            raise OutputError(
                "the lock does not read back as what was resolved; nothing was written",
                hint="this is a fault of piptools-clone: please report it with your input files",
            )


def _style(request: CompileRequest, python_version: str, python_range: str) -> LockStyle:
    """How a request wants its lock spelled; the fields of a style that it has, too, have the same names."""
    same = {name: getattr(request, name) for name in LockStyle._fields if name in CompileRequest._fields}
    scope = scope_of_request(request, python_range)
    return LockStyle(**same, command=request.header_command, python_version=python_version, scope=scope)


def _encoded(rendered: Rendered, newline: str) -> bytes:
    try:
        return rendered.text.replace("\n", newline).encode()
    except UnicodeEncodeError as error:  # bytes of a file name that are no text in this locale (PEP 383)
        strange = error.object[error.start]
        line = next(line for line in rendered.text.split("\n") if strange in line)
        raise OutputError(
            f"the lock would name a file whose name is not UTF-8: {inert(line.lstrip('# '))}",
            hint="rename the file, or use a UTF-8 locale",
        ) from None
