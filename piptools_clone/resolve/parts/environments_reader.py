"""Dependencies with the environments where they hold, in place of one target's yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from piptools_clone.formats.requirements.dependencies import Dependency, DependencyReader
from piptools_clone.formats.requirements.marker_cells import MarkerCells
from piptools_clone.formats.requirements.markers import ANY_EXTRA
from piptools_clone.model.target import Target
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from piptools_clone.model.candidate import CoreMetadata
    from piptools_clone.model.environments import Environments


class Edge(NamedTuple):
    """What a release needs, with an extra or without, and where: ``cells`` hold until the partition is refined."""

    dependency: Dependency
    marker: str
    cells: int


class EnvironmentsReader(DependencyReader):
    """Reads dependencies for many environments; a dependency holds for `read` if it does in any of them.

    With ``no_deps`` nothing needs anything.
    """

    def __init__(self, environments: Environments, python: str, *, no_deps: bool = False) -> None:
        super().__init__(Target({"python_full_version": python}, ()))
        self._no_deps = no_deps
        self._environments = environments
        self._python = python
        self._cells = MarkerCells(environments)

    @property
    def python_advice(self) -> str:
        """Which Pythons these are for, and how a user asks for others."""
        if self._environments.targets:
            return "other Pythons are asked for by other targets"
        return f"this locks for Python {self._python}; --python-version names another range"

    def cells(self, marker: str, extra: str = "") -> int:
        """Where a marker holds, with one extra or none.  Raises `MetadataError` for what is no marker."""
        return self._cells.cells(marker, extra)

    def added_cells(self, marker: str, extra: str) -> int:
        """Where a marker holds with an extra and does not without; without one where it holds."""
        if not extra:
            return self.cells(marker)
        with_extra = self.cells(marker, extra)
        return with_extra & ~self.cells(marker) if "extra" in marker else 0

    def edges(self, metadata: CoreMetadata, extra: str) -> list[Edge]:
        """What a release needs in any environment; with an extra only what that adds.  Raises `MetadataError`."""
        if self._no_deps:
            return []
        lines: Sequence[str] = metadata.requires_dist
        if extra:
            by_extra = self._lines_by_extra(metadata)
            lines = (*by_extra.get(extra, ()), *by_extra.get(ANY_EXTRA, ()))
        read = [self.read_line(line) for line in lines]
        while True:  # a set holds only until the next marker refines the partition
            generation = self._environments.generation
            found = [Edge(dependency, marker, self.added_cells(marker, extra)) for dependency, marker in read]
            if self._environments.generation == generation:
                return [edge for edge in found if edge.cells]

    def read(self, metadata: CoreMetadata, extra: str = "") -> list[Dependency]:
        """The dependencies that hold in any environment."""
        return [edge.dependency for edge in self.edges(metadata, extra)]

    def _evaluate(self, marker: str, extra: str) -> bool:
        return bool(self.cells(marker, extra))
