"""``piptools-clone compile``, ``sync`` and ``cache``: all commands behind one name."""

from __future__ import annotations

from importlib import import_module
from typing import NoReturn

import click

from piptools_clone.cli.arguments.click_options import click_parameter
from piptools_clone.cli.arguments.options import HELP, VERSION
from piptools_clone.cli.shell import run

COMMANDS = {"compile": "compile_entry", "sync": "sync_entry", "cache": "cache_command"}
"""Each command with the module that makes it."""


class Commands(click.Group):
    """The group; a command is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and make one command."""
        if cmd_name not in COMMANDS:
            return None
        made: click.Command = import_module(f"piptools_clone.cli.{COMMANDS[cmd_name]}").command()
        return made


def command() -> Commands:
    """Make the group."""
    return Commands(
        "piptools-clone",
        params=[click_parameter(HELP), click_parameter(VERSION)],
        add_help_option=False,
        help="Lock the packages of a Python project, and make environments equal to the lock.",
    )


def main(prog_name: str = "piptools-clone") -> NoReturn:
    """Run ``piptools-clone`` as a process."""
    run(command(), prog_name=prog_name)
