"""Who hears what a long run has to say while it works."""

from typing import Protocol

from piptools_clone.named_tuple import NamedTuple


class SyncCounts(NamedTuple):
    """How far a sync is: of ``total`` packages to install, how many have come as far as each step."""

    total: int
    fetched: int = 0
    unpacked: int = 0
    installed: int = 0


class Observer(Protocol):
    """Hears about a run.  Calls are cheap, come from one thread at a time, and never raise."""

    def announce(self, text: str) -> None:
        """Hear a line that the user should see now, such as a build that starts."""

    def progress(self, pages: int, releases: int, name: str) -> None:
        """Hear how many project pages and how many releases have been read, and the name at hand."""

    def syncing(self, counts: SyncCounts, name: str) -> None:
        """Hear how far a sync is, and the name of the package that has just come further."""

    def warn(self, text: str) -> None:
        """Hear of something that the user should know although the run goes on."""

    def note(self, text: str) -> None:
        """Hear a detail that is of interest with ``--verbose`` only."""


class SilentObserver:
    """Hears everything and says nothing: the default of the library."""

    __slots__ = ()

    def announce(self, text: str) -> None:
        """Say nothing."""

    def progress(self, pages: int, releases: int, name: str) -> None:
        """Say nothing."""

    def syncing(self, counts: SyncCounts, name: str) -> None:
        """Say nothing."""

    def warn(self, text: str) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""
