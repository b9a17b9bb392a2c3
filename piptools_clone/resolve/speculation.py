"""What a compile asks for by plain inputs alone, before there is a session that resolves.

Light to load, for it is to ask the first questions while the rest of the program is being loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from piptools_clone.environment.targets import running_target
from piptools_clone.errors import MetadataError
from piptools_clone.formats.requirements.dependencies import Dependency, DependencyReader
from piptools_clone.resolve.selection import Selection

if TYPE_CHECKING:
    from piptools_clone.index.index import Index
    from piptools_clone.model.compile_request import CompileRequest
    from piptools_clone.model.policy import Policy
    from piptools_clone.settings.index_settings import IndexSettings


def speculate(index: Index, policy: Policy, demands: Mapping[str, Iterable[tuple[str, str]]]) -> Selection:
    """Follow what plain inputs demand, on the way that a session of the same request would go.

    ``demands`` are as in `PlainInputs`.
    """
    target = running_target()
    selection = Selection(index, policy, target, DependencyReader(target), {})
    selection.prefetch.want(_dependencies(demands, selection.reader))
    return selection


def can_speculate(request: CompileRequest, settings: IndexSettings) -> bool:
    """Whether what is chosen depends on nothing but the request, the settings and the inputs."""
    special = request.no_deps or request.python or request.target_overrides or request.upgrade_packages
    return not (special or settings.uploaded_prior_to)


def _dependencies(demands: Mapping[str, Iterable[tuple[str, str]]], reader: DependencyReader) -> Iterator[Dependency]:
    for name, texts in demands.items():
        for extras, specifier in texts:
            try:
                yield reader.read_line(f"{name}[{extras}]{specifier}")[0]
            except MetadataError:
                continue  # the inputs are read for certain later on
