"""The stories: what a compile does, from its first line to its last, as a library offers it."""

import os
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from piptools_clone.errors import IndexFailure, OutputError, StaleLock
from piptools_clone.formats.locks.old_lock import (
    OldLock,
    OldPin,
    as_written,
    names_files,
    parse_lock,
    with_included,
    with_own_names,
)
from piptools_clone.formats.locks.requirements_txt import (
    UNINSTALLABLE,
    LockStyle,
    Rendered,
    choose_newline,
    render_lock,
)
from piptools_clone.formats.requirements.requirement_line import parse_line
from piptools_clone.formats.requirements.requirements_in import Wanted
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.compile_request import Change, CompileRequest, CompileResult
from piptools_clone.model.lock import Lock
from piptools_clone.model.observer import Observer, SilentObserver
from piptools_clone.model.requirement import Origin, Requirement
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.run.compile_session import Kept, Session
from piptools_clone.run.context import RunContext
from piptools_clone.run.inputs import Files, Inputs, read_inputs, read_requirements
from piptools_clone.run.lockfile import check_output, read_old, replace

if TYPE_CHECKING:
    from piptools_clone.model.sync_request import SyncRequest, SyncResult
    from piptools_clone.resolve.selection import Selection


class Begun(NamedTuple):
    """A compile as far as it goes before it needs an answer: the old lock, the inputs, an open session."""

    old_bytes: bytes | None
    old: OldLock
    files: Files
    wanted: Wanted
    session: Session


def begin(request: CompileRequest, context: RunContext, *, scout: "Selection | None" = None) -> Begun:
    """Begin a compile: read its files and settle its settings.  Raises as `compile` does.

    ``context`` may have requests under way, which ``scout`` may follow already.  The caller closes the session, and
    the context with it.
    """
    check_output(request.output, [*request.sources, *request.constraints], writable=request.writes)
    old_bytes = None if request.output == "-" else read_old(request.output)
    old = parse_old(old_bytes, request.output)
    session = Session(request, context, _bounds(request), scout=scout)
    try:
        files = Files(request, context.fetch)
        wanted = read_requirements(request, files, context.environ, context.ambient.constraints)
        for warning in wanted.warnings:  # now, since what they are about may be why the run fails
            context.observer.warn(warning)
        session.open(wanted)
    except BaseException:
        session.close()
        raise
    return Begun(old_bytes, old, files, wanted, session)


def look_ahead(request: CompileRequest, begun: Begun) -> None:
    """Ask for what a compile that has begun will need first; its session tells how far that has come."""
    begun.session.look_ahead(begun.wanted, _kept(begun.old, request, begun.session))


def compile(  # noqa: A001 - the verb
    request: CompileRequest, *, observer: Observer | None = None, begun: Begun | None = None
) -> CompileResult:
    """Lock what the inputs want, and write the lock unless the request says otherwise.

    Raises the errors of `piptools_clone.errors`: `NoSolution` with an explanation, `InputError`, `IndexFailure` ...
    Nothing is written unless everything is known.  ``begun`` is this compile where it has begun before
    (`head_start`); it is closed with it.
    """
    old_bytes, old, files, wanted, session = begun or begin(
        request, RunContext(request, os.environ, observer or SilentObserver())
    )
    with session:
        inputs = read_inputs(request, files, wanted, session)
        try:
            pins = session.lock(inputs.wanted, _kept(old, request, session), inputs.requires_python)
        except IndexFailure:
            if not (request.check and request.offline):
                raise
            return _check_by_itself(request, old, inputs, session)
        lock = Lock(with_own_names(pins, old), session.lock_options())
        style = _style(request, session.python_version)
    rendered = render_lock(lock, style)
    content = _encode(rendered, request, old_bytes, inputs)
    changed = content != old_bytes
    if changed:
        _prove(rendered, lock, style, request.output)
    if request.check:
        _compare(old_bytes, content, request.output)
    written = request.writes and replace(request.output, content)
    warnings = (*session.warnings, *_unmet(request, lock), *((UNINSTALLABLE,) if rendered.warns else ()))
    return CompileResult(
        lock,
        content,
        changes(old, lock, request.left_out),
        warnings,
        inputs.wanted.notes,
        changed,
        written,
        session.is_plain,
    )


def check(request: CompileRequest, *, observer: Observer | None = None) -> CompileResult:
    """Hold the lock against what a compile would write, and write nothing.

    Raises `StaleLock` with a short diff where they differ; ``request.offline`` answers without a network.
    """
    return compile(request._replace(check=True), observer=observer)


def sync(
    request: "SyncRequest",
    *,
    observer: Observer | None = None,
    confirm: "Callable[[SyncResult], bool]" = lambda _: True,
) -> "SyncResult":
    """Make an environment equal to its locks, or leave it as it was; ``confirm`` hears the plan first.

    Raises the errors of `piptools_clone.errors`; whatever is raised, the environment is the old one.
    """
    from piptools_clone.operations import sync as story

    return story.sync(request, observer=observer, confirm=confirm)


def parse_old(content: bytes | None, path: str) -> OldLock:
    """Read the lock of an earlier run; none, or an empty one, holds nothing.  Raises `OutputError`."""
    if not content or not content.strip():
        return OldLock()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise OutputError(f"{path}:{line}: is not UTF-8 text", hint=f"delete {path} to lock anew") from None
    folder = os.getcwd()
    old = parse_lock(text, path, environ=os.environ, working_folder=folder)
    if not names_files(text):
        return old
    return with_included(old, text, path, lambda name: read_old(name) or b"", working_folder=folder)


