"""What a page lists, of whatever project it is: values and bounds of the Simple API."""

from collections.abc import Iterator
from typing import TypeVar

from piptools_clone.model.artifact import Artifact
from piptools_clone.named_tuple import NamedTuple

T = TypeVar("T")

FILE_LIMIT = 2_000_000  # files of one page


class ProjectStatus(NamedTuple):
    """PEP 792: ``state`` is active, archived, quarantined or deprecated; ``reason`` may be empty."""

    state: str = "active"
    reason: str = ""

    @property
    def is_quarantined(self) -> bool:
        """Whether no file of the project may be used."""
        return self.state == "quarantined"


class Listing(NamedTuple):
    """The files that a page names, whatever project they are of, and entries that are unusable, with the reason."""

    artifacts: list[Artifact]
    skipped: list[tuple[str, str]]
    status: ProjectStatus = ProjectStatus()


def let_go(entries: list[T]) -> Iterator[T]:
    """The entries in their order, each gone from the list: a large page is not held in two forms at a time."""
    entries.reverse()
    while entries:
        yield entries.pop()
