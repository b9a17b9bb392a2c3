"""How a lock differs from what would be written: an option that was left out, its header alone, or its lines.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

SHOWN = 40  # lines of a difference: more are counted

_COMMAND = re.compile(r"# {4}(\S.*)")
_VALUED = re.compile(r"(--[a-z-]+)=.*", re.DOTALL)


def difference(before: str, after: str, path: str) -> str:
    """A paragraph on two locks that differ; the most telling comes first."""
    old_header, old_body = _parts(before)
    new_header, new_body = _parts(after)
    if old_body == new_body and before.strip():
        return f"{path} is not up to date: only its header differs\n{_lines(old_header, new_header, path)}"
    left_out = list(_left_out(old_header, new_header)) or list(_missed(old_body, new_body))
    said = f"{path} is not up to date"
    if left_out:
        said += f": it was made with {', '.join(left_out)}, which this command lacks"
    else:
        said += ":"
    return f"{said}\n{_lines(before.splitlines(), after.splitlines(), path)}"


def _parts(text: str) -> tuple[list[str], list[str]]:
    """The comment that a lock begins with, and the rest."""
    lines = text.splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return lines[:end], lines[end:]


def _left_out(old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    """Options of the command in an old header that a new one does not have at all."""
    given = {_VALUED.sub(r"\1", word) for word in _words(new)}
    if given:
        yield from (word for word in _words(old) if _VALUED.sub(r"\1", word) not in given)


def _words(header: Iterable[str]) -> list[str]:
    """The options of the command in a header; none where that is not pip-compile's own."""
    import shlex

    found = [match[1] for line in header if (match := _COMMAND.fullmatch(line))]
    try:
        words = shlex.split(found[-1]) if found else []
    except ValueError:
        return []
    if words[:1] != ["pip-compile"]:
        return []
    return [word for word in words[1:] if word.startswith("--") and word != "--"]


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
