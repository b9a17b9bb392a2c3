"""What projects want: static metadata where it is enough, else what the build backend says; groups and scripts."""

# pathlib is a slow import:
from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from piptools_clone.build.build_requirements import BuildRequirements, BuildSystem
from piptools_clone.errors import BuildFailure, InputError, UsageError
from piptools_clone.formats.projects.project_file import DeclaredProject, read_project
from piptools_clone.formats.projects.project_requirements import built_project, project_requirements
from piptools_clone.formats.projects.script import read_script
from piptools_clone.formats.requirements.grammar import LineProblem
from piptools_clone.formats.requirements.include import spelled_path
from piptools_clone.formats.requirements.requirement_line import parse_line, refuse_variables
from piptools_clone.formats.sanitize import inert
from piptools_clone.index.pages.links import path_to_url
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.policy import Policy
from piptools_clone.model.requirement import Origin, Requirement
from piptools_clone.run.context import RunContext
from piptools_clone.run.input_files import InputFiles, is_project_file, is_script

Bound = tuple[str, str]
PYPROJECT = "pyproject.toml"


class ProjectBuilder:
    """Asks the build backends of the user's own projects, which ``--only-binary`` is not about.

    ``bounds`` are requirements that hold for builds as well.  ``was_asked`` tells whether anything was built.
    """

    def __init__(self, context: RunContext, *, no_build: bool, bounds: Iterable[str] = ()) -> None:
        self.was_asked = False
        self._context = context
        self._no_build = no_build
        self._bounds = bounds

    @cached_property
    def _builder(self) -> BuildRequirements:
        context = self._context
        builder = BuildRequirements(
            context.settings,
            Policy(no_build=self._no_build),
            environ=context.environ,
            announce=context.observer.announce,
            options=context.build_options(self._bounds),
        )
        self.was_asked = True
        context.closes(builder.stop)
        return builder

    def metadata(self, folder: str, what: str) -> CoreMetadata:
        """The metadata of the project in a folder, by pip; ``what`` names it for messages.  Raises `BuildFailure`."""
        return self._builder.build(path_to_url(os.path.abspath(folder)), what).metadata

    def requirements(
        self, folder: str, what: str, system: BuildSystem, kinds: Iterable[str]
    ) -> Mapping[str, tuple[str, ...]]:
        """What building needs beside the static build requirements, by kind of build.  Raises `BuildFailure`."""
        return self._builder.ask(folder, what, system, kinds)


def read_projects(
    request: CompileRequest, files: InputFiles, builder: ProjectBuilder
) -> tuple[list[Requirement], list[Bound]]:
    """The requirements of all projects, scripts and groups of a request, and what they say of Pythons.

    Raises `InputError`, `BuildFailure`, and `UsageError` for an extra or group that is not there.
    """
    requirements: list[Requirement] = []
    bounds: list[Bound] = []
    for source in request.sources:
        if is_script(source):
            found, bound = _read_script(source, files)
        elif is_project_file(source):
            found, bound = _read_source(source, request, files, builder)
        else:
            continue
        requirements += found
        bounds += [(source, bound)] if bound else []
    for path, group in _groups(request, files):
        project = read_project(files.text(path), path)
        requirements += project_requirements(project, groups=(group,), with_dependencies=False)
        bounds += [(path, project.requires_python)] if project.requires_python else []
    return list(dict.fromkeys(requirements)), list(dict.fromkeys(bounds))


def _read_script(source: str, files: InputFiles) -> tuple[list[Requirement], str | None]:
    script = read_script(files.text(source), source)
    if script is None:
        raise InputError(
            f"{inert(source)}: holds no requirements: a script names them in a '# /// script' comment (PEP 723)"
        )
    return list(script.requirements), script.requires_python


