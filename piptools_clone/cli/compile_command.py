"""``pip-compile``: the command line is a request, and what comes of it goes to the streams."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from piptools_clone.cli.arguments.compile_arguments import build_request
from piptools_clone.cli.arguments.compile_options import COMPILE
from piptools_clone.cli.arguments.config_file import TARGETS
from piptools_clone.cli.outcome import Compile, Keep, tell
from piptools_clone.cli.report import Report
from piptools_clone.cli.shell import CHANGED, Shell, run
from piptools_clone.model.compile_request import CompileRequest

if TYPE_CHECKING:
    from piptools_clone.environment.named_targets import TargetTable

HELP = """Compile requirements.txt from source files.

Valid sources are requirements.in, pyproject.toml, setup.cfg, or setup.py specs.
"""
EXAMPLES = """\b
Examples:
\b
    Compile requirements.in to requirements.txt:
    $ pip-compile
\b
    Upgrade all packages to their latest versions:
    $ pip-compile --upgrade
\b
    Upgrade specific packages:
    $ pip-compile -P django -P requests
\b
    Include package hashes for extra security:
    $ pip-compile --generate-hashes
\b
    Compile with optional extras:
    $ pip-compile --extra dev pyproject.toml
\b
    Fail if requirements.txt is not what would be written:
    $ pip-compile --check
"""


def command(compile_: Compile | None = None, keep: Keep | None = None) -> Shell:
    """Make the command; ``compile_`` is the operation, by default the real one; ``keep`` gets what came of it."""

    @click.pass_context
    def callback(ctx: click.Context, /, **_: object) -> None:
        _compile(ctx, compile_ or _real(), keep)

    return Shell(COMPILE, callback=callback, text=HELP, epilog=EXAMPLES)


def main(
    keep: Keep | None = None, end: Callable[[int], NoReturn] = os._exit, compile_: Compile | None = None
) -> NoReturn:
    """Run ``pip-compile`` as a process; see `shell.run`."""
    run(command(compile_, keep), prog_name="pip-compile", end=end)


def _real() -> Compile:
    from piptools_clone.operations.compile import compile as operation

    return operation


def _compile(ctx: click.Context, compile_: Compile, keep: Keep | None) -> None:
    report: Report = ctx.obj
    request = build_request(ctx.params, report.warn)
    request = request._replace(header_command=_header_command(ctx), target_table=_target_table(ctx, request))
    for warning in _before(ctx.params, request):
        report.warn(warning)
    result = compile_(request, observer=report)
    ctx.meta[CHANGED] = result.written
    tell(report, request, result, settles_extras=ctx.params["strip_extras"] is not None)
    if request.output == "-" and not (request.dry_run or request.check):
        report.clear()
        click.echo(result.content, nl=False)
    if keep is not None and not ctx.params["rebuild"]:
        keep(request, result, report.said)


def _header_command(ctx: click.Context) -> str | None:
    from piptools_clone.cli.arguments.header_command import header_command

    sources = {name: ctx.get_parameter_source(name) for name in ctx.params}
    configured = {name for name, source in sources.items() if source is ParameterSource.DEFAULT_MAP}
    typed = {name for name, source in sources.items() if source not in (None, ParameterSource.DEFAULT)} - configured
    return header_command(ctx.params, typed, os.environ, configured)


def _target_table(ctx: click.Context, request: CompileRequest) -> TargetTable:
    """The targets that the configuration file defines, where it is asked for any, or does not hold them as it should.

    Raises `SettingsError`.
    """
    table, path = ctx.meta.get(TARGETS, ({}, ""))
    if isinstance(table, dict) and not (table and request.targets):
        return ()
    from piptools_clone.environment.named_targets import parse_table

    return parse_table(table, path)


def _before(given: Mapping[str, Any], request: CompileRequest) -> Iterator[str]:
    """Say what options for pip-tools' old resolver mean now, and that a truncated output holds no pins."""
    if given["resolver_name"] == "legacy":
        yield "--resolver=legacy has no effect: there is one resolver, and it needs no fallback."
    if given["max_rounds"] != 10:
        yield "--max-rounds has no effect: the resolver ends by itself, with a lock or with an explanation."
    if given["rebuild"]:
        yield "--rebuild means: every page is held against the index, however fresh it is in the cache."
    if request.upgrade_packages and not request.upgrade and _is_empty_file(request.output):
        yield (
            f"the output file {request.output} exists but is empty. Pip-tools cannot upgrade only specific packages "
            "(using -P/--upgrade-package) without an existing pin file to provide constraints. This often occurs if "
            "you redirect standard output to your output file, as any existing content is truncated."
        )


def _is_empty_file(path: str) -> bool:
    try:
        return os.path.getsize(path) == 0
    except OSError:
        return False
