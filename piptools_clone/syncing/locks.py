"""The lock files of a sync, read once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from piptools_clone.formats.locks.lock_scope import LockScope, scope_of_lock
from piptools_clone.formats.locks.requirements_txt import UNSAFE_PACKAGES, names_left_out
from piptools_clone.formats.requirements.requirements_in import Wanted, parse_all_requirements
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.store.sha256 import sha256_of


class Locks(NamedTuple):
    """What locks say.

    ``digests`` are those of the files in ``wanted.files`` (hexadecimal SHA-256), "" for one that is not sure to say the
    same the next time: what comes from elsewhere, and what a variable stands in.  ``unsafe`` are the names that the
    locks may leave out.  ``scopes`` are those of locks for many environments, with their paths.
    """

    wanted: Wanted
    digests: tuple[str, ...]
    unsafe: frozenset[str]
    scopes: tuple[tuple[str, LockScope], ...] = ()


def read_locks(sources: Iterable[str], environ: Mapping[str, str], fetch: Callable[[str], bytes]) -> Locks:
    """Read locks with all that they include; ``fetch`` reads those that are elsewhere.

    Raises `InputError`, and what ``fetch`` raises.
    """
    digests: dict[str, str] = {}
    unsafe = set(UNSAFE_PACKAGES)
    scopes: dict[str, LockScope | None] = {}

    def read(path: str) -> bytes:
        if path.startswith(("http://", "https://")):
            content = fetch(path)
        elif path == "-":
            content = sys.stdin.buffer.read()
        else:
            content = Path(path).read_bytes()
            digests[os.path.abspath(path)] = "" if b"${" in content else sha256_of(content)
        text = content.decode("utf-8-sig", errors="replace")
        unsafe.update(names_left_out(text))
        scopes[path] = scope_of_lock(text)
        return content

    roots = [(source, False) for source in sources]
    wanted = parse_all_requirements(roots, read, environ=environ, working_folder=os.getcwd(), exists=os.path.exists)
    found = tuple([digests.get(os.path.abspath(file), "") for file in wanted.files])
    return Locks(wanted, found, frozenset(unsafe), tuple([(path, scope) for path, scope in scopes.items() if scope]))
