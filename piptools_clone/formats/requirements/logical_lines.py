"""Bytes of a requirements file to its logical lines: encoding, continuation, comments, environment variables.

pip's documentation ("Requirements File Format") gives the order: lines ending in a backslash are joined, then
comments are removed (``#`` at the start of a line or after whitespace), then ``${VAR}`` is replaced.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping

from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.formats.requirements.grammar import LineProblem
from piptools_clone.formats.sanitize import VARIABLE, inert
from piptools_clone.named_tuple import NamedTuple

# The mark of UTF-16-LE begins the one of UTF-32-LE, so the longer ones stand first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)
_CODING_LINE = rb"coding[:=]\s*+([-\w.]++)"
_NOT_OF_FILES = frozenset(("idna", "punycode"))
"""Codecs for names of hosts: no text is in them, and to read one takes quadratic time."""

_COMMENT = re.compile(r"(?<!\S)#.*+")

RESOLVE = "decide what is to stay between the marks, and delete the marks"

_CONFLICT = r"(<{7}|\|{7}|>{7})( |$)|={7}$"
_CONFLICT_STARTS = ("<<<<<<<", ">>>>>>>", "=======", "|||||||")

SHORTEST = 6
"""Characters of a value that is looked for: a shorter one is no secret, and may stand in any text by chance."""


class LogicalLine(NamedTuple):
    """The number of its first physical line, its text, and its text before ``${VAR}`` was replaced."""

    number: int
    text: str
    typed: str


class Variables:
    """Variables by name, and what replaced them."""

    __slots__ = ("_names",)

    def __init__(self, names: Iterable[str], environ: Mapping[str, str]) -> None:
        known = {environ.get(name, ""): name for name in sorted(names)}
        self._names = {value: name for value, name in known.items() if len(value) >= SHORTEST}

    def hide(self, text: str) -> str:
        """The text with ``${NAME}`` wherever the value of a variable stands in it, quoted for an address or not."""
        if not self._names:
            return text
        from urllib.parse import quote

        spelled = {form: name for value, name in self._names.items() for form in (value, quote(value, safe=""))}
        longest_first = sorted(spelled, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest_first)), lambda found: f"${{{spelled[found[0]]}}}", text)

    def hide_in(self, error: BaseException | None) -> None:
        """Hide the values in every text of a failure that a user can meet."""
        if not self._names or not isinstance(error, PiptoolsCloneError):
            return
        for name, value in vars(error).items():
            if isinstance(value, str):
                setattr(error, name, self.hide(value))
        error.args = tuple(self.hide(each) if isinstance(each, str) else each for each in error.args)


def decode_requirements(data: bytes) -> str:
    """Decode a requirements file.

    Where pip falls back to the encoding of the user's locale this raises `LineProblem`: a lock must not
    depend on the locale of the machine.
    """
    encoding, skip = _encoding(data)
    try:
        return data[skip:].decode(_of_files(encoding))
    except LookupError:
        raise LineProblem(
            f"unknown encoding '{inert(encoding)}'", "name one that Python knows in the coding line"
        ) from None
    except ValueError as error:
        raise LineProblem(
            f"not valid {inert(encoding)} ({inert(str(error))})",
            "save the file as UTF-8, or name its encoding in the first line: # -*- coding: latin-1 -*-",
        ) from None


def _of_files(encoding: str) -> str:
    """The name of an encoding that a file may be in.  Raises LookupError for any other."""
    if codecs.lookup(encoding).name in _NOT_OF_FILES:
        raise LookupError(encoding)
    return encoding


def _encoding(data: bytes) -> tuple[str, int]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    for line in data.split(b"\n", 2)[:2]:
        found = line.startswith(b"#") and re.search(_CODING_LINE, line)
        if found:
            return found[1].decode("ascii"), 0
    return "utf-8", 0


def logical_lines(text: str, environ: Mapping[str, str]) -> Iterator[LogicalLine]:
    """Yield the lines of a requirements file that are neither empty nor comments."""
    for number, joined in _join(text):
        typed = (_COMMENT.sub("", joined) if "#" in joined else joined).strip()
        if typed:
            yield LogicalLine(number, expand_variables(typed, environ), typed)


def conflict_line(text: str) -> int:
    """The number of the first line that is a mark of a merge, such as ``<<<<<<<``, 0 where there is none."""
    # A lock is thousands of lines and seldom in conflict: look before walking.
    if not any(start in text for start in _CONFLICT_STARTS):
        return 0
    return next((number for number, line in enumerate(text.splitlines(), 1) if re.match(_CONFLICT, line)), 0)


def holds_comment(text: str) -> bool:
    """Whether a part of a line would be read as a comment."""
    return _COMMENT.search(text) is not None


def expand_variables(text: str, environ: Mapping[str, str]) -> str:
    """Replace ``${VAR}`` (capitals, digits, underscores); a variable that is unset or empty stays as it is."""
    if "${" not in text:
        return text
    return re.sub(VARIABLE, lambda found: environ.get(found[1]) or found[0], text)


def replaced_variables(text: str, environ: Mapping[str, str]) -> list[str]:
    """Name the variables that `expand_variables` replaces."""
    return [name for name in re.findall(VARIABLE, text) if environ.get(name)] if "${" in text else []


def unset_variables(text: str, environ: Mapping[str, str]) -> list[str]:
    """Name the variables that `expand_variables` leaves as they are."""
    return [name for name in re.findall(VARIABLE, text) if not environ.get(name)] if "${" in text else []


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
