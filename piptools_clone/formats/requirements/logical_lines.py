"""Physical lines to logical lines: continuation, comments and environment variables, in pip's order.

pip's documentation ("Requirements File Format") gives the order: lines ending in a backslash are joined, then
comments are removed (``#`` at the start of a line or after whitespace), then ``${VAR}`` is replaced.
"""

import re
from collections.abc import Iterator, Mapping

from piptools_clone.named_tuple import NamedTuple

_COMMENT = re.compile(r"(?<!\S)#.*+")
_VARIABLE = r"\$\{([A-Z0-9_]+)\}"


class LogicalLine(NamedTuple):
    """The number of its first physical line, its text, and its text before ``${VAR}`` was replaced."""

    number: int
    text: str
    typed: str


def logical_lines(text: str, environ: Mapping[str, str]) -> Iterator[LogicalLine]:
    """Yield the lines of a requirements file that are neither empty nor comments."""
    for number, joined in _join(text):
        typed = (_COMMENT.sub("", joined) if "#" in joined else joined).strip()
        if typed:
            yield LogicalLine(number, expand_variables(typed, environ), typed)


def expand_variables(text: str, environ: Mapping[str, str]) -> str:
    """Replace ``${VAR}`` (capitals, digits, underscores); a variable that is unset or empty stays as it is."""
    if "${" not in text:
        return text
    return re.sub(_VARIABLE, lambda found: environ.get(found[1]) or found[0], text)


def replaced_variables(text: str, environ: Mapping[str, str]) -> list[str]:
    """Name the variables that `expand_variables` replaces."""
    return [name for name in re.findall(_VARIABLE, text) if environ.get(name)] if "${" in text else []


def unset_variables(text: str, environ: Mapping[str, str]) -> list[str]:
    """Name the variables that `expand_variables` leaves as they are."""
    return [name for name in re.findall(_VARIABLE, text) if not environ.get(name)] if "${" in text else []


def _join(text: str) -> Iterator[tuple[int, str]]:
    r"""Join lines that end in a backslash.  A comment ends a continuation, whatever it ends in.

    ``foo \`` + ``# why`` + ``bar`` is the two lines ``foo`` and ``bar``.
    """
    start = 0
    parts: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        is_comment = "#" in line and line.lstrip().startswith("#")  # nearly all lines of a lock have none
        start = start if parts else number
        if line.endswith("\\") and not is_comment:
            parts.append(line.strip("\\"))
            continue
        # The space keeps a "#" in the first column a comment after joining.
        parts.append(f" {line}" if is_comment else line)
        yield start, "".join(parts)
        parts = []
    if parts:
        yield start, "".join(parts)
