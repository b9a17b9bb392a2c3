"""What spares a `pip-sync` all work when nothing has changed since it last made an environment equal to its locks.

A seal is written after a sync that changed something.  It holds the digests of all files that were read, and what the
files that decide and the folders of the environment looked like afterwards, under a digest of the command as it was
given.  While all of that is as it was, a plan would be empty again, for a plan depends on nothing else.  Whatever is in
doubt makes no seal or breaks it.

This stands before everything else a run does: it imports built-in modules only, and answers in a few milliseconds.
"""

from __future__ import annotations

import marshal
import os
import sys

from piptools_clone.run.memo.witness import Depends, digest_of, installed_in, settled, stat_of
from piptools_clone.store import private
from piptools_clone.store.sha256 import sha256_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FORMAT = 3
CONFIG_FILES = (".pip-tools.toml", "pyproject.toml")
_FOLDER = "seals-v2"
_VARIABLES = ("PIP_", "PIPTOOLS_", "XDG_", "HOME", "PYTHONUSERBASE", "VIRTUAL_ENV", "CONDA_")
UNSEALED = ("--verify", "--report", "--pip-args", "--config", "-h", "--help", "--version", "-")


def holds(version: str, argv: Sequence[str]) -> str | None:
    """Give what to say where a seal of this very command says that there is nothing to do; None for any error."""
    if any(word.partition("=")[0] in UNSEALED for word in argv):
        return None
    try:
        content = private.read(_path(version, argv))
        if content is None:
            return None
        contents, stats, sites, said = marshal.loads(content)  # noqa: S302 - a private file of this user
        if (
            all(digest_of(path) == digest for path, digest in contents)
            and all(stat_of(path) == seen for path, seen in stats)
            and all(installed_in(site) == found for site, found in sites)
        ):
            return str(said)
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return None


def write(version: str, argv: Sequence[str], depends: Depends, *, said: str) -> None:
    """Seal a command, whose plan depends on that; ``said`` is what a run that has nothing to do writes to stdout.

    Writes nothing where the answer could depend on more, or where the cache cannot be written.
    """
    if any(word.partition("=")[0] in UNSEALED for word in argv):
        return
    try:
        seen = (
            [*zip(map(os.path.abspath, depends.files), depends.digests, strict=True)],
            settled((*configs_of(depends.files), *depends.watched)),
            [(site, installed_in(site)) for site in depends.sites],
            said,
        )
    except OSError:
        return
    private.write(_path(version, argv), marshal.dumps(seen))


def cache_folder(argv: Sequence[str]) -> str:
    """Find the cache folder as the options do, the last one given, without understanding the others."""
    for at, word in reversed([*enumerate(argv)]):
        name, equals, value = word.partition("=")
        if name == "--cache-dir":
            return value if equals else "".join(argv[at + 1 : at + 2])
    given = os.environ.get("PIP_TOOLS_CACHE_DIR")
    if given:
        return given
    base = "" if sys.platform == "darwin" else os.environ.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):
        base = os.path.expanduser("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")
    return os.path.join(base, "piptools-clone")


def configs_of(files: Iterable[str]) -> list[str]:
    """List the files that may configure a command with these locks."""
    return [os.path.join(folder, name) for folder in _upward(files) for name in CONFIG_FILES]


def key_of(version: str, argv: Sequence[str]) -> str:
    """A digest of how a command was given, and by what: addresses and variables may hold secrets."""
    variables = sorted(pair for pair in os.environ.items() if pair[0].startswith(_VARIABLES))
    how = (FORMAT, version, sys.version, sys.executable, sys.prefix, os.getcwd(), tuple(argv), tuple(variables))
    return sha256_of(repr(how).encode("utf-8", "surrogatepass"))


def _path(version: str, argv: Sequence[str]) -> str:
    return os.path.join(cache_folder(argv), _FOLDER, key_of(version, argv))


def _upward(files: Iterable[str]) -> list[str]:
    """List the folders of the files and the working folder with all their parents: a configuration may lie in each."""
    found: list[str] = []
    for start in (os.getcwd(), *(os.path.dirname(os.path.abspath(file)) for file in files)):
        folder, parent = start, ""
        while folder not in found and folder != parent:
            found.append(folder)
            parent, folder = folder, os.path.dirname(folder)
    return found
