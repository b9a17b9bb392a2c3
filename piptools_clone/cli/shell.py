"""A command that speaks as pip-tools' commands do: usage, errors, exit codes, signals.

Whatever goes wrong leaves as a message and an exit code: 1 no solution, or a check that found a
difference; 2 usage, environment or index; 130 interrupted.  No traceback, unless ``-vv`` asks for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import click
from click.core import ParameterSource

from piptools_clone.cli import check_working_folder
from piptools_clone.cli.arguments.click_options import click_parameters
from piptools_clone.cli.arguments.config_file import CONFIG_FILE, apply_config
from piptools_clone.cli.arguments.options import CommandOptions, verbosity_of
from piptools_clone.cli.ending import FAILED, INTERRUPTED, interrupted, leave, words_of_interrupt
from piptools_clone.cli.report import Report, harmless_lines
from piptools_clone.errors import BuildFailure, InterruptedLate, PiptoolsCloneError, UsageError
from piptools_clone.process.signals import hear_signals

CHANGED = "piptools_clone.changed"
"""A command sets ``ctx.meta[CHANGED]`` once something is changed, so that an interrupt does not deny it."""


class Shell(click.Command):
    """A click command whose callback raises the errors of `piptools_clone.errors`; ``ctx.obj`` is its `Report`.

    Its parameters are made of a table of options.  Those called ``verbose``, ``quiet`` and ``color`` shape the report,
    ``config`` and ``no_config`` the defaults of the others (see `config_file`).
    """

    def __init__(self, table: CommandOptions, *, callback: Callable[..., object], text: str, epilog: str = "") -> None:
        # The help option is one of the parameters: click then leaves the "Try ..." line out of usage errors.
        parameters = click_parameters(table)
        super().__init__(
            table.command, params=parameters, callback=callback, help=text, epilog=epilog, add_help_option=False
        )
        self._table = table

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples at the left edge."""
        if self.epilog:
            formatter.write_paragraph()
            formatter.write_text(self.epilog)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the configuration file before the options, so that the order of options does not matter."""
        with _spoken(ctx, Report(color=ctx.color)):
            if not ctx.resilient_parsing:
                self._read_config(ctx, args)
            rest = super().parse_args(ctx, args)
            _fill_arguments(ctx)
            return rest

    def _read_config(self, ctx: click.Context, args: list[str]) -> None:
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        if not given.get("help") and not given.get("version"):
            apply_config(ctx, self._table, given)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; turn what it raises into words on stderr and an exit code."""
        ctx.obj = report = report_of(ctx)
        with _spoken(ctx, report):
            if CONFIG_FILE in ctx.meta:
                report.note(f"Using pip-tools configuration defaults found in '{ctx.meta[CONFIG_FILE]}'.")
            return super().invoke(ctx)


def _fill_arguments(ctx: click.Context) -> None:
    """Give arguments their defaults of the configuration file, which older releases of click give to options only."""
    for parameter in ctx.command.params:
        name = str(parameter.name)
        if isinstance(parameter, click.Argument) and not ctx.params.get(name) and name in (ctx.default_map or {}):
            ctx.params[name] = parameter.type_cast_value(ctx, ctx.lookup_default(name))
            ctx.set_parameter_source(name, ParameterSource.DEFAULT_MAP)


@contextmanager
def _spoken(ctx: click.Context, report: Report) -> Iterator[None]:
    try:
        yield
    except UsageError as error:
        report.clear()
        raise click.UsageError(harmless_lines(str(error)), ctx) from error
    except PiptoolsCloneError as error:
        report.error(error.in_full() if isinstance(error, BuildFailure) and report.verbosity > 0 else str(error))
        ctx.exit(error.exit_code)
    except KeyboardInterrupt as interrupt:
        has_changed = ctx.meta.get(CHANGED) or isinstance(interrupt, InterruptedLate)
        report.error(words_of_interrupt(has_changed=bool(has_changed)))
        ctx.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader has left and needs no words
        ctx.exit(FAILED)
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:
        _end_on_bug(ctx, report, error)
    finally:
        report.clear()


def report_of(ctx: click.Context) -> Report:
    """Make the report that the parameters of a command ask for."""
    color = ctx.params.get("color")
    if color is not None:
        ctx.color = color
    return Report(verbosity=verbosity_of(ctx.params), color=ctx.color)


def run(
    command: click.Command,
    args: Sequence[str] | None = None,
    *,
    prog_name: str,
    end: Callable[[int], NoReturn] = os._exit,
) -> NoReturn:
    """Run a command as a whole process, ended by its exit code.

    TERM is heard as Ctrl-C is.  ``end`` is as in `leave`.
    """
    check_working_folder(end)
    hear_signals()
    try:
        code = command.main(list(sys.argv[1:] if args is None else args), prog_name=prog_name, standalone_mode=False)
    except click.UsageError as error:
        error.show()
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = FAILED
    except (click.Abort, KeyboardInterrupt):
        interrupted()
    leave(code if isinstance(code, int) else 0, end)


def _end_on_bug(ctx: click.Context, report: Report, error: Exception) -> NoReturn:
    way_out = "" if report.verbosity >= 2 else " Run the command again with -vv to see the traceback."
    report.error(f"This is a bug in piptools-clone, please report it: {type(error).__name__}: {error}.{way_out}")
    if not way_out:
        import traceback

        click.echo(harmless_lines("".join(traceback.format_exception(error))), err=True)
    ctx.exit(FAILED)
