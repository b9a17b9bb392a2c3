"""What one resolution chooses from, and by which rules; and the first one of a compile, made of plain inputs alone.

Light to load, for it is to ask the first questions while the rest of the program is being loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from piptools_clone.errors import MetadataError
from piptools_clone.formats.requirements.dependencies import Dependency, DependencyReader
from piptools_clone.resolve.candidates import Candidates
from piptools_clone.resolve.prefetch import Prefetch

if TYPE_CHECKING:
    from packaging.version import Version

    from piptools_clone.index.finder import Finder
    from piptools_clone.index.index import Index
    from piptools_clone.model.compile_request import CompileRequest
    from piptools_clone.model.policy import Policy
    from piptools_clone.model.target import Target
    from piptools_clone.settings.index_settings import IndexSettings


class Selection:
    """An index, the candidates that it has for a target, and what reads ahead.

    There is one for a resolution: what was speculated before the solver began is what the solver finds.  ``reader``
    reads dependencies for the target, and is where markers are evaluated; ``kept`` are versions of the old lock;
    ``finder`` examines versions where they are not for one target, and ``guesses`` reads dependencies for what reads
    ahead, which asks in any order.
    """

    def __init__(
        self,
        index: Index,
        policy: Policy,
        target: Target,
        reader: DependencyReader,
        kept: Mapping[str, Version],
        *,
        finder: Finder | None = None,
        guesses: DependencyReader | None = None,
    ) -> None:
        self.index = index
        self.reader = reader
        self.candidates = Candidates(policy, target, kept, finder)
        self.prefetch = Prefetch(index, self.candidates, guesses or reader)
        self._rules = policy, target, kept

    def serves(self, policy: Policy, target: Target, kept: Mapping[str, Version]) -> bool:
        """Whether it chooses by these rules, for this target, with these versions kept."""
        return self._rules == (policy, target, kept)


def speculate(
    index: Index, policy: Policy, target: Target, demands: Mapping[str, Iterable[tuple[str, str]]]
) -> Selection:
    """Follow what plain inputs demand, before they are read for certain; ``demands`` are as in `PlainInputs`."""
    selection = Selection(index, policy, target, DependencyReader(target), {})
    selection.prefetch.want(_dependencies(demands, selection.reader))
    return selection


def can_speculate(request: CompileRequest, settings: IndexSettings) -> bool:
    """Whether what is chosen depends on nothing but the request, the settings and the inputs."""
    special = request.no_deps or request.upgrade_packages or settings.uploaded_prior_to
    return request.is_for_host and not special


def _dependencies(demands: Mapping[str, Iterable[tuple[str, str]]], reader: DependencyReader) -> Iterator[Dependency]:
    for name, texts in demands.items():
        for extras, specifier in texts:
            try:
                yield reader.read_line(f"{name}[{extras}]{specifier}")[0]
            except MetadataError:
                continue  # the inputs are read for certain later on
