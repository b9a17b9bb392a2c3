"""What a run hears of signals, whatever it inherited: TERM cleans up as Ctrl-C does, and children can be waited for.

While files are swapped, both are kept waiting: that takes milliseconds, and must end or be undone as a whole.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, NoReturn


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


class deferred:  # noqa: N801 - reads as a statement, as those of contextlib, which takes longer to load
    """Hold signals back until the end of the block; without effect outside the main thread."""

    def __enter__(self) -> None:
        import signal
        import threading

        self._came: list[int] = []
        self._before: dict[int, Callable[..., Any] | int | None] = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)

    def __exit__(self, *_: object) -> None:
        import signal

        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._came:
            signal.raise_signal(self._came[0])

    def _note(self, number: int, _: FrameType | None) -> None:
        self._came.append(number)
