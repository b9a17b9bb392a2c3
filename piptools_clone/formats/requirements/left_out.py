"""The lines of requirements files that a marker leaves out, for those who ask with ``--verbose``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from piptools_clone.formats.sanitize import inert
from piptools_clone.model.requirement import Requirement


def lines_left_out(requirements: Iterable[Requirement], holds: Callable[[str], bool]) -> Iterator[str]:
    """Name each of them with its place, in one harmless line; ``holds`` tells whether a marker does on the target."""
    for each in requirements:
        if each.marker and not holds(each.marker):
            name = inert(each.name or each.shown, 200)
            yield f"{inert(str(each.origin))}: {name} is left out, for its marker does not hold: {inert(each.marker)}"
