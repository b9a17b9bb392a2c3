"""Check a wheel before anything of it is used (binary distribution format; RECORD of installed projects).

A wheel is untrusted.  Its paths stay inside, are unique on every file system and no links; it holds one
``.dist-info`` that agrees with the file name; RECORD lists every file with its true digest; nothing in it can
take the place of the interpreter.  The checks of names are pure (see `wheel_paths`); digests are checked while files
are unpacked; where the files end up in an environment is checked when they are laid out (`final_paths`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.version import InvalidVersion, Version

from piptools_clone.environment.installed import metadata_values
from piptools_clone.environment.own_names import folded
from piptools_clone.environment.record_file import RecordLine, parse_record
from piptools_clone.environment.usual_environment import STEERING
from piptools_clone.formats.filenames import read_wheel_name
from piptools_clone.formats.ini import parse_sections
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.names import canonical_name
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.wheels.scripts import EntryPoint
from piptools_clone.wheels.wheel_paths import (
    WheelFault,
    check_compiled,
    check_metadata_folders,
    check_paths,
    check_script_name,
    check_unique,
)

SCHEMES = ("purelib", "platlib", "headers", "scripts", "data")
SIGNATURES = ("RECORD.jws", "RECORD.p7s")
_OBJECT = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z")
_DIGEST_NAMES = ("sha256", "sha384", "sha512")


class Member(NamedTuple):
    """A file in a wheel: its path, its size unpacked, and whether it is marked executable."""

    path: str
    size: int
    executable: bool


class Layout(NamedTuple):
    """The names of a wheel's two special folders; ``data`` need not be there."""

    info: str
    data: str


def check_members(filename: str, members: Iterable[Member], *, relaxed: bool = False) -> Layout:
    """Check the names in a wheel and find its special folders.

    ``relaxed`` lets names pass that differ in spelling only, and compiled modules without their source.
    Raises `WheelFault`.
    """
    paths = [member.path for member in members]
    check_paths(filename, paths)
    check_unique(filename, paths, relaxed=relaxed)
    layout = _find_layout(filename, paths)
    for path in paths:
        if path.startswith(layout.data + "/"):
            _check_data_path(filename, path.split("/"), canonical_name(layout.info.split("-")[0]))
    check_metadata_folders(filename, paths, layout.info, layout.data)
    if not relaxed:
        check_compiled(filename, paths)
    for needed in ("METADATA", "WHEEL", "RECORD"):
        if f"{layout.info}/{needed}" not in paths:
            raise WheelFault(f"{inert(filename)}: it has no {inert(layout.info)}/{needed}")
    return layout


def check_wheel_file(filename: str, text: str) -> bool:
    """Check the WHEEL file and tell whether the root of the wheel is pure (goes to purelib)."""
    version = (metadata_values(text, "wheel-version") or ("",))[0]
    if version.split(".")[0] != "1":
        raise WheelFault(f"{inert(filename)}: its format is Wheel-Version {inert(version) or 'unknown'}, not 1.x")
    return (metadata_values(text, "root-is-purelib") or ("",))[0].lower() == "true"


def check_metadata(filename: str, text: str) -> None:
    """Check that METADATA names the project and version that the file name does."""
    name, version = parse_filename(filename)
    said_name = (metadata_values(text, "name") or ("",))[0]
    said_version = (metadata_values(text, "version") or ("",))[0]
    if canonical_name(said_name) != name or not _same_version(said_version, version):
        raise WheelFault(f"{inert(filename)}: its metadata is of {inert(said_name)!r} {inert(said_version)!r}")


def parse_filename(filename: str) -> tuple[str, Version]:
    """Read the canonical name and the version off the name of a wheel.  Raises `WheelFault`."""
    found = read_wheel_name(filename)
    if found is None:
        raise WheelFault(f"{inert(filename)} is not the name of a wheel")
    return found


