"""Finds the interpreter that a user names: by a path, a name, a version, or a ``.python-version`` file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from piptools_clone.environment.interpreter import Interpreter, ask_launcher, probe_interpreter
from piptools_clone.environment.lookup import (
    VERSION_FILE,
    Version,
    find_executable,
    find_of_pyenv,
    find_on_path,
    find_versions,
    fits,
    is_path,
    names_on_path,
    parse_version,
    read_version_file,
)
from piptools_clone.errors import EnvironmentFailure, UsageError
from piptools_clone.formats.sanitize import inert
from piptools_clone.store.cache import Cache

_LISTED = 12
"""So many interpreters are named where none is the wanted one."""


def find_interpreter(
    python: str,
    environ: Mapping[str, str],
    *,
    sources: Sequence[str] = (),
    first: Sequence[str] = (),
    cache: Cache | None = None,
) -> Interpreter:
    """Find what ``--python`` names, and ask it.

    A version such as ``3.12``, or the path of a ``.python-version`` that holds some, is looked for: among the
    interpreters or environments ``first``, on PATH, among the versions of pyenv, those of uv, and by the launcher
    ``py``.  A name is looked up on PATH; one such as ``python3.12`` that is not there means the version.  Shims of
    pyenv stand for what a ``.python-version`` from the folder of the first source upward says, then one from the
    working folder.  Raises `EnvironmentFailure` with what was found instead.
    """
    near = _near(sources)
    if _is_version_file(python):
        return _by_file(python, environ, near, first, cache)
    version = _version_in(python, environ, near)
    if version is None:
        return probe_interpreter(find_executable(python, environ, near), cache=cache)
    return _by_version(version, environ, near, first, cache)


def is_searched(python: str, environ: Mapping[str, str], sources: Sequence[str] = ()) -> bool:
    """Whether a version is named, and not a program: there may be many of it, and none is meant more than another."""
    return _is_version_file(python) or _version_in(python, environ, _near(sources)) is not None


def _version_in(python: str, environ: Mapping[str, str], near: Sequence[str]) -> Version | None:
    version = None if is_path(python) else parse_version(python)
    if version is None or python[0].isdigit():
        return version
    if len(version) < 2:  # python3
        return None
    return None if next(find_on_path(python, environ, near), None) else version  # python3.12


def _is_version_file(python: str) -> bool:
    return os.path.basename(python) == VERSION_FILE and os.path.isfile(python)


def _near(sources: Sequence[str]) -> list[str]:
    return [os.path.dirname(source) for source in sources[:1] if "://" not in source]


def _by_file(
    path: str, environ: Mapping[str, str], near: Sequence[str], first: Sequence[str], cache: Cache | None
) -> Interpreter:
    words = read_version_file(path)
    if not words:
        raise UsageError(f"{inert(path)} names no version of Python")
    failures = []
    for word in words:
        version = parse_version(word)
        named = None if version else find_of_pyenv(word, environ)
        if named:
            return probe_interpreter(named, cache=cache)
        if version:
            try:
                return _by_version(version, environ, near, first, cache)
            except EnvironmentFailure as failure:
                failures.append(failure)
    if failures:
        raise failures[0]
    raise EnvironmentFailure(f"{inert(path)} names {inert(words[0])}, which is no version that is installed here.")


def _by_version(
    wanted: Version, environ: Mapping[str, str], near: Sequence[str], first: Sequence[str], cache: Cache | None
) -> Interpreter:
    found: dict[str, str] = {}
    for path in _candidates(wanted, environ, near, first):
        interpreter = _asked(path, cache)
        if interpreter is None:
            continue
        version = str(interpreter.target.markers["python_full_version"])
        if fits(_numbers(version), wanted):
            return interpreter
        found.setdefault(os.path.realpath(interpreter.executable), f"{inert(version)} at {inert(path, 200)}")
    for numbers, path in find_versions(None, environ):
        found.setdefault(os.path.realpath(path), f"{'.'.join(map(str, numbers))} at {inert(path, 200)}")
    raise EnvironmentFailure(
        f"No Python {'.'.join(map(str, wanted))} was found; {_spelled(list(found.values()))}.",
        hint="install it, or name an interpreter by its path",
    )


def _candidates(
    wanted: Version, environ: Mapping[str, str], near: Sequence[str], first: Sequence[str]
) -> Iterator[str]:
    yield from first
    exact = f"python{'.'.join(map(str, wanted[:2]))}"
    for name in dict.fromkeys((exact, "python3", "python")):
        yield from find_on_path(name, environ, near)
    yield from (path for _, path in find_versions(wanted, environ))
    for name in names_on_path(environ):
        yield from find_on_path(name, environ, near)
    for launcher in find_on_path("py", environ, near):
        yield from filter(None, [ask_launcher(launcher, ".".join(map(str, wanted[:2])))])


def _asked(path: str, cache: Cache | None) -> Interpreter | None:
    try:
        return probe_interpreter(path, cache=cache)
    except EnvironmentFailure:
        return None  # such as the stub of a store, which only leads there


def _numbers(version: str) -> Version:
    """Read the numbers of ``3.15.0b1``."""
    digits = ("".join(takewhile(str.isdigit, part)) for part in version.split(".")[:3])
    return tuple(int(each) for each in digits if each)


def _spelled(found: Iterable[str]) -> str:
    lines = list(found)
    more = f" and {len(lines) - _LISTED} more" if len(lines) > _LISTED else ""
    return f"found {', '.join(lines[:_LISTED])}{more}" if lines else "there is no other either"
