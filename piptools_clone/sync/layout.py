"""Where each file of a wheel goes, and what an installer adds (binary distribution format).  Pure."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from piptools_clone.environment.interpreter import Interpreter, Paths
from piptools_clone.environment.record import RecordLine, encode_digest, render_record
from piptools_clone.sync.pack import Pack, PackedFile
from piptools_clone.sync.scripts import interpreter_line, render_script, with_interpreter_line
from piptools_clone.sync.wheel import SIGNATURES, parse_entry_points, parse_filename

INSTALLER = "piptools-clone"
OWN_FILES = ("RECORD", *SIGNATURES, "INSTALLER", "REQUESTED", "direct_url.json", "provenance_url.json")
"""What an installer writes itself; a wheel's own files of these names are not installed."""

PROVENANCE = "provenance_url.json"


class Placed(NamedTuple):
    """A file to install: its absolute path, and its content as bytes or as a file of the pack."""

    path: str
    content: bytes | PackedFile
    digest: str
    size: int
    executable: bool = False


class Laid(NamedTuple):
    """A wheel laid out for one environment; ``site`` is the folder of modules that holds its ``.dist-info``."""

    name: str
    version: str
    site: str
    info: str
    files: tuple[Placed, ...]


class Origin(NamedTuple):
    """Where a wheel came from, as it is recorded.

    ``direct_url`` is the content of ``direct_url.json`` (PEP 610) for what was not named by version;
    ``url`` and ``sha256`` are those of the file of an index otherwise (recorded as PEP 710 says).
    """

    direct_url: Mapping[str, Any] | None = None
    url: str = ""
    sha256: str = ""


def lay_out(pack: Pack, interpreter: Interpreter, origin: Origin) -> Laid:
    """Decide where everything of a wheel goes.  Raises `wheel.WheelFault` for unusable entry points."""
    name, version = parse_filename(pack.filename)
    roots = _roots(interpreter.paths, name, pure=pack.pure)
    line = interpreter_line(interpreter.executable)
    placed = [_place(file, pack, roots, line) for file in pack.files if not _is_own(file.path, pack.info)]
    for point in parse_entry_points(pack.filename, pack.text(f"{pack.info}/entry_points.txt"), name):
        path = os.path.join(roots["scripts"], point.name)
        placed.append(_generated(path, render_script(point, line).encode(), executable=True))
    site = roots["root"]
    info = f"{site}/{pack.info}"
    placed += [_generated(f"{info}/{file}", content) for file, content in _own_files(origin)]
    placed.append(_record(placed, site, info))
    return Laid(name, str(version), site, info, tuple(placed))


def direct_url_of_archive(url: str, digest: str) -> dict[str, Any]:
    """Give the ``direct_url.json`` of an archive, ``url`` being without credentials."""
    return {"url": url, "archive_info": {"hash": f"sha256={digest}", "hashes": {"sha256": digest}}}


def direct_url_of_folder(url: str, *, editable: bool) -> dict[str, Any]:
    """Give the ``direct_url.json`` of a source folder."""
    return {"url": url, "dir_info": {"editable": True} if editable else {}}


def _roots(paths: Paths, name: str, *, pure: bool) -> dict[str, str]:
    roots = {key: os.fspath(value) for key, value in paths._asdict().items()}
    roots["headers"] += f"/{name}"
    roots["root"] = roots["purelib" if pure else "platlib"]
    return roots


def _is_own(path: str, info: str) -> bool:
    folder, _, file = path.rpartition("/")
    return folder == info and file in OWN_FILES


def _place(file: PackedFile, pack: Pack, roots: Mapping[str, str], line: bytes) -> Placed:
    if not file.path.startswith(pack.data + "/"):
        return Placed(f"{roots['root']}/{file.path}", file, file.digest, file.size, file.executable)
    _, scheme, rest = file.path.split("/", 2)
    path = f"{roots[scheme]}/{rest}"
    if scheme != "scripts":
        return Placed(path, file, file.digest, file.size, file.executable)
    content = bytes(pack.view(file))
    rewritten = with_interpreter_line(content, line)
    if rewritten is content:
        return Placed(path, file, file.digest, file.size, executable=True)
    return _generated(path, rewritten, executable=True)


def _generated(path: str, content: bytes, *, executable: bool = False) -> Placed:
    return Placed(path, content, encode_digest(sha256(content).digest()), len(content), executable)


def _own_files(origin: Origin) -> list[tuple[str, bytes]]:
    """Everything in a lock was asked for by name, as with ``pip install -r``: so REQUESTED is always there."""
    files = [("INSTALLER", f"{INSTALLER}\n".encode()), ("REQUESTED", b"")]
    if origin.direct_url is not None:
        files.append(("direct_url.json", json.dumps(origin.direct_url, sort_keys=True).encode()))
    elif origin.sha256:
        provenance = {"url": origin.url, "archive_info": {"hashes": {"sha256": origin.sha256}}}
        files.append((PROVENANCE, json.dumps(provenance, sort_keys=True).encode()))
    return files


def _record(placed: list[Placed], site: str, info: str) -> Placed:
    lines = [RecordLine(_recorded(each.path, site), each.digest, str(each.size)) for each in placed]
    lines.append(RecordLine(_recorded(f"{info}/RECORD", site)))
    return _generated(f"{info}/RECORD", render_record(sorted(lines)).encode("utf-8", "surrogateescape"))


def _recorded(path: str, site: str) -> str:
    if path.startswith(site + "/"):
        return path[len(site) + 1 :]
    return os.path.relpath(path, site).replace(os.sep, "/")
