"""``pip-sync`` as ``python -m piptools.scripts.sync``, and `cli`, the click command."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import click

    cli: click.Command


def __getattr__(name: str) -> click.Command:
    if name != "cli":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from piptools_clone.cli.sync_entry import command

    return command()


if __name__ == "__main__":
    from piptools import run

    run("sync")
