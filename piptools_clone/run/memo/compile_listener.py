"""Watches a compile and, where its result follows from what was watched, remembers it.

The interpreter tells of every file that is opened, every connection, process and thread (PEP 578), so that nothing
depends on a reader of files having thought of telling.  Only what is looked at without being opened is listed here, in
`_looked_for`, for the few places that do so (configuration files, netrc, the default input).

Never remembered is a run that

* failed, checked, or wrote anything but its lock;
* asked an index, started a process or a thread, listed a folder, took from the cache what is no page or metadata;
* had anything but requirements files as input, or a ``${VARIABLE}`` in them;
* is not *plain* (`CompileResult.plain`): find-links, local indexes, direct references, cut-off dates, credentials;
* read a file that was changed meanwhile: it is not known what was read.
"""

from __future__ import annotations

import os
import sys
from stat import S_IFDIR

from piptools_clone.run.memo import memo
from piptools_clone.run.memo.witness import BYTES, KIND, OWNER, STAMP, look, read_file, settled
from piptools_clone.store.cache import FACTS, METADATA, PAGES, Cache, folder_of
from piptools_clone.store.sha256 import sha256_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # it listens before anything else is loaded
    from collections.abc import Iterator, Mapping

    from piptools_clone.model.compile_request import CompileRequest, CompileResult
    from piptools_clone.run.memo.witness import Fact, Stamp

    Span = tuple[float, float]
    """From when until when something holds, in seconds since the epoch."""

_SPOILING = (
    *("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile"),
    *("os.chdir", "os.putenv", "os.unsetenv", "ctypes.", "sqlite3.", "_thread.start", "webbrowser."),
)
"""Beginnings of the names of events after which a run is no function of files any more."""
_WRITES = os.O_WRONLY | os.O_RDWR
_LOOKED_FOR = (*memo.CONFIGURATIONS, ".git", ".hg")
_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")
_INPUTS = ("requirements.in", "setup.py", "pyproject.toml", "setup.cfg")


class NotKept(Exception):
    """The run cannot be remembered; the text says why."""


