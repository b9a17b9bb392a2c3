"""Makes click's parameters, and so the help, of the tables of options."""

from __future__ import annotations

from typing import Any

import click

from piptools_clone.cli.arguments.options import CommandOptions, Option
from piptools_clone.version import __version__

TYPES = {
    "integer": click.INT,
    "input": click.Path(exists=True, allow_dash=True),
    "file": click.Path(exists=True, dir_okay=False, readable=True),
    "folder": click.Path(file_okay=False),
    "writable folder": click.Path(file_okay=False, writable=True),
}
"""Of the types of `Option`; a text needs none."""


def click_parameters(table: CommandOptions) -> list[click.Parameter]:
    """Make the parameters of a command."""
    return [click_parameter(option) for option in table.options]


def click_parameter(option: Option) -> click.Parameter:
    """Make the parameter for an option, or for the argument."""
    if option.kind == "argument":
        return click.Argument([option.name], nargs=-1, type=TYPES[option.type])
    names = [*option.names]
    if option.negative:
        names[-1] += f"/{option.negative}"
    return click.Option([option.name, *names], help=option.help, **_attributes(option))


def _attributes(option: Option) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    if option.kind == "flag":
        attributes |= {"is_flag": True, "default": option.default}
    elif option.kind == "count":
        attributes["count"] = True
    else:
        attributes |= {"multiple": option.kind == "values", "type": _type(option)}
        if option.default is not None:
            attributes["default"] = option.default
    if option.variable:
        attributes |= {"envvar": option.variable, "show_envvar": option.shows_default}
    if option.shows_default:
        attributes["show_default"] = True
    if option.name in _EAGER:
        attributes |= {"callback": _EAGER[option.name], "is_eager": True, "expose_value": False}
    return attributes


def _type(option: Option) -> Any:  # noqa: ANN401 - newer releases of click have it generic
    if option.choices:
        return click.Choice(option.choices, case_sensitive=not option.ignores_case)
    return TYPES.get(option.type)


def _show_help(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"{ctx.command.name}, version {__version__}")
        ctx.exit()


_EAGER = {"help": _show_help, "version": _show_version}
"""What options do as soon as they are met."""
