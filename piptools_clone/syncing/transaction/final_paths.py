"""Where the files of wheels end up in one environment, links and all, and which of these places no wheel may have.

Law: everything is compared by its final, resolved path.  A virtual environment has a folder under two names (``lib64``
and ``lib``), so the parents of a path are resolved once, before anything is asked of it.  No file of a wheel comes to
where another distribution, the interpreter, its standard library or this program has something of its own, and nothing
is written through a link that lies among the modules of an environment, or that leads out of it.  The same places are
spared when distributions are removed, whatever they recorded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from piptools_clone.environment.own_names import folded, is_own_name
from piptools_clone.environment.usual_environment import STEERING
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.syncing.transaction.signature import state_folders
from piptools_clone.wheels.wheel_paths import is_metadata_name, starts_python

if TYPE_CHECKING:
    from piptools_clone.syncing.write.scheme import Scheme

_SITES = ("site-packages", "dist-packages")


class Places:
    """Resolves paths in an environment, each folder once, and tells why a place is not for files of a wheel.

    ``kept`` are folders of this program's own, which may lie in the environment: caches, state.  ``is_same`` tells
    whether two names are those of one folder, as the file system has it: where letter case makes no difference to it,
    ``LIB`` is another name of ``lib``, which no link tells of.
    """

    def __init__(
        self, scheme: Scheme, kept: Iterable[str] = (), is_same: Callable[[str, str], bool] | None = None
    ) -> None:
        self._roots = tuple(dict.fromkeys(scheme.folders))
        self._sites = tuple(dict.fromkeys((scheme.purelib, scheme.platlib)))
        self._libraries = _libraries(scheme)
        self._program = os.path.realpath(scheme.executable)
        self._programs = {scheme.scripts, os.path.dirname(scheme.executable), os.path.dirname(self._program)}
        self._prefixes = {scheme.data, *map(os.path.dirname, self._programs)}
        self._kept = tuple(each for each in map(os.path.realpath, kept) if self._is_own_part(each))
        self._resolved: dict[str, str] = {}
        self._is_same = is_same or _is_same_folder
        own = {*self._roots, *self._sites, *self._libraries, *self._programs, *self._prefixes, *self._kept}
        self._own = {folded(folder): folder for folder in with_parents(own)}

    def resolve(self, path: str) -> str:
        """Give the final path of a file: its folder free of links.

        Raises `EnvironmentFailure` for a path that leads out of the environment, or through a link among its modules.
        """
        folder, _, name = path.rpartition("/")
        return f"{self._folder(folder)}/{name}"

    def real(self, path: str) -> str:
        """Give the final path of a file, wherever it is: what paths that were recorded are compared by."""
        folder, _, name = path.rpartition("/")
        found = self._resolved.get(folder)
        if found is None:
            found = self._resolved[folder] = self._as_own(os.path.realpath(folder))
        return f"{found}/{name}"

    def check(self, name: str, path: str) -> None:
        """Refuse a final path outside of the plain files of a wheel.  Raises `EnvironmentFailure`.

        ``name`` is that of the project.
        """
        reason = self.why_kept(path) or self._why_metadata(path)
        if reason:
            raise EnvironmentFailure(f"{name} must not install the file {inert(path, 500)}: {reason}.")

    def check_plain(self, name: str, site: str, paths: Iterable[str]) -> None:
        """Refuse plain files that would come into a folder of this program; raises as `check`.

        What else is not for them, their names tell (see `wheel_paths`).
        """
        for kept in self._kept:
            if is_inside(kept, (site,)):
                start = folded(os.path.relpath(kept, site))
                for path in paths:
                    if is_inside(folded(path), (start,)):
                        self.check(name, f"{kept}/{path}")

    def why_kept(self, path: str) -> str:
        """Why a final path is not for any distribution, "" if it may be; metadata is another matter."""
        folder, _, name = path.rpartition("/")
        if is_inside(path, self._kept) or any(map(is_own_name, path[self._length(path) :].split("/"))):
            return "it is kept for pip-sync itself"
        if self._says_what_it_is(path) or (folder in self._programs and folded(name) == "pyvenv.cfg"):
            return "it says what the environment is"
        if folder in self._programs and (starts_python(name) or self._is_program(path)):
            return "it starts Python, or the environment"
        if not is_inside(path, self._sites) and self._is_library(folder, name):
            return "it is among the modules of Python itself"
        return ""

    def _says_what_it_is(self, path: str) -> bool:
        """Whether Python, a manager of packages, or this program would be told by it what the environment is."""
        tops = [path[len(prefix) + 1 :].partition("/")[0] for prefix in self._prefixes if path.startswith(prefix + "/")]
        return not STEERING.isdisjoint(map(folded, tops))

    def is_in_site(self, path: str) -> bool:
        """Whether a final path is directly in a folder of modules."""
        return path.rpartition("/")[0] in self._sites

    def metadata_folder(self, path: str) -> str:
        """The metadata folder (or file) of a distribution that a final path is in, "" for others."""
        for site in self._sites:
            if path.startswith(site + "/"):
                top = path[len(site) + 1 :].partition("/")[0]
                return f"{site}/{top}" if is_metadata_name(top) else ""
        return ""

    def _why_metadata(self, path: str) -> str:
        return "it would be taken for what tells of a distribution" if self.metadata_folder(path) else ""

    def _is_library(self, folder: str, name: str) -> bool:
        """Whether this is a module of Python's own, or the archive that Python looks for them in first."""
        if is_inside(folder, self._libraries):
            return True
        archive = folded(name).startswith("python") and folded(name).endswith(".zip")
        return archive and folder in {os.path.dirname(each) for each in self._libraries}

    def _is_program(self, path: str) -> bool:
        """Whether the interpreter has this name, too."""
        try:
            return os.path.samefile(path, self._program)
        except OSError:
            return False

    def _is_own_part(self, folder: str) -> bool:
        """Whether a folder is a part of the environment, and no folder of it as a whole."""
        return is_inside(folder, self._roots) and not any(is_inside(root, (folder,)) for root in self._roots)

    def _length(self, path: str) -> int:
        """How much of a path is that of the environment: its own folders may be called as they please."""
        return max((len(root) for root in self._roots if path.startswith(root + "/")), default=0)

    def _folder(self, folder: str) -> str:
        if folder in self._roots:
            return folder
        found = self._resolved.get(folder)
        if found is None:
            found = self._resolved[folder] = self._step(folder)
        if not is_inside(found, self._roots):
            raise EnvironmentFailure(
                f"{inert(folder, 500)} leads out of the environment, to {inert(found, 500)}: nothing is written there.",
                hint="find out what made the link, and remove it",
            )
        return found

    def _step(self, folder: str) -> str:
        """Go on from the resolved parent; only what is not among modules may lead elsewhere in the environment."""
        parent, _, name = folder.rpartition("/")
        path = f"{self._folder(parent)}/{name}"
        if not os.path.islink(path):
            return self._as_own(path)
        if is_inside(path, self._sites):
            raise through_link(path)
        return self._as_own(os.path.realpath(path))

    def _as_own(self, folder: str) -> str:
        """Spell a folder as this environment does, whatever other name of it its file system takes."""
        head = folder
        while len(head) > 1:
            own = self._own.get(folded(head))
            if own == head:
                break
            if own is not None and self._is_same(own, head):
                return own + folder[len(head) :]
            head = os.path.dirname(head)
        return folder


