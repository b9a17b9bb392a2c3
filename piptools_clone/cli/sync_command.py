"""``pip-sync``: the command line is a request, and the plan and what came of it go to the streams."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import click

from piptools_clone.cli.arguments.sync_arguments import DEFAULT_SOURCE, build_request
from piptools_clone.cli.arguments.sync_options import SYNC
from piptools_clone.cli.ending import FAILED
from piptools_clone.cli.report import Report, harmless_lines
from piptools_clone.cli.shell import CHANGED, Shell, run
from piptools_clone.cli.sync_outcome import DIFFERENT, Sync, keep, names_not_locked, show_plan, tell
from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.model.sync_request import SyncResult

HELP = """Synchronize virtual environment with requirements.txt."""
IN_FILES = (
    "Some input files have the .in extension, which is most likely an error and can cause weird behaviour. "
    "You probably meant to use the corresponding *.txt file?"
)
WORDS_OF_PIP_TOOLS = ("Incompatible requirements found: ", "Could not resolve '")
"""Errors that pip-tools has as well, and writes without ``ERROR:``; scripts that look for them find the same line."""


def command(sync_: Sync | None = None) -> Shell:
    """Make the command; ``sync_`` is the operation, by default the real one."""

    @click.pass_context
    def callback(ctx: click.Context, /, **_: object) -> None:
        try:
            _sync(ctx, sync_ or _real(ctx.params))
        except PiptoolsCloneError as error:  # without the usage that pip-compile shows for some
            _complain(ctx.obj, str(error))
            ctx.exit(error.exit_code)

    return Shell(SYNC, callback=callback, text=HELP)


def main(sync_: Sync | None = None, end: Callable[[int], NoReturn] = os._exit) -> NoReturn:
    """Run ``pip-sync`` as a process; ``sync_`` as for `command`, ``end`` as in `leave`."""
    run(command(sync_), prog_name="pip-sync", end=end)


def _complain(report: Report, text: str) -> None:
    if not text.startswith(WORDS_OF_PIP_TOOLS):
        report.error(text)
        return
    report.clear()
    click.secho(harmless_lines(text), fg="red", err=True)


def _real(given: Mapping[str, Any]) -> Sync:
    """The operation, with early requests unless there is a question to be answered first."""
    if given["ask"]:
        from piptools_clone.operations import sync as story

        return story.sync
    from piptools_clone.operations import early_sync

    return early_sync.sync


def _sync(ctx: click.Context, sync_: Sync) -> None:
    given, report = ctx.params, ctx.obj
    request = build_request(given, report.warn)._replace(sources=_sources(ctx, report))
    result = sync_(request, observer=report, confirm=lambda plan: _confirm(ctx, plan))
    report.clear()  # what follows may go to stdout, on the same terminal
    ctx.meta[CHANGED] = result.changed
    for name in names_not_locked(request, result):
        report.warn(f"--reinstall {name}: no line of the lock has this name")
    asked = bool(given["ask"])
    keep(report, request, result, asked=asked)
    if given["report"]:
        from piptools_clone.cli.sync_report import write_report

        write_report(given["report"], result)
    code = tell(report, result, asked=asked)
    if code:
        ctx.exit(code)


def _confirm(ctx: click.Context, result: SyncResult) -> bool:
    """Ask when that is wanted; a yes overrules a dry run, as in pip-tools."""
    if not ctx.params["ask"]:
        return True
    show_plan(result)
    try:
        return click.confirm("Would you like to proceed with these changes?")
    except click.Abort:
        click.echo("Aborted!", err=True)
        ctx.exit(DIFFERENT)


def _sources(ctx: click.Context, report: Report) -> tuple[str, ...]:
    sources: tuple[str, ...] = (*ctx.params["src_files"], *ctx.params["requirement_files"])
    if not sources:
        if not os.path.exists(DEFAULT_SOURCE):
            message = f"No requirement files given and no {DEFAULT_SOURCE} found in the current directory"
            click.secho(message, fg="red", err=True)
            ctx.exit(FAILED)
        sources = (DEFAULT_SOURCE,)
    if any(source.endswith(".in") for source in sources):
        if not ctx.params["force"]:
            click.secho(f"ERROR: {IN_FILES}", fg="red", err=True)
            ctx.exit(FAILED)
        report.warn(IN_FILES)
    return sources