def changes(old: OldLock, new: Lock, left_out: Container[str]) -> tuple[Change, ...]:
    """What differs between two locks, by name, but for what is not written into the new one."""
    pins = [pin for pin in new.pins if pin.name not in left_out]
    names_by_url = {pin.url: pin.name for pin in pins if pin.url}
    before = {
        entry.pin.name or names_by_url.get(entry.pin.url, entry.pin.url): entry.pin.version or entry.pin.url
        for entry in old.pins
    }
    after = {pin.name: pin.url or pin.version for pin in pins}
    names = sorted(before.keys() | after.keys())
    return tuple(
        Change(name, before.get(name, ""), after.get(name, ""))
        for name in names
        if before.get(name, "") != after.get(name, "")
    )


def _kept(old: OldLock, request: CompileRequest, session: Session) -> Kept:
    """What is to stay as it was where it can: pins that hold on the target and are not to be upgraded, and hashes."""
    forgotten = {bound.name for bound in _bounds(request)}
    pins, included = (
        [each for each in some if each.pin.name not in forgotten and session.holds(each.pin.marker)]
        for some in (old.pins, old.included)
    )
    if request.upgrade:
        pins, included = [], []
    return Kept({**_versions(included), **_versions(pins)}, pins, _known_hashes(old, request))


def _versions(pins: Sequence[OldPin]) -> Mapping[str, Version]:
    found = {}
    for pin, _ in pins:
        try:
            found[pin.name] = Version(pin.version)
        except InvalidVersion:
            continue  # a direct reference has none, and `===` may hold any text, which nothing on an index has
    return found


def _bounds(request: CompileRequest) -> Sequence[Requirement]:
    """What ``--upgrade-package`` says: each is a constraint, never a requirement."""
    origin = Origin("--upgrade-package", 0, "")
    return [parse_line(text, origin)._replace(is_constraint=True) for text in request.upgrade_packages]


def _unmet(request: CompileRequest, lock: Lock) -> Iterator[str]:
    """Say which of ``--upgrade-package`` nothing needs: likely a slip of the pen, but no fault (as in pip-tools)."""
    names = [pin.name for pin in lock.pins]
    for bound in _bounds(request):
        if bound.name and bound.name not in names:
            from difflib import get_close_matches

            near = get_close_matches(bound.name, names, n=1)
            advice = f"; did you mean {near[0]}?" if near else ""
            yield f"--upgrade-package {bound.name} upgrades nothing: nothing needs that package{advice}"


def _known_hashes(old: OldLock, request: CompileRequest) -> Mapping[tuple[str, str], tuple[str, ...]] | None:
    """Hashes that unchanged pins keep, or must have where they are no SHA-256; None where none are asked for at all."""
    if not request.generate_hashes:
        return None
    if not request.reuse_hashes:
        return {}
    upgraded = {bound.name for bound in _bounds(request)}
    known = {}
    for entry in old.pins:
        sha256 = tuple(each for each in entry.pin.hashes if each.startswith("sha256:"))
        hashes = sha256 or entry.pin.hashes
        if hashes and entry.pin.version and entry.pin.name not in upgraded:
            known[entry.pin.name, entry.pin.version] = hashes
    return known


def _style(request: CompileRequest, python_version: str) -> LockStyle:
    return LockStyle(
        command=request.header_command,
        python_version=python_version,
        annotate=request.annotate,
        annotation_style=request.annotation_style,
        strip_extras=request.strip_extras,
        allow_unsafe=request.allow_unsafe,
        unsafe_packages=request.unsafe_packages,
        emit_options=request.emit_options,
        emit_index_url=request.emit_index_url,
        emit_find_links=request.emit_find_links,
        emit_trusted_host=request.emit_trusted_host,
        generate_hashes=request.generate_hashes,
    )


def _encode(rendered: Rendered, request: CompileRequest, old: bytes | None, inputs: Inputs) -> bytes:
    newline = choose_newline(request.newline, old, inputs.contents)
    try:
        return rendered.text.replace("\n", newline).encode()
    except UnicodeEncodeError as error:  # bytes of a file name that are no text in this locale (PEP 383)
        strange = error.object[error.start]
        line = next(line for line in rendered.text.split("\n") if strange in line)
        raise OutputError(
            f"the lock would name a file whose name is not UTF-8: {inert(line.lstrip('# '))}",
            hint="rename the file, or use a UTF-8 locale",
        ) from None


def _prove(rendered: Rendered, lock: Lock, style: LockStyle, path: str) -> None:
    """A lock must read back as what was resolved before it may replace another."""
    if parse_lock(rendered.text, path).lock != as_written(lock, style):
        raise OutputError(
            "the lock does not read back as what was resolved; nothing was written",
            hint="this is a fault of piptools-clone: please report it with your input files",
        )


def _check_by_itself(request: CompileRequest, old: OldLock, inputs: Inputs, session: Session) -> CompileResult:
    """Check a lock without an index: all that the inputs require must be in it, and nothing else."""
    from piptools_clone.resolve.self_check import problems, unverified

    roots = session.holding(inputs.wanted.requirements)
    constraints = session.holding((*inputs.wanted.constraints, *_bounds(request)))
    found = problems(old, roots, constraints, request)
    if found:
        lines = "\n".join(f"  {line}" for line in found[:40])
        raise StaleLock(f"{request.output} is not up to date:\n{lines}", hint="run the same command without --check")
    return CompileResult(old.lock, b"", (), tuple(unverified(request)), inputs.wanted.notes)


def _compare(old: bytes | None, new: bytes, path: str) -> None:
    """Raise `StaleLock` with a short diff where the lock is not what compile would write."""
    if old == new:
        return
    from piptools_clone.formats.locks.lock_difference import difference

    said = difference((old or b"").decode(errors="replace"), new.decode(), path)
    raise StaleLock(said, hint="run the same command without --check")
