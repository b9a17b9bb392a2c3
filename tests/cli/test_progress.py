"""The line that is written over and over."""

from __future__ import annotations

import io

import pytest

from piptools_clone.cli.progress import QUIET_SECONDS, REDRAW_SECONDS, Progress, is_terminal


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_short_work_shows_nothing() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, enabled=True, clock=clock)
    progress.show("one")
    clock.now += QUIET_SECONDS / 2
    progress.show("two")
    progress.clear()
    assert stream.getvalue() == ""


def test_long_work_is_drawn_now_and_then_and_cleared_once() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, enabled=True, clock=clock)
    clock.now += QUIET_SECONDS
    progress.show("one")
    clock.now += REDRAW_SECONDS / 2
    progress.show("two")
    clock.now += REDRAW_SECONDS
    progress.show("three")
    progress.clear()
    progress.clear()
    assert stream.getvalue() == "\rone\x1b[K\rthree\x1b[K\r\x1b[K"


def test_the_line_stays_within_the_terminal() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, enabled=True, clock=clock)
    clock.now += 1
    progress.show("x" * 500)
    assert stream.getvalue() == f"\r{'x' * 79}\x1b[K"


def test_disabled() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, enabled=False, clock=clock)
    clock.now += 1
    progress.show("one")
    progress.clear()
    assert stream.getvalue() == ""


def test_a_terminal_that_is_gone_is_no_failure() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(5, "gone")

    clock = Clock()
    progress = Progress(Gone(), enabled=True, clock=clock)
    clock.now += 1
    progress.show("one")
    progress.clear()


def test_is_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert is_terminal(Terminal())
    assert not is_terminal(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not is_terminal(Terminal())
