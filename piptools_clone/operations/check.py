"""How a compile that checks ends: the lock is held against what would be written, or, offline, against its inputs.

A check resolves as a compile does, with the old pins as preferences, so that "up to date" means that a compile would
write the very bytes that are there.  Only where the cache does not hold enough for that, and nothing may be asked, the
lock is checked by itself, and what that leaves open is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from piptools_clone.errors import StaleLock
from piptools_clone.model.compile_request import CompileRequest, CompileResult

if TYPE_CHECKING:
    from piptools_clone.formats.locks.old_lock import OldLock
    from piptools_clone.formats.requirements.requirements_in import Wanted
    from piptools_clone.run.resolver import Resolver

_SHOWN = 40  # problems: more are no easier to mend
_HINT = "run the same command without --check"


def compare(old: bytes | None, new: bytes, path: str) -> None:
    """Raise `StaleLock` with a short diff where the lock is not what a compile would write."""
    if old == new:
        return
    from piptools_clone.formats.locks.lock_difference import difference

    raise StaleLock(difference((old or b"").decode(errors="replace"), new.decode(), path), hint=_HINT)


def check_by_itself(request: CompileRequest, old: OldLock, wanted: Wanted, resolver: Resolver) -> CompileResult:
    """Check a lock without an index: all that the inputs require must be in it, and nothing else.

    Raises `StaleLock`.
    """
    from piptools_clone.resolve.self_check import problems, unverified

    found = problems(old, *resolver.roots_and_constraints(wanted), request, resolver.places)
    if found:
        lines = "\n".join(f"  {line}" for line in found[:_SHOWN])
        raise StaleLock(f"{request.output} is not up to date:\n{lines}", hint=_HINT)
    return CompileResult(old.lock, b"", (), tuple(unverified(request)), wanted.notes)
