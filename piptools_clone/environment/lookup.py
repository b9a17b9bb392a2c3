"""Where interpreters lie, by path, name or version: on PATH, among those of pyenv and of uv.  Starts nothing.

A shim of pyenv is a script that stands for the same program of a chosen version, and fails where that version lacks it.
So shims are followed here by pyenv's own rules (its README, "Understanding Python version selection"), and passed over
where they would fail.
"""

# pathlib is a slow import:
from __future__ import annotations

import os

from piptools_clone.errors import EnvironmentFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Version = tuple[int, ...]
VERSION_FILE = ".python-version"
_FILE_LIMIT = 4096  # characters of a .python-version: it holds a few words
_PREFIXES = ("python", "python-", "cpython-")


def is_path(python: str) -> bool:
    """Whether an interpreter is named by where it is, so that it is the same one in every run."""
    programs = (os.path.join("bin", "python"), os.path.join("Scripts", "python.exe"), "python.exe")
    is_environment = any(os.path.lexists(os.path.join(python, program)) for program in programs)
    return os.path.basename(python) != VERSION_FILE and bool(os.path.dirname(python) or is_environment)


def parse_version(text: str) -> Version | None:
    """Read ``3``, ``3.12``, ``3.12.4`` or ``python3.12``; None for anything else."""
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix)
    parts = text.split(".")
    return (
        tuple(map(int, parts)) if len(parts) <= 3 and all(each.isascii() and each.isdigit() for each in parts) else None
    )


def fits(version: Version, wanted: Version) -> bool:
    """Whether a version is one of those that were asked for: 3.12.4 is a 3.12."""
    return version[: len(wanted)] == wanted


def find_executable(executable: str, environ: Mapping[str, str] = os.environ, near: Sequence[str] = ()) -> str:
    """Find the absolute path of an interpreter given as a path or as a name on PATH, links left as they are.

    ``environ`` and ``near`` are as in `find_on_path`.  Raises `EnvironmentFailure`.
    """
    text = executable
    if os.path.isdir(text) and is_path(text):
        text = _of_environment(text)
    found = text if os.path.dirname(text) and is_program(text) else _which(text, environ, near)
    if found is None:
        hint = "it is a broken link" if os.path.islink(text) else _hint_of_pyenv(text, environ)
        raise EnvironmentFailure(f"Could not resolve '{text}' as valid executable path or alias.", hint=hint)
    return os.path.abspath(found)


def is_program(path: str) -> bool:
    """Whether there is a file that may be run."""
    return os.path.isfile(path) and os.access(path, os.X_OK)


def find_on_path(name: str, environ: Mapping[str, str], near: Sequence[str]) -> Iterator[str]:
    """Yield the programs of this name on PATH, shims followed.

    ``near`` are the folders in which, and above which, a ``.python-version`` says what a shim stands for.
    """
    import shutil

    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which(name, path=folder) if folder else None
        root = pyenv_of_shim(found) if found else None
        if root is not None:
            found = _behind_shim(name, root, environ, near)
        if found:
            yield found


def pyenv_of_shim(path: str) -> str | None:
    """Name the root of the pyenv whose shim a program is; None for any other program."""
    folder, root = os.path.dirname(path), os.path.dirname(os.path.dirname(path))
    is_shim = os.path.basename(folder) == "shims" and os.path.isdir(os.path.join(root, "versions"))
    return root if is_shim and os.name == "posix" else None


def find_versions(wanted: Version | None, environ: Mapping[str, str]) -> list[tuple[Version, str]]:
    """List what pyenv and uv have installed, the newest first: all, or what fits."""
    found = [*_of_pyenv(environ), *_of_uv(environ)]
    chosen = [each for each in found if wanted is None or fits(each[0], wanted)]
    return sorted(chosen, key=lambda each: each[0], reverse=True)


def names_on_path(environ: Mapping[str, str]) -> list[str]:
    """List names such as ``python3.12`` that programs on PATH have."""
    names = {"python3", "python"}
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        names.update(name for name in _listed(folder) if name.startswith("python3.") and parse_version(name))
    return sorted(names)