def read_record_of_wheel(filename: str, text: str, layout: Layout, members: Iterable[Member]) -> dict[str, RecordLine]:
    """Read a wheel's RECORD and check that it lists exactly the files that are there, with their sizes.

    Raises `WheelFault`.  The digests themselves are checked where the files are unpacked.
    """
    try:
        lines = parse_record(text)
    except ValueError as error:
        raise WheelFault(f"{inert(filename)}: its RECORD cannot be read: {error}") from error
    listed = {line.path: line for line in lines}
    if len(listed) != len(lines):
        raise WheelFault(f"{inert(filename)}: its RECORD lists a file twice")
    exempt = {f"{layout.info}/{name}" for name in ("RECORD", *SIGNATURES)}
    sizes = {member.path: member.size for member in members}
    for path in sorted(sizes.keys() - listed.keys() - exempt):
        raise WheelFault(f"{inert(filename)}: its RECORD does not list {inert(path)}")
    for path in sorted(listed.keys() - sizes.keys() - exempt):
        raise WheelFault(f"{inert(filename)}: its RECORD lists {inert(path)}, which is not there")
    for path in sorted(sizes.keys() - exempt):
        _check_record_line(filename, listed[path], sizes[path])
    return listed


def parse_entry_points(filename: str, text: str, name: str) -> tuple[EntryPoint, ...]:
    """Read the console and GUI scripts of an ``entry_points.txt``; ``name`` is the project's.  Raises `WheelFault`."""
    try:
        sections = parse_sections(text)
    except ValueError as error:
        raise WheelFault(f"{inert(filename)}: its entry_points.txt cannot be read") from error
    found = []
    for section in ("console_scripts", "gui_scripts"):
        for script, target in sections.get(section, {}).items():
            check_script_name(filename, script, name)
            found.append(_entry_point(filename, script, target, is_gui=section == "gui_scripts"))
    return tuple(found)


def _find_layout(filename: str, paths: list[str]) -> Layout:
    name, version = parse_filename(filename)
    folders = {path.split("/")[0] for path in paths if "/" in path}
    infos = sorted(folder for folder in folders if folder.endswith(".dist-info"))
    if len(infos) != 1:
        raise WheelFault(f"{inert(filename)}: it has {len(infos)} .dist-info folders, not one")
    info_name, _, info_version = infos[0].removesuffix(".dist-info").rpartition("-")
    if canonical_name(info_name) != name or not _same_version(info_version.replace("_", "-"), version):
        raise WheelFault(f"{inert(filename)}: its {inert(infos[0])} is of another project or version")
    layout = Layout(infos[0], infos[0].removesuffix(".dist-info") + ".data")
    strange = sorted(folder for folder in folders if folder.endswith(".data") and folder != layout.data)
    if strange:
        raise WheelFault(f"{inert(filename)}: its {inert(strange[0])} is of another project or version")
    return layout


def _check_data_path(filename: str, parts: list[str], name: str) -> None:
    if len(parts) < 3 or parts[1] not in SCHEMES:
        raise WheelFault(f"{inert(filename)}: {inert('/'.join(parts))!r} is in no known folder of an installation")
    if parts[1] == "scripts":
        if len(parts) != 3:
            raise WheelFault(f"{inert(filename)}: {inert('/'.join(parts))!r}: scripts have no subfolders")
        check_script_name(filename, parts[2], name)
    if parts[1] == "data":
        _check_data_target(filename, parts[2:], name)


def _check_data_target(filename: str, parts: list[str], name: str) -> None:
    """Refuse at once what no environment may be given; `final_paths` knows where a path really leads."""
    spelled = [folded(part) for part in parts]
    if spelled[0] in STEERING:
        raise WheelFault(f"{inert(filename)}: it would replace {inert(parts[0])}, which says what the environment is")
    if len(parts) == 2 and spelled[0] in ("bin", "scripts"):
        check_script_name(filename, parts[1], name)


def _check_record_line(filename: str, line: RecordLine, size: int) -> None:
    algorithm, _, digest = line.digest.partition("=")
    if algorithm not in _DIGEST_NAMES or not digest:
        raise WheelFault(f"{inert(filename)}: its RECORD has no digest of at least SHA-256 for {inert(line.path)}")
    if line.size and line.size != str(size):
        raise WheelFault(f"{inert(filename)}: its RECORD gives another size for {inert(line.path)}")


def _entry_point(filename: str, script: str, target: str, *, is_gui: bool) -> EntryPoint:
    module, _, attribute = target.partition("[")[0].partition(":")
    module, attribute = module.strip(), attribute.strip()
    if not _OBJECT.match(module) or not _OBJECT.match(attribute):
        raise WheelFault(f"{inert(filename)}: the script {script!r} calls {inert(target)!r}, which is no function")
    return EntryPoint(script, module, attribute, is_gui)


def _same_version(text: str, version: Version) -> bool:
    try:
        return Version(text) == version
    except InvalidVersion:
        return False
