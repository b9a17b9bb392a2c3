"""Small worlds of packages without an index: values, an index in memory, and an exhaustive search.

The index keeps its futures in any order that a test asks for; nothing here opens a socket.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

from hypothesis import strategies as st
from packaging.requirements import Requirement as Line
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from piptools_clone.errors import MetadataError
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.formats.requirements.requirement_line import parse_line
from piptools_clone.http.futures import Future
from piptools_clone.index.metadata.directs import DirectCandidate
from piptools_clone.index.metadata.release_metadata import NeedsBuild
from piptools_clone.index.pages.page import Page
from piptools_clone.index.pages.pages import PartialReader
from piptools_clone.index.pages.project import Project, ProjectSource
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.lock import Pin
from piptools_clone.model.observer import SilentObserver
from piptools_clone.model.policy import FormatControl, Policy
from piptools_clone.model.requirement import Origin, Requirement
from piptools_clone.model.target import Target
from piptools_clone.resolve.graph import chosen_packages
from piptools_clone.resolve.provider import Provider
from piptools_clone.resolve.resolution import search
from piptools_clone.resolve.selection import Selection

MARKERS = {
    "implementation_name": "cpython",
    "implementation_version": "3.12.1",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6",
    "platform_system": "Linux",
    "platform_version": "1",
    "python_full_version": "3.12.1",
    "python_version": "3.12",
    "sys_platform": "linux",
}
TARGET = Target(MARKERS, ("py3-none-any",))


class Release(NamedTuple):
    """A version; ``requires`` None stands for metadata that cannot be read, ``is_source`` for what must be built."""

    requires: tuple[str, ...] | None = ()
    yanked: str | None = None
    requires_python: str | None = None
    is_source: bool = False

    @property
    def usable(self) -> bool:
        """Whether it may be chosen without being asked for by name."""
        return self.requires is not None and self.yanked is None and self.requires_python is None


class World(NamedTuple):
    """Releases by name and version, and what a user wants of them, as lines of a requirements file.

    ``directs`` are the releases behind direct references: name, version and requirements by address.
    """

    packages: Mapping[str, Mapping[str, Release]]
    roots: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    directs: Mapping[str, tuple[str, str, tuple[str, ...]]] = {}


class MemoryIndex:
    """A world behind the interface of `index.index.Index`; answers at once."""

    has_asked = True

    def __init__(self, world: World, *, reverse_pages: bool = False) -> None:
        self._world = world
        self._reverse = reverse_pages
        self._reader: PartialReader | None = None
        self.asked: list[str] = []

    def show(self, reader: PartialReader) -> None:
        self._reader = reader

    def attend(self) -> None:
        """Nothing arrives here by itself."""

    def hurry(self, name: str) -> None:
        """Nothing waits here for its turn."""

    def page(self, name: str) -> Future[Project]:
        return self._promise(f"page {name}", lambda: self._page(name))

    def metadata(self, artifact: Artifact, *, build: bool = True) -> Future[CoreMetadata]:
        what = "metadata" if artifact.is_wheel else "build" if build else "glance at"
        return self._promise(f"{what} {artifact.filename}", lambda: self._metadata(artifact, build=build))

    def direct(self, requirement: Requirement) -> Future[DirectCandidate]:
        return self.direct_url(requirement.name or "", requirement.url or "")

    def direct_url(self, name: str, url: str, asker: str = "") -> Future[DirectCandidate]:
        return self._promise(f"direct {url}", lambda: self._direct(url))

    def _promise(self, what: str, work: Callable[[], object]) -> Future:
        self.asked.append(what)
        future: Future = Future()
        self._deliver(future, work)
        return future

    def _deliver(self, future: Future, work: Callable[[], object]) -> None:
        future.run(work)

    def _page(self, name: str) -> Project:
        releases = self._world.packages.get(name)
        if releases is None:
            return Project(name)
        files = [(Version(version), (_artifact(name, version, release),)) for version, release in releases.items()]
        files.sort(key=lambda item: item[0])
        return Project(name, [ProjectSource("memory", Page(tuple(files)))])

    def _metadata(self, artifact: Artifact, *, build: bool) -> CoreMetadata:
        if not artifact.is_wheel and not build:
            raise NeedsBuild
        name, version = artifact.filename.removesuffix(".tar.gz").split("-")[:2]
        release = self._world.packages[name][version]
        if release.requires is None:
            raise MetadataError("it is noise")
        return CoreMetadata(name, version, release.requires)

    def _direct(self, url: str) -> DirectCandidate:
        name, version, requires = self._world.directs[url]
        return DirectCandidate(name, Version(version), CoreMetadata(name, version, requires), url)


class ShuffledIndex(MemoryIndex):
    """Answers nothing before it is waited for, and then others first: in an order drawn from ``seed``."""

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(world)
        self._random = random.Random(seed)
        self._open: list[tuple[Future, Callable[[], object]]] = []

    def _promise(self, what: str, work: Callable[[], object]) -> Future:
        self.asked.append(what)
        future: Future = _Late(self)
        self._open.append((future, work))
        if what.startswith("page ") and self._random.random() < 0.5:
            self._open.append((Future(), lambda: self._show_end(what.removeprefix("page "))))
        return future

    def _show_end(self, name: str) -> None:
        """The newest releases of a page are seen before it comes, or after."""
        assert self._reader is not None
        for source in self._page(name).sources:
            newest = source.page.releases[-self._random.randint(0, 2) :]  # type: ignore[union-attr] # a Page
            self._reader.take_partial(Project(name, [ProjectSource("memory", Page(newest))]))

    def keep(self, awaited: Future) -> None:
        """Keep futures until this one is kept."""
        while not awaited.done():
            future, work = self._open.pop(self._random.randrange(len(self._open)))
            future.run(work)


class _Late(Future):
    __slots__ = ("_index",)

    def __init__(self, index: ShuffledIndex) -> None:
        super().__init__()
        self._index = index

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self._index.keep(self)
        return super().exception(timeout)


class ThreadedIndex(MemoryIndex):
    """Answers from the threads of an executor, in whatever order they run."""

    def __init__(self, world: World, executor: Executor) -> None:
        super().__init__(world)
        self._executor = executor

    def _deliver(self, future: Future, work: Callable[[], object]) -> None:
        self._executor.submit(future.run, work)


def _artifact(name: str, version: str, release: Release) -> Artifact:
    filename = f"{name}-{version}" + (".tar.gz" if release.is_source else "-py3-none-any.whl")
    url = f"https://idx.example/{filename}"
    return Artifact(filename, url, requires_python=release.requires_python, yanked=release.yanked)


def requirements(lines: Sequence[str], *, path: str = "requirements.in") -> list[Requirement]:
    """Lines as requirements, each with its place."""
    return [parse_line(line, Origin(path, number, f"-r {path}")) for number, line in enumerate(lines, 1)]


def provide(
    world: World,
    *,
    index: MemoryIndex | None = None,
    pins: Mapping[str, str] | None = None,
    pre: bool | None = None,
    policy: Policy | None = None,
) -> Provider:
    """A provider of a world, made as a session makes it."""
    refused = FormatControl(only_binary=frozenset({":all:"} if pre is False else ()))
    policy = (policy or Policy())._replace(pre=bool(pre), release_control=refused)
    kept = {name: Version(version) for name, version in (pins or {}).items()}
    return Provider(select(index or MemoryIndex(world), policy, kept), SilentObserver())


def select(index: MemoryIndex, policy: Policy = Policy(), kept: Mapping[str, Version] = {}) -> Selection:  # noqa: B008 - values
    """What chooses from an index in memory, which has the interface as far as a resolution goes."""
    return Selection(index, policy, TARGET, DependencyReader(TARGET), kept)  # type: ignore[arg-type]


def lock(world: World, **how: object) -> list[Pin]:
    """The pins for a world.  Raises `NoSolution`."""
    provider = provide(world, **how)  # type: ignore[arg-type] # passed on
    found = search(provider, requirements(world.roots), constraints_of(world))
    return [each.pin for each in chosen_packages(found)]


def constraints_of(world: World) -> list[Requirement]:
    """The constraints of a world as requirements."""
    return [each._replace(is_constraint=True) for each in requirements(world.constraints, path="limits.txt")]


def versions(world: World, **how: object) -> dict[str, str]:
    """The same as versions by name."""
    return {pin.name: pin.version for pin in lock(world, **how)}


# the exhaustive search


class Demands(NamedTuple):
    """What a choice of versions asks for: the specifiers by name, and the names with the extras asked of them."""

    specifiers: dict[str, list[SpecifierSet]]
    extras: dict[str, set[str]]


def demands(world: World, chosen: Mapping[str, str]) -> Demands:
    """Everything that is asked for by the user and by what is chosen, as far as the chosen versions tell."""
    found = Demands({}, {})
    waiting = [(Line(line), "") for line in world.roots]
    seen: set[tuple[str, str]] = set()
    while waiting:
        line, _ = waiting.pop()
        found.specifiers.setdefault(line.name, []).append(line.specifier)
        found.extras.setdefault(line.name, set()).update(line.extras)
        for extra in ("", *line.extras):
            if line.name in chosen and (line.name, extra) not in seen:
                seen.add((line.name, extra))
                waiting += [(each, extra) for each in _needed(world, line.name, chosen[line.name], extra)]
    return found


def _needed(world: World, name: str, version: str, extra: str) -> Iterator[Line]:
    for text in world.packages[name][version].requires or ():
        line = Line(text)
        holds = line.marker is None or line.marker.evaluate({**MARKERS, "extra": extra})
        without = line.marker is None or line.marker.evaluate({**MARKERS, "extra": ""})
        if holds and not (extra and without):
            yield line


def solutions(world: World, chosen: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
    """Every choice that is valid, closed and holds nothing unreachable; each package from its newest version down."""
    chosen = chosen or {}
    asked = demands(world, chosen)
    limits = {line.name: line.specifier for line in map(Line, world.constraints)}
    for name, version in chosen.items():
        bounds = [*asked.specifiers.get(name, ()), *([limits[name]] if name in limits else [])]
        if not all(bound.contains(version, prereleases=True) for bound in bounds):
            return
    missing = sorted(name for name in asked.specifiers if name not in chosen)
    if not missing:
        yield dict(chosen)
        return
    for version in sorted(world.packages.get(missing[0], {}), key=Version, reverse=True):
        if world.packages[missing[0]][version].usable:
            yield from solutions(world, {**chosen, missing[0]: version})


# random worlds

NAMES = ("ash", "box", "cow", "dog", "elm")
VERSIONS = ("1.0", "1.5", "2.0", "3.0")

_specifiers = st.sampled_from(
    ("", "", ">=1.5", ">=2.0", "<2.0", "<=1.5", "==1.0", "==2.0", "==1.*", "!=2.0", "~=1.0", ">=1.5,<3", "<3", ">9")
)
_markers = st.sampled_from(
    ("", "", "", "", ' ; extra == "x"', ' ; extra == "y"', ' ; python_version < "3"', ' ; os_name == "posix"')
)


@st.composite
def _lines(draw: st.DrawFn, *, marked: bool) -> str:
    rare = draw(st.integers(0, 40))
    name = "ghost" if rare == 40 else draw(st.sampled_from(NAMES))
    extras = draw(st.sampled_from(("", "", "", "[x]", "[x,y]")))
    return f"{name}{extras}{draw(_specifiers)}{draw(_markers) if marked else ''}"


@st.composite
def _releases(draw: st.DrawFn) -> Release:
    rare = draw(st.integers(0, 30))
    if rare == 30:
        return Release(None)
    lines = tuple(draw(_lines(marked=True)) for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2, 2, 3)))))
    return Release(lines, requires_python=">=3.99" if rare == 29 else None)


@st.composite
def worlds(draw: st.DrawFn, *, odd: bool = False) -> World:
    """A handful of packages with a few versions that need each other, and a user who wants some of them.

    With ``odd`` some versions are yanked, and there are pre-releases and requirements that ask for them.
    """
    packages = {}
    for name in NAMES:
        listed = draw(st.sampled_from((VERSIONS, VERSIONS, VERSIONS[1:], VERSIONS[::2], VERSIONS[2:], VERSIONS[:1])))
        packages[name] = {version: draw(_releases()) for version in listed}
        if odd:
            packages[name]["3.1rc1"] = draw(_releases())
            yanked = draw(st.sampled_from(listed))
            packages[name][yanked] = packages[name][yanked]._replace(yanked="broken")
            asks = draw(_releases())._replace(requires=(f"{draw(st.sampled_from(NAMES))}>=1.0rc1",))
            packages[name]["2.9"] = asks
    roots = [draw(_lines(marked=False)) for _ in range(draw(st.integers(1, 3)))]
    limits = draw(st.dictionaries(st.sampled_from(NAMES), _specifiers, max_size=2))
    return World(packages, tuple(roots), tuple(f"{name}{bound}" for name, bound in limits.items()))
