"""What the user wants, read from disk: requirements files, scripts, standard input, http includes; then projects."""

# pathlib is a slow import, and this module stands on the way of every run:

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from piptools_clone.errors import InputError
from piptools_clone.formats.requirements.requirements_in import Wanted, parse_all_requirements
from piptools_clone.formats.sanitize import has_control_character, inert
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from piptools_clone.run.projects import Builder

Fetch = Callable[[str], bytes]
PROJECT_FILES = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})


class Inputs(NamedTuple):
    """Everything that the inputs say, and the bytes of each file, the sources first and in their order.

    ``requires_python`` are the bounds of project files, each with the file that says so.
    """

    wanted: Wanted
    contents: tuple[bytes, ...]
    requires_python: tuple[tuple[str, str], ...] = ()


class Files:
    """Reads each input once.  ``fetch`` reads an http(s) include."""

    def __init__(self, request: CompileRequest, fetch: Fetch) -> None:
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


def read_requirements(
    request: CompileRequest, files: Files, environ: Mapping[str, str], ambient_constraints: Iterable[str] = ()
) -> Wanted:
    """Read all requirements files and constraints of a request; ``ambient_constraints`` are those of pip's settings.

    Raises `InputError` for what cannot be read or understood.
    """
    named = [(source, False) for source in request.sources if not is_project_file(source) and not is_script(source)]
    named += [(constraint, True) for constraint in (*request.constraints, *ambient_constraints)]
    return parse_all_requirements(named, files.read, environ=environ, working_folder=os.getcwd(), exists=os.path.exists)


def read_inputs(request: CompileRequest, files: Files, wanted: Wanted, builder: "Builder") -> Inputs:
    """Add to what requirements files want what projects, scripts and dependency groups want.

    ``builder`` is asked for what only a build backend knows.  Raises `InputError`, `BuildFailure`, and `UsageError` for
    an extra or group that no project has.
    """
    if not request.groups and not any(is_project_file(each) or is_script(each) for each in request.sources):
        return Inputs(wanted, files.contents())
    from piptools_clone.run.projects import read_projects

    requirements, bounds = read_projects(request, files, builder)
    return Inputs(wanted._replace(requirements=(*requirements, *wanted.requirements)), files.contents(), tuple(bounds))


def is_project_file(source: str) -> bool:
    """Whether a source holds project metadata rather than requirement lines."""
    return os.path.basename(source) in PROJECT_FILES


def is_script(source: str) -> bool:
    """Whether a source is a Python script, with its requirements in a comment (PEP 723)."""
    return source.endswith(".py") and not is_project_file(source)
