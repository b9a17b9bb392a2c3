"""Watches a run and, where its result follows from what was watched, keeps a record of it.

The interpreter tells of every file that is opened, every connection, process and thread (PEP 578), so that nothing
depends on somebody having thought of telling.  Only what is looked at without being opened is listed here, in
`_looked_for`, for the few places that do so (configuration files, netrc, the default input).

Never recorded is a run that

* failed, checked, or wrote anything but its lock;
* asked an index, started a process or a thread, listed a folder, took from the cache what is no page or metadata;
* had anything but requirements files as input, or a ``${VARIABLE}`` in them;
* is not *plain* (`CompileResult.plain`): find-links, local indexes, direct references, cut-off dates, credentials;
* read a file that was changed just before or meanwhile: who could tell what was read.
"""

from __future__ import annotations

import os
import sys
import time
from stat import S_IFDIR, S_ISREG

from piptools_clone.run.memo.recall_lookup import KIND
from piptools_clone.run.memo.recall_record import NOTHING, UNREADABLE, Record, look, render_record, stamp
from piptools_clone.store.cache import Cache
from piptools_clone.store.sha256 import sha256_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # it listens before anything else is loaded
    from collections.abc import Iterable, Iterator, Mapping

    from piptools_clone.model.compile_request import CompileRequest, CompileResult
    from piptools_clone.run.memo.recall_lookup import Run

_SPOILING = (
    *("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile"),
    *("os.chdir", "os.putenv", "os.unsetenv", "ctypes.", "sqlite3.", "_thread.start", "webbrowser."),
)
"""Beginnings of the names of events after which a run is no function of files any more."""
_WRITES = os.O_WRONLY | os.O_RDWR
SETTLED_SECONDS = 0.1
"""A file that is younger than this may be changed again with the same times: a clock of files ticks every few ms."""
_COARSE_SECONDS = 2.0
"""The same where file systems keep whole seconds only."""
_CONFIGURATION = (".pip-tools.toml", "pyproject.toml", ".git", ".hg")
_FOLDER = f"stamp {S_IFDIR} "
_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")
_INPUTS = ("requirements.in", "setup.py", "pyproject.toml", "setup.cfg")


class NotRecorded(Exception):
    """The run cannot be recorded; the text says why, for those who wonder."""


