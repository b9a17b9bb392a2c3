"""TERM is heard as Ctrl-C is, so that a run that is ended cleans up behind itself."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn


def hear_termination() -> None:
    """Have TERM raise `KeyboardInterrupt`, unless whoever started us has other plans with it."""
    import signal

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, interrupt)
