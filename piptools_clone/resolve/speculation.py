"""What runs ahead of a resolution at an index, and can be sent out before there is a session that resolves.

Light to load, for it is to ask the first questions while the rest of the program is being loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from piptools_clone.environment.targets import running_target
from piptools_clone.formats.requirements.dependencies import Dependency, DependencyReader
from piptools_clone.index.finder import Finder
from piptools_clone.resolve.preferences import Preferences
from piptools_clone.resolve.prefetch import Prefetch

if TYPE_CHECKING:
    from packaging.version import Version

    from piptools_clone.index.index import Index
    from piptools_clone.model.compile_request import CompileRequest
    from piptools_clone.model.policy import Policy
    from piptools_clone.model.target import Target
    from piptools_clone.settings.index_settings import IndexSettings


class Scout:
    """An index, what chooses among what it has for a target, and what reads ahead by both."""

    def __init__(
        self, index: Index, policy: Policy, target: Target, reader: DependencyReader, kept: Mapping[str, Version]
    ) -> None:
        self.index = index
        self.finder = Finder(policy, target)
        self.preferences = Preferences(kept)
        self.prefetch = Prefetch(index, self.finder, reader, self.preferences)
        self._facts = policy, target, kept

    def serves(self, policy: Policy, target: Target, kept: Mapping[str, Version]) -> bool:
        """Whether it would choose by these rules, for this target, with these versions kept."""
        return self._facts == (policy, target, kept)


def send_out(index: Index, policy: Policy, demands: Mapping[str, Iterable[tuple[str, str]]]) -> Scout:
    """Follow what plain inputs demand, on the way that a session of the same request would go.

    ``demands`` are as in `PlainInputs`.
    """
    target = running_target()
    scout = Scout(index, policy, target, DependencyReader(target), {})
    scout.prefetch.want([demand for name, texts in demands.items() for demand in _dependencies(name, texts)])
    return scout


def fits(request: CompileRequest, settings: IndexSettings) -> bool:
    """Whether what a scout looks for depends on nothing but the request, the settings and the inputs."""
    special = request.no_deps or request.python or request.target_overrides or request.upgrade_packages
    return not (special or settings.uploaded_prior_to)


def _dependencies(name: str, texts: Iterable[tuple[str, str]]) -> Iterable[Dependency]:
    for extras, text in texts:
        try:
            specifier = str(SpecifierSet(text))
        except InvalidSpecifier:
            continue  # the inputs are read for certain later on
        names = {canonicalize_name(extra.strip()) for extra in extras.split(",") if extra.strip()}
        yield Dependency(name, tuple(sorted(names)), specifier)
