"""What a compile does, from its first line to its last, as a library offers it.

A reader follows the modules in this order:

* `cli.compile_entry`: the command line, and what an earlier run came to;
* this page;
* `run.compile_start`: the first requests, while the rest is being loaded;
* `run.context`: settings, cache, index;
* `run.old_scope`, `run.kept`: the old lock;
* `run.inputs`, `run.projects`: what is wanted;
* `run.resolver`, `resolve.resolution`, `solver.solver`: what is chosen; `resolve.hashes`;
* `run.lock_text`, `run.lockfile`: what is written.

Most of them are loaded in `compile` itself, after the first requests were sent.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from piptools_clone.errors import IndexFailure
from piptools_clone.model.compile_request import CompileRequest, CompileResult
from piptools_clone.model.lock import Lock
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.run.compile_start import CompileStart
from piptools_clone.run.lockfile import replace

if TYPE_CHECKING:
    from piptools_clone.formats.locks.lock_scope import LockScope
    from piptools_clone.formats.locks.old_lock import OldLock
    from piptools_clone.model.observer import Observer
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.run.inputs import Inputs
    from piptools_clone.run.resolver import Resolver


def compile(  # noqa: A001 - the verb
    request: CompileRequest, *, observer: Observer | None = None, start: CompileStart | None = None
) -> CompileResult:
    """Lock what the inputs want, and write the lock unless the request says otherwise.

    Raises the errors of `piptools_clone.errors`: `NoSolution` with an explanation, `InputError`, `IndexFailure` ...
    Nothing is written unless everything is known.  ``start`` is this compile where it has begun before, though it may
    name no header yet; it is closed.
    """
    start = start or CompileStart(request, os.environ, observer)
    with start.context as context:
        context.observer = observer or context.observer
        start.begin()
        start.load()
        from piptools_clone.operations.check import check_by_itself
        from piptools_clone.run.old_scope import continue_scope, scope_of_old

        old_scope = scope_of_old(start.old_bytes)
        request = continue_scope(request, old_scope, context.observer)
        facts = _read(request, start, old_scope)
        try:
            lock = _resolve(request, facts)
        except IndexFailure:
            if not (request.check and request.offline):
                raise
            return check_by_itself(request, facts.old, facts.inputs.wanted, facts.resolver)
    return _write(request, start.old_bytes, facts, lock)


class _Facts(NamedTuple):
    """What a lock follows from, beside the index: the old lock, what is wanted, and what resolves it.

    ``bounds`` are the constraints of ``--upgrade-package``.
    """

    old: OldLock
    bounds: list[Requirement]
    inputs: Inputs
    resolver: Resolver


def _read(request: CompileRequest, start: CompileStart, old_scope: LockScope | None) -> _Facts:
    """Read the old lock and the inputs, and settle settings and target by what they say."""
    from piptools_clone.run.inputs import read_requirements, with_projects
    from piptools_clone.run.kept import parse_old, upgrade_bounds
    from piptools_clone.run.old_scope import narrowed
    from piptools_clone.run.resolver import Resolver

    context = start.context
    old = parse_old(start.old_bytes, request.output)
    bounds = upgrade_bounds(request)
    wanted = read_requirements(request, start.files, context)
    for warning in (*wanted.warnings, *narrowed(request, old)):  # now: what they are about may be why the run fails
        context.observer.warn(warning)
    if request.universal or len(request.targets) > 1:
        from piptools_clone.run.environments_resolver import EnvironmentsResolver

        resolver: Resolver = EnvironmentsResolver(request, context, bounds, old_scope)
    else:
        resolver = Resolver(request, context, bounds, start.selection)
    resolver.settle(wanted)
    inputs = with_projects(wanted, request, start.files, context, resolver.build_bounds)
    return _Facts(old, bounds, inputs, resolver)


def _resolve(request: CompileRequest, facts: _Facts) -> Lock:
    """Choose a version of everything, with the old ones as preferences, and find the hashes."""
    from piptools_clone.formats.locks.old_lock import with_own_names
    from piptools_clone.run.kept import what_stays

    old, bounds, inputs, resolver = facts
    pins = resolver.resolve(inputs, what_stays(old, request, bounds, resolver.holds))
    return Lock(with_own_names(pins, old), resolver.lock_options(inputs.wanted))


def _write(request: CompileRequest, old_bytes: bytes | None, facts: _Facts, lock: Lock) -> CompileResult:
    """Spell the lock, prove that it reads back as what it is, and write it, or compare it for a check."""
    from piptools_clone.formats.locks.requirements_txt import UNINSTALLABLE
    from piptools_clone.operations.check import compare
    from piptools_clone.run.kept import changes, lines_for_unmet
    from piptools_clone.run.lock_text import LockText

    old, bounds, inputs, resolver = facts
    text = LockText(lock, request, resolver.python_version, resolver.python_range)
    content = text.encode(request.newline, old_bytes, inputs.contents)
    is_other = content != old_bytes
    if is_other:
        text.prove(request.output)
    if request.check:
        compare(old_bytes, content, request.output)
    written = request.writes and replace(request.output, content)
    warnings = (*resolver.warnings, *lines_for_unmet(bounds, lock), *((UNINSTALLABLE,) if text.warns else ()))
    found, notes = changes(old, lock, request.left_out), inputs.wanted.notes
    plain, pages_hold = resolver.is_plain(inputs), resolver.pages_hold
    return CompileResult(lock, content, found, warnings, notes, is_other, written, plain, pages_hold)


def check(request: CompileRequest, *, observer: Observer | None = None) -> CompileResult:
    """Hold the lock against what a compile would write, and write nothing; see `operations.check`.

    Raises `StaleLock` with a short diff where they differ; ``request.offline`` answers without a network.
    """
    return compile(request._replace(check=True), observer=observer)
