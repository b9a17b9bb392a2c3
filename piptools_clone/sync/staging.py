"""Lay wheels out for an environment and write them to a staged tree per folder of the environment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from piptools_clone.environment.installed import Distribution
from piptools_clone.environment.interpreter import Interpreter
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.inert import inert
from piptools_clone.sync.layout import Laid, Origin, Placed, lay_out
from piptools_clone.sync.pack import Pack
from piptools_clone.sync.write import write_generated


class Staging:
    """The files to come, staged below ``folder``.

    ``owned`` maps the files of distributions that stay to their owner.  Two owners of one file are allowed only
    when its content is the same, as with the empty ``__init__.py`` of old namespace packages.
    """

    def __init__(self, folder: str, interpreter: Interpreter, owned: Mapping[str, Distribution]) -> None:
        self._interpreter = interpreter
        self._owned = owned
        self._trees = [_Tree(root, f"{folder}/{number}") for number, root in enumerate(_roots(interpreter))]
        self._by_folder: dict[str, str] = {}
        self._placed: dict[str, tuple[str, str]] = {}
        self.laid: list[Laid] = []

    def add(self, pack: Pack, origin: Origin, *, relaxed: bool = False) -> list[tuple[Placed, str]]:
        """Lay one wheel out and give its files, each with the path to write it to.

        Raises `EnvironmentFailure` when one is another distribution's.  ``relaxed`` lets the wheel share files with
        others although their contents differ; the first one's stays.
        """
        laid = lay_out(pack, self._interpreter, origin)
        new = [placed for placed in laid.files if self._is_new(placed, laid.name, relaxed=relaxed)]
        self.laid.append(laid)
        return [(placed, self.staged_path(placed.path)) for placed in new]

    def add_file(self, path: str, content: bytes) -> None:
        """Stage a file that no wheel brings: one of the environment's own with another content."""
        write_generated(self.staged_path(path), content)

    def trees(self) -> list[tuple[str, str]]:
        """Give pairs of a staged folder and its place, without those that stayed empty."""
        return [(tree.staged, tree.base) for tree in self._trees if os.path.isdir(tree.staged)]

    def staged_path(self, path: str) -> str:
        """Find where a file waits that belongs at ``path``."""
        folder, _, name = path.rpartition("/")
        staged = self._by_folder.get(folder)
        if staged is None:
            tree = next(tree for tree in self._trees if f"{folder}/".startswith(tree.root + "/"))
            staged = self._by_folder[folder] = tree.staged + folder[len(tree.base) :]
        return f"{staged}/{name}"

    def _is_new(self, placed: Placed, name: str, *, relaxed: bool) -> bool:
        other_digest, other = self._placed.get(placed.path) or self._owner(placed.path)
        if not other:
            self._placed[placed.path] = (placed.digest, name)
            return True
        if other_digest != placed.digest and not relaxed:
            raise EnvironmentFailure(
                f"{name} and {other} both install the file {inert(placed.path, 500)}, with different contents.",
                hint=f"if that does no harm: --relax-record {name}",
            )
        return False

    def _owner(self, path: str) -> tuple[str, str]:
        owner = self._owned.get(path)
        if owner is None or not os.path.lexists(path):
            return "", ""
        recorded = {line.path: line.digest for line in owner.record or ()}
        return recorded.get(os.path.relpath(path, owner.site).replace(os.sep, "/"), ""), owner.name


class _Tree:
    """One folder of the environment and its staged tree, which begins at the deepest folder that is there already."""

    def __init__(self, root: str, staged: str) -> None:
        self.root = root
        self.staged = staged
        base = root
        while not os.path.isdir(base):
            base = os.path.dirname(base)
        self.base = base


def _roots(interpreter: Interpreter) -> Iterable[str]:
    """The folders that wheels are written to, those inside others first."""
    paths = interpreter.paths
    every = {os.fspath(path) for path in (paths.purelib, paths.platlib, paths.scripts, paths.headers, paths.data)}
    return sorted(every, key=len, reverse=True)