class Recorder:
    """Listens from its making on; one for a process, since the interpreter has no way to stop telling."""

    def __init__(self, run: Run, environ: Mapping[str, str], *, settled_seconds: float = SETTLED_SECONDS) -> None:
        self._run = run
        self._environ = environ
        self._folder = os.getcwd()
        self._opened: dict[str, str] = {}
        self._listed: set[str] = set()
        self._spoiled = ""
        self._settled = settled_seconds
        self._began = time.time()
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
            return  # as good as its source, which `_programs` stands for
        seen = look(name, "stamp")
        if not seen.startswith(_FOLDER):  # it can be flushed, and is told of when it is listed
            self._opened.setdefault(name, seen)

    def keep(self, request: CompileRequest, result: CompileResult, said: str) -> None:
        """Store what is needed to do without this run the next time; ``said`` is what it wrote to stderr."""
        self._listens = False
        try:
            record = self._record(request, result, said)
        except NotRecorded:
            return
        data = render_record(record)
        if data is not None:
            Cache(request.cache_dir or "").write(KIND, self._run.key(was_there=record.was_there), data)

    def _record(self, request: CompileRequest, result: CompileResult, said: str) -> Record:
        self._check(request, result)
        if not os.path.isfile(request.output):
            raise NotRecorded("the output is no file")
        cache_folder = os.path.join(self._folder, request.cache_dir or "") + os.sep
        output = os.path.join(self._folder, request.output)
        was_there = not result.changed
        if not was_there and output in self._opened:
            raise NotRecorded("there was another lock before")
        seen = dict(self._programs())
        fresh = [(0.0, float("inf"))]
        for path, before in self._opened.items():
            if path.startswith(cache_folder):
                fresh += self._page(path, before, path.removeprefix(cache_folder), seen)
            elif path != output and path not in seen:
                seen[path] = self._file(path, before)
        seen.update((path, look(path, what)) for path, what in self._looked_for(request) if path not in seen)
        if UNREADABLE in seen.values():
            raise NotRecorded("something cannot be looked at")
        return Record(
            self._run.circumstances,
            max(received for received, _ in fresh),
            min(until for _, until in fresh),
            output=request.output,
            was_there=was_there,
            inputs=(*request.sources, *request.constraints),
            seen=seen,
            said=said,
            content=result.content,
        )

    def _check(self, request: CompileRequest, result: CompileResult) -> None:
        aside = request.check or request.dry_run or request.offline or request.output == "-" or request.stdin
        other = request.python or request.groups or request.extras or request.build_deps_for or not request.cache_dir
        if aside or other or not result.plain:
            raise NotRecorded("this kind of run is not recorded")
        if not request.sources or any(os.path.basename(name) in _INPUTS[1:] for name in request.sources):
            raise NotRecorded("a project is more than its file")
        swept = os.path.dirname(os.path.realpath(request.output))  # for files that a killed run left
        if self._spoiled or self._listed - {swept} - sys.path_importer_cache.keys():
            raise NotRecorded(self._spoiled or "a folder was listed")

    def _page(self, path: str, before: str, name: str, seen: dict[str, str]) -> list[tuple[float, float]]:
        """From when and until when a page holds.  Entries are replaced, never changed, so their stamp tells all."""
        if name.startswith("metadata-"):
            return []  # belongs to what a page says of a file: it never changes
        if not name.startswith("pages-") or before == NOTHING or look(path, "stamp") != before:
            raise NotRecorded("a page was fetched")
        from piptools_clone.index.pages.page_cache import parse_entry

        seen[path] = before
        with open(path, "rb") as file:
            entry = parse_entry(file.read())
        if entry is None:
            raise NotRecorded("a page is damaged")
        return [(entry.received, entry.fresh_until)]

    def _file(self, path: str, before: str) -> str:
        """What was seen of a file that was read: by content if it is the user's."""
        found = self._look_again(path, before)
        if found is None:
            return NOTHING
        if self._is_private(path):
            return before
        with open(path, "rb") as file:
            content = file.read()
        if b"${" in content:
            raise NotRecorded("a variable may matter")
        return f"sha256 {sha256_of(content)}"

    def _look_again(self, path: str, before: str, *, any_kind: bool = False) -> os.stat_result | None:
        """Look at a path that looked like ``before``; None where there was nothing and is nothing."""
        try:
            found = os.stat(path)
        except FileNotFoundError:
            if before == NOTHING:
                return None
            raise NotRecorded(f"{path} has gone") from None
        is_coarse = found.st_ctime_ns % 10**9 == 0 and self._settled
        settled = self._began - (_COARSE_SECONDS if is_coarse else self._settled)
        if stamp(found) != before or max(found.st_ctime, found.st_mtime) > settled:
            raise NotRecorded(f"{path} has just been changed")
        if not (any_kind or S_ISREG(found.st_mode)):
            raise NotRecorded(f"{path} is no file")
        return found

    def _is_private(self, path: str) -> bool:
        """Whether a file is no text of the user's project: part of an installation, or perhaps full of secrets."""
        named = (self._environ.get(name) for name in ("NETRC", "PIP_CONFIG_FILE"))
        private = {os.path.join(self._folder, name) for name in named if name}
        return _is_installed(path) or path in private or path.endswith(("netrc", "pip.conf", "pip.ini"))

    def _programs(self) -> Iterator[tuple[str, str]]:
        """The files of this program and its libraries, and the folders where they are looked for."""
        files = {str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())}
        ours = (file for file in files if file and (not file.startswith(_LIBRARY) or "-packages" in file))
        for path in sorted({*ours, *(os.path.join(self._folder, entry) for entry in sys.path)}):
            before = look(path, "stamp")
            if before != NOTHING:
                self._look_again(path, before, any_kind=True)
            yield path, before

    def _looked_for(self, request: CompileRequest) -> Iterable[tuple[str, str]]:
        """Pairs of a path that may have been looked at without being opened, and what of it."""
        home = self._environ.get("HOME") or self._environ.get("USERPROFILE") or ""
        for name in (".netrc", "_netrc", "Library/Application Support/pip"):
            yield os.path.join(self._folder, home, name), NOTHING
        yield os.path.join(self._folder, self._environ.get("NETRC", ".netrc")), NOTHING
        for name in _INPUTS:
            yield os.path.join(self._folder, name), NOTHING
        for start in {os.path.dirname(source) for source in request.sources} | {""}:
            for folder in _upward(os.path.abspath(start)):
                yield folder, "owner"
                yield from ((os.path.join(folder, name), NOTHING) for name in _CONFIGURATION)


def _is_installed(path: str) -> bool:
    packages = f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}"
    return path.startswith((_LIBRARY, sys.executable)) or any(part in path for part in packages)


def _upward(folder: str) -> Iterator[str]:
    yield folder
    while (above := os.path.dirname(folder)) != folder:
        folder = above
        yield folder
