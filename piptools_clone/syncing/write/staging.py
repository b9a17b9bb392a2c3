"""Lay wheels out for an environment and write them to a staged tree per folder of the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from piptools_clone.environment.own_names import folded
from piptools_clone.environment.record_file import encode_digest
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.syncing.write.layout import Laid, Placed, WheelOrigin, lay_out
from piptools_clone.syncing.write.scheme import Scheme
from piptools_clone.syncing.write.write_wheels import Writer, write_generated

if TYPE_CHECKING:
    from piptools_clone.environment.installed import Distribution
    from piptools_clone.syncing.transaction.final_paths import Places
    from piptools_clone.syncing.transaction.removal import Owners
    from piptools_clone.wheels.pack import Pack, PackedFile

T = TypeVar("T")

_HOOKS = ("sitecustomize", "usercustomize")


class Job(NamedTuple):
    """What is to be written of one wheel: plain files below ``folder``, and others, each with its staged path."""

    plain: Sequence[PackedFile]
    folder: str
    others: Sequence[tuple[Placed, str]]

    def write(self, pack: Pack, writer: Writer) -> None:
        """Write it, from the pack that it was laid out of."""
        self.write_plain(pack, writer)
        self.write_others(pack, writer)

    def write_plain(self, pack: Pack, writer: Writer) -> None:
        """Write the plain files."""
        writer.write_plain(pack, self.plain, self.folder)

    def write_others(self, pack: Pack, writer: Writer) -> None:
        """Write the others."""
        for placed, path in self.others:
            writer.write(placed, path, pack)


class Staging:
    """The files to come, staged below ``folder``.

    ``places`` are those of the environment.  ``owned`` gives the owners of files of distributions that stay; it is
    asked when something is there.
    Two owners of one file are allowed only when its content is the same, as with the empty ``__init__.py`` of old
    namespace packages.
    """

    def __init__(self, folder: str, scheme: Scheme, places: Places, owned: Callable[[], Owners]) -> None:
        self._scheme = scheme
        self._places = places
        self._owned = _Once(owned)
        self._trees = [_Tree(root, f"{folder}/{number}") for number, root in enumerate(_roots(scheme))]
        self._by_folder: dict[str, str] = {}
        self._entries: dict[str, set[str]] = {}
        self._came: dict[str, str] = {}
        self._digests: dict[str, _Once[Mapping[str, str]]] = {}
        self._recorded: dict[Distribution, dict[str, str]] = {}
        self.hooks: list[str] = []

    def add(self, pack: Pack, origin: WheelOrigin, *, relaxed: bool = False) -> Job:
        """Lay one wheel out and give what is to be written of it.

        Raises `EnvironmentFailure` when a file is another distribution's.  ``relaxed`` lets the wheel share files with
        others although their contents differ; the first one's stays.
        """
        laid = lay_out(pack, self._scheme, origin, self._places)
        plain, others = pack.manifest.plain, laid.files
        paths = [f"{laid.site}/{file[0]}" for file in plain]
        paths += [each.path for each in others]
        self._digests[laid.name] = _Once(lambda: _digests(paths, plain, others))
        if self._may_clash(pack, laid, paths):
            digests = self._digests[laid.name]()
            new = [self._is_new(path, digests[path], laid.name, relaxed=relaxed) for path in paths]
            others = tuple(file for file, is_new in zip(others, new[len(plain) :], strict=True) if is_new)
            plain = tuple(file for file, is_new in zip(plain, new, strict=False) if is_new)
        else:
            self._came.update(dict.fromkeys(paths, laid.name))
        self.hooks += self._hooks(laid, pack)
        folder = self.staged_path(f"{laid.site}/")[:-1]
        return Job(plain, folder, [(each, self.staged_path(each.path)) for each in others])

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

    def _hooks(self, laid: Laid, pack: Pack) -> Iterable[str]:
        """Name the files that run whenever the interpreter starts."""
        paths = [f"{laid.site}/{top}" for top in pack.manifest.tops] + [each.path for each in laid.files]
        for path in paths:
            name = path.rpartition("/")[2]
            if (name.endswith(".pth") or name.partition(".")[0] in _HOOKS) and self._places.is_in_site(path):
                yield path

    def _may_clash(self, pack: Pack, laid: Laid, paths: list[str]) -> bool:
        """Whether a file might be there already, or come twice; a no is sure, and found without a look at each."""
        if not self._came.keys().isdisjoint(paths) or len(set(paths)) < len(paths):
            return True
        if not self._entries_of(laid.site).isdisjoint(map(folded, pack.manifest.tops)):
            return True
        info = f"{laid.site}/{pack.head.info}/"
        return any(os.path.lexists(each.path) for each in laid.files if not each.path.startswith(info))

    def _entries_of(self, folder: str) -> set[str]:
        if folder not in self._entries:
            self._entries[folder] = set(map(folded, os.listdir(folder))) if os.path.isdir(folder) else set()
        return self._entries[folder]

    def _is_new(self, path: str, digest: str, name: str, *, relaxed: bool) -> bool:
        other, other_digest = self._owner(path)
        if not other:
            self._came[path] = name
            return True
        if other_digest != digest and not relaxed:
            raise EnvironmentFailure(
                f"{name} and {other} both install the file {inert(path, 500)}, with different contents.",
                hint=f"if that does no harm: --relax-record {name}",
            )
        return False

    def _owner(self, path: str) -> tuple[str, str]:
        """Who has or brings a file, and its digest."""
        comer = self._came.get(path)
        if comer is not None:
            return comer, self._digests[comer]()[path]
        owner = self._owned().of(path) if os.path.lexists(path) else None
        if owner is None:
            return "", ""
        recorded = self._recorded.get(owner)
        if recorded is None:
            recorded = self._recorded[owner] = {line.path: line.digest for line in owner.record or ()}
        return owner.name, recorded.get(os.path.relpath(path, owner.site).replace(os.sep, "/"), "")


class _Once(Generic[T]):
    """Asks for something when it is first needed."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._known: T | None = None

    def __call__(self) -> T:
        if self._known is None:
            self._known = self._ask()
        return self._known


class _Tree:
    """One folder of the environment and its staged tree, which begins at the deepest folder that is there already."""

    def __init__(self, root: str, staged: str) -> None:
        self.root = root
        self.staged = staged
        base = root
        while not os.path.isdir(base):
            base = os.path.dirname(base)
        self.base = base


def _roots(scheme: Scheme) -> Iterable[str]:
    """The folders that wheels are written to, those inside others first."""
    return sorted(set(scheme.folders), key=len, reverse=True)


def _digests(paths: Sequence[str], plain: Sequence[PackedFile], others: Sequence[Placed]) -> Mapping[str, str]:
    every = [*(encode_digest(file[4]) for file in plain), *(each.digest for each in others)]
    return dict(zip(paths, every, strict=True))
