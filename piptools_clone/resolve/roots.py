"""From what the inputs and the command line say to the requirements of one resolution.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from piptools_clone.formats.locks.old_lock import OldPin
from piptools_clone.formats.requirements.dependencies import Dependency, DependencyReader
from piptools_clone.formats.requirements.direct_reference import split_ref, with_ref
from piptools_clone.formats.schemes import is_vcs
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.requirement import Requirement

if TYPE_CHECKING:
    from piptools_clone.resolve.graph import ChosenPackage

_COMMIT = r"[0-9a-f]{40}"


class RootsOnly(DependencyReader):
    """Reads no dependencies at all: what ``--no-deps`` means."""

    def read(self, metadata: CoreMetadata, extra: str = "") -> list[Dependency]:
        """Find nothing."""
        return []


def unfit_target(bounds: Iterable[tuple[str, str]], python: str) -> list[str]:
    """A sentence for each project, given as (file, requires-python), that does not support the target's Python.

    A lock is for its target alone: it may hold what other Pythons of the project could not run.
    """
    return [
        f"{path} requires Python {text}, but the lock is made for Python {python}"
        for path, text in bounds
        if not SpecifierSet(text).contains(python, prereleases=True)
    ]


def with_upgraded_extras(roots: Sequence[Requirement], bounds: Iterable[Requirement]) -> list[Requirement]:
    """Add the extras of ``-P 'name[extra]'`` to the requirements that name the package; others are not touched."""
    added: dict[str, set[str]] = {}
    for bound in bounds:
        added.setdefault(str(bound.name), set()).update(bound.extras)
    return [root._replace(extras=tuple(sorted({*root.extras, *added.get(str(root.name), ())}))) for root in roots]


def with_locked_commits(roots: Iterable[Requirement], old: Iterable[OldPin]) -> list[Requirement]:
    """Let repositories stay at the commit of the old lock, where that was made from the same branch or tag."""
    locked = {}
    for pin, _ in old:
        place, commit = split_ref(pin.url)
        if is_vcs(pin.url) and re.fullmatch(_COMMIT, commit):
            for via in pin.via:
                locked[place.partition("#")[0], via] = commit
    found = []
    for root in roots:
        known = locked.get((split_ref(root.shown)[0].partition("#")[0], _annotation(root))) if root.url else None
        found.append(root._replace(url=with_ref(str(root.url), known)) if known else root)
    return found


def pin_commit(chosen: ChosenPackage, roots: Iterable[Requirement]) -> ChosenPackage:
    """Write the commit that a repository came to, and keep what was typed in the annotation: ``-r r.in (@main)``.

    Only what the user named is pinned: of a reference inside the metadata of a release pip accepts no other spelling.
    """
    named = [root for root in roots if root.name == chosen.pin.name and root.url is not None]
    if chosen.direct is None or not chosen.direct.is_vcs or not chosen.direct.commit or not named:
        return chosen
    spelled = {root.origin.annotation: _annotation(root) for root in named}
    via = tuple(sorted(spelled.get(each, each) for each in chosen.pin.via))
    return chosen._replace(pin=chosen.pin._replace(url=with_ref(chosen.pin.url, chosen.direct.commit), via=via))


def _annotation(root: Requirement) -> str:
    ref = split_ref(root.shown)[1] or "HEAD"
    return root.origin.annotation if re.fullmatch(_COMMIT, ref) else f"{root.origin.annotation} (@{ref})"
