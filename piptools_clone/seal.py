"""What spares a `pip-sync` all work when nothing has changed since it last made an environment equal to its locks.

A seal is written after a sync that changed something.  It holds the command as it was given, the content of every
file that was read, and what the folders of the environment looked like afterwards.  While all of that is as it was, a
plan would be empty again, for a plan depends on nothing else.  Whatever is in doubt makes no seal or breaks it.

This stands before everything else a run does: it imports built-in modules only, and answers in a millisecond.
"""

# ruff: noqa: PTH100, PTH103, PTH105, PTH109, PTH111, PTH116, PTH118, PTH120, PTH123
from __future__ import annotations

import marshal
import os
import sys
import zlib

from piptools_clone.environment.boot import boot_id, is_sure
from piptools_clone.environment.own_names import FOLDER, NOTE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

FORMAT = 2
CONFIG_FILES = (".pip-tools.toml", "pyproject.toml")
RECORDED = (".dist-info", ".egg-info", ".egg-link", ".egg")
_VARIABLES = ("PIP_", "PIPTOOLS_", "XDG_", "HOME", "PYTHONUSERBASE", "VIRTUAL_ENV", "CONDA_")
UNSEALED = ("--verify", "--report", "--pip-args", "--config", "-h", "--help", "--version", "-")


def holds(version: str, argv: Sequence[str]) -> str | None:
    """Give what to say where a seal of this very command says that there is nothing to do; None for any error."""
    if any(word.partition("=")[0] in UNSEALED for word in argv):
        return None
    key = key_of(version, argv)
    try:
        with open(_path(key, cache_folder(argv)), "rb") as file:
            stored_key, contents, stats, sites, said = marshal.load(file)  # noqa: S302 - a private file of this user
        if (
            stored_key == key
            and all(content_of(path) == content for path, content in contents)
            and all(stat_of(path) == stat for path, stat in stats)
            and all(entries_of(site) == entries for site, entries in sites)
        ):
            return str(said)
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return None


def write(
    version: str, argv: Sequence[str], files: Iterable[str], watched: Iterable[str], sites: Iterable[str], *, said: str
) -> None:
    """Seal a command: ``files`` are the locks it read, ``watched`` what tells the interpreter, ``sites`` its folders.

    ``said`` is what a run that has nothing to do writes to stdout.
    Writes nothing where the answer could depend on more than that, or where the cache cannot be written.
    """
    contents = [(os.path.abspath(path), content_of(path)) for path in files]
    if any(word.partition("=")[0] in UNSEALED for word in argv) or any(
        b"${" in (data or b"${") for _, data in contents
    ):
        return
    configs = configs_of(contents)
    key = key_of(version, argv)
    stats = [(path, stat_of(path)) for path in (*configs, *watched)]
    content = marshal.dumps((key, contents, stats, [(site, entries_of(site)) for site in sites], said))
    keep(_path(key, cache_folder(argv)), content)


def keep(path: str, content: bytes) -> None:
    """Write a private file of the cache, as a whole or not at all."""
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError:
        return


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


def configs_of(contents: Iterable[tuple[str, bytes | None]]) -> list[str]:
    """List the files that may configure a command with these locks."""
    return [os.path.join(folder, name) for folder in _upward(contents) for name in CONFIG_FILES]


def key_of(version: str, argv: Sequence[str]) -> tuple[Any, ...]:
    """Say how a command was given, and by what."""
    variables = sorted(pair for pair in os.environ.items() if pair[0].startswith(_VARIABLES))
    return (FORMAT, version, sys.version, sys.executable, os.getcwd(), tuple(argv), tuple(variables))


def _path(key: tuple[Any, ...], cache: str) -> str:
    return os.path.join(cache, "seals-v1", f"{zlib.crc32(repr(key).encode('utf-8', 'surrogatepass')):08x}")


def _upward(contents: Iterable[tuple[str, bytes | None]]) -> list[str]:
    """List the folders of the files and the working folder with all their parents: a configuration may lie in each."""
    found = []
    for start in (os.getcwd(), *(os.path.dirname(path) for path, _ in contents)):
        folder, parent = start, ""
        while folder not in found and folder != parent:
            found.append(folder)
            parent, folder = folder, os.path.dirname(folder)
    return found


def content_of(path: str) -> bytes | None:
    """Read a file; None where that cannot be done."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def stat_of(path: str) -> tuple[int, int, int] | None:
    """What changes when a file does; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def entries_of(site: str) -> list[tuple[str, int]] | None:
    """What is recorded as installed, each with its time; None for a folder that is being changed."""
    try:
        with os.scandir(site) as entries:
            found = [(entry.name, entry) for entry in entries]
    except OSError:
        return None
    names = {name for name, _ in found}
    if FOLDER in names or (NOTE in names and not is_sure(site, boot_id())):
        return None
    return sorted((name, _time_of(entry)) for name, entry in found if name.endswith(RECORDED))


def _time_of(entry: os.DirEntry[str]) -> int:
    """When what is recorded changed last; 0 for a link that leads nowhere."""
    try:
        return entry.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
