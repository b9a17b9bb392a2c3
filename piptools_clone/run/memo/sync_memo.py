"""What is remembered of a sync: that nothing is left to do, and what the next fresh environment of the kind takes.

An environment is made anew more often than a lock changes.  Which wheels then belong into it follows from the locks,
the options, the interpreter's kind and what is there already, and from nothing else, if every line of the locks names
its files by SHA-256.  So an installation is remembered with all of that as its witness; where all of it is as it was,
planning, choosing and checking would come to the same.  Any doubt leaves the work to the whole command.
"""

from __future__ import annotations

import os

from piptools_clone.named_tuple import NamedTuple
from piptools_clone.run.memo import memo
from piptools_clone.run.memo.witness import BYTES, INSTALLED, STAMP, installed_in, settled
from piptools_clone.store.cache import cache_folder
from piptools_clone.store.shapes import is_path, is_sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from piptools_clone.run.memo.witness import Fact

_PYTHON = ("--python-executable", "--python")
_NEVER_REPEATED = ("--user", "--target", "--prefix", "--link-mode", "--compile", "-a", "--ask")


class Depends(NamedTuple):
    """What the plan of a sync depends on.

    ``files`` are the locks that it read and ``digests`` what was read of them (hexadecimal SHA-256), ``watched`` are
    other files that decided something, ``sites`` the folders of modules.
    """

    files: tuple[str, ...]
    digests: tuple[str, ...]
    watched: tuple[str, ...]
    sites: tuple[str, ...]

    def facts(self) -> list[Fact]:
        """The witness of all of it.  Raises OSError where something was changed while the run went on."""
        read = zip(map(os.path.abspath, self.files), self.digests, strict=True)
        watched = dict.fromkeys((*_configurations(self.files), *self.watched))
        return [
            *((BYTES, path, digest) for path, digest in read),
            *((STAMP, path, settled(path)) for path in watched),
            *((INSTALLED, site, installed_in(site)) for site in self.sites),
        ]


class Command(NamedTuple):
    """A command line apart from the interpreter that it names."""

    python: str | None
    rest: tuple[str, ...]


class Item(NamedTuple):
    """A wheel to install: its name and version, the SHA-256 of its pack, and where its file came from."""

    name: str
    version: str
    wheel: str
    url: str
    sha256: str


class Kind(NamedTuple):
    """A kind of environment: its traits, what is installed there, and its folders, relative to its own.

    ``traits`` are from `environment.venv`; ``folders`` are purelib, platlib, scripts, data and headers; ``stdlib`` is
    the one of the base.
    """

    traits: tuple[object, ...]
    installed: tuple[str, ...]
    folders: tuple[str, ...]
    stdlib: str


class Installation(NamedTuple):
    """What is installed into environments of a kind for a command.

    ``sources`` are the locks that it names; ``depends`` says what else it followed from, without folders of modules.
    ``said`` is what the command says once it has nothing to do: nothing, if it is to be quiet.
    """

    sources: tuple[str, ...]
    depends: Depends
    kind: Kind
    items: tuple[Item, ...]
    said: str = ""


def _is_inside(value: object) -> bool:
    """Whether this is the path of a folder in an environment, relative to its own."""
    return is_path(value) and not os.path.isabs(str(value)) and ".." not in str(value).split(os.sep)


_SHAPE = (
    [is_path],
    ([is_path], [is_sha256], [is_path], [is_path]),
    (tuple, [str], (_is_inside,) * 5, str),
    [(str, str, is_sha256, str, is_sha256)],
    str,
)
"""What is kept of an `Installation`."""


def keep_up_to_date(argv: Sequence[str], environ: Mapping[str, str], depends: Depends, *, said: str) -> None:
    """Remember that a command leaves nothing to do; ``said`` is what a run that has nothing to do writes to stdout.

    Remembers nothing where the answer could depend on more.
    """
    _keep(argv, environ, memo.sync_key(argv, environ), depends, said)


def keep_installation(argv: Sequence[str], environ: Mapping[str, str], installation: Installation) -> None:
    """Remember an installation for a command, if all that decided it is as it was when the run began."""
    sources, depends, kind, items, said = installation
    outcome = (sources, (*depends,), (*kind,), [(*item,) for item in items], said)
    _keep(argv, environ, _installation_key(argv, environ), depends, outcome)


def find_installation(argv: Sequence[str], environ: Mapping[str, str]) -> Installation | None:
    """The installation of a command, if all that it depends on is as it was, but for the environment."""
    found = memo.find(cache_folder(argv, environ), _installation_key(argv, environ), _SHAPE)
    if found is None:
        return None
    sources, depends, kind, items, said = found
    return Installation(sources, Depends(*depends), Kind(*kind), tuple(Item(*item) for item in items), said)


def take_apart(argv: Sequence[str]) -> Command | None:
    """Find the interpreter in a command line; None for a command that asks for something special."""
    python, rest = None, []
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=")
        if name in _NEVER_REPEATED or name in memo.SPECIAL:
            return None
        if name in _PYTHON:
            python = value if equals else next(words, "")
        else:
            rest.append(word)
    return Command(python, tuple(rest))


def _installation_key(argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    command = take_apart(argv)
    return None if command is None else memo.sync_key(command.rest, environ, memo.INSTALLATION)


def _keep(argv: Sequence[str], environ: Mapping[str, str], key: str | None, depends: Depends, outcome: object) -> None:
    if key is None:
        return
    try:
        facts = depends.facts()
    except OSError:
        return
    memo.keep(cache_folder(argv, environ), key, facts, outcome)


def _configurations(files: Iterable[str]) -> Iterator[str]:
    """The files that may configure a command with these locks: beside them or above, and in the working folder."""
    folders: list[str] = []
    for start in (os.getcwd(), *(os.path.dirname(os.path.abspath(file)) for file in files)):
        folder, parent = start, ""
        while folder not in folders and folder != parent:
            folders.append(folder)
            parent, folder = folder, os.path.dirname(folder)
    return (os.path.join(folder, name) for folder in folders for name in memo.CONFIGURATIONS)
