"""What the user wants: requirements files, scripts, standard input, files by address; then projects."""

import os
from typing import TYPE_CHECKING

from piptools_clone.formats.requirements.requirements_in import Wanted, parse_all_requirements
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.run.input_files import InputFiles, is_project_file, is_script

if TYPE_CHECKING:
    from collections.abc import Iterable

    from piptools_clone.run.context import RunContext


class Inputs(NamedTuple):
    """Everything that the inputs say, and the bytes of each file, the sources first and in their order.

    ``requires_python`` are the bounds of project files, each with the file that says so.  ``asked_backend`` tells
    whether a build backend had to be asked.
    """

    wanted: Wanted
    contents: tuple[bytes, ...]
    requires_python: tuple[tuple[str, str], ...] = ()
    asked_backend: bool = False


def read_requirements(request: CompileRequest, files: InputFiles, context: "RunContext") -> Wanted:
    """Read all requirements files and constraints of a request, and the constraints files that pip's settings name.

    Raises `InputError` for what cannot be read or understood, `SettingsError`.
    """
    named = [(source, False) for source in request.sources if not is_project_file(source) and not is_script(source)]
    named += [(constraint, True) for constraint in (*request.constraints, *context.ambient.constraints)]
    return parse_all_requirements(
        named, files.read, environ=context.environ, working_folder=os.getcwd(), exists=os.path.exists
    )


def with_projects(
    wanted: Wanted, request: CompileRequest, files: InputFiles, context: "RunContext", bounds: "Iterable[str]"
) -> Inputs:
    """Add to what requirements files want what projects, scripts and dependency groups want.

    ``bounds`` are requirements that hold for builds as well.  Raises `InputError`, `BuildFailure`, and `UsageError` for
    an extra or group that no project has.
    """
    if not request.groups and not any(is_project_file(each) or is_script(each) for each in request.sources):
        return Inputs(wanted, files.contents())
    from piptools_clone.run.projects import ProjectBuilder, read_projects

    builder = ProjectBuilder(context, no_build=request.no_build, bounds=bounds)
    requirements, requires_python = read_projects(request, files, builder)
    wanted = wanted._replace(requirements=(*requirements, *wanted.requirements))
    return Inputs(wanted, files.contents(), tuple(requires_python), builder.was_asked)
