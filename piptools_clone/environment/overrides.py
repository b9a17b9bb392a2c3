"""A target as ``--python-version``, ``--platform``, ``--implementation`` and ``--abi`` of pip describe it.  Pure.

pip takes these for tags alone and leaves markers to the running Python; here markers follow, since a lock for another
target is wrong otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from piptools_clone.errors import UsageError
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.target import Target

_IMPLEMENTATIONS = {"cp": ("cpython", "CPython"), "pp": ("pypy", "PyPy")}
_LEGACY = {"manylinux1": "manylinux_2_5", "manylinux2010": "manylinux_2_12", "manylinux2014": "manylinux_2_17"}
_ALIASES = {modern: legacy for legacy, modern in _LEGACY.items()}
_OLDEST_GLIBC = 5


def override_target(target: Target, overrides: Iterable[tuple[str, str]]) -> Target:
    """Change a target; ``overrides`` are pairs as in `CompileRequest.target_overrides`.

    Raises `UsageError` for a version or platform that is not understood.
    """
    given: dict[str, list[str]] = {}
    for kind, value in overrides:
        given.setdefault(kind, []).append(value)
    if not given:
        return target
    markers = dict(target.markers)
    implementation = given.get("implementation", [_short_name(markers["implementation_name"])])[-1]
    if "python_version" in given:
        markers |= _python_markers(given["python_version"][-1])
    if "implementation" in given:
        markers |= _implementation_markers(implementation, markers["python_full_version"])
    for platform in given.get("platform", [])[:1]:
        markers |= _platform_markers(platform)
    platforms = [tag for platform in given.get("platform", []) for tag in _expanded(platform)]
    return Target(markers, _tags(target, markers, implementation, given.get("abi", []), platforms))


def _short_name(name: str) -> str:
    return {"cpython": "cp", "pypy": "pp"}.get(name, name)


def _python_markers(text: str) -> Mapping[str, str]:
    """``3.11``, ``311`` and ``3.11.2`` as pip reads them."""
    parts = text.split(".")
    if len(parts) == 1 and len(text) > 1:
        parts = [text[0], text[1:]]
    if len(parts) > 3 or not all(part.isdigit() for part in parts):
        raise UsageError(f"--python-version: {inert(text)!r} is not a version of Python such as 3.12")
    numbers = [str(int(part)) for part in (*parts, "0", "0")[:3]]
    full = ".".join(numbers)
    return {"python_version": ".".join(numbers[:2]), "python_full_version": full, "implementation_version": full}


def _implementation_markers(short: str, version: str) -> Mapping[str, str]:
    if short == "py":
        return {}
    if short not in _IMPLEMENTATIONS:
        raise UsageError(f"--implementation: {inert(short)!r} is none of cp, pp, py")
    name, shown = _IMPLEMENTATIONS[short]
    return {
        "implementation_name": name,
        "platform_python_implementation": shown,
        "implementation_version": version,
    }


def _platform_markers(platform: str) -> Mapping[str, str]:
    """Markers of a platform tag.  What only a running machine could tell is empty."""
    unknown = {"platform_release": "", "platform_version": ""}
    if platform == "any":
        return {}
    if platform.startswith("win"):
        machine = {"win_amd64": "AMD64", "win_arm64": "ARM64", "win32": "x86"}.get(platform)
        if machine:
            return unknown | _system("nt", "win32", "Windows", machine)
    found = re.fullmatch(r"macosx_\d+_\d+_(\w+)", platform)
    if found:
        machine = "arm64" if found[1] in {"arm64", "universal2"} else found[1]
        return unknown | _system("posix", "darwin", "Darwin", machine)
    found = re.fullmatch(r"(?:linux|manylinux1|manylinux20\d\d|manylinux_\d+_\d+|musllinux_\d+_\d+)_(\w+)", platform)
    if found:
        return unknown | _system("posix", "linux", "Linux", found[1])
    raise UsageError(
        f"--platform: {inert(platform)!r} is not understood", hint="such as manylinux_2_28_x86_64, win_amd64"
    )


def _system(os_name: str, sys_platform: str, system: str, machine: str) -> dict[str, str]:
    return {"os_name": os_name, "sys_platform": sys_platform, "platform_system": system, "platform_machine": machine}


def _expanded(platform: str) -> Iterator[str]:
    """A platform and those whose wheels it takes as well: older C libraries, older releases of macOS."""
    from packaging import tags

    mac = re.fullmatch(r"macosx_(\d+)_(\d+)_(\w+)", platform)
    legacy = re.fullmatch(r"(manylinux1|manylinux2010|manylinux2014)_(\w+)", platform)
    modern = f"{_LEGACY[legacy[1]]}_{legacy[2]}" if legacy else platform
    linux = re.fullmatch(r"(many|musl)linux_(\d+)_(\d+)_(\w+)", modern)
    if mac and mac[3] in {"x86_64", "arm64"}:
        yield from tags.mac_platforms((int(mac[1]), int(mac[2])), mac[3])
    elif linux:
        yield from _older_libraries(linux[1], int(linux[2]), int(linux[3]), linux[4])
        yield f"linux_{linux[4]}"
    else:
        yield platform


def _older_libraries(kind: str, major: int, minor: int, machine: str) -> Iterator[str]:
    for older in range(minor, (_OLDEST_GLIBC if kind == "many" else 0) - 1, -1):
        name = f"{kind}linux_{major}_{older}"
        yield f"{name}_{machine}"
        if name in _ALIASES:
            yield f"{_ALIASES[name]}_{machine}"


def _tags(
    target: Target, markers: Mapping[str, str], implementation: str, abis: list[str], platforms: list[str]
) -> tuple[str, ...]:
    from packaging import tags

    major, minor = (int(part) for part in markers["python_version"].split(".")[:2])
    places = platforms or list(dict.fromkeys(tag.rpartition("-")[2] for tag in target.tags if not tag.endswith("-any")))
    interpreter = f"{implementation}{major}{minor}"
    if implementation == "cp":
        specific = tags.cpython_tags((major, minor), abis or [interpreter], places)
    elif implementation == "py":
        specific = iter(())
    else:
        specific = tags.generic_tags(interpreter, abis, places)
    common = tags.compatible_tags((major, minor), interpreter, places)
    return tuple(dict.fromkeys(map(str, (*specific, *common))))
