"""Everything that is known of one project, over all indexes and find-links places."""

from collections.abc import Iterable, Sequence

from packaging.version import Version

from piptools_clone.index.pages.compact_page import CompactPage, parse_versions
from piptools_clone.index.pages.listing import ProjectStatus
from piptools_clone.index.pages.page import Page
from piptools_clone.model.artifact import Artifact
from piptools_clone.named_tuple import NamedTuple


class ProjectSource(NamedTuple):
    """A place that knows the project: an index, with a loaded page, or find-links, with a page that was just read.

    ``location`` holds no credentials.  ``refused`` is the status with which it refused to give the page, where the
    user said that this means "not there", else 0.
    """

    location: str
    page: CompactPage | Page
    is_index: bool = True
    refused: int = 0


class Project:
    """The versions of a project and their files, merged over its sources; each release is read when it is asked for.

    ``name`` is canonical; ``sources`` are in the order of preference.  Versions that are equal (``1.0`` and
    ``1.0.0``) are one; local versions are versions of their own.  ``exists`` is False when no place knows the
    project; ``exists`` with no versions is a project without usable files.  ``refusals`` are the places that refused to
    tell, with the status.
    """

    __slots__ = ("_artifacts", "_places", "_versions", "name", "refusals", "sources")

    def __init__(self, name: str, sources: Iterable[ProjectSource] = ()) -> None:
        self.name = name
        given = tuple(sources)
        self.sources = tuple(source for source in given if not source.refused)
        self.refusals = tuple((source.location, source.refused) for source in given if source.refused)
        self._versions: tuple[Version, ...] | None = None
        self._places: list[list[tuple[ProjectSource, int]]] | None = None
        self._artifacts: dict[int, tuple[Artifact, ...]] = {}

    @property
    def exists(self) -> bool:
        """Whether any source knows the project."""
        return bool(self.sources)

    @property
    def versions(self) -> tuple[Version, ...]:
        """Ascending, each once."""
        if self._versions is None:
            self._versions = self._merge()
        return self._versions

    @property
    def found_on(self) -> tuple[str, ...]:
        """The indexes (not find-links) that know the project; more than one is worth a word."""
        return tuple(source.location for source in self.sources if source.is_index)

    @property
    def status(self) -> ProjectStatus:
        """The status that an index gives (PEP 792), the first that is not ``active``."""
        statuses = (source.page.status for source in self.sources)
        return next((status for status in statuses if status.state != "active"), ProjectStatus())

    @property
    def skipped(self) -> tuple[tuple[str, str], ...]:
        """Pairs of the name of a file that was passed over, and why."""
        return tuple(pair for source in self.sources if source.is_index for pair in source.page.skipped)

    def artifacts(self, i: int) -> tuple[Artifact, ...]:
        """The files of the i-th version, in the order of sources and pages."""
        found = self._artifacts.get(i)
        if found is None:
            found = self._artifacts[i] = self._read(i)
        return found

    def _merge(self) -> tuple[Version, ...]:
        if len(self.sources) == 1:
            return tuple(_versions_of(self.sources[0].page))
        places: dict[Version, list[tuple[ProjectSource, int]]] = {}
        for source in self.sources:
            for i, version in enumerate(_versions_of(source.page)):
                places.setdefault(version, []).append((source, i))
        versions = tuple(sorted(places))
        self._places = [places[version] for version in versions]
        return versions

    def _read(self, i: int) -> tuple[Artifact, ...]:
        _ = self.versions  # merges
        if self._places is None:
            return _artifacts_of(self.sources[0], i)
        return tuple(artifact for source, at in self._places[i] for artifact in _artifacts_of(source, at))


def _versions_of(page: CompactPage | Page) -> Sequence[Version]:
    if isinstance(page, CompactPage):
        return parse_versions(page)
    return [version for version, _ in page.releases]


def _artifacts_of(source: ProjectSource, i: int) -> tuple[Artifact, ...]:
    if isinstance(source.page, CompactPage):
        return source.page.artifacts(i, source.location)
    return tuple(artifact._replace(source=source.location) for artifact in source.page.releases[i][1])
