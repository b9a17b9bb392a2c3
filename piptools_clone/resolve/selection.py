"""What one resolution chooses from, and by which rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from piptools_clone.resolve.candidates import Candidates
from piptools_clone.resolve.prefetch import Prefetch

if TYPE_CHECKING:
    from packaging.version import Version

    from piptools_clone.formats.requirements.dependencies import DependencyReader
    from piptools_clone.index.index import Index
    from piptools_clone.model.policy import Policy
    from piptools_clone.model.target import Target


class Selection:
    """An index, the candidates that it has for a target, and what reads ahead.

    There is one for a resolution: what was speculated before the solver began is what the solver finds.  ``reader``
    reads dependencies for the target, and is where markers are evaluated; ``kept`` are versions of the old lock.
    """

    def __init__(
        self, index: Index, policy: Policy, target: Target, reader: DependencyReader, kept: Mapping[str, Version]
    ) -> None:
        self.index = index
        self.reader = reader
        self.candidates = Candidates(policy, target, kept)
        self.prefetch = Prefetch(index, self.candidates, reader)
        self._rules = policy, target, kept

    def serves(self, policy: Policy, target: Target, kept: Mapping[str, Version]) -> bool:
        """Whether it chooses by these rules, for this target, with these versions kept."""
        return self._rules == (policy, target, kept)
