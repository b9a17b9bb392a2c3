"""The paths in a wheel: plain, unique on every file system, and none that belongs to something else.  Pure.

Law: a wheel brings no metadata but its own, nothing that is the sync's own, and nothing that Python, pip or the
activation of an environment are started by.  What a path comes to in one environment is looked at in `final_paths`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from piptools_clone.environment.own_names import folded, is_own_name
from piptools_clone.errors import MetadataError
from piptools_clone.formats.sanitize import inert

METADATA_SUFFIXES = (".dist-info", ".egg-info", ".egg-link", ".egg")
"""What in a folder of modules tells that something is installed; ``easy-install.pth`` belongs to the older of them."""

_LONGEST = 4096  # bytes of a path; no system takes more
_SHORT = 200  # bytes of a path that is usual, and has no more than `MAX_DEPTH` folders
MAX_DEPTH = 100
"""Folders that a file may lie in, one in another; known wheels have some 20."""
MAX_FOLDERS = 100_000
"""Folders of a wheel; the largest wheels known have some 3,000."""
_SCRIPT_NAME = re.compile(r"[A-Za-z0-9_.-]*[A-Za-z0-9_-]\Z")
_STARTS_PYTHON = re.compile(
    r"((python|pypy|graalpy)w?[0-9.]*t?d?|activate(\.[a-z0-9]+)?|deactivate(\.[a-z0-9]+)?|activate_this\.py"
    r"|pyvenv\.cfg|pybuilddir\.txt|.*\._pth|(lib)?python.*\.(dll|dylib|so[0-9.]*))(\.exe)?\Z"
)
_STARTS_PIP = re.compile(r"pip[0-9.]*(\.exe)?\Z")
_ODD = re.compile(r"[\\:]|(\A|/)(\.|/|\Z)")
_DRIVE = re.compile(r"[A-Za-z]:")


class WheelFault(MetadataError):
    """A wheel that must not be installed; the message names the file and the fault."""


def check_paths(filename: str, paths: Iterable[str]) -> None:
    """Refuse paths that are not plain relative ones, and those on which a name of the sync's own stands."""
    for path in paths:
        if not _is_usual(path):
            _check_path(filename, path)
        if "piptoo" in path.lower() or not path.isascii():
            _check_own_names(filename, path)


def check_unique(filename: str, paths: Iterable[str], *, relaxed: bool) -> None:
    """Refuse paths that some file system takes for the same one; ``relaxed`` refuses equal ones only."""
    seen: dict[str, str] = {}
    for path in paths:
        key = path if relaxed else folded(path)
        other = seen.setdefault(key, path)
        if other is not path:
            clash = "is there twice" if other == path else f"differs from {inert(other)!r} in case only"
            if clash.endswith("only") and other.lower() != path.lower():
                clash = f"differs from {inert(other)!r} in the form of its characters only"
            raise WheelFault(f"{inert(filename)}: {inert(path)!r} {clash}")
    folders = _parents(filename, seen)
    for key in sorted(folders & seen.keys()):
        raise WheelFault(f"{inert(filename)}: {inert(seen[key])!r} is a file and a folder")


def check_metadata_folders(filename: str, paths: Iterable[str], info: str, data: str) -> None:
    """Refuse what would be taken for the metadata of another distribution, or be put into its own by another way.

    ``info`` and ``data`` are the wheel's two special folders.
    """
    tops = {path.partition("/")[0] for path in paths}
    for scheme in ("purelib", "platlib"):
        start = f"{data}/{scheme}/"
        tops |= {path[len(start) :].partition("/")[0] for path in paths if path.startswith(start)}
        if info in {path[len(start) :].partition("/")[0] for path in paths if path.startswith(start)}:
            raise WheelFault(f"{inert(filename)}: {inert(start + info)} would write its own metadata by another way")
    for top in sorted(tops - {info}):
        if is_metadata_name(top):
            raise WheelFault(f"{inert(filename)}: {inert(top)!r} would be taken for another distribution")


def is_metadata_name(name: str) -> bool:
    """Whether something of that name, in a folder of modules, tells of a distribution."""
    spelled = folded(name).rstrip(". ")
    return spelled.endswith(METADATA_SUFFIXES) or spelled == "easy-install.pth"


def check_compiled(filename: str, paths: Iterable[str]) -> None:
    """Refuse a compiled module without its source: it would be run in place of one that another distribution brings."""
    compiled = [path for path in paths if "__pycache__/" in path]
    known = set(paths) if compiled else set()
    for path in compiled:
        folder, _, name = path.rpartition("__pycache__/")
        if name.lower().endswith(".pyc") and f"{folder}{name.partition('.')[0]}.py" not in known:
            raise WheelFault(
                f"{inert(filename)}: {inert(path)!r} is compiled from a source that is not in it",
                hint="if you trust the file all the same: --relax-record with the name of the project",
            )


def check_script_name(filename: str, script: str, name: str) -> None:
    """Refuse scripts with odd names, and those that would replace the interpreter, pip or ``activate``.

    ``name`` is the canonical one of the project.
    """
    if not _SCRIPT_NAME.match(script):
        raise WheelFault(f"{inert(filename)}: {inert(script)!r} is no name for a script")
    if starts_python(script) or (_STARTS_PIP.match(script.lower()) and name != "pip"):
        raise WheelFault(f"{inert(filename)}: a script may not be named {inert(script)!r}")


def starts_python(name: str) -> bool:
    """Whether a file of that name beside an interpreter takes part in starting it, or in activating its environment."""
    return _STARTS_PYTHON.match(folded(name).rstrip(". ")) is not None


def _is_usual(path: str) -> bool:
    """Whether a path is plain at a glance: nearly every one is, and what is odd need not be wrong."""
    return path.isascii() and path.isprintable() and not _ODD.search(path) and len(path) <= _SHORT


def _check_path(filename: str, path: str) -> None:
    parts = path.split("/")
    if "\\" in path or _DRIVE.match(path) or any(part in ("", ".", "..") for part in parts):
        raise WheelFault(f"{inert(filename)}: the path {inert(path)!r} is not a plain relative one")
    if any(ord(char) < 32 or ord(char) == 127 for char in path) or len(path.encode("utf-8", "replace")) > _LONGEST:
        raise WheelFault(f"{inert(filename)}: the path {inert(path)!r} cannot be used")
    if len(parts) > MAX_DEPTH:
        raise WheelFault(f"{inert(filename)}: the path {inert(path)!r} leads through more than {MAX_DEPTH} folders")


def _check_own_names(filename: str, path: str) -> None:
    if any(map(is_own_name, path.split("/"))):
        raise WheelFault(f"{inert(filename)}: the path {inert(path)!r} has a name that is kept for pip-sync itself")


def _parents(filename: str, paths: Iterable[str]) -> set[str]:
    """Find all folders on the way to some paths, of which a few may lead through very many."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
        if len(found) > MAX_FOLDERS:
            raise WheelFault(f"{inert(filename)}: its files lie in more than {MAX_FOLDERS:,} folders")
    return found
