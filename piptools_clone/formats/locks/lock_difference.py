"""How a lock differs from what would be written: an option that was left out, its header alone, or its lines.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from piptools_clone.formats.locks.lock_header import header_options, split_header

SHOWN = 40  # lines of a difference: more are counted

_VALUED = re.compile(r"(--[a-z-]+)=.*", re.DOTALL)


def difference(before: str, after: str, path: str) -> str:
    """A paragraph on two locks that differ; the most telling comes first."""
    old_header, old_body = split_header(before)
    new_header, new_body = split_header(after)
    if old_body == new_body and before.strip():
        return f"{path} is not up to date: only its header differs\n{_lines(old_header, new_header, path)}"
    left_out = list(_left_out(old_header, new_header)) or list(_missed(old_body, new_body))
    said = f"{path} is not up to date"
    if left_out:
        said += f": it was made with {', '.join(left_out)}, which this command lacks"
    else:
        said += ":"
    return f"{said}\n{_lines(before.splitlines(), after.splitlines(), path)}"


def _left_out(old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    """Options of the command in an old header that a new one does not have at all."""
    given = {_VALUED.sub(r"\1", word) for word in header_options(new)}
    if given:
        yield from (word for word in header_options(old) if _VALUED.sub(r"\1", word) not in given)


def _missed(old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    """Options that a lock without a header shows by what it holds."""
    if _has(old, "--hash=") and not _has(new, "--hash="):
        yield "--generate-hashes"
    if not _has(old, "# via") and _has(new, "# via"):
        yield "--no-annotate"


def _has(lines: Iterable[str], text: str) -> bool:
    return any(text in line for line in lines)


def _lines(before: list[str], after: list[str], path: str) -> str:
    import difflib

    lines = list(difflib.unified_diff(before, after, path, f"{path} (new)", n=0, lineterm=""))
    return "\n".join(lines[:SHOWN]) + (f"\n... {len(lines) - SHOWN} more lines" if len(lines) > SHOWN else "")
