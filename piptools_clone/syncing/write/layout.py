"""Where the files of a wheel go, and what an installer adds (binary distribution format).

Most files go as they are into the folder of modules; they stay in the manifest of the pack.  Everything else is
laid out here: files of other folders, scripts, and what the installer writes itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from piptools_clone.environment.record_file import RecordLine, encode_digest, render_record
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.artifact import Hashes
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.wheels.pack import Pack, PackedFile
from piptools_clone.wheels.scripts import OF_PYTHON, EntryPoint, interpreter_line, render_script, with_interpreter_line
from piptools_clone.wheels.source_note import INSTALLER, SOURCE_NOTE, render_note

if TYPE_CHECKING:
    from piptools_clone.syncing.transaction.final_paths import Places
    from piptools_clone.syncing.write.scheme import Scheme

MAX_SCRIPT = 16 << 20
"""Bytes of a script that is rewritten, in memory; programs that are none of Python's may be larger."""
PROVENANCE = "provenance_url.json"


class Placed(NamedTuple):
    """A file to install: its absolute path, and its content as bytes or as a file of the pack."""

    path: str
    content: bytes | PackedFile
    digest: str
    size: int
    executable: bool = False


class Laid(NamedTuple):
    """A wheel laid out for one environment.

    ``site`` is the folder of modules that takes the plain files of the pack; ``files`` are all others.
    """

    name: str
    site: str
    files: tuple[Placed, ...]


class WheelOrigin(NamedTuple):
    """Where a wheel came from, as it is recorded.

    ``direct_url`` is the content of ``direct_url.json`` (PEP 610) for what was not named by version;
    ``url`` and ``sha256`` are those of the file of an index otherwise (recorded as PEP 710 says).
    ``others`` are digests of that file in other algorithms, where the lock names it by them.  ``source`` is the
    fingerprint of the folder that was built (see `sources.fingerprint`).
    """

    direct_url: Mapping[str, Any] | None = None
    url: str = ""
    sha256: str = ""
    others: Hashes = ()
    source: str = ""

    @property
    def provenance(self) -> dict[str, Any]:
        """The content of ``provenance_url.json`` (PEP 710)."""
        return {"url": self.url, "archive_info": {"hashes": {"sha256": self.sha256, **dict(self.others)}}}


class Incoming(NamedTuple):
    """A wheel to install, by the SHA-256 under which the cache holds it."""

    name: str
    sha256: str
    origin: WheelOrigin
    relaxed: bool = False


def lay_out(pack: Pack, scheme: Scheme, origin: WheelOrigin, places: Places) -> Laid:
    """Decide where everything of a wheel goes that does not go as it is into the folder of modules.

    Raises `EnvironmentFailure` for a place that no wheel may have (see `final_paths`).
    """
    name, info = pack.head.name, pack.head.info
    site = scheme.purelib if pack.head.pure else scheme.platlib
    line = interpreter_line(scheme.executable)
    placed = [_place(PackedFile(*file), pack, scheme, line, places) for file in pack.manifest.placed]
    for script in pack.head.scripts:
        point = EntryPoint(*script)
        path = os.path.join(scheme.scripts, point.name)
        placed.append(_generated(path, render_script(point, line).encode(), executable=True))
    for each in placed:
        places.check(name, each.path)
    places.check_plain(name, site, (file[0] for file in pack.manifest.plain))
    placed += [_generated(f"{site}/{info}/{file}", content) for file, content in _own_files(origin)]
    placed.append(_record(pack, placed, site))
    return Laid(name, site, tuple(placed))


def _place(file: PackedFile, pack: Pack, scheme: Scheme, line: bytes, places: Places) -> Placed:
    _, kind, rest = file.path.split("/", 2)
    root = f"{scheme.headers}/{pack.head.name}" if kind == "headers" else getattr(scheme, kind)
    path = places.resolve(f"{root}/{rest}")
    if kind == "scripts":
        content = pack.view(file)
        if content[: len(OF_PYTHON)] == OF_PYTHON:
            _check_script(path, file)
            return _generated(path, with_interpreter_line(bytes(content), line), executable=True)
    return Placed(path, file, encode_digest(file.digest), file.size, file.executable or kind == "scripts")


def _check_script(path: str, file: PackedFile) -> None:
    if file.size > MAX_SCRIPT:
        raise EnvironmentFailure(
            f"The script {inert(path, 500)} is larger than {MAX_SCRIPT >> 20} MiB, so no interpreter is named in it."
        )


def _generated(path: str, content: bytes, *, executable: bool = False) -> Placed:
    return Placed(path, content, encode_digest(sha256(content).digest()), len(content), executable)


def _own_files(origin: WheelOrigin) -> list[tuple[str, bytes]]:
    """Everything in a lock was asked for by name, as with ``pip install -r``: so REQUESTED is always there."""
    files = [("INSTALLER", f"{INSTALLER}\n".encode()), ("REQUESTED", b"")]
    if origin.direct_url is not None:
        files.append(("direct_url.json", json.dumps(origin.direct_url, sort_keys=True).encode()))
        if origin.source:
            files.append((SOURCE_NOTE, render_note(origin.source)))
    elif origin.sha256:
        files.append((PROVENANCE, json.dumps(origin.provenance, sort_keys=True).encode()))
    return files


def _record(pack: Pack, placed: list[Placed], site: str) -> Placed:
    """Write RECORD: the lines of the plain files as the pack has them, then those of this environment."""
    path = f"{site}/{pack.head.info}/RECORD"
    lines = [RecordLine(_recorded(each.path, site), each.digest, str(each.size)) for each in placed]
    text = pack.manifest.record + render_record([*sorted(lines), RecordLine(_recorded(path, site))])
    return _generated(path, text.encode("utf-8", "surrogateescape"))


def _recorded(path: str, site: str) -> str:
    if path.startswith(site + "/"):
        return path[len(site) + 1 :]
    return os.path.relpath(path, site).replace(os.sep, "/")
