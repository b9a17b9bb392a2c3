"""What a run hears of signals, whatever it inherited: TERM cleans up as Ctrl-C does, and children can be waited for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn


def hear_signals() -> None:
    """Have TERM raise `KeyboardInterrupt`, unless it is ignored or handled; have CHLD not ignored.

    A process that inherits an ignored CHLD is never told how its children ended: a build that failed would seem to
    have gone well (POSIX, ``wait``).
    """
    import signal

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, interrupt)
    if hasattr(signal, "SIGCHLD") and signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
