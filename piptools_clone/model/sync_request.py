"""What a sync is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from piptools_clone.model.index_options import IndexOptions
from piptools_clone.named_tuple import NamedTuple


class SyncRequest(NamedTuple):
    """One sync as a library would be asked for it; the command line is one way to fill this in.

    ``sources`` are lock files as the user spelled them.  ``python`` is an interpreter, None for the running one.
    At most one of ``user``, ``target`` and ``prefix`` says that another place than its own environment is meant.
    ``force`` takes unpinned lines and lets the last of contradicting lines win; ``strict`` False accepts a lock that
    lacks dependencies.  ``keep`` are globs of names that are never removed.  ``require_hashes`` True asks for a
    hash of every line, False for none, None for pip's rule: of every line if of any.  ``relax_record`` are canonical
    names of wheels whose RECORD is not held against them.  ``link_mode`` is a value of `syncing.write.LinkMode`.
    ``verify`` also compares every installed file with RECORD.  ``reinstall`` installs everything that the lock names
    anew, ``reinstall_names`` what has these canonical names.  ``dry_run`` plans only.  With ``describes`` the result
    describes what was installed; a dry run then gets and checks what would be, for which the cache is filled but
    nothing else changed.
    """

    sources: tuple[str, ...]
    options: IndexOptions = IndexOptions()
    python: str | None = None
    user: bool = False
    target: str | None = None
    prefix: str | None = None
    dry_run: bool = False
    describes: bool = False
    force: bool = False
    strict: bool = True
    allow_empty: bool = False
    break_system_packages: bool = False
    keep: tuple[str, ...] = ()
    require_hashes: bool | None = None
    relax_record: frozenset[str] = frozenset()
    link_mode: str = "auto"
    compile_bytecode: bool = False
    verify: bool = False
    reinstall: bool = False
    reinstall_names: frozenset[str] = frozenset()
    no_build: bool = False
    build_isolation: bool = True
    cache_dir: str | None = None
    offline: bool = False
    isolated: bool = False
    index_strategy: str = "merge"


class SyncChange(NamedTuple):
    """One name in a plan.

    ``action`` is ``add``, ``upgrade``, ``downgrade``, ``replace``, ``remove`` or ``keep``.  ``name`` is None for a
    direct reference whose name is not known yet.  ``old`` is the installed version, ``new`` the version or address of
    the lock, each "" where there is none.  ``shown`` is how the lock spells it, ``uninstalled`` how pip-tools spells
    what goes,
    "" where nothing does but by being replaced.
    """

    action: str
    name: str | None
    old: str
    new: str
    shown: str
    uninstalled: str
    reason: str


class SyncReport(NamedTuple):
    """One installed file's facts for the report: metadata as text, and where the file came from (PEP 610 shape)."""

    name: str
    version: str
    metadata: str
    download_info: Mapping[str, Any]
    is_direct: bool


class SyncResult(NamedTuple):
    """What a sync planned, and whether it changed the environment.

    ``installed`` describes what it brought, or would bring, where the request asks for that.
    ``depends`` is what the next plan will depend on (a `sync_memo.Depends`), None where it depends on more.
    ``installation`` is what another fresh environment would take (a `sync_memo.Installation`), None where that is not
    known.
    """

    changes: tuple[SyncChange, ...]
    changed: bool
    prefix: str
    installed: tuple[SyncReport, ...] = ()
    markers: Mapping[str, str] = MappingProxyType({})
    depends: Any = None
    installation: Any = None

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to do."""
        return all(change.action == "keep" for change in self.changes)
