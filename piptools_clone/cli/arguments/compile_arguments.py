"""From a command line of ``pip-compile`` to a `CompileRequest`: defaults, interactions, refusals.

Click's parameters and those of the fast reader become a request by the same rules.
"""

from __future__ import annotations

import os
import sys

from piptools_clone.cli.arguments.compile_options import BUILD_DEPS_FOR, COMPILE
from piptools_clone.cli.arguments.config_file import find_config
from piptools_clone.cli.arguments.options import canonical_names, verbosity_of
from piptools_clone.cli.arguments.plain_line import NotPlainError, PlainLine
from piptools_clone.errors import PiptoolsCloneError, UsageError
from piptools_clone.formats.sanitize import has_control_character
from piptools_clone.model.compile_request import CompileRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from piptools_clone.cli.arguments.options import Given

    Overrides = tuple[tuple[str, str], ...]

DEFAULT_SOURCES = ("requirements.in", "setup.py", "pyproject.toml", "setup.cfg")
DEFAULT_OUTPUT = "requirements.txt"
PROJECT_FILES = frozenset({"setup.py", "setup.cfg", "pyproject.toml"})


class PlainCommand:
    """The request of a plain command line, still without its header, and how it is to be reported.

    ``verbosity`` and ``color`` are as in `Report`; ``settles_extras`` tells whether it says if extras are stripped.
    """

    __slots__ = ("_line", "color", "request", "settles_extras", "verbosity")

    def __init__(self, request: CompileRequest, line: PlainLine) -> None:
        given: Given = line.given
        self.request = request
        self.verbosity = verbosity_of(given)
        self.color: bool | None = given["color"]
        self.settles_extras = given["strip_extras"] is not None
        self._line = line

    def header_command(self, environ: Mapping[str, str]) -> str | None:
        """What the header of the lock names; None for no header."""
        from piptools_clone.cli.arguments.header_command import header_command

        return header_command(self._line.given, self._line.typed, environ)


def plain_command(arguments: Sequence[str], environ: Mapping[str, str]) -> PlainCommand | None:
    """What click would make of a command line; None where it is not plain."""
    try:
        line = PlainLine(COMPILE, arguments, environ)
        request = build_request(line.given)
        if not _is_plain(request) or (not line.given["no_config"] and find_config(request.sources) is not None):
            return None
    except (NotPlainError, PiptoolsCloneError):
        return None
    return PlainCommand(request, line)


def _is_plain(request: CompileRequest) -> bool:
    """Whether click would surely take the paths, and the sources are no projects."""
    folder = str(request.cache_dir)
    return all(source.endswith((".in", ".txt")) and os.access(source, os.R_OK) for source in request.sources) and (
        not os.path.exists(folder) or (os.path.isdir(folder) and os.access(folder, os.R_OK | os.W_OK))
    )


def build_request(given: Given, warn: Callable[[str], None] = lambda _: None) -> CompileRequest:
    """Gather what is asked for, but for the header; ``warn`` gets sentences for the user.

    Raises `UsageError` for what does not go together.
    """
    _check_build_dependencies(given)
    sources = _sources(given)
    if given["all_extras"] and given["extras"]:
        raise _refused("--extra has no effect when used with --all-extras")
    output = given["output_file"] or _derived_output(sources)
    if given["check"] and output == "-":
        raise _refused("--check compares with an output file, and --output-file=- is none")
    _check_sources(given, sources)
    _check_names((*sources, *given["constraint"], output))
    fields = {
        **COMPILE.request_fields(given, CompileRequest._fields),
        **_target_fields(given),
        "sources": sources,
        "targets": tuple(dict.fromkeys(given["target_names"])),
        "output": output,
        "options": COMPILE.index_options(given),
        "extras": tuple(name.strip() for names in given["extras"] for name in names.split(",") if name.strip()),
        "groups": tuple(_group(name, sources) for name in given["groups"]),
        "build_deps_for": BUILD_DEPS_FOR.choices if given["all_build_deps"] else given["build_deps_targets"],
        "strip_extras": bool(given["strip_extras"]),
    }
    if given["unsafe_package"]:
        fields["unsafe_packages"] = canonical_names(given["unsafe_package"])
    request = CompileRequest(**fields)
    if given["pip_args_str"]:
        request = _with_pip_args(request, given["pip_args_str"], warn)
    return request._replace(stdin=sys.stdin.buffer.read()) if "-" in sources else request


