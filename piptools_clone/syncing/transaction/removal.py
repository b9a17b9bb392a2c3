"""Who owns which file, and which files go when distributions go: what they alone recorded, inside the environment."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable, Sequence

from piptools_clone.environment.installed import MAX_TEXT, Distribution, InstallKind, first_line
from piptools_clone.environment.own_names import folded
from piptools_clone.environment.plain_file import read_plain
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.syncing.transaction.final_paths import Bounds, Places


class Owners:
    """The owners of files, as they recorded them; of two that recorded the same file, the last one."""

    def __init__(self, distributions: Iterable[Distribution], places: Places) -> None:
        self._by_path = {places.real(path): each for each in distributions for path in each.files() or ()}
        self._by_spelling: dict[str, str] | None = None

    def __contains__(self, path: str) -> bool:
        return path in self._by_path

    def of(self, path: str) -> Distribution | None:
        """Tell who recorded a file that is there, under whatever spelling its file system takes for the same."""
        found = self._by_path.get(path)
        if found is not None:
            return found
        if self._by_spelling is None:
            self._by_spelling = {folded(known): known for known in self._by_path}
        known = self._by_spelling.get(folded(path))
        return self._by_path[known] if known is not None and _is_same_file(known, path) else None


class Removal(NamedTuple):
    """Files to take away, as final paths, and files that stay with another content (``easy-install.pth``).

    ``spared`` were recorded by what goes, and are left there, since they belong to something else.
    """

    files: frozenset[str]
    rewritten: tuple[tuple[str, bytes], ...] = ()
    spared: tuple[str, ...] = ()


def check_removable(gone: Iterable[Distribution]) -> None:
    """Refuse what cannot be removed exactly: nothing tells which files it installed.  Raises `EnvironmentFailure`."""
    for distribution in gone:
        if distribution.files() is None:
            what = "distutils" if distribution.kind is InstallKind.EGG_INFO_FILE else "a tool that recorded no files"
            raise EnvironmentFailure(
                f"{distribution.name} {inert(distribution.version)} was installed by {what}, "
                f"so it cannot be removed exactly: {inert(str(distribution.info), 500)}",
                hint=f"leave it there with --keep {distribution.name}, or remove it by hand",
            )


def plan_removal(
    gone: Sequence[Distribution], others: Iterable[Distribution], roots: Iterable[str], places: Places
) -> Removal:
    """List what to remove for ``gone``: nothing that is outside ``roots``, or belongs to something else.

    It may belong to ``others``, which recorded it, to Python or the environment itself (see `final_paths`), or to a
    distribution whose metadata it is.  A folder is removed once it is empty, never because it was recorded: anything
    may be in it.  Compiled modules go with their sources.  Sources of editable installs are never among it.
    Raises `EnvironmentFailure` as `check_removable` does, and for a distribution whose own list of files was brought by
    another one that stays.
    """
    check_removable(gone)
    if not gone:
        return Removal(frozenset())
    owners = Owners(others, places)
    believed = _believed(gone, owners, places)
    inside = Bounds(roots)
    recorded = {_final(path, each, places) for each in believed for path in _files(each)} - {""}
    there = {path for path in recorded if path not in owners and inside(path) and _is_no_folder(path)}
    infos = {places.real(os.fspath(each.info)) for each in gone}
    spared = {path for path in there if places.why_kept(path) or not _is_own(path, infos, places)}
    files = there - spared
    links = [distribution for distribution in gone if distribution.kind is InstallKind.EGG_LINK]
    compiled = {path for path in _compiled(files) if path not in owners}
    return Removal(frozenset(files | compiled), _without_links(links), tuple(sorted(spared)))


def _believed(gone: Sequence[Distribution], owners: Owners, places: Places) -> list[Distribution]:
    """Leave out what only looks like a distribution: its list of files came with another one, so it is that one's."""
    brought = Counter(places.real(path) for each in gone for path in set(each.files() or ()))
    found = []
    for each in gone:
        listing = places.real(f"{each.info}/{'installed-files.txt' if each.kind is InstallKind.EGG_INFO else 'RECORD'}")
        bringer = owners.of(listing)
        if bringer is not None and each.kind is not InstallKind.EGG_LINK:
            raise EnvironmentFailure(
                f"What tells of {each.name} was installed by {bringer.name}, so it cannot be removed by itself: "
                f"{inert(str(each.info), 500)}",
                hint=f"remove {bringer.name}, or make the environment anew",
            )
        if brought[listing] <= (listing in {places.real(path) for path in each.files() or ()}):
            found.append(each)
    return found


def _files(distribution: Distribution) -> list[str]:
    files = list(distribution.files() or ())
    if os.path.islink(
        distribution.info
    ):  # what it leads to belongs to something else, and without it nothing tells of it
        files.append(str(distribution.info))
    if distribution.kind is InstallKind.EGG_INFO:
        files.append(str(distribution.info / "installed-files.txt"))
    return files


def _final(path: str, distribution: Distribution, places: Places) -> str:
    """The final path of a recorded file; "" where a link among the modules leads to it, for that is another's."""
    real = places.real(path)
    return "" if real != path and path.startswith(f"{distribution.site}/") else real


def _is_no_folder(path: str) -> bool:
    """Whether there is a file or a link.  A folder is never what was installed, and goes when it is emptied."""
    try:
        return not stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _is_own(path: str, infos: set[str], places: Places) -> bool:
    """Whether a file is no metadata of a distribution that stays."""
    folder = places.metadata_folder(path)
    return not folder or folder in infos or folder.endswith(".pth")


def _compiled(files: Iterable[str]) -> set[str]:
    """Find what interpreters compiled from removed modules: ``__pycache__/name.*.pyc`` beside ``name.py``."""
    modules: dict[str, set[str]] = {}
    for path in files:
        if path.endswith(".py"):
            folder, _, name = path.rpartition("/")
            modules.setdefault(folder, set()).add(name[:-3])
    found = set()
    for folder, stems in modules.items():
        cache = f"{folder}/__pycache__"
        try:
            names = () if os.path.islink(cache) else os.listdir(cache)
        except OSError:
            continue
        found |= {f"{cache}/{name}" for name in names if name.endswith(".pyc") and name.split(".")[0] in stems}
    return found


def _without_links(links: Sequence[Distribution]) -> tuple[tuple[str, bytes], ...]:
    """Rewrite ``easy-install.pth`` without the folders of removed ``setup.py develop`` installs."""
    rewritten = []
    for site in {link.site for link in links}:
        sources = {os.path.normcase(first_line(link.info)) for link in links if link.site == site}
        path = site / "easy-install.pth"
        if path.is_file():
            old = read_plain(os.fspath(path), MAX_TEXT).splitlines(keepends=True)
            new = b"".join(line for line in old if os.path.normcase(os.fsdecode(line.strip())) not in sources)
            rewritten.append((str(path), new))
    return tuple(rewritten)


def _is_same_file(first: str, second: str) -> bool:
    try:
        return os.path.samestat(os.lstat(first), os.lstat(second))
    except OSError:
        return False