class Listener:
    """Listens from its making on; one for a process, since the interpreter has no way to stop telling."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._keys = {there: memo.compile_key(environ, was_there=there) for there in (False, True)}
        self._environ = environ
        self._folder = os.getcwd()
        self._opened: dict[str, Stamp | None] = {}
        self._listed: set[str] = set()
        self._spoiled = ""
        self._listens = True
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self._listens:
            return
        if event == "open":
            self._hear_open(*arguments)
        elif event in ("os.listdir", "os.scandir"):
            self._listed.add(os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes)) else "?")
        elif event.startswith(_SPOILING):
            self._spoil(event)

    def _spoil(self, why: str) -> None:
        self._spoiled = why
        self._listens = False

    def _hear_open(self, path: object, mode: object = None, flags: object = 0) -> None:
        if isinstance(path, int) or (isinstance(flags, int) and flags & _WRITES):
            return
        if not isinstance(path, (str, bytes, os.PathLike)):
            self._spoil("something was opened that has no name")
            return
        name = os.path.join(self._folder, os.fsdecode(path))
        if name.endswith(".pyc"):
            return  # as good as its source, for which `_programs` stands
        try:
            seen: Stamp | None = look(STAMP, name)
        except OSError:
            self._spoil("something was opened that cannot be looked at")
            return
        if seen is None or seen[0] != S_IFDIR:  # a folder can be flushed, and is told of when it is listed
            self._opened.setdefault(name, seen)

    def keep(self, request: CompileRequest, result: CompileResult, said: str) -> None:
        """Store what is needed to do without this run the next time; ``said`` is what it wrote to stderr."""
        self._listens = False
        try:
            check_kind(request, result)
            self._check_course(request)
            facts, valid = self._witness(request, result)
        except (NotKept, OSError):
            return
        was_there = not result.changed
        outcome = (request.output, (*request.sources, *request.constraints), was_there, result.content, said)
        memo.keep(request.cache_dir or "", self._keys[was_there], facts, outcome, valid)

    def _check_course(self, request: CompileRequest) -> None:
        """Raises NotKept where the run depended on more than files that were opened."""
        swept = os.path.dirname(os.path.realpath(request.output))  # for files that a killed run left
        if self._spoiled or self._listed - {swept} - sys.path_importer_cache.keys():
            raise NotKept(self._spoiled or "a folder was listed")
        if not os.path.isfile(request.output):
            raise NotKept("the output is no file")

    def _witness(self, request: CompileRequest, result: CompileResult) -> tuple[list[Fact], Span]:
        """What was seen, and how long the pages hold.  Raises NotKept, and OSError for what cannot be looked at."""
        output = os.path.join(self._folder, request.output)
        was_there = not result.changed
        if not was_there and output in self._opened:
            raise NotKept("there was another lock before")
        cache = os.path.join(self._folder, request.cache_dir or "")
        facts: dict[str, Fact] = {output: (BYTES, output, sha256_of(result.content) if was_there else None)}
        facts |= {path: (STAMP, path, seen) for path, seen in self._programs()}
        for path, before in self._opened.items():
            if path.startswith(f"{cache}/"):
                facts |= {path: (STAMP, path, before)} if self._is_replaced(path, before, cache) else {}
            elif path not in facts:
                facts[path] = self._file(path, before)
        for manner, path in self._looked_for(request):
            if path not in facts:
                facts[path] = (manner, path, look(manner, path))
        return [*facts.values()], result.pages_hold

    def _is_replaced(self, path: str, before: Stamp | None, cache: str) -> bool:
        """Whether an entry of the cache may be replaced by another; its stamp tells, for none is ever changed."""
        from piptools_clone.environment.targets import tags_key

        if path.startswith(f"{folder_of(cache, METADATA)}/"):
            return False  # metadata belongs to files, and never changes
        is_page = path.startswith(f"{folder_of(cache, PAGES)}/")
        if not is_page and path != Cache(cache).path(FACTS, tags_key()):
            raise NotKept("something else of the cache was read")
        if before is None or look(STAMP, path) != before:
            raise NotKept("it was written meanwhile")
        return True

    def _file(self, path: str, before: Stamp | None) -> Fact:
        """What was seen of a file that was read: its bytes if it is the user's."""
        if settled(path) != before:
            raise NotKept(f"{path} has changed")
        if before is None or self._is_private(path):
            return STAMP, path, before
        content = read_file(path)
        if b"${" in content:
            raise NotKept("a variable may matter")
        return BYTES, path, sha256_of(content)

    def _is_private(self, path: str) -> bool:
        """Whether a file is no text of the user's project: part of an installation, or perhaps full of secrets."""
        named = (self._environ.get(name) for name in ("NETRC", "PIP_CONFIG_FILE"))
        private = {os.path.join(self._folder, name) for name in named if name}
        return _is_installed(path) or path in private or path.endswith(("netrc", "pip.conf", "pip.ini"))

    def _programs(self) -> Iterator[tuple[str, Stamp | None]]:
        """The files of this program and its libraries, and the folders where they are looked for."""
        files = {str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())}
        ours = (file for file in files if file and (not file.startswith(_LIBRARY) or "-packages" in file))
        for path in sorted({*ours, *(os.path.join(self._folder, entry) for entry in sys.path)}):
            yield path, settled(path)

    def _looked_for(self, request: CompileRequest) -> Iterator[tuple[str, str]]:
        """Pairs of a manner and a path that may have been looked at without being opened."""
        home = self._environ.get("HOME") or self._environ.get("USERPROFILE") or ""
        for name in (".netrc", "_netrc", "Library/Application Support/pip"):
            yield KIND, os.path.join(self._folder, home, name)
        yield KIND, os.path.join(self._folder, self._environ.get("NETRC", ".netrc"))
        for name in _INPUTS:
            yield KIND, os.path.join(self._folder, name)
        for start in {os.path.dirname(source) for source in request.sources} | {""}:
            for folder in _upward(os.path.abspath(start)):
                yield OWNER, folder
                yield from ((KIND, os.path.join(folder, name)) for name in _LOOKED_FOR)


def check_kind(request: CompileRequest, result: CompileResult) -> None:
    """Raises NotKept for the kinds of runs that are not remembered."""
    aside = request.check or request.dry_run or request.offline or request.output == "-" or request.stdin
    other = request.python or request.groups or request.extras or request.build_deps_for or not request.cache_dir
    if aside or other or not result.plain:
        raise NotKept("this kind of run is not remembered")
    if not request.sources or any(os.path.basename(name) in _INPUTS[1:] for name in request.sources):
        raise NotKept("a project is more than its file")


def _is_installed(path: str) -> bool:
    packages = f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}"
    return path.startswith((_LIBRARY, sys.executable)) or any(part in path for part in packages)


def _upward(folder: str) -> Iterator[str]:
    yield folder
    while (above := os.path.dirname(folder)) != folder:
        folder = above
        yield folder