def _read_source(
    source: str, request: CompileRequest, files: InputFiles, builder: ProjectBuilder
) -> tuple[list[Requirement], str | None]:
    text = files.text(source)
    static = _static_project(source, text, files)
    is_told = os.path.basename(source) == PYPROJECT and static is not None and static.is_static
    project = static if is_told and static is not None else _build(source, builder)
    found: list[Requirement] = []
    if not request.only_build_deps:
        found += project_requirements(project, extras=request.extras, all_extras=request.all_extras)
    if request.build_deps_for:
        found += _build_dependencies(source, project, static, request, builder)
    return found, project.requires_python


def _static_project(source: str, text: str, files: InputFiles) -> DeclaredProject | None:
    """What the ``pyproject.toml`` of a source says, or the one beside it; None where there is none."""
    if os.path.basename(source) == PYPROJECT:
        return read_project(text, source)
    beside = os.path.join(os.path.dirname(source), PYPROJECT)
    return read_project(files.text(beside), beside) if os.path.exists(beside) else None


def _build(source: str, builder: ProjectBuilder) -> DeclaredProject:
    try:
        return built_project(builder.metadata(os.path.dirname(source) or ".", inert(source)), source)
    except BuildFailure as failure:
        raise _named(failure, source) from failure
    except LineProblem as problem:
        raise InputError(f"{inert(source)}: its metadata is wrong: {problem.message}") from None


def _build_dependencies(
    source: str,
    project: DeclaredProject,
    static: DeclaredProject | None,
    request: CompileRequest,
    builder: ProjectBuilder,
) -> Iterator[Requirement]:
    """Static and dynamic build requirements, annotated as pip-tools does it."""
    folder = os.path.dirname(source)
    place = spelled_path(os.path.join(folder, PYPROJECT))
    system = _build_system(folder, static)
    try:
        asked = builder.requirements(folder or ".", inert(source), system, request.build_deps_for)
    except BuildFailure as failure:
        raise _named(failure, source) from failure
    try:
        for text in (text for found in asked.values() for text in found):
            refuse_variables(text)
    except LineProblem as problem:
        raise InputError(f"{inert(source)}: its build backend asks for too much: {problem.message}") from None
    texts = [(text, "build-system.requires") for text in system.requires]
    texts += [(text, f"build-system.backend::{kind}") for kind, found in asked.items() for text in found]
    for text, part in texts:
        yield parse_line(text, Origin(place, 0, f"{project.name} ({place}::{part})"), working_folder=os.getcwd())


def _build_system(folder: str, static: DeclaredProject | None) -> BuildSystem:
    if static is None or static.build_requires is None:
        return BuildSystem()
    root = os.path.abspath(folder)
    paths = tuple(os.path.abspath(os.path.join(root, path)) for path in static.backend_path)
    outside = [path for path in paths if os.path.commonpath((root, path)) != root]
    if outside:
        raise InputError(f"{inert(static.path)}: build-system.backend-path leads out of the project")
    return BuildSystem(static.build_requires, static.build_backend or BuildSystem().backend, paths)


def _groups(request: CompileRequest, files: InputFiles) -> Iterator[tuple[str, str]]:
    """Pairs of file and group: ``path:name`` names the file, a bare name is looked for in the inputs."""
    inputs = [source for source in request.sources if os.path.basename(source) == PYPROJECT] or [PYPROJECT]
    for group in request.groups:
        path, colon, name = group.rpartition(":")
        if colon:
            _check_there(path, group)
            yield path, name
            continue
        holding = [each for each in inputs if _has_group(read_project(files.text(each), each), name)]
        yield from ((each, name) for each in holding or inputs[:1])


def _has_group(project: DeclaredProject, name: str) -> bool:
    from piptools_clone.model.names import canonical_name

    return canonical_name(name) in project.groups


def _check_there(path: str, group: str) -> None:
    if not os.path.exists(path):
        raise UsageError(f"--group {inert(group)}: there is no {inert(path)}")


def _named(failure: BuildFailure, source: str) -> BuildFailure:
    """The failure with the file that the user gave, in the words of pip-tools."""
    words = f"Failed to parse {inert(os.path.abspath(source), 500)}: {failure.message}"
    return BuildFailure(words, log=failure.log, hint=failure.hint)
