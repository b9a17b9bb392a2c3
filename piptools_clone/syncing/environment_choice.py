"""Which environment a sync changes, and which of its folders."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from piptools_clone.environment.interpreter import Interpreter, Paths, probe_interpreter, running_interpreter
from piptools_clone.environment.lookup import is_path
from piptools_clone.environment.search import find_interpreter, is_searched
from piptools_clone.environment.usual_environment import (
    check_not_of_tool,
    choose_interpreter,
    is_conda_project,
    usual_interpreters,
)
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.store.cache import Cache


def choose_environment(request: SyncRequest, environ: Mapping[str, str], cache: Cache | None) -> Interpreter:
    """Find the interpreter of the environment that is meant, with the folders that are to be written to.

    ``cache`` keeps what probes found.  Raises `EnvironmentFailure` where there is none, or one that is
    surely not meant.
    """
    python = request.python
    if python is None and not request.user:
        python = choose_interpreter(request.sources, environ, elsewhere=bool(request.target or request.prefix))
    found = _find(python, request, environ, cache)
    if request.user:
        return found._replace(paths=found.user_paths)
    if request.target:
        return found._replace(paths=_paths_of_target(Path(request.target), found.paths))
    if request.prefix:
        return found._replace(paths=_paths_of_prefix(Path(request.prefix), found))
    return found


def _find(python: str | None, request: SyncRequest, environ: Mapping[str, str], cache: Cache | None) -> Interpreter:
    """``python`` is a path, a name or a version; None for the running interpreter."""
    if python is None:
        return running_interpreter()
    if is_path(python):
        found = probe_interpreter(python, cache=cache)
        if os.path.isdir(python):
            _check_serves(found, python)
        return found
    sources = request.sources
    found = find_interpreter(python, environ, sources=sources, first=usual_interpreters(sources, environ), cache=cache)
    if not (request.target or request.prefix):
        check_not_of_tool(str(found.prefix), python)
        if is_searched(python, environ, sources) and not request.break_system_packages:
            _check_environment(found, python)
    return found


def _paths_of_target(target: Path, own: Paths) -> Paths:
    """Where pip's ``--target`` puts things: all modules into one folder, the rest beside them."""
    root = Path(os.path.realpath(target))
    return Paths(root, root, root / "bin", root, root / "include", own.stdlib)


def _paths_of_prefix(prefix: Path, interpreter: Interpreter) -> Paths:
    """The interpreter's own scheme below another prefix."""
    root, own = os.path.realpath(prefix), os.path.realpath(interpreter.prefix)
    moved = {
        key: Path(root, os.path.relpath(path, own))
        for key, path in interpreter.paths._asdict().items()
        if key != "stdlib"
    }
    return Paths(**moved, stdlib=interpreter.paths.stdlib)


def _check_serves(interpreter: Interpreter, folder: str) -> None:
    """Refuse a folder that is named as an environment, and whose interpreter installs into another one.

    So it is with a virtual environment that has lost its ``pyvenv.cfg``.  Raises `EnvironmentFailure`.
    """
    if os.path.realpath(folder) != os.path.realpath(interpreter.prefix):
        raise EnvironmentFailure(
            f"{inert(folder, 500)} is no environment: its Python belongs to {inert(str(interpreter.prefix), 500)}.",
            hint="make the environment anew, or name an interpreter with --python-executable",
        )


def _check_environment(interpreter: Interpreter, version: str) -> None:
    """Refuse a Python that was found by its version and is no environment: it may serve all projects of a machine.

    Raises `EnvironmentFailure`.
    """
    if not (interpreter.is_virtual or is_conda_project(str(interpreter.prefix))):
        python = inert(str(interpreter.executable), 500)
        raise EnvironmentFailure(
            f"{inert(version)} leads to {python}, which is no environment of a project.",
            hint=f"make one with `{python} -m venv .venv`, or name the interpreter by its path if it is meant",
        )
