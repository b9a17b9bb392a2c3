"""What the user wants, read from disk: requirements files, project files, standard input, http includes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from piptools_clone.errors import InputError
from piptools_clone.formats.inert import has_control_character, inert
from piptools_clone.formats.requirements_in import Wanted, parse_all_requirements
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.requirement import Requirement

Fetch = Callable[[str], bytes]


class Inputs(NamedTuple):
    """Everything that the inputs say, and the bytes of each file in the order of reading.

    ``requires_python`` are the bounds of project files, each with the file that says so.
    """

    wanted: Wanted
    contents: tuple[bytes, ...]
    requires_python: tuple[tuple[str, str], ...] = ()


def read_inputs(request: CompileRequest, fetch: Fetch, environ: Mapping[str, str]) -> Inputs:
    """Read all sources and constraints of a request.

    ``fetch`` reads an http(s) include.  Raises `InputError` for what cannot be read or understood, `UsageError`
    for an extra or group that no project has.
    """
    contents: dict[str, bytes] = {}

    def read(path: str) -> bytes:
        if path not in contents:
            contents[path] = _read(path, request, fetch)
        return contents[path]

    projects = [source for source in request.sources if is_project_file(source)]
    files = [(source, False) for source in request.sources if not is_project_file(source)]
    files += [(constraint, True) for constraint in request.constraints]
    wanted = parse_all_requirements(
        files,
        read,
        environ=environ,
        working_folder=os.getcwd(),  # noqa: PTH109 - pathlib is slow to import
        exists=os.path.exists,
    )
    requirements: list[Requirement] = []
    bounds: list[tuple[str, str]] = []
    for source in projects:
        found, bound = _read_project(source, read, request)
        requirements += found
        if bound:
            bounds.append((source, bound))
    wanted = wanted._replace(requirements=(*requirements, *wanted.requirements))
    return Inputs(wanted, tuple(contents.values()), tuple(bounds))


def is_project_file(source: str) -> bool:
    """Whether a source holds project metadata rather than requirement lines."""
    return os.path.basename(source) in {"pyproject.toml", "setup.py", "setup.cfg"}  # noqa: PTH119


def _read_project(
    source: str, read: Callable[[str], bytes], request: CompileRequest
) -> tuple[list[Requirement], str | None]:
    from piptools_clone.formats.project_file import read_project
    from piptools_clone.formats.pyproject import project_requirements

    try:
        text = read(source).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{inert(source)}: is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise InputError(f"cannot open '{inert(source)}': {error.strerror or error}") from None
    project = read_project(text, source)
    requirements = project_requirements(
        project, extras=request.extras, groups=request.groups, all_extras=request.all_extras
    )
    return requirements, project.requires_python


def _read(path: str, request: CompileRequest, fetch: Fetch) -> bytes:
    if path == "-":
        return request.stdin
    if path.startswith(("http://", "https://")):
        return fetch(path)
    if has_control_character(path):
        raise InputError(f"the file name '{inert(path)}' holds a control character", hint="rename the file")
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib is slow to import
        return file.read()
