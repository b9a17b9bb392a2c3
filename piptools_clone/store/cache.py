"""The cache: values kept on disk by kind and key, which spare a request or a computation and are never needed.

There are five kinds of entries in a cache folder, each in a folder of its own, ``<kind>-v<layout>``:

    pages     pages of indexes, with what tells whether they are current   (`index.pages.page_cache`)
    metadata  reduced metadata of releases, one bundle for a project       (`store.bundles`)
    facts     small results: digests, choices of files, builds, probes     (keys begin with what it is)
    memo      what earlier runs came to                                    (`run.memo`)
    packs     unpacked wheels by SHA-256, in a form of their own           (`wheels.wheel_cache`)

An entry is one line with the form and a digest of the rest, then the value as `marshal` writes it: plain values only,
and no module to load.  ``marshal`` is not safe for what others wrote, so only files of this user's own are read (see
`private`).

Any number of processes may use one folder, on network file systems too: a file is written beside its place and renamed
over it, so a reader sees a whole entry or none.  A cache may always miss, so no error of the disk leaves this module.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
from itertools import count

from piptools_clone.store.private import OTHERS_MAY_WRITE, fault_of_folder, make_folder, open_own
from piptools_clone.store.sha256 import sha256_of
from piptools_clone.store.shapes import load_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from piptools_clone.store.shapes import Shape

    Later = Callable[[Callable[[], object]], object]
    """Does a job when there is time."""
    Value = Any
    """What was stored: only this program has written it, in the same form."""

PAGES, METADATA, FACTS, MEMO, PACKS = "pages", "metadata", "facts", "memo", "packs"
LAYOUTS = {PAGES: 4, METADATA: 4, FACTS: 4, MEMO: 3, PACKS: 5}
"""Each kind with the number of its form, part of its folder's name: other forms are not read."""
_FORM = b"piptools-clone entry 1 "
_MARSHAL = 4  # a form that every supported Python reads
_serial = count()


class Cache:
    """A folder of entries.  ``problem`` says why the folder is unusable; then nothing is read or written.

    Once it ``has_written``, `upkeep.tidy` is due at the end of the run.
    """

    __slots__ = ("folder", "has_written", "problem")

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.problem = _prepare(folder)
        self.has_written = False

    def path(self, kind: str, key: str) -> str:
        """Where the entry of a key lies or would lie; ``kind`` is one of `LAYOUTS`, ``key`` any text.

        There are 16 folders for a kind: enough for a hundred thousand entries, and making a folder costs as much as
        writing a page.
        """
        digest = sha256_of(key.encode("utf-8", "surrogatepass"))
        return f"{folder_of(self.folder, kind)}/{digest[0]}/{digest[1:]}"

    def holds(self, kind: str, key: str) -> bool:
        """Whether there is an entry for a key."""
        return self.has_any(kind) and os.path.exists(self.path(kind, key))

    def read(self, kind: str, key: str, shape: Shape = object) -> Value:
        """Return the value last written for a key; None where there is none, or none of the shape (see `shapes`)."""
        if not self.has_any(kind):
            return None
        try:
            descriptor = open_own(self.path(kind, key))
        except OSError:
            return None
        try:  # three calls of the system; a file object takes seven
            return parse_entry(kind, os.read(descriptor, os.fstat(descriptor).st_size), shape)
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def write(self, kind: str, key: str, value: Value) -> None:
        """Store a value for a key, in place of what was there; does nothing where that fails."""
        if self.problem:
            return
        try:
            _replace(self.path(kind, key), *render_entry(kind, value))
        except OSError:
            return
        self.has_written = True

    def has_any(self, kind: str) -> bool:
        """Whether there may be entries of a kind: to see that there are none takes less than to hash a key."""
        try:
            return not self.problem and not fault_of_folder(folder_of(self.folder, kind))
        except OSError:
            return False


def cache_folder(arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    """The cache folder of a run, told without understanding its other arguments: the last ``--cache-dir`` counts.

    A configuration file may name another, which a run learns later; what is looked for here before is then a miss.
    """
    for at in range(len(arguments) - 1, -1, -1):
        name, equals, value = arguments[at].partition("=")
        if name == "--cache-dir" and (equals or at + 1 < len(arguments)):
            return value if equals else arguments[at + 1]
    return environ.get("PIP_TOOLS_CACHE_DIR") or default_cache_folder(environ, sys.platform)


def default_cache_folder(environ: Mapping[str, str], platform: str) -> str:
    """Return the user's cache folder for this tool, by the rules of the platform (a value of ``sys.platform``).

    XDG Base Directory Specification on Unix, ~/Library/Caches on macOS, LOCALAPPDATA on Windows.
    """
    home = environ.get("HOME") or environ.get("USERPROFILE") or os.path.expanduser("~")
    if platform == "win32":
        return f"{environ.get('LOCALAPPDATA') or f'{home}/AppData/Local'}/piptools-clone/Cache"
    if platform == "darwin":
        return f"{home}/Library/Caches/piptools-clone"
    base = environ.get("XDG_CACHE_HOME", "")
    return f"{base if base.startswith('/') else f'{home}/.cache'}/piptools-clone"


def folder_of(cache: str, kind: str) -> str:
    """The folder of a kind of entries in a cache folder."""
    return f"{cache}/{kind}-v{LAYOUTS[kind]}"


def render_entry(kind: str, value: Value) -> tuple[bytes, bytes]:
    """The first line of an entry, and the rest, for a value of tuples, lists, dicts, text, bytes, numbers and None."""
    body = marshal.dumps(value, _MARSHAL)
    return b"%b%b\n" % (_FORM, _digest(kind, body)), body  # in two, for a page may be large


def parse_entry(kind: str, data: bytes, shape: Shape = object) -> Value:
    """The value of an entry, None where it is damaged or of another form or shape."""
    at = data.find(b"\n") + 1
    body = memoryview(data)[at:]
    if data[:at] != b"%b%b\n" % (_FORM, _digest(kind, body)):
        return None
    return load_plain(body, shape)  # it is whole, and from a file of this user's own


def _digest(kind: str, body: bytes | memoryview) -> bytes:
    """What shows damage: CRC-32, a third of a millisecond for a MB where SHA-256 takes three.

    The memo is read first of all, when zlib is not loaded yet, which takes 0.4 ms.
    """
    if kind == MEMO:
        return sha256_of(body).encode("ascii")
    from zlib import crc32

    return b"%08x" % crc32(body)


def _replace(path: str, *parts: bytes) -> None:
    import threading

    folder = os.path.dirname(path)
    temporary = f"{folder}/.{os.getpid():x}-{threading.get_ident():x}-{next(_serial):x}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(temporary, flags, 0o600)
    except FileNotFoundError:
        make_folder(folder)
        descriptor = os.open(temporary, flags, 0o600)
    try:
        try:
            for part in parts:
                left = memoryview(part)
                while left:
                    left = left[os.write(descriptor, left) :]
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _prepare(folder: str) -> str | None:
    """Make the folder ours alone; in words, why that cannot be."""
    try:
        make_folder(folder)
        fault = fault_of_folder(folder, follow=True)
        if fault.endswith("may write to"):
            os.chmod(folder, stat.S_IMODE(os.stat(folder).st_mode) & ~OTHERS_MAY_WRITE)
        elif fault:
            return f"the cache folder {folder} {fault}"
    except OSError as error:
        return f"the cache folder {folder} cannot be used: {error.strerror or error}"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"the cache folder {folder} cannot be written"
