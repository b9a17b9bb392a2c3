"""The files of a project that its metadata comes from: an editable install is another one when they are others.

They are found by what the project's own files name, whatever the backend: every text in ``pyproject.toml``,
``setup.cfg`` and ``setup.py`` that is the path of a file (``readme = "README.md"``, ``file: requirements.txt``,
``path = "src/proj/__about__.py"``), and the module of an attribute that a version is taken from
(``attr = "proj.__version__"``).  Of ``pyproject.toml`` the tables of tools that take no part in a build do not count.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_LIMIT = 1 << 18  # bytes of a project's file that is looked into; real ones have some thousands
_ROOTS = ("", "src")
_JOINED = 3  # parts of a path, each a text of its own, as in os.path.join("src", "proj", "version.py")
_SPLIT = str.maketrans(dict.fromkeys("\"',:;=()[]{}<>", " "))
_OF_VERSIONS = ("scm", "vcs", "versioneer", "versioningit", "dunamai", "pbr", "git describe", "rev-parse")
"""What names, or shows, a tool that takes a version from version control."""
_OF_MODULES = {"attr": lambda text: text.rpartition(".")[0], "getter": lambda text: text.partition(":")[0]}
"""Keys whose text names a module (of setuptools and pdm), and the module in it."""


class ProjectFiles:
    """What is read of a project's own files, each once."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        texts = {name: _text(os.path.join(folder, name)) for name in PROJECT_FILES}
        self._tables = _build_tables(texts["pyproject.toml"])
        self._others = texts["setup.py"] + "\n" + texts["setup.cfg"]

    @property
    def asks_version_control(self) -> bool:
        """Whether its version seems to be taken from version control."""
        tools = self._tables.get("tool", {})
        values = [text for _, text in _texts([self._tables.get("build-system"), tools])]
        shown = "\n".join([*tools, *values, self._others]).lower()
        return any(word in shown for word in _OF_VERSIONS)

    def metadata_inputs(self) -> list[str]:
        """The files that its metadata comes from, as paths relative to its folder."""
        found = {*PROJECT_FILES, *_modules(self._flit_modules())}
        for key, text in _texts(self._tables):
            found.add(text)
            if key in _OF_MODULES:
                found.update(_modules([_OF_MODULES[key](text)]))
        words = self._others.translate(_SPLIT).split()
        for at, word in enumerate(words):
            found.update("/".join(words[start : at + 1]) for start in range(max(0, at - _JOINED), at + 1))
            if at and words[at - 1] == "attr":
                found.update(_modules([word.rpartition(".")[0]]))
        return sorted(path for path in found if self._is_file(path))

    def _flit_modules(self) -> Iterator[str]:
        """The module in which flit looks for what is dynamic (its documentation: "Build system section")."""
        project = _table(self._tables, "project")
        if project.get("dynamic") and "flit" in str(self._tables.get("build-system")):
            module = _table(_table(_table(self._tables, "tool"), "flit"), "module")
            yield str(module.get("name") or project.get("name", ""))

    def _is_file(self, path: str) -> bool:
        try:
            return len(path) < 1024 and not os.path.isabs(path) and os.path.isfile(os.path.join(self._folder, path))
        except ValueError:  # a null character
            return False


def _modules(dotted: Iterable[str]) -> Iterator[str]:
    """The files that may hold a module."""
    for name in dotted:
        if all(part.isidentifier() for part in name.replace("-", "_").split(".")):
            path = name.replace("-", "_").replace(".", "/")
            for root in _ROOTS:
                yield from (os.path.join(root, f"{path}.py"), os.path.join(root, path, "__init__.py"))


def _build_tables(text: str) -> dict[str, Any]:
    """What of a ``pyproject.toml`` a build reads: a tool takes part in it if the build system names it."""
    import tomllib

    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}
    system = str(tables.get("build-system", "setuptools")).lower()
    tools = tables.get("tool", {})
    found: dict[str, Any] = {key: tables[key] for key in ("build-system", "project") if key in tables}
    if isinstance(tools, dict):
        found["tool"] = {key: tools[key] for key in tools if key.replace("_", "-").split("-")[0].lower() in system}
    return found


def _table(tables: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = tables.get(key)
    return found if isinstance(found, Mapping) else {}


def _texts(value: object) -> Iterator[tuple[str, str]]:
    """All texts in a value of TOML, each with the key that it stands under."""
    waiting = [("", value)]
    while waiting:
        key, each = waiting.pop()
        if isinstance(each, str):
            yield key, each
        elif isinstance(each, Mapping):
            waiting.extend(each.items())
        elif isinstance(each, list):
            waiting.extend((key, item) for item in each)


def _text(path: str) -> str:
    try:
        if not os.path.isfile(path):
            return ""  # nor is a pipe waited for
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_LIMIT)
    except OSError:
        return ""
