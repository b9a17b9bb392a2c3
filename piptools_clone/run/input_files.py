"""The bytes of input files: each is read once.  Light, for it stands on the way of every run."""

# pathlib is a slow import:
from __future__ import annotations

import os
from collections.abc import Callable

from piptools_clone.errors import InputError
from piptools_clone.formats.sanitize import has_control_character, inert
from piptools_clone.model.compile_request import CompileRequest

PROJECT_FILES = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})


class InputFiles:
    """Reads each input once.  ``fetch`` reads an http(s) include."""

    def __init__(self, request: CompileRequest, fetch: Callable[[str], bytes]) -> None:
        self._request = request
        self._fetch = fetch
        self._contents: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        """The bytes of a path, an address, or ``-``.  Raises `InputError` for a name that is refused, and OSError."""
        if path not in self._contents:
            self._contents[path] = self._read(path)
        return self._contents[path]

    def text(self, path: str) -> str:
        """The text of a file in UTF-8.  Raises `InputError`."""
        try:
            return self.read(path).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"{inert(path)}: is not UTF-8 text (byte {error.start})") from None
        except OSError as error:
            raise InputError(f"cannot open '{inert(path)}': {error.strerror or error}") from None

    def contents(self) -> tuple[bytes, ...]:
        """All that was read, the sources first."""
        first = {path: self._contents[path] for path in self._request.sources if path in self._contents}
        return tuple((first | self._contents).values())

    def _read(self, path: str) -> bytes:
        if path == "-":
            return self._request.stdin
        if path.startswith(("http://", "https://")):
            return self._fetch(path)
        if has_control_character(path):
            raise InputError(f"the file name '{inert(path)}' holds a control character", hint="rename the file")
        with open(path, "rb") as file:
            return file.read()


def is_project_file(source: str) -> bool:
    """Whether a source holds project metadata rather than requirement lines."""
    return os.path.basename(source) in PROJECT_FILES


def is_script(source: str) -> bool:
    """Whether a source is a Python script, with its requirements in a comment (PEP 723)."""
    return source.endswith(".py") and not is_project_file(source)
