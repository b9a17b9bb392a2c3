"""What requirements files surely ask for, seen without parsing them: only where nothing in them could mean more.

To parse requirements takes libraries that take longer to load than an index takes to answer, so names are looked for
before.  Whatever is not as plain as a name with versions gives no names at all: an option could name another index.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

Read = Callable[[str], bytes]

DEPTH = 20
"""How deep files may include one another before that is not plain any more."""

_HASHES = r"\\\r?\n\s*+--hash=\w++:\w++"
_PLAIN = re.compile(
    r"(?P<name>(?>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?))\s*+(?:\[(?P<extras>[\w.,\s-]*+)\]\s*+)?+"
    r"(?:\(?\s*+(?P<bounds>[<>=!~](?:(?!\s-)[^;@#\\$])*+))?+(?P<marker>;[^\\$]*+)?+(?:(?<=\s)#.*+)?+",
    re.ASCII,
)
_PLAIN_FILE = r"(?:-r|--requirement|-c|--constraint)(?:\s++|=)(?P<file>[\w./+~-]++)(?:\s++#.*+)?+"

_PLAIN_PIN = (
    r"\s*+(?:#.*+"
    r"|(?>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[\w.,-]*+\])?+"
    r"==[0-9]++(?:\.[0-9]++)*+(?:(?:a|b|rc)[0-9]++)?+(?:\.post[0-9]++)?+(?:\.dev[0-9]++)?+(?:\+[a-z0-9.]++)?+"
    r"(?:\s++(?:\\|#.*+))?"
    r"|--hash=sha256:[0-9a-f]{64}(?:\s++(?:\\|#.*+))?"
    r"|--(?:extra-)?index-url\s++https?://[\w.:/-]++"
    r")?+\s*+"
)


def is_plain_lock(content: bytes) -> bool:
    """Whether a lock is surely one that can be read: pins with or without hashes, comments, addresses of indexes."""
    plain = re.compile(_PLAIN_PIN, re.ASCII).fullmatch  # here, for most runs of a cold cache have no old lock
    try:
        return all(map(plain, content.decode().splitlines()))
    except UnicodeDecodeError:
        return False


class PlainInputs:
    """What plain files require whatever the target is: canonical names (PEP 503), in order, each with its demands.

    A demand is the extras and the specifier, as written.  ``others`` tells whether the files say anything else about
    which versions to choose: constraints, hashes.
    """

    __slots__ = ("demands", "others")

    def __init__(self) -> None:
        self.demands: dict[str, list[tuple[str, str]]] = {}
        self.others = False

    def collect(self, path: str, read: Read, depth: int = DEPTH) -> None:
        """Add what a file requires; raises ValueError where it is not plain."""
        if depth == 0 or not path.endswith((".in", ".txt")):
            raise ValueError
        text = read(path).decode()
        bare = re.sub(_HASHES, "", text) if "--hash=" in text else text
        self.others = self.others or bare != text
        for line in map(str.strip, bare.splitlines()):
            if line.startswith("-"):
                self._include(path, line, read, depth)
            elif line and not line.startswith("#"):
                self._add(line)

    def _add(self, line: str) -> None:
        match = _PLAIN.fullmatch(line)
        if match is None:
            raise ValueError
        if not match["marker"]:
            demand = match["extras"] or "", (match["bounds"] or "").rstrip(" )")
            self.demands.setdefault(_canonical(match["name"]), []).append(demand)

    def constrain(self, path: str, read: Read, depth: int = DEPTH) -> None:
        """Look at a file that only bounds versions; raises ValueError where it is not plain."""
        PlainInputs().collect(path, read, depth)
        self.others = True

    def _include(self, path: str, line: str, read: Read, depth: int) -> None:
        match = re.fullmatch(_PLAIN_FILE, line, re.ASCII)
        if match is None:
            raise ValueError
        add = self.constrain if line.startswith(("-c", "--c")) else self.collect
        add(os.path.join(os.path.dirname(path), match["file"]), read, depth - 1)


def _canonical(name: str) -> str:
    """The canonical form of a valid name (PEP 503); `packaging` takes long to load."""
    return "-".join(filter(None, name.lower().replace("_", "-").replace(".", "-").split("-")))


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
