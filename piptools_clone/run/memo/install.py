"""Repeats an installation: what was installed into one fresh environment goes into another of the same kind.

This is the installing part of a sync alone, with all that makes it safe: one process at a time, everything staged and
held against its digest, one swap.  It imports little: on the way of a warm sync, imports take most of the time.
"""

from __future__ import annotations

import os
from typing import NoReturn

from piptools_clone.environment.own_names import FOLDER, NOTE
from piptools_clone.environment.usual_environment import choose_interpreter, spell_environment, watched_by_choice
from piptools_clone.environment.venv import read_traits
from piptools_clone.errors import PiptoolsCloneError, interrupted_late
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.run.memo.sync_memo import Depends, Installation, Kind, find_installation, take_apart
from piptools_clone.run.memo.witness import recorded_names
from piptools_clone.store.cache import cache_folder
from piptools_clone.syncing.transaction.durability import boot_id
from piptools_clone.syncing.transaction.environment_lock import locked_environment
from piptools_clone.syncing.transaction.final_paths import Places, own_folders
from piptools_clone.syncing.transaction.rename_plan import RenamePlan, plan_renames
from piptools_clone.syncing.transaction.swap import swap
from piptools_clone.syncing.write.layout import Incoming, WheelOrigin
from piptools_clone.syncing.write.scheme import Scheme
from piptools_clone.syncing.write.staging import Staging
from piptools_clone.syncing.write.wheel_writer import WheelWriter
from piptools_clone.wheels.pack import DamagedPack
from piptools_clone.wheels.wheel_cache import WheelCache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Repeated(NamedTuple):
    """A sync that is done: what it has to say, what the next has to say, and what that depends on."""

    lines: tuple[str, ...]
    said: str
    depends: Depends


class _Different(Exception):
    """Something is not as it was; nothing was changed."""


def repeat(argv: Sequence[str], environ: Mapping[str, str], executable: str) -> Repeated | None:
    """Make a fresh environment equal to its locks as another was; None, and nothing was changed, where that is unsure.

    ``executable`` is that of the running interpreter.
    """
    command = take_apart(argv)
    known = None if command is None else find_installation(argv, environ)
    if command is None or known is None:
        return None
    try:
        python = command.python or choose_interpreter(known.sources, environ)
        scheme = _find(python or executable, known.kind)
        _install(scheme, known, WheelCache(cache_folder(argv, environ)))
    except (_Different, DamagedPack, PiptoolsCloneError, OSError):
        return None
    lines = [f"add {item.name} {item.version}" for item in known.items]
    if command.python is None:
        lines.insert(0, spell_environment(os.path.dirname(os.path.dirname(scheme.executable))))
    return Repeated(tuple(lines) if known.said else (), known.said, _depends(scheme, known))


def _find(python: str, kind: Kind) -> Scheme:
    """Find the folders of an environment, which must be of a kind."""
    if os.path.isdir(python):
        python = os.path.join(python, "bin", "python")
    elif os.sep not in python:  # a name, to be looked up on PATH
        raise _Different
    python = os.path.abspath(python)
    if not os.access(python, os.X_OK) or not python.isprintable() or read_traits(python) != kind.traits:
        raise _Different
    prefix = os.path.dirname(os.path.dirname(python))
    purelib, platlib, scripts, data, headers = (os.path.realpath(f"{prefix}/{folder}") for folder in kind.folders)
    return Scheme(python, purelib, platlib, scripts, data, headers, kind.stdlib)


def _install(scheme: Scheme, known: Installation, cache: WheelCache) -> None:
    _check_fresh(scheme, known.kind, ())
    has_changed = False
    locked = locked_environment(scheme.purelib, scheme.folders, _differ, _differ)
    with interrupted_late(lambda: has_changed), locked as folder:
        _check_fresh(scheme, known.kind, (FOLDER,))
        plan = _stage(folder, scheme, known, cache)
        swap(folder, plan, boot=boot_id())
        has_changed = True


def _check_fresh(scheme: Scheme, kind: Kind, own: tuple[str, ...]) -> None:
    names = set(os.listdir(scheme.purelib)).difference(own)
    if NOTE in names or FOLDER in names or (*recorded_names(names),) != kind.installed:
        raise _Different


def _stage(folder: str, scheme: Scheme, known: Installation, cache: WheelCache) -> RenamePlan:
    staging = Staging(f"{folder}/new", scheme, Places(scheme, own_folders(cache.folders)), _differ)
    with WheelWriter(cache) as writer:
        for item in known.items:
            pack = cache.open(item.wheel)
            if pack is None:
                raise _Different
            incoming = Incoming(item.name, item.wheel, WheelOrigin(None, item.url, item.sha256))
            with pack.closed_on_error():
                job = staging.add(pack, incoming.origin)
            writer.take(pack, incoming, job)
    plan = plan_renames((), staging.trees(), scheme.folders)
    if writer.damaged or staging.hooks or plan.overwritten:
        raise _Different
    return plan


def _depends(scheme: Scheme, known: Installation) -> Depends:
    """What the next plan for this environment depends on; as `sync_session` says of its own."""
    prefix = os.path.dirname(os.path.dirname(scheme.executable))
    files, digests, others, _ = known.depends
    own = (scheme.executable, os.path.join(prefix, "pyvenv.cfg"))
    watched = (*own, *watched_by_choice(files), *others)
    return Depends(files, digests, watched, tuple(dict.fromkeys((scheme.purelib, scheme.platlib))))


def _differ(*_: object) -> NoReturn:
    raise _Different
