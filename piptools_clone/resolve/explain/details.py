"""What ``--verbose`` tells of a compile, in the words of pip-tools where it has some: one harmless line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from piptools_clone.formats.sanitize import inert, redact_url

if TYPE_CHECKING:
    from packaging.version import Version

    from piptools_clone.model.lock import Pin
    from piptools_clone.settings.index_settings import IndexSettings


def places_asked(settings: IndexSettings) -> Iterator[str]:
    """Name the indexes and the other places that are asked, without passwords."""
    if not settings.indexes:
        yield "Ignoring indexes."
    for title, places in (("Using indexes:", settings.indexes), ("Using links:", settings.find_links)):
        if places:
            yield title
            yield from (f"  {inert(redact_url(place), 500)}" for place in places)


def dropped(old: Iterable[tuple[str, Version]], pins: Sequence[Pin]) -> Iterator[str]:
    """Name the versions of the old lock that could not be kept.

    ``old`` are those that should be, one or, of a lock for many environments, several for each name.
    """
    new: dict[str, set[str]] = {}
    for pin in pins:
        new.setdefault(pin.name, set()).add(pin.version)
    for name, version in sorted(old):
        if name not in new:
            yield f"Dropping {name}=={version} of the old lock: nothing needs it any more."
        elif new[name] != {""} and str(version) not in new[name]:
            yield f"Dropping {name}=={version} of the old lock: it does not fit any more."


def hashed(pins: Sequence[Pin]) -> Iterator[str]:
    """Name the packages whose hashes are written."""
    yield "Generating hashes:"
    yield from dict.fromkeys(f"  {pin.name}" for pin in pins)
