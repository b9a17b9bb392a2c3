"""Platforms: the tags of wheels that a machine takes (PEP 425, 600, 656), and its markers (PEP 508), by what names it.

A machine that has described itself (`interpreter_facts.build`), one of the short names ``linux``, ``macos``,
``windows`` and ``musllinux``, or a platform tag as pip's ``--platform`` takes it.  A short name says no releases, so it
stands for a machine as old as is still in use: it takes what was built for that and for all that is older.

The orders of tags are those of `packaging.tags` for its own interpreter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from piptools_clone.errors import UsageError
from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple

GLIBC = "2.28"
"""Of ``linux``: that of RHEL 8 and Debian 10, and older than that of every release that is supported in 2026."""
MUSL = "1.2"
"""Of ``musllinux``: that of Alpine since 3.13 (2021)."""
MACOS = "14.0"
"""Of ``macos``: Sonoma (2023), the oldest that the runners of the usual services still have in 2026."""
_MACHINES = {
    "linux": ("x86_64", "aarch64", "i686", "armv7l", "ppc64le", "riscv64", "s390x"),
    "musllinux": ("x86_64", "aarch64", "i686", "armv7l", "ppc64le", "riscv64", "s390x"),
    "macos": ("arm64", "x86_64"),
    "windows": ("x86_64", "arm64", "i686"),
}
"""The machines of a short name; the first is what it means alone."""
_SAME_MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "aarch64": "arm64"}
"""The other name of a machine, where a system calls it so."""
_WINDOWS = {"win_amd64": "AMD64", "win_arm64": "ARM64", "win32": "x86"}
_WINDOWS_TAGS = {"x86_64": "win_amd64", "arm64": "win_arm64", "i686": "win32"}
_GLIBC_ARCHITECTURES = ("x86_64", "i686", "aarch64", "ppc64", "ppc64le", "s390x", "loongarch64", "riscv64", "armv7l")
_LEGACY_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
"""What manylinux was called before the name told the version of the C library, by its minor number."""
_MAC_TAG = re.compile(r"macosx_(\d{1,3})_(\d{1,3})_(\w+)")
_LINUX_TAG = re.compile(r"(?:linux|manylinux1|manylinux20\d\d|(?:many|musl)linux_\d{1,3}_\d{1,3})_(\w+)")
_LIBRARY_TAG = re.compile(r"(many|musl)linux_(\d{1,3})_(\d{1,3})_(\w+)")
_LEGACY_TAG = re.compile(r"(manylinux1|manylinux2010|manylinux2014)_(\w+)")
_KNOWN = "such as linux, linux-aarch64, macos, windows, musllinux, manylinux_2_28_x86_64 or win_amd64"


class Platform(NamedTuple):
    """A platform, as far as resolution and installation can see it.

    ``markers`` are those of the system and the machine; what only a running machine could tell (``platform_release``,
    ``platform_version``) is empty.  They are empty all for ``any``, which says nothing of a system.  ``tags`` are
    platform tags, the best first.
    """

    markers: Mapping[str, str]
    tags: tuple[str, ...]


def parse_platform(text: str) -> Platform:
    """Understand a short name or a platform tag.  Raises `UsageError` with examples."""
    name, _, machine = text.partition("-")
    if name in _MACHINES:
        return _named(name, machine)
    if text == "any":
        return Platform({}, ("any",))
    markers = _markers_of_tag(text)
    if not markers:
        raise UsageError(f"{inert(text)!r} is no platform that is known", hint=_KNOWN)
    return Platform(markers, tuple(_with_older(text)))


def machine_tags(build: Mapping[str, Any]) -> Iterator[str]:
    """The platform tags of a machine, the best first, from what an interpreter of it says (`interpreter_facts.build`).

    Of that ``platform``, ``bits``, ``glibc``, ``musl`` and ``mac`` count.
    """
    from packaging import tags

    platform = normal(build["platform"])
    if build["mac"]:
        release, machine = build["mac"]
        numbers = [*release.split("."), "0"]
        yield from tags.mac_platforms((int(numbers[0]), int(numbers[1])), machine)
    elif platform.startswith("linux_"):
        yield from _linux_tags(platform.removeprefix("linux_"), build)
    else:
        yield platform


def normal(text: str) -> str:
    """A text as a part of a tag (binary distribution format)."""
    return text.replace(".", "_").replace("-", "_").replace(" ", "_")


def _named(name: str, machine: str) -> Platform:
    machines = _MACHINES[name]
    machine = machine or machines[0]
    if machine not in machines:
        machine = _SAME_MACHINES.get(machine, "")
    if machine not in machines:
        raise UsageError(f"{name} is known for these machines: {', '.join(machines)}", hint=_KNOWN)
    if name == "windows":
        tag = _WINDOWS_TAGS[machine]
        return Platform(_markers_of_tag(tag), (tag,))
    if name == "macos":
        markers = _markers("posix", "darwin", "Darwin", machine)
    else:
        markers = _markers("posix", "linux", "Linux", machine)
    build = {
        "platform": f"linux-{machine}",
        "bits": 64,
        "glibc": GLIBC if name == "linux" else "",
        "musl": MUSL if name == "musllinux" else "",
        "mac": (MACOS, machine) if name == "macos" else None,
    }
    return Platform(markers, tuple(machine_tags(build)))


def _markers_of_tag(tag: str) -> dict[str, str]:
    """The markers of a platform tag, none for one that is not understood."""
    if tag in _WINDOWS:
        return _markers("nt", "win32", "Windows", _WINDOWS[tag])
    if found := _MAC_TAG.fullmatch(tag):
        machine = "arm64" if found[3] in {"arm64", "universal2"} else found[3]
        return _markers("posix", "darwin", "Darwin", machine)
    found = _LINUX_TAG.fullmatch(tag)
    return _markers("posix", "linux", "Linux", found[1]) if found else {}


def _markers(os_name: str, sys_platform: str, system: str, machine: str) -> dict[str, str]:
    return {
        "os_name": os_name,
        "platform_machine": machine,
        "platform_release": "",
        "platform_system": system,
        "platform_version": "",
        "sys_platform": sys_platform,
    }


def _with_older(tag: str) -> Iterator[str]:
    """A platform tag and those whose wheels it takes as well: older C libraries, older releases of macOS."""
    from packaging import tags

    mac = _MAC_TAG.fullmatch(tag)
    legacy = _LEGACY_TAG.fullmatch(tag)
    minors = {name: minor for minor, name in _LEGACY_NAMES.items()}
    linux = _LIBRARY_TAG.fullmatch(f"manylinux_2_{minors[legacy[1]]}_{legacy[2]}" if legacy else tag)
    if mac and mac[3] in {"x86_64", "arm64"}:
        yield from tags.mac_platforms((int(mac[1]), int(mac[2])), mac[3])
    elif linux:
        yield from _older_libraries(linux[1], int(linux[2]), int(linux[3]), linux[4])
        yield f"linux_{linux[4]}"
    else:
        yield tag


def _linux_tags(machine: str, build: Mapping[str, Any]) -> Iterator[str]:
    if build["bits"] == 32:  # a 32-bit interpreter on a 64-bit kernel
        machine = {"x86_64": "i686", "aarch64": "armv8l"}.get(machine, machine)
    machines = ("armv8l", "armv7l") if machine == "armv8l" else (machine,)
    yield from (f"linux_{each}" for each in machines)
    for each in machines:
        if build["glibc"] and each in _GLIBC_ARCHITECTURES:
            yield from _older_libraries("many", 2, int(build["glibc"].split(".")[1]), each)
    for each in machines:
        if build["musl"]:
            major, minor = map(int, build["musl"].split("."))
            yield from _older_libraries("musl", major, minor, each)


def _older_libraries(kind: str, major: int, newest: int, machine: str) -> Iterator[str]:
    """Tags of versions of a C library, ``many`` for glibc or ``musl``, each with its former name."""
    for minor in _minors(kind, newest, machine):
        yield f"{kind}linux_{major}_{minor}_{machine}"
        if kind == "many" and major == 2 and minor in _LEGACY_NAMES:
            yield f"{_LEGACY_NAMES[minor]}_{machine}"


def _minors(kind: str, newest: int, machine: str) -> Iterable[int]:
    """The minor numbers that wheels may name; those for glibc begin with 2.5, and on newer machines with 2.17."""
    oldest = 0 if kind == "musl" else 5 if machine in ("x86_64", "i686") else 17
    return range(newest, min(oldest, newest) - 1, -1)
