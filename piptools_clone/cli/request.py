"""From the parameters of ``pip-compile`` to a `CompileRequest`: defaults, interactions, refusals."""

# pathlib is a slow import, and this module stands on the way of every run:
from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import click

from piptools_clone.cli.header_command import header_command
from piptools_clone.cli.options import BUILD_TARGETS
from piptools_clone.cli.pip_args import PipArgs, merge_options, parse_pip_args
from piptools_clone.cli.plain_words import format_rules
from piptools_clone.errors import UsageError
from piptools_clone.formats.sanitize import has_control_character
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.index_options import IndexOptions

Parameters = Mapping[str, Any]

DEFAULT_SOURCES = ("requirements.in", "setup.py", "pyproject.toml", "setup.cfg")
DEFAULT_OUTPUT = "requirements.txt"
PROJECT_FILES = frozenset({"setup.py", "setup.cfg", "pyproject.toml"})

_AS_GIVEN = (
    "all_extras",
    "only_build_deps",
    "upgrade",
    "upgrade_packages",
    "rebuild",
    "dry_run",
    "annotate",
    "annotation_style",
    "allow_unsafe",
    "generate_hashes",
    "reuse_hashes",
    "emit_index_url",
    "emit_find_links",
    "emit_trusted_host",
    "emit_options",
    "ambient_options",
    "newline",
    "no_build",
    "check",
    "offline",
    "pin_vcs",
    "index_strategy",
)
"""Parameters that are fields of the request as they stand."""


def build_request(ctx: click.Context) -> CompileRequest:
    """Gather what is asked for.  Raises click's usage errors and `UsageError` for what does not go together."""
    given = ctx.params
    _check_build_dependencies(given)
    sources = _sources(given)
    if given["all_extras"] and given["extras"]:
        raise click.BadParameter("--extra has no effect when used with --all-extras")
    output = given["output_file"] or _derived_output(sources)
    _check_output(given, output)
    _check_sources(given, sources)
    _check_names((*sources, *given["constraint"], output))
    pip = parse_pip_args(given["pip_args_str"])
    for warning in pip.warnings:
        ctx.obj.warn(warning)
    return _request(given, pip)._replace(
        sources=sources,
        output=output,
        groups=tuple(_group(name, sources) for name in given["groups"]),
        header_command=header_command(ctx) if given["header"] else None,
        stdin=sys.stdin.buffer.read() if "-" in sources else b"",
    )


def _request(given: Parameters, pip: PipArgs) -> CompileRequest:
    request = CompileRequest(
        sources=(),
        output="",
        constraints=(*given["constraint"], *pip.constraints),
        options=merge_options(_index_options(given), pip.options),
        extras=_extras(given),
        build_deps_for=BUILD_TARGETS if given["all_build_deps"] else tuple(given["build_deps_targets"]),
        strip_extras=bool(given["strip_extras"]),
        build_isolation=given["build_isolation"] and pip.build_isolation is not False,
        cache_dir=None if pip.no_cache else pip.cache_dir or given["cache_dir"],
        python=given["python"] or pip.python,
        isolated=pip.isolated,
        no_deps=pip.no_deps,
        target_overrides=pip.target_overrides,
        **{name: given[name] for name in _AS_GIVEN},
    )
    return request._replace(unsafe_packages=_canonical(given["unsafe_package"])) if given["unsafe_package"] else request


def _index_options(given: Parameters) -> IndexOptions:
    return IndexOptions(
        index_url=given["index_url"],
        extra_index_urls=tuple(given["extra_index_url"]),
        no_index=given["no_index"] or None,
        find_links=tuple(given["find_links"]),
        trusted_hosts=tuple(given["trusted_host"]),
        format_control=format_rules(given),
        prefer_binary=given["prefer_binary"],
        pre=given["pre"],
        cert=given["cert"],
        client_cert=given["client_cert"],
        uploaded_prior_to=given["uploaded_prior_to"],
        absent_statuses=tuple(given["absent_status"]),
    )


def _canonical(names: Iterable[str]) -> frozenset[str]:
    from packaging.utils import canonicalize_name

    return frozenset(canonicalize_name(name) for name in names)


def _extras(given: Parameters) -> tuple[str, ...]:
    return tuple(name.strip() for names in given["extras"] for name in names.split(",") if name.strip())


def _group(name: str, sources: tuple[str, ...]) -> str:
    """Say which file a bare name means when no project file is among the inputs."""
    among_inputs = any(os.path.basename(source) == "pyproject.toml" for source in sources)
    return name if among_inputs or ":" in name else f"pyproject.toml:{name}"


def _sources(given: Parameters) -> tuple[str, ...]:
    if given["src_files"] or given["groups"]:
        return tuple(given["src_files"])
    for name in DEFAULT_SOURCES:
        if os.path.exists(name):
            return (name,)
    raise click.BadParameter(
        f"If you do not specify an input file, the default is one of: {', '.join(DEFAULT_SOURCES)}"
    )


def _derived_output(sources: tuple[str, ...]) -> str:
    """Name the output after the input: ``dev.in`` gives ``dev.txt``, a project file the default beside it."""
    if sources == ("-",):
        raise click.BadParameter("--output-file is required if input is from stdin")
    if not sources:
        raise click.BadParameter("--output-file is required if only groups are given.")
    folder, name = os.path.split(sources[0])
    if name in PROJECT_FILES:
        return os.path.join(folder, DEFAULT_OUTPUT)
    if len(sources) > 1:
        raise click.BadParameter("--output-file is required if two or more input files are given.")
    return os.path.splitext(sources[0])[0] + ".txt"


def _check_build_dependencies(given: Parameters) -> None:
    if given["all_build_deps"] and given["build_deps_targets"]:
        raise click.BadParameter("--build-deps-for has no effect when used with --all-build-deps")
    if not given["only_build_deps"]:
        return
    if not (given["all_build_deps"] or given["build_deps_targets"]):
        raise click.BadParameter("--only-build-deps requires either --build-deps-for or --all-build-deps")
    if given["extras"] or given["all_extras"]:
        raise click.BadParameter("--only-build-deps cannot be used with any of --extra, --all-extras")


def _check_sources(given: Parameters, sources: tuple[str, ...]) -> None:
    projects = [os.path.basename(source) in PROJECT_FILES for source in sources]
    if (given["all_build_deps"] or given["build_deps_targets"]) and not all(projects):
        raise click.BadParameter(
            "--build-deps-for and --all-build-deps can be used only with the setup.py, setup.cfg and "
            "pyproject.toml specs."
        )
    if given["extras"] and not any(projects):
        raise click.BadParameter("--extra has effect only with setup.py and PEP-517 input formats")
    for source in sources:
        if source != "-" and os.path.isdir(source):
            raise click.BadParameter(f"Path {source!r} is a directory.", param_hint="'[SRC_FILES]...'")


def _check_output(given: Parameters, output: str) -> None:
    if given["check"] and output == "-":
        raise click.BadParameter("--check compares with an output file, and --output-file=- is none")


def _check_names(paths: Iterable[str]) -> None:
    for path in paths:
        if has_control_character(path):
            raise UsageError(f"the file name {path!r} holds a control character, which could forge lines of the lock")
