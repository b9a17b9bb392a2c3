"""For which environments a lock is to be, given the one that it replaces: no lock of many is silently narrowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from piptools_clone.errors import UsageError
from piptools_clone.formats.locks.lock_scope import LockScope, scope_of_lock
from piptools_clone.formats.sanitize import inert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from piptools_clone.formats.locks.old_lock import OldLock
    from piptools_clone.model.compile_request import CompileRequest
    from piptools_clone.model.observer import Observer

_OTHER_FILE = "name another file with --output-file, or delete this one to lock anew"


def scope_of_old(old: bytes | None) -> LockScope | None:
    """For which environments the old lock says that it is; None for one target, and where there is no lock."""
    return scope_of_lock(old.decode("utf-8-sig", "replace")) if old else None


def continue_scope(request: CompileRequest, old: LockScope | None, observer: Observer) -> CompileRequest:
    """Ask for what the header of an old lock of many environments says, where the request says nothing of it.

    A request that names a scope of its own is as it is, but for Pythons that it does not name.  Raises `UsageError` for
    one that asks for a single target, and where nothing is asked for and the header does not tell the options.
    """
    if old is None:
        return request
    if request.universal:
        return _with_pythons(request, old, observer)
    asked = _asked_for_one(request)
    if asked:
        raise UsageError(
            f"{request.output} is a lock for many environments ({_spelled(old)}), and {asked} asks for one",
            hint=f"leave {asked} out to go on with it, {_OTHER_FILE}",
        )
    if len(request.targets) > 1:
        return request
    if not (old.universal or old.targets):
        raise UsageError(
            f"{request.output} is a lock for many environments, and its header does not say which",
            hint=f"say it with --universal or --target, {_OTHER_FILE}",
        )
    observer.announce(f"{request.output} is a lock for many environments: going on with {_spelled(old)}")
    return request._replace(
        universal=old.universal,
        python_range="" if old.by_default else old.python,
        environments=old.environments,
        required_environments=old.required_environments,
        fork_strategy=old.fork_strategy,
        targets=old.targets,
    )


def scope_of_request(request: CompileRequest, python: str = "") -> LockScope | None:
    """For which environments a request asks; None for a single target.

    ``python`` is the range of a universal lock where the request names none.
    """
    if not request.universal and len(request.targets) < 2:
        return None
    return LockScope(
        universal=request.universal,
        python=request.python_range or (python if request.universal else ""),
        by_default=request.universal and not request.python_range,
        fork_strategy=request.fork_strategy,
        environments=request.environments,
        required_environments=request.required_environments,
        targets=request.targets,
    )


def default_python_range(old: LockScope | None, python_version: str) -> str:
    """The Pythons of a universal lock where neither the request nor a project names them.

    They are those of the old lock, so that another Python of the user does not change them, else ``python_version``
    (``3.12``) and newer ones up to below 4.
    """
    return old.python if old and old.universal and old.python else f">={python_version},<4"


def narrowed(request: CompileRequest, old: OldLock) -> Iterator[str]:
    """Warn where a lock for one target replaces one that says nothing and holds a package for several environments."""
    if request.universal or len(request.targets) > 1:
        return
    seen: set[str] = set()
    for name in (each.pin.name for each in old.pins if each.pin.marker):
        if name in seen:
            yield (
                f"{request.output} holds {inert(name)} for several environments, and no header says which: it becomes "
                "a lock for one; give --universal, or --target for each, to keep them"
            )
            return
        seen.add(name)


def _with_pythons(request: CompileRequest, old: LockScope, observer: Observer) -> CompileRequest:
    """Keep the Pythons that an old lock was asked for, where the request is as wide but does not name any."""
    if request.python_range or old.by_default or not old.python:
        return request
    observer.announce(f"{request.output} is a lock for Python {inert(old.python)}: going on with these Pythons")
    return request._replace(python_range=old.python)


def _asked_for_one(request: CompileRequest) -> str:
    """The option by which a request asks for a single target, "" for none."""
    return next(iter(request.one_target_options), "--target" if len(request.targets) == 1 else "")


def _spelled(scope: LockScope) -> str:
    return inert(" ".join(scope.options), 500)
