"""From what an interpreter says about itself to the tags of the wheels that it takes.  Pure.

The orders are those of `packaging.tags` for its own interpreter; here the interpreter is another one, which
need not have `packaging` and may be older than it supports.  Standards: PEP 425, 600 (manylinux), 656 (musllinux).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_SHORT_NAMES = {"cpython": "cp", "pypy": "pp", "ironpython": "ip", "jython": "jy"}
_GLIBC_ARCHITECTURES = ("x86_64", "i686", "aarch64", "ppc64", "ppc64le", "s390x", "loongarch64", "riscv64", "armv7l")
_LEGACY_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


def derive_tags(version: tuple[int, int], build: Mapping[str, Any]) -> tuple[str, ...]:
    """List the compatible tags, best first, from `facts.build` of an interpreter of that version."""
    from packaging import tags

    platforms = tuple(_platforms(build))
    name = build["implementation"]
    short = _SHORT_NAMES.get(name, name)
    if short == "cp":
        specific = tags.cpython_tags(version, _cpython_abis(version, build), platforms)
        common = f"cp{build['nodot']}"
    else:
        specific = tags.generic_tags(f"{short}{build['nodot']}", _abis_of_suffix(build["ext_suffix"]), platforms)
        common = "pp3" if short == "pp" else ""
    every = [*specific, *tags.compatible_tags(version, common or None, platforms)]
    return tuple(dict.fromkeys(map(str, every)))


def _cpython_abis(version: tuple[int, int], build: Mapping[str, Any]) -> list[str]:
    base = f"cp{version[0]}{version[1]}" + ("t" if build["free_threaded"] else "")
    return [base + "d", base] if build["debug"] else [base]


def _abis_of_suffix(suffix: str) -> list[str]:
    """``.pypy310-pp73-x86_64-linux-gnu.so`` gives ``pypy310_pp73``."""
    parts = suffix.split(".")
    if len(parts) < 3 or not parts[1]:
        return []
    words = parts[1].split("-")
    kept = 3 if parts[1].startswith("graalpy") else 2
    return [_normal("-".join(words[:kept]))]


def _platforms(build: Mapping[str, Any]) -> Iterator[str]:
    from packaging import tags

    platform = _normal(build["platform"])
    if build["mac"]:
        release, machine = build["mac"]
        numbers = [*release.split("."), "0"]
        yield from tags.mac_platforms((int(numbers[0]), int(numbers[1])), machine)
    elif platform.startswith("linux_"):
        yield from _linux_platforms(platform.removeprefix("linux_"), build)
    else:
        yield platform


def _linux_platforms(machine: str, build: Mapping[str, Any]) -> Iterator[str]:
    if build["bits"] == 32:  # a 32-bit interpreter on a 64-bit kernel
        machine = {"x86_64": "i686", "aarch64": "armv8l"}.get(machine, machine)
    machines = ("armv8l", "armv7l") if machine == "armv8l" else (machine,)
    yield from (f"linux_{each}" for each in machines)
    for each in machines:
        if build["glibc"] and each in _GLIBC_ARCHITECTURES:
            yield from _manylinux(each, build["glibc"])
    for each in machines:
        if build["musl"]:
            major, minor = map(int, build["musl"].split("."))
            yield from (f"musllinux_{major}_{older}_{each}" for older in range(minor, -1, -1))


def _manylinux(machine: str, glibc: str) -> Iterator[str]:
    """``manylinux_2_N`` from the C library's version down to the oldest that the standard names."""
    oldest = 5 if machine in ("x86_64", "i686") else 17
    for minor in range(int(glibc.split(".")[1]), oldest - 1, -1):
        yield f"manylinux_2_{minor}_{machine}"
        if minor in _LEGACY_NAMES:
            yield f"{_LEGACY_NAMES[minor]}_{machine}"


def _normal(text: str) -> str:
    return text.replace(".", "_").replace("-", "_").replace(" ", "_")
