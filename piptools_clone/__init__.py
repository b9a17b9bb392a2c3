"""A lock-file compiler and environment synchroniser in the pip-tools style.

The commands are thin shells around what stands here:

    >>> from piptools_clone import CompileRequest, compile
    >>> result = compile(CompileRequest(sources=("requirements.in",), output="requirements.txt"))

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, of which the import alone costs more than all of `pip-sync` with nothing to do
if TYPE_CHECKING:
    from piptools_clone.errors import NoSolution, PiptoolsCloneError, StaleLock
    from piptools_clone.model.compile_request import Change, CompileRequest, CompileResult
    from piptools_clone.model.index_options import IndexOptions
    from piptools_clone.model.lock import Lock, LockOptions, Pin
    from piptools_clone.model.observer import Observer, SilentObserver
    from piptools_clone.model.sync_request import SyncRequest, SyncResult
    from piptools_clone.operations.compile import check, compile  # noqa: A004 - the verb of the trade
    from piptools_clone.operations.sync import sync
    from piptools_clone.version import __version__

__all__ = [
    "Change",
    "CompileRequest",
    "CompileResult",
    "IndexOptions",
    "Lock",
    "LockOptions",
    "NoSolution",
    "Observer",
    "Pin",
    "PiptoolsCloneError",
    "SilentObserver",
    "StaleLock",
    "SyncRequest",
    "SyncResult",
    "__version__",
    "check",
    "compile",
    "sync",
]

_HOMES = {
    "Change": "model.compile_request",
    "CompileRequest": "model.compile_request",
    "CompileResult": "model.compile_request",
    "IndexOptions": "model.index_options",
    "Lock": "model.lock",
    "LockOptions": "model.lock",
    "NoSolution": "errors",
    "Observer": "model.observer",
    "Pin": "model.lock",
    "PiptoolsCloneError": "errors",
    "SilentObserver": "model.observer",
    "StaleLock": "errors",
    "SyncRequest": "model.sync_request",
    "SyncResult": "model.sync_request",
    "__version__": "version",
    "check": "operations.compile",
    "compile": "operations.compile",
    "sync": "operations.sync",
}


def __getattr__(name: str) -> object:
    """Load a public name (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