def read_version_file(path: str) -> list[str]:
    """List the words of a ``.python-version``: versions, or names of pyenv's environments, the first preferred."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read(_FILE_LIMIT).splitlines()
    except OSError:
        return []
    return [word for line in lines for word in line.partition("#")[0].split()]


def find_of_pyenv(word: str, environ: Mapping[str, str], name: str = "python") -> str | None:
    """Find a program of a version or an environment that pyenv knows by this word."""
    return _program(_root(environ), word, name)


def _of_environment(folder: str) -> str:
    """Name the interpreter of an environment; that of conda has it elsewhere on Windows."""
    if os.name != "nt":
        return os.path.join(folder, "bin", "python")
    places = [os.path.join(folder, *parts, "python.exe") for parts in (("Scripts",), ())]
    return next(filter(is_program, places), places[0])


def _which(text: str, environ: Mapping[str, str], near: Sequence[str]) -> str | None:
    return None if os.path.dirname(text) else next(find_on_path(text, environ, near), None)


def _hint_of_pyenv(name: str, environ: Mapping[str, str]) -> str:
    """Say which versions of pyenv have a program that none of those in use has."""
    import shutil

    shim = shutil.which(name, path=environ.get("PATH"))
    if shim is None or pyenv_of_shim(shim) is None:
        return ""
    versions = [".".join(map(str, version)) for version, _ in find_versions(None, environ)]
    return (
        f"pyenv uses no version here that has {name}; it has {', '.join(versions)}: choose one with `pyenv local`, or "
        "name the version, as in --python 3.12"
    )


def _behind_shim(name: str, root: str, environ: Mapping[str, str], near: Sequence[str]) -> str | None:
    for word in _chosen(root, environ, near):
        found = None if word == "system" else _program(root, word, name)
        if found:
            return found
    return None


def _chosen(root: str, environ: Mapping[str, str], near: Sequence[str]) -> list[str]:
    """List the versions that pyenv would use here."""
    if environ.get("PYENV_VERSION"):
        return environ["PYENV_VERSION"].split(":")
    for path in _version_files(near):
        words = read_version_file(path)
        if words:
            return words
    return read_version_file(os.path.join(root, "version"))


def _version_files(near: Iterable[str]) -> Iterator[str]:
    for start in (*near, os.curdir):
        folder, before = os.path.abspath(start), ""
        while folder != before:
            yield os.path.join(folder, VERSION_FILE)
            folder, before = os.path.dirname(folder), folder


def _program(root: str, word: str, name: str) -> str | None:
    word = word.removeprefix("python-")
    if not word or word != os.path.basename(word) or word in (os.curdir, os.pardir):
        return None  # a version is a folder of pyenv's, and leads nowhere else
    versions = os.path.join(root, "versions")
    longer = [each for each in _listed(versions) if each.startswith(f"{word}.") and parse_version(each)]
    for folder in (word, *sorted(longer, key=lambda each: parse_version(each) or (), reverse=True)):
        path = os.path.join(versions, folder, "bin", name)
        if is_program(path):
            return path
    return None


def _root(environ: Mapping[str, str]) -> str:
    return environ.get("PYENV_ROOT") or os.path.join(_home(environ), ".pyenv")


def _home(environ: Mapping[str, str]) -> str:
    return environ.get("HOME") or environ.get("USERPROFILE") or os.path.expanduser("~")


def _of_pyenv(environ: Mapping[str, str]) -> Iterator[tuple[Version, str]]:
    folder = os.path.join(_root(environ), "versions")
    for name in _listed(folder):
        version = parse_version(name) if name[0].isdigit() else None
        if version is not None:
            yield from _installed(version, os.path.join(folder, name))


def _of_uv(environ: Mapping[str, str]) -> Iterator[tuple[Version, str]]:
    """Read ``cpython-3.12.4-linux-x86_64-gnu`` (uv's documentation, "Python versions")."""
    data = environ.get("XDG_DATA_HOME") or os.path.join(_home(environ), ".local", "share")
    if os.name == "nt":
        data = environ.get("APPDATA", "")
    folder = environ.get("UV_PYTHON_INSTALL_DIR") or os.path.join(data, "uv", "python")
    for name in _listed(folder):
        kind, _, rest = name.partition("-")
        version = parse_version(rest.partition("-")[0]) if kind == "cpython" else None
        if version is not None and len(version) == 3:  # a shorter one is a link to one of these
            yield from _installed(version, os.path.join(folder, name))


def _installed(version: Version, folder: str) -> Iterator[tuple[Version, str]]:
    inside = "python.exe" if os.name == "nt" else os.path.join("bin", "python")
    path = os.path.join(folder, inside)
    if os.path.isfile(path):
        yield version, path


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder) if folder else []
    except OSError:
        return []
