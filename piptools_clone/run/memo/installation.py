"""Whether what a sync did is what any fresh environment of the kind would need, and then what that is."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from piptools_clone.environment.venv import read_traits
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.run.memo.sync_memo import Depends, Installation, Item, Kind
from piptools_clone.settings.pip_configuration import config_files
from piptools_clone.syncing.plan import Action, Plan
from piptools_clone.syncing.protected import ALWAYS, BEFORE_312
from piptools_clone.syncing.wanted import pinned_version
from piptools_clone.syncing.write.layout import Incoming
from piptools_clone.syncing.write.scheme import scheme_of

if TYPE_CHECKING:
    from piptools_clone.environment.interpreter import Interpreter
    from piptools_clone.syncing.plan import PlannedChange
    from piptools_clone.syncing.stage import Staged


def make_installation(
    request: SyncRequest, plan: Plan, staged: Sequence[Staged], kind: Kind, depends: Depends
) -> Installation | None:
    """Write down what was installed; ``depends`` is what it depended on.

    None where anything else than the lock, the options and the kind of the environment had a say in it.
    """
    if not _is_plain(request):
        return None
    if not all(_follows_from_lock(change) for change in plan.changes):
        return None
    if not all(_is_plain_wheel(each.incoming) for each in staged):
        return None
    if any(each.incoming.sha256 != each.incoming.origin.sha256 for each in staged):
        return None  # it was built, and more says how than what is looked at again
    items = [
        Item(each.head.name, each.head.version, incoming.sha256, incoming.origin.url, incoming.origin.sha256)
        for each in staged
        for incoming in [each.incoming]
    ]
    other = Depends(depends.files, depends.digests, watched_files(os.environ), ())
    return Installation(request.sources, other, kind, tuple(items))


def kind_of(interpreter: Interpreter, installed: tuple[str, ...]) -> Kind | None:
    """Tell the kind of an environment, None where it is one of its own; ``installed`` is what is recorded there."""
    scheme = scheme_of(interpreter)
    traits = read_traits(scheme.executable)
    prefix = os.path.realpath(interpreter.prefix)
    if traits is None or interpreter.prefix != interpreter.executable.parent.parent:
        return None
    paths = (scheme.purelib, scheme.platlib, scheme.scripts, scheme.data, scheme.headers)
    folders = tuple(os.path.relpath(path, prefix) for path in paths)
    if scheme.purelib != scheme.platlib or any(folder.startswith("..") for folder in folders):
        return None
    return Kind(traits, installed, folders, scheme.stdlib)


def watched_files(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Name the files of pip's settings, which say whether wheels may be used."""
    return config_files(environ, home=os.path.expanduser("~"), prefix=sys.prefix, platform=sys.platform)


def _is_plain(request: SyncRequest) -> bool:
    other_place = request.user or request.target or request.prefix
    otherwise = request.compile_bytecode or request.link_mode != "auto" or request.relax_record
    again = request.verify or request.reinstall or request.reinstall_names or request.describes
    return bool(request.cache_dir) and not (other_place or otherwise or again)


def _is_plain_wheel(incoming: Incoming) -> bool:
    """Whether this is a file of an index that the lock names by SHA-256."""
    return not incoming.relaxed and incoming.origin.direct_url is None and not incoming.origin.others


def _follows_from_lock(change: PlannedChange) -> bool:
    """Whether a change is to add a file that the lock names by SHA-256, or to leave alone what always stays."""
    new = change.new
    if change.action is Action.KEEP:
        return new is None and (change.name or "") in ALWAYS | BEFORE_312
    if change.action is not Action.ADD or new is None or new.url is not None:
        return False
    return pinned_version(new) is not None and any(text.startswith("sha256:") for text in new.hashes)
