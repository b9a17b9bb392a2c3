"""What is refused before the first request and before anything is changed: by the locks, the plan and the place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from piptools_clone.environment.interpreter import Interpreter, externally_managed
from piptools_clone.errors import EnvironmentFailure, InputError
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.requirement import Requirement
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.syncing.plan import Action, Plan
from piptools_clone.syncing.wanted import check_hashes, check_pinned

LINES, LINE_LENGTH = 50, 500
"""Bounds of the text of a Python that the system manages."""


def check_request(
    request: SyncRequest, plan: Plan, requirements: Sequence[Requirement], *, requires_hashes: bool | None
) -> None:
    """Refuse what the locks and the plan do not allow.

    ``requirements`` are what the locks ask for, ``requires_hashes`` is as ``required`` in `check_hashes`.
    Raises `InputError` and `EnvironmentFailure`.
    """
    if not requirements and plan.removed and not request.allow_empty:
        number = "1 package" if len(plan.removed) == 1 else f"{len(plan.removed)} packages"
        raise InputError(
            f"{', '.join(map(inert, request.sources))}: nothing is pinned for this Python, "
            f"so {number} would be removed.",
            hint="if that is meant: --allow-empty",
        )
    check_managers(request, plan)
    check_hashes(requirements, required=requires_hashes)
    if request.strict and not request.force:
        own = set(requirements)
        check_pinned(change.new for change in plan.installing if change.new in own)


def check_managers(request: SyncRequest, plan: Plan) -> None:
    """Refuse to replace what a package manager such as conda has installed.  Raises `EnvironmentFailure`."""
    if request.break_system_packages:
        return
    changed = [change for change in plan.changes if change.action is not Action.KEEP]
    theirs = [(old, change) for change in changed for old in change.old if old.manager]
    if theirs:
        lines = "".join(
            f"\n  {old.name} {inert(old.version)}, by {old.manager}: {inert(change.reason)}, the lock says "
            f"{inert(str(change.new.url or change.new.specifier) if change.new else 'nothing')}"
            for old, change in theirs
        )
        raise EnvironmentFailure(
            f"The lock would replace what a package manager has installed:{lines}",
            hint="install what the lock says with that manager, take it out of the lock, or insist with "
            "--break-system-packages",
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
