"""``pip-sync``: the command line is a request, and the plan and what came of it go to the streams."""

# pathlib is a slow import, and this module stands on the way of every run:
from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import click

from piptools_clone.cli.ending import FAILED
from piptools_clone.cli.plain_sync import DEFAULT_SOURCE
from piptools_clone.cli.plain_words import format_rules
from piptools_clone.cli.report import Report, harmless_lines
from piptools_clone.cli.shell import CHANGED, Shell, run
from piptools_clone.cli.sync_options import PARAMETERS
from piptools_clone.cli.sync_outcome import DIFFERENT, Sync, keep, names_not_locked, show_plan, tell
from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.sync_request import SyncRequest, SyncResult

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

    return Shell("pip-sync", params=list(PARAMETERS), callback=callback, text=HELP, epilog="")


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
    request = _build_request(ctx, report)
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


def _build_request(ctx: click.Context, report: Report) -> SyncRequest:
    from piptools_clone.cli.pip_args import merge_options, parse_pip_args

    given = ctx.params
    pip = parse_pip_args(given["pip_args_str"], installs=True)
    for warning in pip.warnings:
        report.warn(warning)
    return SyncRequest(
        sources=_sources(ctx, report),
        options=merge_options(_index_options(given), pip.options),
        python=given["python_executable"] or pip.python,
        user=given["user_only"] or pip.user,
        target=given["target"] or pip.target,
        prefix=given["prefix"] or pip.prefix,
        dry_run=(given["dry_run"] and not given["ask"]) or given["check"],
        describes=bool(given["report"]),
        force=given["force"],
        strict=given["strict"],
        allow_empty=given["allow_empty"],
        break_system_packages=given["break_system_packages"] or pip.break_system_packages,
        keep=tuple(given["keep"]),
        require_hashes=given["require_hashes"] if given["require_hashes"] is not None else pip.options.require_hashes,
        relax_record=frozenset(_canonical(name) for name in given["relax_record"]),
        link_mode=given["link_mode"],
        compile_bytecode=given["compile_bytecode"] or bool(pip.compile_bytecode),
        verify=given["verify"],
        reinstall=given["reinstall_all"] or pip.force_reinstall,
        reinstall_names=frozenset(_canonical(name) for name in given["reinstall"]),
        no_build=given["no_build"],
        build_isolation=pip.build_isolation is not False,
        cache_dir=None if pip.no_cache else pip.cache_dir or given["cache_dir"],
        offline=given["offline"],
        isolated=pip.isolated,
    )


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


def _index_options(given: Mapping[str, Any]) -> IndexOptions:
    return IndexOptions(
        index_url=given["index_url"],
        extra_index_urls=tuple(given["extra_index_url"]),
        no_index=given["no_index"] or None,
        find_links=tuple(given["find_links"]),
        trusted_hosts=tuple(given["trusted_host"]),
        format_control=format_rules(given),
        cert=given["cert"],
        client_cert=given["client_cert"],
        absent_statuses=tuple(given["absent_status"]),
    )


def _canonical(name: str) -> str:
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)