def with_parents(folders: Iterable[str]) -> set[str]:
    """Give some folders and all that hold them."""
    found: set[str] = set()
    for each in folders:
        folder = each
        while len(folder) > 1 and folder not in found:
            found.add(folder)
            folder = os.path.dirname(folder)
    return found


def _is_same_folder(first: str, second: str) -> bool:
    try:
        return os.path.samefile(first, second)
    except OSError:
        return False


def own_folders(cache: Iterable[str]) -> tuple[str, ...]:
    """The folders of this program, those of its cache among them: they may lie in an environment."""
    return *cache, next(state_folders())


def through_link(path: str) -> EnvironmentFailure:
    """Say that a link is in the way of a folder: what it leads to belongs to something else."""
    return EnvironmentFailure(
        f"A link is in the way of a folder to be installed, and nothing is written through it: {inert(path, 500)}",
        hint="remove the link; what it leads to is left alone",
    )


def _libraries(scheme: Scheme) -> tuple[str, ...]:
    """The folders of Python's own modules: its standard library, and where that would be in a virtual environment."""
    beside = [os.path.dirname(site) for site in (scheme.purelib, scheme.platlib) if os.path.basename(site) in _SITES]
    return tuple(dict.fromkeys((os.path.realpath(scheme.stdlib), *beside)))


def is_inside(path: str, folders: tuple[str, ...]) -> bool:
    """Whether a path is one of these folders or in one, by their spelling."""
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


class Bounds:
    """Tells whether a path is inside some folders, following links in its parents but not the last one."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._roots = tuple(os.path.join(os.path.realpath(root), "") for root in roots)
        self._known: dict[str, bool] = {}

    def __call__(self, path: str) -> bool:
        """Whether the path is inside."""
        folder = os.path.dirname(path)
        if folder not in self._known:
            self._known[folder] = os.path.join(os.path.realpath(folder), "").startswith(self._roots)
        return self._known[folder]

    def holds_root(self, path: str) -> bool:
        """Whether the path is one of the folders, or a parent of one, that is not there before something comes."""
        return any(root.startswith(os.path.join(path, "")) for root in self._roots)
