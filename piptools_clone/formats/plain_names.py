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

_HASHES = re.compile(r"(?:\s*\\\r?\n\s*--hash=\w+:\w+)+")
_PLAIN = re.compile(
    r"(?:"
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
    r"\s*(?:\[[\w.,\s-]*\])?\s*(?:\(?\s*[<>=!~](?:(?!\s-)[^;@#\\$])*)?(?P<marker>;[^\\$]*)?"
    r"|(?:(?:-r|--requirement|-c|--constraint)(?:\s+|=))(?P<file>[\w./+~-]+)"
    r")?(?:(?:^|\s+)#.*)?",
    re.ASCII,
)

_PLAIN_PIN = (
    r"\s*(?:#.*"
    r"|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[\w.,-]*\])?"
    r"==[0-9]+(?:\.[0-9]+)*(?:(?:a|b|rc)[0-9]+)?(?:\.post[0-9]+)?(?:\.dev[0-9]+)?(?:\+[a-z0-9.]+)?(?:\s+(?:\\|#.*))?"
    r"|--hash=sha256:[0-9a-f]{64}(?:\s+(?:\\|#.*))?"
    r"|--(?:extra-)?index-url\s+https?://[\w.:/-]+"
    r")?\s*"
)


def is_plain_lock(content: bytes) -> bool:
    """Whether a lock is surely one that can be read: pins with or without hashes, comments, addresses of indexes."""
    plain = re.compile(_PLAIN_PIN, re.ASCII).fullmatch  # here, for most runs of a cold cache have no old lock
    try:
        return all(map(plain, content.decode().splitlines()))
    except UnicodeDecodeError:
        return False


def plain_names(paths: Iterable[str], constraints: Iterable[str], read: Read) -> tuple[str, ...]:
    """The canonical names (PEP 503) that files require whatever the target is, in order; () if anything is not plain.

    ``constraints`` are files that only bound versions; they must be plain, too.  ``read`` may raise OSError.
    """
    found: dict[str, None] = {}
    try:
        for path in paths:
            _collect(path, read, found, DEPTH)
        for path in constraints:
            _collect(path, read, {}, DEPTH)
    except (OSError, ValueError):
        return ()
    return tuple(found)


def _collect(path: str, read: Read, found: dict[str, None], depth: int) -> None:
    """Add the names of a file; raises ValueError where it is not plain."""
    if depth == 0 or not path.endswith((".in", ".txt")):
        raise ValueError
    for line in _HASHES.sub("", read(path).decode()).splitlines():
        match = _PLAIN.fullmatch(line.strip())
        if match is None:
            raise ValueError
        if match["file"]:
            only_bounds = line.lstrip().startswith(("-c", "--c"))
            included = os.path.join(os.path.dirname(path), match["file"])  # noqa: PTH118, PTH120 - pathlib is slow
            _collect(included, read, {} if only_bounds else found, depth - 1)
        elif match["name"] and not match["marker"]:
            found[re.sub(r"[-_.]+", "-", match["name"]).lower()] = None
