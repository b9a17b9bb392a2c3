"""After a restart of the machine: whether everything is there that a sync added without waiting for the disk.

See `environment.boot` for why that is enough.  If anything is missing or damaged, all that was added is taken away:
the environment is then the old one, exactly, and the lock says what comes anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from piptools_clone.environment.installed import Distribution
from piptools_clone.environment.own_names import NOTE
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.sync.containment import Bounds
from piptools_clone.sync.transaction.journal import read_note
from piptools_clone.sync.transaction.rename_plan import Moves
from piptools_clone.sync.transaction.swap import flush, swap
from piptools_clone.sync.verify import find_drift


class Lost(NamedTuple):
    """What is not as it was written, each with its fault; ``proved`` if a note of ours says that it was added last."""

    faults: tuple[str, ...]
    proved: bool


def find_lost(site: str, installed: Iterable[Distribution]) -> Lost:
    """Name what the last sync added and what is not as it was written.

    A note that is not ours tells nothing of what was added, so everything is looked at.  Raises `EnvironmentFailure`
    where the note is no file.
    """
    path = os.path.join(site, NOTE)
    if os.path.lexists(path) and (os.path.islink(path) or not os.path.isfile(path)):
        raise EnvironmentFailure(
            f"{inert(path, 500)} is not what a pip-sync leaves there.", hint="find out what made it, and remove it"
        )
    added = read_note(path)
    looked_at = [each for each in installed if added is None or os.fspath(each.info) in added]
    faults = ((each.name, _fault(each)) for each in looked_at if added is not None or each.record is not None)
    return Lost(tuple(f"{name} ({fault})" for name, fault in faults if fault), added is not None)


def take_back(area: str, site: str, roots: Sequence[str]) -> None:
    """Take away all that the last sync added below ``roots``, and its note; ``area`` is from `area.locked_area`."""
    inside = Bounds(roots)
    added = read_note(os.path.join(site, NOTE)) or ()
    swap(area, Moves(tuple(path for path in added if inside(path) and os.path.lexists(path)), ()))


def settle(area: str, site: str) -> None:
    """Make what was added durable, since it is whole, and remove the note."""
    flush(area)
    os.unlink(os.path.join(site, NOTE))


def _fault(distribution: Distribution) -> str:
    """A RECORD that was cut off lacks its last line, which names itself."""
    own = f"{distribution.info.name}/RECORD"
    if own not in {line.path for line in distribution.record or ()}:
        return "its RECORD is damaged"
    return find_drift(distribution)
