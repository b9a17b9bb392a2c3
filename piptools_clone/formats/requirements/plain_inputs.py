"""What requirements files surely ask for, read before everything that reads them for certain is loaded.

For speed: `packaging` and the readers of files take longer to load than an index takes to answer, so the first
requests leave before (``tox -e bench``, cold rows).  Lines are taken apart by the same readers as later, which remember
them.  Whatever is not as plain as a name with versions gives no names at all: an option could name another index.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

from piptools_clone.formats.requirements.file_options import SplitLine, split_line
from piptools_clone.formats.requirements.grammar import (
    MARKER_DEPTH,
    REQUIREMENT_LENGTH,
    PlainRequirement,
    is_usual_hash,
    split_plain_line,
)
from piptools_clone.formats.requirements.logical_lines import decode_requirements, logical_lines
from piptools_clone.formats.sanitize import has_control_character
from piptools_clone.formats.schemes import scheme_of

Read = Callable[[str], bytes]

DEPTH = 20
"""How deep files may include one another before that is not plain any more."""

_PINNED = (
    r"==[0-9]++(?:\.[0-9]++)*+(?:(?:a|b|rc)[0-9]++)?+(?:\.post[0-9]++)?+(?:\.dev[0-9]++)?+"
    r"(?:\+[a-z0-9]++(?:\.[a-z0-9]++)*+)?+"
)
_ADDRESS = r"https?://[\w.:/-]++"
_COMPARISON = (
    r'\b(?:python_(?:full_)?version (?:[<>]=?|[=!]=) "[0-9]++(?:\.[0-9]++)*+"'
    r'|(?:os_name|sys_platform|implementation_name|platform_(?:machine|system|python_implementation)) [=!]= "[\w.-]*+")'
)


class PlainInputs:
    """What plain files require whatever the target is: canonical names (PEP 503), in order, each with its demands.

    A demand is the extras, with commas, and the specifier, as written.  ``others`` tells whether the files say anything
    else about which versions to choose: constraints, hashes.
    """

    __slots__ = ("demands", "others")

    def __init__(self) -> None:
        self.demands: dict[str, list[tuple[str, str]]] = {}
        self.others = False

    def collect(self, path: str, read: Read, depth: int = DEPTH) -> None:
        """Add what a file requires; raises ValueError where it is not plain."""
        if depth == 0 or not path.endswith((".in", ".txt")):
            raise ValueError(path)
        for line in logical_lines(decode_requirements(read(path)), {}):
            if "$" in line.text:
                raise ValueError(line.text)
            split = split_line(line.text)
            if split.requirement:
                self._add(split)
            else:
                self._include(path, split, read, depth)

    def constrain(self, path: str, read: Read, depth: int = DEPTH) -> None:
        """Look at a file that only bounds versions; raises ValueError where it is not plain."""
        PlainInputs().collect(path, read, depth)
        self.others = True

    def _add(self, split: SplitLine) -> None:
        plain, marker = _plain(split)
        self.others = self.others or bool(split.options)
        if not marker:
            self.demands.setdefault(plain.name, []).append((",".join(plain.extras), plain.specifier))

    def _include(self, path: str, split: SplitLine, read: Read, depth: int) -> None:
        ((option, target),) = split.options  # more than one are not plain
        is_file = not scheme_of(target) and not has_control_character(target)
        if option not in {"requirement", "constraint"} or split.stray or not is_file:
            raise ValueError(option)
        add = self.constrain if option == "constraint" else self.collect
        add(os.path.join(os.path.dirname(path), target), read, depth - 1)


def plain_inputs(paths: Iterable[str], constraints: Iterable[str], read: Read) -> PlainInputs | None:
    """What files require; None if anything is not plain.

    ``constraints`` are files that only bound versions; they must be plain, too.  ``read`` may raise OSError.
    """
    found = PlainInputs()
    try:
        for path in paths:
            found.collect(path, read)
        for path in constraints:
            found.constrain(path, read)
    except (OSError, ValueError):
        return None
    return found


def plain_names(paths: Iterable[str], constraints: Iterable[str], read: Read) -> tuple[str, ...]:
    """The names that files require, as `plain_inputs` finds them; () if anything is not plain."""
    found = plain_inputs(paths, constraints, read)
    return () if found is None else tuple(found.demands)


def is_plain_lock(content: bytes) -> bool:
    """Whether a lock is surely one that can be read: pins with or without hashes, comments, addresses of indexes."""
    try:
        return all(_is_plain_pin(split_line(line.text)) for line in logical_lines(decode_requirements(content), {}))
    except ValueError:
        return False


def _is_plain_pin(split: SplitLine) -> bool:
    if not split.requirement:
        addresses = [value for name, value in split.options if name in {"index_url", "extra_index_url"}]
        plain = len(addresses) == len(split.options) and not split.stray
        return plain and all(re.fullmatch(_ADDRESS, address) for address in addresses)
    pin, marker = _plain(split)
    return re.fullmatch(_PINNED, pin.specifier) is not None and (not marker or _is_sure_marker(marker))


def _is_sure_marker(text: str) -> bool:
    """Whether a marker is surely one, as those of locks for many environments nearly always are.

    Comparisons of the usual kinds, spelled as `packaging` does, may be joined with ``and`` and ``or``, in parentheses.
    """
    depth, is_open = 0, True  # open: a comparison must follow
    for word in re.sub(_COMPARISON, "\x01", text).replace("(", " ( ").replace(")", " ) ").split():
        if is_open != (word in ("\x01", "(")):
            return False
        depth += {"(": 1, ")": -1}.get(word, 0)
        is_open = word in ("(", "and", "or")
        if not 0 <= depth <= MARKER_DEPTH or word not in ("\x01", "(", ")", "and", "or"):
            return False
    return depth == 0 and not is_open and len(text) <= REQUIREMENT_LENGTH and text.isprintable()


def _plain(split: SplitLine) -> tuple[PlainRequirement, str]:
    """The requirement of a line with nothing but hashes beside it, and its marker; raises ValueError for any other."""
    text, _, marker = split.requirement.partition(";")
    plain = split_plain_line(text.strip())
    if (
        plain is None
        or split.stray
        or not all(name == "hash" and is_usual_hash(value) for name, value in split.options)
    ):
        raise ValueError(split.requirement)
    return plain, marker.strip()
