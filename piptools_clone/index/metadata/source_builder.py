"""What the index asks of whatever builds sources, which is handed in: see `build.pip_build.PipBuilder`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.named_tuple import NamedTuple


class Built(NamedTuple):
    """The outcome of a build: ``commit`` is set for a checkout, empty else."""

    metadata: CoreMetadata
    commit: str = ""


class SourceBuilder(Protocol):
    """Builds sources for their metadata.  For several threads."""

    def build(
        self,
        url: str,
        what: str,
        *,
        name: str | None = None,
        editable: bool = False,
        is_vcs: bool = False,
        config_settings: Sequence[str] = (),
    ) -> Built:
        """The metadata of the source at an address.  Raises BuildFailure."""

    def key(self, name: str | None, own: Sequence[str] = ()) -> str:
        """What the outcome of a build depends on beside the source."""

    def stop(self) -> None:
        """End every running build, and start none any more."""
