"""What the commands say on stderr: summaries, warnings, errors, progress."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Sequence

from piptools_clone.cli.progress import Progress, is_terminal
from piptools_clone.formats.sanitize import harmless, inert
from piptools_clone.model.compile_request import Change
from piptools_clone.model.observer import SyncCounts

LISTED = 20
"""More changes of one kind than this are counted instead of listed: a first lock is not read line by line."""
_LONG = 10_000
_COLORS = {"red": 31, "yellow": 33}
"""As terminals number them (ECMA-48, SGR)."""


class Report:
    """Writes to stderr, by the verbosity: below 0 only warnings and errors, above 0 details as well.

    It is the `Observer` of a run.  ``color`` None decides by the terminal and by ``NO_COLOR``.
    """

    def __init__(self, *, verbosity: int = 0, color: bool | None = None) -> None:
        self.verbosity = verbosity
        self._color = False if color is None and os.environ.get("NO_COLOR") else color
        self._paints = bool(sys.stderr and sys.stderr.isatty()) if self._color is None else self._color
        self._said: list[str] = []
        self._began = time.monotonic()
        self._progress = Progress(sys.stderr, enabled=verbosity >= 0 and is_terminal(sys.stderr))

    def announce(self, text: str) -> None:
        """Say something that is worth a line, unless ``--quiet``."""
        if self.verbosity >= 0:
            self._say(text)

    def note(self, text: str) -> None:
        """Say a detail, with ``--verbose``."""
        if self.verbosity > 0:
            self._say(text)

    def warn(self, text: str) -> None:
        """Say something that ``--quiet`` does not hide."""
        self._say(f"WARNING: {text.removeprefix('WARNING: ')}", "yellow")

    def error(self, text: str) -> None:
        """Say why the run ends."""
        self._say(f"ERROR: {text}", "red")

    def progress(self, pages: int, releases: int, name: str) -> None:
        """Show on a terminal how far a resolution is."""
        read = f"{_counted(pages, 'package')}, {_counted(releases, 'release')} read"
        self._progress.show(f"resolving: {read}, {inert(name, 60)}")

    def syncing(self, counts: SyncCounts, name: str) -> None:
        """Show on a terminal how far a sync is."""
        total, fetched, unpacked, installed = counts
        steps = f"{fetched} fetched, {unpacked} unpacked, {installed} installed"
        self._progress.show(f"syncing {_counted(total, 'package')}: {steps}, {inert(name, 60)}")

    def summarise(self, path: str, pins: int, changes: Sequence[Change]) -> None:
        """Say what differs between the old lock and the new, then the file, the numbers and how long it took.

        What is remembered of it (`said`) tells no time: an answer that is recalled took another.
        """
        for kind in changed_lines(changes, limit=_LONG if self.verbosity > 0 else LISTED):
            self.announce(kind)
        if self.verbosity >= 0:
            seconds = time.monotonic() - self._began
            said = ", ".join([f"{path}: {_counted(pins, 'pin')}", *_numbers(changes)])
            self._say(f"{said}, {seconds:.{1 if seconds >= 1 else 2}f} s", remembered=said)

    def body(self, content: bytes) -> None:
        """Show the content that a dry run does not write; ``--quiet`` does not hide it."""
        self.clear()
        import click  # which few runs need

        click.echo(content, nl=False, err=True)

    def clear(self) -> None:
        """Take the progress line away."""
        self._progress.clear()

    @property
    def said(self) -> str:
        """Everything that was said so far, as it was written: progress leaves nothing."""
        return "".join(self._said)

    def _say(self, text: str, color: str | None = None, *, remembered: str = "") -> None:
        self.clear()
        shown = harmless_lines(text)
        line = (f"\x1b[{_COLORS[color]}m{shown}\x1b[0m" if color and self._paints else shown) + "\n"
        self._said.append(harmless_lines(remembered) + "\n" if remembered else line)
        _write(line, paints=self._paints)


def _write(line: str, *, paints: bool) -> None:
    """Write to stderr, if there is one."""
    if sys.platform == "win32":  # where consoles do not all know colors, and click helps
        import click

        click.echo(line, nl=False, err=True, color=paints)
    elif sys.stderr is not None:
        sys.stderr.write(line)
        sys.stderr.flush()


def harmless_lines(text: str) -> str:
    """Make a text of several lines harmless, line by line: what it quotes cannot steer a terminal or tell a secret."""
    return "\n".join(harmless(line, _LONG) for line in text.split("\n"))


def changed_lines(changes: Iterable[Change], *, limit: int = LISTED) -> list[str]:
    """Spell changes as lines: ``django 4.2 -> 5.0``, ``added idna 3.6``, ``removed six 1.16.0``."""
    changed, added, removed = [], [], []
    for name, old, new in changes:
        if not old:
            added.append(f"added {name} {new}")
        elif not new:
            removed.append(f"removed {name} {old}")
        else:
            changed.append(f"{name} {old} -> {new}")
    kinds = (("changed", changed), ("added", added), ("removed", removed))
    return [line for verb, lines in kinds for line in _at_most(lines, limit, verb)]


def _numbers(changes: Iterable[Change]) -> list[str]:
    """How many pins are other ones, new, or gone: ``12 changed``."""
    kinds = ["added" if not old else "changed" if new else "removed" for _, old, new in changes]
    return [f"{kinds.count(kind)} {kind}" for kind in ("changed", "added", "removed") if kind in kinds]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _at_most(lines: list[str], limit: int, verb: str) -> list[str]:
    return lines if len(lines) <= limit else [f"{verb} {len(lines)} packages"]
