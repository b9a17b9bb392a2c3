"""Which files go when distributions go: what they recorded, inside the environment, owned by nobody else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from piptools_clone.environment.installed import Distribution, Kind
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.inert import inert
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.sync.bounds import Bounds


class Removal(NamedTuple):
    """Files to take away, as absolute paths, and files that stay with another content (``easy-install.pth``)."""

    files: frozenset[str]
    rewritten: tuple[tuple[str, bytes], ...] = ()


def check_removable(gone: Iterable[Distribution]) -> None:
    """Refuse what cannot be removed exactly: nothing tells which files it installed.  Raises `EnvironmentFailure`."""
    for distribution in gone:
        if distribution.files() is None:
            what = "distutils" if distribution.kind is Kind.EGG_INFO_FILE else "a tool that recorded no files"
            raise EnvironmentFailure(
                f"{distribution.name} {inert(distribution.version)} was installed by {what}, "
                f"so it cannot be removed exactly: {inert(str(distribution.info), 500)}",
                hint=f"leave it there with --keep {distribution.name}, or remove it by hand",
            )


def plan_removal(gone: Sequence[Distribution], others: Iterable[Distribution], roots: Iterable[str]) -> Removal:
    """List what to remove for ``gone``, of which nothing is outside ``roots`` or recorded by ``others`` as well.

    Compiled modules go with their sources.  Sources of editable installs are never among it.
    Raises `EnvironmentFailure` as `check_removable` does.
    """
    check_removable(gone)
    if not gone:
        return Removal(frozenset())
    owned = owned_files(others)
    inside = Bounds(roots)
    recorded = {path for distribution in gone for path in _files(distribution)}
    files = {path for path in recorded - owned.keys() if inside(path) and os.path.lexists(path)}
    links = [distribution for distribution in gone if distribution.kind is Kind.EGG_LINK]
    return Removal(frozenset(files | _compiled(files)), _without_links(links))


def owned_files(distributions: Iterable[Distribution]) -> dict[str, Distribution]:
    """Map the files that distributions recorded to who recorded them."""
    return {path: each for each in distributions for path in each.files() or ()}


def _files(distribution: Distribution) -> list[str]:
    files = list(distribution.files() or ())
    if distribution.kind is Kind.EGG_INFO:
        files.append(str(distribution.info / "installed-files.txt"))
    return files


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
            names = os.listdir(cache)
        except OSError:
            continue
        found |= {f"{cache}/{name}" for name in names if name.endswith(".pyc") and name.split(".")[0] in stems}
    return found


def _without_links(links: Sequence[Distribution]) -> tuple[tuple[str, bytes], ...]:
    """Rewrite ``easy-install.pth`` without the folders of removed ``setup.py develop`` installs."""
    rewritten = []
    for site in {link.site for link in links}:
        sources = {_first_line(link) for link in links if link.site == site}
        path = site / "easy-install.pth"
        if path.is_file():
            old = path.read_bytes().splitlines(keepends=True)
            new = b"".join(line for line in old if os.path.normcase(os.fsdecode(line.strip())) not in sources)
            rewritten.append((str(path), new))
    return tuple(rewritten)


def _first_line(link: Distribution) -> str:
    lines = link.info.read_text("utf-8", "surrogateescape").splitlines()
    return os.path.normcase(lines[0].strip()) if lines else ""
