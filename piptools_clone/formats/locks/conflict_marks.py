"""The marks that a merge leaves in a file where it cannot decide: ``<<<<<<<``, ``=======``, ``>>>>>>>``."""

from __future__ import annotations

import re

RESOLVE = "decide what is to stay between the marks, and delete the marks"

_MARK = r"(<{7}|\|{7}|>{7})( |$)|={7}$"
_STARTS = ("<<<<<<<", ">>>>>>>", "=======", "|||||||")


def conflict_line(text: str) -> int:
    """Return the number of the first line that is such a mark, 0 where there is none."""
    # A lock is thousands of lines and seldom in conflict: look before walking.
    if not any(start in text for start in _STARTS):
        return 0
    return next((number for number, line in enumerate(text.splitlines(), 1) if re.match(_MARK, line)), 0)
