"""Reports the result of a compile."""

from __future__ import annotations

from typing import Protocol

from piptools_clone.cli.report import Report
from piptools_clone.model.compile_request import CompileRequest, CompileResult
from piptools_clone.model.observer import Observer

STRIP_EXTRAS = (
    "--strip-extras is becoming the default in version 8.0.0. To silence this warning, either use --strip-extras to "
    "opt into the new default or use --no-strip-extras to retain the existing behavior."
)


class Compile(Protocol):
    """The operation behind the command."""

    def __call__(self, request: CompileRequest, *, observer: Observer) -> CompileResult:
        """Do what is asked for; raises the errors of `piptools_clone.errors`."""


class Keep(Protocol):
    """Keeps what came of a run."""

    def __call__(self, request: CompileRequest, result: CompileResult, said: str) -> None:
        """Keep it, where that is allowed, with what was written to stderr."""


def tell(report: Report, request: CompileRequest, result: CompileResult, *, settles_extras: bool) -> None:
    """Say what came of a compile; ``settles_extras`` as in `PlainCommand`."""
    for note in result.notes:
        report.note(note)
    for warning in result.warnings:
        report.warn(warning)
    if request.check:
        report.announce(f"{request.output} is up to date.")
    elif request.dry_run:
        report.body(result.content)
        report.announce("Dry-run, so nothing updated.")
    elif request.output != "-":
        _tell_written(report, request, result)
    if not settles_extras:
        report.warn(STRIP_EXTRAS)


def _tell_written(report: Report, request: CompileRequest, result: CompileResult) -> None:
    path = request.output
    pins = [pin for pin in result.lock.pins if pin.name not in request.left_out]
    if not result.written:
        report.announce(f"{path} is up to date.")
    elif result.changes or not pins:
        report.summarise(path, len(pins), result.changes)
    else:
        report.announce(f"{path} was written anew; every version is as before.")
