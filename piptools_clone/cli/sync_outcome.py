"""Reports the result of a sync, and keeps what spares the next run its work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Protocol

from piptools_clone.cli.report import Report
from piptools_clone.model.observer import Observer
from piptools_clone.model.sync_request import SyncChange, SyncRequest, SyncResult
from piptools_clone.run.memo import sync_memo
from piptools_clone.store.cache import cache_folder

UP_TO_DATE = "Everything up-to-date\n"
DIFFERENT = 1
"""The exit code where something would change, and nothing did."""


class Sync(Protocol):
    """The operation behind the command."""

    def __call__(
        self, request: SyncRequest, *, observer: Observer, confirm: Callable[[SyncResult], bool]
    ) -> SyncResult:
        """Do what is asked for; raises the errors of `piptools_clone.errors`."""


def keep(report: Report, request: SyncRequest, result: SyncResult, *, asked: bool) -> None:
    """Remember a sync that changed something; ``asked`` says that the user was asked before.

    A run that is to tell details does all of its work, for they are told on the way.
    """
    if result.changed and request.cache_dir and result.depends and report.verbosity <= 0:
        said = _up_to_date(report)
        sync_memo.keep_up_to_date(sys.argv[1:], os.environ, result.depends, said=said)
        _keep_installation(request, result, said, asked=asked)


def _up_to_date(report: Report) -> str:
    """What is said on stdout where there is nothing to do."""
    return UP_TO_DATE if report.verbosity >= 0 else ""


def _keep_installation(request: SyncRequest, result: SyncResult, said: str, *, asked: bool) -> None:
    """Remember it for the next fresh environment; only what the command line alone has asked for."""
    argv = sys.argv[1:]
    command = sync_memo.take_apart(argv)
    if asked or result.installation is None or command is None or command.python != request.python:
        return
    if request.cache_dir == cache_folder(argv, os.environ):
        sync_memo.keep_installation(argv, os.environ, result.installation._replace(said=said))


def names_not_locked(request: SyncRequest, result: SyncResult) -> list[str]:
    """Names that are to be installed anew and that no line of the lock has; none while some line's is not known."""
    locked = {change.name for change in result.changes if change.shown}
    return [] if None in locked else sorted(request.reinstall_names.difference(map(str, locked)))


def tell(report: Report, result: SyncResult, *, asked: bool) -> int:
    """Say what came of a sync, or would; give the exit code.  ``asked`` says that the user has seen the plan."""
    if result.is_empty:
        show(_up_to_date(report))
    elif result.changed:
        _summarise(report, result)
    else:
        if not asked:
            show_plan(result)
        return DIFFERENT
    return 0


def show_plan(result: SyncResult) -> None:
    """Show on stdout what would be done: as a table on a terminal, else as pip-tools does."""
    if sys.stdout is not None and sys.stdout.isatty():
        _show_table(result)
        return
    uninstalled = sorted(change.uninstalled for change in result.changes if change.uninstalled)
    installed = [change.shown for change in result.changes if change.action not in ("keep", "remove")]
    for title, lines in (("Would uninstall:", uninstalled), ("Would install:", installed)):
        if lines:
            show("\n".join([title, *(f"  {line}" for line in lines), ""]))


def show(text: str) -> None:
    """Write whole lines to stdout, if there is one."""
    if not text.isascii() or sys.platform == "win32":  # for streams that cannot take every character
        import click

        click.echo(text, nl=False)
    elif sys.stdout is not None:  # closed by the process that started this one
        sys.stdout.write(text)
        sys.stdout.flush()


def _show_table(result: SyncResult) -> None:
    """Show name, old and new version, and why, in columns."""
    rows = [_row(change) for change in result.changes if change.action != "keep"]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        show("  ".join([*cells, row[3]]).rstrip() + "\n")


def _row(change: SyncChange) -> tuple[str, str, str, str]:
    versions = " -> ".join(text for text in (change.old, change.new) if text)
    return change.action, change.name or change.shown, versions, change.reason


def _summarise(report: Report, result: SyncResult) -> None:
    for change in result.changes:
        if change.action != "keep":
            action, name, versions, _ = _row(change)
            report.announce(f"{action} {name} {versions}".rstrip())
