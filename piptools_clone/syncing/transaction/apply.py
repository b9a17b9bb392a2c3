"""Change an environment: what goes, what comes, in one transaction.  Everything that comes is in the cache by now."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from piptools_clone.environment.installed import Distribution
from piptools_clone.environment.interpreter import Interpreter, compile_modules
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.process.workers import Worker
from piptools_clone.syncing.transaction.final_paths import Places, is_inside, own_folders
from piptools_clone.syncing.transaction.journal import is_unfinished
from piptools_clone.syncing.transaction.removal import Owners, plan_removal
from piptools_clone.syncing.transaction.rename_plan import plan_renames
from piptools_clone.syncing.transaction.swap import Checkpoint, Rename, no_checkpoint, swap
from piptools_clone.syncing.write.layout import Incoming
from piptools_clone.syncing.write.scheme import Scheme, scheme_of
from piptools_clone.syncing.write.staging import Job, Staging
from piptools_clone.syncing.write.wheel_writer import WheelWriter
from piptools_clone.syncing.write.write_wheels import LinkMode
from piptools_clone.wheels.pack import DamagedPack, Pack
from piptools_clone.wheels.wheel_cache import WheelCache


class Replacement(NamedTuple):
    """What goes, what comes, and what stays."""

    gone: Sequence[Distribution]
    incoming: Sequence[Incoming]
    others: Sequence[Distribution]


class Applied(NamedTuple):
    """What an applied change brought.

    ``overwritten`` are files that no distribution owned and that were in the way; ``hooks`` are new ``.pth`` files
    and ``sitecustomize`` modules, which run whenever the interpreter starts; ``spared`` are as in `Removal`.
    """

    overwritten: tuple[str, ...]
    hooks: tuple[str, ...]
    spared: tuple[str, ...] = ()


def apply_changes(
    folder: str,
    interpreter: Interpreter,
    replacement: Replacement,
    cache: WheelCache,
    *,
    link_mode: LinkMode = LinkMode.AUTO,
    compiles: bool = False,
    boot: str = "",
    worker: Worker | None = None,
    installed: Callable[[str], None] = lambda _: None,
    rename: Rename = os.rename,
    checkpoint: Checkpoint = no_checkpoint,
) -> Applied:
    """Carry out a replacement, all or nothing.

    ``folder`` is from `locked_environment`; ``compiles`` byte-compiles what comes; ``boot`` is as for
    `swap`; ``worker``, which holds the lock as well, writes, too; ``installed`` hears the names of what is
    written.
    Raises `EnvironmentFailure` when files are in the way or cannot be written; the environment is then as it was,
    or the error says that it is not yet.
    """
    scheme = scheme_of(interpreter)
    places = Places(scheme, own_folders(cache.folders))
    removal = plan_removal(replacement.gone, replacement.others, scheme.folders, places)
    staging = Staging(f"{folder}/new", scheme, places, lambda: Owners(replacement.others, places))
    try:
        _stage_all(replacement.incoming, staging, WheelWriter(cache, link_mode, worker), cache, installed)
        for path, content in removal.rewritten:
            staging.add_file(path, content)
        if compiles:
            for staged, place in staging.trees():
                compile_modules(interpreter, staged, place)
        checkpoint("staged")
        rewritten = [path for path, _ in removal.rewritten]
        renames = plan_renames((*removal.files, *rewritten), staging.trees(), _fixed(scheme))
        _check_overwritten(renames.overwritten, interpreter, scheme)
        swap(folder, renames, boot="" if compiles else boot, rename=rename, checkpoint=checkpoint)
    except OSError as error:
        raise _unchanged(folder, interpreter, error) from error
    return Applied(renames.overwritten, tuple(staging.hooks), removal.spared)


def _check_overwritten(paths: Sequence[str], interpreter: Interpreter, scheme: Scheme) -> None:
    """Refuse to replace what no package owns where that may be the system's: beside the modules of a base Python."""
    roots = (os.path.realpath(interpreter.prefix), os.path.realpath(interpreter.base_prefix))
    if interpreter.is_virtual or not is_inside(scheme.data, roots):
        return
    for path in paths:
        if not is_inside(path, (scheme.purelib, scheme.platlib)):
            raise EnvironmentFailure(
                f"A file that no package owns is in the way, and may be the system's: {inert(path, 500)}",
                hint="remove it if it is not, or use a virtual environment",
            )


def _unchanged(folder: str, interpreter: Interpreter, error: OSError) -> EnvironmentFailure:
    """Tell what failed; a journal that is still there shows that undoing it was refused as well."""
    fault = f"{inert(str(error.filename or interpreter.prefix), 500)}: {error.strerror}"
    if not is_unfinished(folder):
        return EnvironmentFailure(f"The environment could not be changed and is as it was: {fault}")
    return EnvironmentFailure(
        f"The environment could not be changed, nor could what was begun be undone: {fault}",
        hint="the next pip-sync undoes it first, as soon as the environment can be written to again",
    )


def _stage_all(
    incoming: Sequence[Incoming],
    staging: Staging,
    writer: WheelWriter,
    cache: WheelCache,
    installed: Callable[[str], None],
) -> None:
    """Lay wheels out, one after another, and write them."""
    with writer:
        for each in incoming:
            try:
                writer.take(*_lay_out(each, staging, cache))
            except DamagedPack:
                writer.damaged.append(each.name)
                break
            installed(each.name)
    damaged = [each for each in incoming if each.name in writer.damaged]
    for each in damaged:
        cache.discard(each.sha256, relaxed=each.relaxed)
    if damaged:
        raise EnvironmentFailure(
            f"The cached wheel of {damaged[0].name} is damaged; it has been thrown away.", hint="run pip-sync again"
        )


def _lay_out(each: Incoming, staging: Staging, cache: WheelCache) -> tuple[Pack, Incoming, Job]:
    pack = cache.open(each.sha256, relaxed=each.relaxed)
    if pack is None:
        raise EnvironmentFailure(f"The cached wheel of {each.name} has gone or is damaged.", hint="run pip-sync again")
    with pack.closed_on_error():
        return pack, each, staging.add(pack, each.origin, relaxed=each.relaxed)


def _fixed(scheme: Scheme) -> list[str]:
    return [scheme.purelib, scheme.platlib, scheme.scripts, scheme.data, scheme.stdlib]
