"""The helper of a sync: what is worth its while, what it goes by, and how long it stays.

It puts packs into the cache, and later writes some of them where they are staged.
"""

from __future__ import annotations

from piptools_clone.process.helper_process import Helper, Work, start_helper

SMALL = 4 << 20  # bytes of a wheel that is unpacked from memory; 19 in 20 are smaller
AT_ONCE = 48  # wheels that may be in memory
WORTH_HELP = 4  # wheels; for fewer a second process is made too late


class Help:
    """The helper of a run, from when it is begun until the run ends; None where there is none."""

    def __init__(self) -> None:
        self.helper: Helper | None = None

    def begin(self, work: Work) -> None:
        """Make the helper, if there is none yet and it is safe and of use."""
        self.helper = self.helper or start_helper(work)

    def hold(self, lock: int) -> None:
        """Have the helper hold a lock, too, or do without it from now on."""
        if self.helper is not None and not self.helper.hold(lock):
            self.helper.end()
            self.helper = None

    def end(self) -> None:
        """Let it go."""
        if self.helper is not None:
            self.helper.end()


def key_of(digest: str, *, relaxed: bool = False) -> str:
    """What a wheel goes by at the helper: its SHA-256, and whether its RECORD is not held against it."""
    return f"{digest} relaxed" if relaxed else digest