def _with_pip_args(request: CompileRequest, text: str, warn: Callable[[str], None]) -> CompileRequest:
    from piptools_clone.cli.arguments.pip_args import merge_options, parse_pip_args

    pip = parse_pip_args(text)
    for warning in pip.warnings:
        warn(warning)
    return request._replace(
        constraints=(*request.constraints, *pip.constraints),
        options=merge_options(request.options, pip.options),
        build_isolation=request.build_isolation and pip.build_isolation is not False,
        cache_dir=None if pip.no_cache else pip.cache_dir or request.cache_dir,
        python=request.python or pip.python,
        isolated=pip.isolated,
        no_deps=pip.no_deps,
        target_overrides=_merged_overrides(request.target_overrides, pip.target_overrides),
    )


def _target_fields(given: Given) -> dict[str, Any]:
    """The fields that several options fill together: ``target_overrides`` and ``python_range``.

    With ``--universal`` a version is the lowest of a range: ``3.10`` is ``>=3.10``.
    """
    version, fields = given["python_version"], {}
    if version is not None and given["universal"]:
        from piptools_clone.environment.targets import python_range

        fields["python_range"] = python_range(version)
        version = None
    pairs = [("python_version", version), ("implementation", given["implementation"])]
    pairs += [("platform", text) for text in given["platforms"]] + [("abi", text) for text in given["abis"]]
    return {**fields, "target_overrides": tuple(pair for pair in pairs if pair[1] is not None)}


def _merged_overrides(own: Overrides, of_pip: Overrides) -> Overrides:
    """Add what ``--pip-args`` says of a target, where the command's own options do not say it."""
    said = {kind for kind, _ in own}
    return (*own, *(pair for pair in of_pip if pair[0] not in said))


def _refused(text: str, what: str = "") -> UsageError:
    """A refusal, in the words that click has for it."""
    return UsageError(f"Invalid value{what}: {text}")


def _group(name: str, sources: tuple[str, ...]) -> str:
    """Say which file a bare name means when no project file is among the inputs."""
    among_inputs = any(os.path.basename(source) == "pyproject.toml" for source in sources)
    return name if among_inputs or ":" in name else f"pyproject.toml:{name}"


def _sources(given: Given) -> tuple[str, ...]:
    if given["src_files"] or given["groups"]:
        return tuple(given["src_files"])
    for name in DEFAULT_SOURCES:
        if os.path.exists(name):
            return (name,)
    raise _refused(f"If you do not specify an input file, the default is one of: {', '.join(DEFAULT_SOURCES)}")


def _derived_output(sources: tuple[str, ...]) -> str:
    """Name the output after the input: ``dev.in`` gives ``dev.txt``, a project file the default beside it."""
    if sources == ("-",):
        raise _refused("--output-file is required if input is from stdin")
    if not sources:
        raise _refused("--output-file is required if only groups are given.")
    folder, name = os.path.split(sources[0])
    if name in PROJECT_FILES:
        return os.path.join(folder, DEFAULT_OUTPUT)
    if len(sources) > 1:
        raise _refused("--output-file is required if two or more input files are given.")
    return os.path.splitext(sources[0])[0] + ".txt"


def _check_build_dependencies(given: Given) -> None:
    if given["all_build_deps"] and given["build_deps_targets"]:
        raise _refused("--build-deps-for has no effect when used with --all-build-deps")
    if not given["only_build_deps"]:
        return
    if not (given["all_build_deps"] or given["build_deps_targets"]):
        raise _refused("--only-build-deps requires either --build-deps-for or --all-build-deps")
    if given["extras"] or given["all_extras"]:
        raise _refused("--only-build-deps cannot be used with any of --extra, --all-extras")


def _check_sources(given: Given, sources: tuple[str, ...]) -> None:
    projects = [os.path.basename(source) in PROJECT_FILES for source in sources]
    if (given["all_build_deps"] or given["build_deps_targets"]) and not all(projects):
        raise _refused(
            "--build-deps-for and --all-build-deps can be used only with the setup.py, setup.cfg and "
            "pyproject.toml specs."
        )
    if given["extras"] and not any(projects):
        raise _refused("--extra has effect only with setup.py and PEP-517 input formats")
    for source in sources:
        if source != "-" and os.path.isdir(source):
            raise _refused(f"Path {source!r} is a directory.", " for '[SRC_FILES]...'")


def _check_names(paths: Iterable[str]) -> None:
    for path in paths:
        if has_control_character(path):
            raise UsageError(f"the file name {path!r} holds a control character, which could forge lines of the lock")
