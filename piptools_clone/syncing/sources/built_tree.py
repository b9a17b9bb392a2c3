"""Packs what pip installed below an empty prefix, an editable, as if it had come as a wheel."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from piptools_clone.environment.installed import Distribution, metadata_values, read_installed
from piptools_clone.environment.record_file import encode_digest
from piptools_clone.errors import BuildFailure
from piptools_clone.model.names import canonical_name
from piptools_clone.wheels.checked_wheel import Member, check_members, parse_entry_points, parse_filename
from piptools_clone.wheels.pack import OWN_FILES, PackedFile, PackWriter, WheelHead


def pack_tree(prefix: Path, what: str, out: BinaryIO) -> None:
    """Write the one distribution below ``prefix`` as a pack; ``what`` names it for messages.

    Raises `BuildFailure`, `WheelFault`.
    """
    sites = sorted({info.parent for info in prefix.rglob("*.dist-info")})
    found = read_installed(sites)
    if len(found) != 1 or found[0].record is None:
        raise BuildFailure(f"pip installed {len(found)} distributions for {what}, not one")
    distribution = found[0]
    info = distribution.info.name
    data = info.removesuffix(".dist-info") + ".data"
    files = sorted(_members(distribution, prefix, info, data))
    head = _head(distribution, info, data)
    paths = [*(path for _, path in files), f"{info}/RECORD"]  # what it brings is as foreign as what a wheel does
    check_members(head.filename, [Member(path, size=0, executable=False) for path in paths])
    writer = PackWriter(out)
    for source, path in files:
        _add(writer, Path(source), path)
    writer.finish(head)


def _members(distribution: Distribution, prefix: Path, info: str, data: str) -> list[tuple[str, str]]:
    """Pairs of a file and its path in a wheel, without what an installer makes itself."""
    generated = {point.name for point in parse_entry_points(info, distribution.read("entry_points.txt") or "", "")}
    site, scripts = os.path.join(distribution.site, ""), os.path.join(prefix, "bin", "")
    found = []
    for path in distribution.files() or ():
        if path.startswith(site):
            inside = path[len(site) :]
            if inside.rpartition("/")[0] != info or inside.rpartition("/")[2] not in OWN_FILES:
                found.append((path, inside))
        elif path.startswith(scripts):
            name = path[len(scripts) :]
            if name not in generated:
                found.append((path, f"{data}/scripts/{name}"))
        elif path.startswith(os.path.join(prefix, "")):
            found.append((path, f"{data}/data/{os.path.relpath(path, prefix)}"))
    return found


def _add(writer: PackWriter, source: Path, path: str) -> None:
    content = source.read_bytes()
    offset = writer.begin(len(content))
    writer.write(content)
    digest = sha256(content).digest()
    file = PackedFile(path, offset, len(content), os.access(source, os.X_OK), digest)
    writer.end(file, encode_digest(digest))


def _head(distribution: Distribution, info: str, data: str) -> WheelHead:
    text = distribution.read("METADATA") or ""
    name, version = metadata_values(text, "name"), metadata_values(text, "version")
    if not name or not version:
        raise BuildFailure(f"{distribution.name} was built without a name or version")
    escaped = canonical_name(name[0]).replace("-", "_")
    filename = f"{escaped}-{version[0].replace('-', '_')}-py3-none-any.whl"
    canonical, parsed = parse_filename(filename)
    scripts = parse_entry_points(info, distribution.read("entry_points.txt") or "", canonical)
    needed = (metadata_values(text, "requires-python") or ("",))[0]
    requires = metadata_values(text, "requires-dist")
    return WheelHead(
        filename, canonical, str(parsed), info, data, True, needed, requires, tuple((*each,) for each in scripts)
    )
