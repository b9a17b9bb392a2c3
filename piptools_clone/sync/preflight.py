"""Whether the place that a request means may be changed, and can be."""

from __future__ import annotations

import os
from pathlib import Path

from piptools_clone.environment.interpreter import Interpreter, externally_managed
from piptools_clone.environment.usual_environment import is_conda_project
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.sync_request import SyncRequest

LINES, LINE_LENGTH = 50, 500
"""Bounds of the text of a Python that the system manages."""


def check_serves(interpreter: Interpreter, folder: str) -> None:
    """Refuse a folder that is named as an environment, and whose interpreter installs into another one.

    So it is with a virtual environment that has lost its ``pyvenv.cfg``.  Raises `EnvironmentFailure`.
    """
    if os.path.realpath(folder) != os.path.realpath(interpreter.prefix):
        raise EnvironmentFailure(
            f"{inert(folder, 500)} is no environment: its Python belongs to {inert(str(interpreter.prefix), 500)}.",
            hint="make the environment anew, or name an interpreter with --python-executable",
        )


def check_environment(interpreter: Interpreter, version: str) -> None:
    """Refuse a Python that was found by its version and is no environment: it may serve all projects of a machine.

    Raises `EnvironmentFailure`.
    """
    if not (interpreter.is_virtual or is_conda_project(str(interpreter.prefix))):
        python = inert(str(interpreter.executable), 500)
        raise EnvironmentFailure(
            f"{inert(version)} leads to {python}, which is no environment of a project.",
            hint=f"make one with `{python} -m venv .venv`, or name the interpreter by its path if it is meant",
        )


def check_place(interpreter: Interpreter, request: SyncRequest) -> None:
    """Refuse a place that must not or cannot be changed.

    That is: a Python of the system (PEP 668, Marking Python base environments as "externally managed"), ``--user`` in
    a virtual environment, and folders that are not writable.  Raises `EnvironmentFailure`.
    """
    reason = externally_managed(interpreter)
    if reason and not (request.break_system_packages or request.target or request.prefix):
        raise EnvironmentFailure(
            f"The Python at {inert(str(interpreter.prefix), 500)} is managed by the system:\n\n{_quoted(reason)}",
            hint="make a virtual environment, or insist with --break-system-packages",
        )
    if request.user and interpreter.is_virtual and not interpreter.includes_system_site:
        raise EnvironmentFailure("--user has no effect in a virtual environment: it does not see the user's packages.")
    for folder in (interpreter.paths.purelib, interpreter.paths.platlib, interpreter.paths.scripts):
        there = _deepest(folder)
        if not os.access(there, os.W_OK | os.X_OK):
            raise EnvironmentFailure(f"The environment cannot be changed: {inert(str(there), 500)} is not writable.")


def _quoted(text: str) -> str:
    """Indent a foreign text, each of its lines made harmless."""
    lines = text.splitlines()
    shown = [f"  {inert(line, LINE_LENGTH)}".rstrip() for line in lines[:LINES]]
    return "\n".join(shown + ["  ..."] * (len(lines) > LINES))


def _deepest(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.is_dir())
