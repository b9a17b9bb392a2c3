"""``piptools-clone cache``: where the cache lies, what is in it, and how to make it smaller."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import click

from piptools_clone.cli.report import Report
from piptools_clone.errors import PiptoolsCloneError, SettingsError, UsageError
from piptools_clone.formats.sanitize import has_control_character, inert
from piptools_clone.store import upkeep
from piptools_clone.store.cache import LAYOUTS, cache_folder

_HELP_NAMES = {"help_option_names": ["-h", "--help"]}
_NAMED = 5
"""So many names are listed of what is left alone."""


def command() -> click.Group:
    """Make the group of commands."""
    group = click.Group("cache", help="Show the cache, or make it smaller.", context_settings=_HELP_NAMES)
    group.add_command(_subcommand("dir", _dir, "Print the folder of the cache."))
    group.add_command(_subcommand("size", _size, "Print how many files of each kind there are, and their size."))
    group.add_command(_subcommand("prune", _prune, "Remove what has not been used for long.", _DAYS, _MAX_SIZE))
    group.add_command(_subcommand("clean", _clean, "Remove everything from the cache."))
    return group


def _subcommand(name: str, work: Callable[..., None], text: str, *more: click.Option) -> click.Command:
    @click.pass_context
    def callback(ctx: click.Context, /, cache_dir: str | None, **given: int) -> None:
        try:
            work(_checked(cache_dir or cache_folder((), os.environ)), **given)
        except UsageError as error:
            raise click.UsageError(str(error), ctx) from error
        except PiptoolsCloneError as error:
            Report(color=ctx.color).error(str(error))
            ctx.exit(error.exit_code)

    place = click.Option(["--cache-dir"], metavar="DIRECTORY", help="The cache in DIRECTORY, not the usual one.")
    return click.Command(name, params=[place, *more], callback=callback, help=text, context_settings=_HELP_NAMES)


_DAYS = click.Option(
    ["--days"],
    type=click.IntRange(min=0),
    default=int(upkeep.MAX_AGE / upkeep.DAY),
    show_default=True,
    help="Remove what has not been used for so many days; the last two always stay.",
)
_MAX_SIZE = click.Option(
    ["--max-size"],
    type=click.IntRange(min=0),
    default=upkeep.MAX_BYTES >> 20,
    show_default=True,
    help="Remove what was used the longest ago, if there are more MiB than that.",
)


def _checked(folder: str) -> str:
    """The folder, if it is one of this user's or is not there.  Raises `UsageError`, `SettingsError`."""
    if has_control_character(folder):
        raise UsageError(f"the cache folder {inert(folder, 500)} has a control character in its name")
    fault = upkeep.fault_of_cache(folder)
    if fault:
        raise SettingsError(f"The cache folder {inert(folder, 500)} {fault}; it was left alone.")
    return folder


def _dir(folder: str) -> None:
    click.echo(os.path.abspath(folder))


def _size(folder: str) -> None:
    files = [*upkeep.find_files(folder)]
    current = {f"{kind}-v{layout}": kind for kind, layout in LAYOUTS.items()}
    rows = [(kind, [each for each in files if each.kind == name]) for name, kind in current.items()]
    rows.append(("older releases", [each for each in files if each.kind not in current]))
    for name, found in [*rows, ("total", files)]:
        number, size = upkeep.sizes(found)
        click.echo(f"{name:14} {number:8} files {_mebibytes(size):>12}")


def _prune(folder: str, *, days: int, max_size: int) -> None:
    removed = upkeep.prune(folder, now=time.time(), max_age=days * upkeep.DAY, max_bytes=max_size * 2**20, at_once=None)
    click.echo(f"Removed {_counted(removed.gone)} from {inert(folder, 500)}; {_counted(removed.stays)} stay.")


def _clean(folder: str) -> None:
    foreign = upkeep.find_foreign(folder)
    if foreign and next(upkeep.find_files(folder), None) is None:
        raise SettingsError(
            f"The folder {inert(folder, 500)} is no cache of this program, for it holds {_listed(foreign)}; "
            "it was left alone.",
            hint="name the cache with --cache-dir",
        )
    removed = upkeep.clean(folder)
    click.echo(f"Removed {_counted(removed.gone)} from {inert(folder, 500)}.")
    if foreign:
        click.echo(f"Left alone, for it is not of this program: {_listed(foreign)}.")
    if removed.stays[0]:
        raise SettingsError(f"{_counted(removed.stays)} in the cache folder {inert(folder, 500)} could not be removed.")


def _counted(found: tuple[int, int]) -> str:
    number, size = found
    return f"{number} file{'' if number == 1 else 's'} ({_mebibytes(size)})"


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


def _listed(names: list[str]) -> str:
    shown = [inert(name, 100) for name in names[:_NAMED]]
    return ", ".join([*shown, f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else shown)
