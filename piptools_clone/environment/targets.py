"""Targets: of the running interpreter, of one that has described itself, and of one that options describe.

pip takes ``--python-version``, ``--platform``, ``--implementation`` and ``--abi`` for tags alone and leaves markers to
the running Python; here markers follow, since a lock for another target is wrong otherwise.  The orders of tags are
those of `packaging.tags` for its own interpreter (PEP 425, 600, 656); another one need not have `packaging`, and may be
older than it supports.  No process is started, and `pathlib` is not loaded.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from piptools_clone.environment.interpreter_facts import VARIABLES
from piptools_clone.errors import UsageError
from piptools_clone.formats.requirements.packaging_gaps import in_todays_order
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.target import Target
from piptools_clone.store.cache import FACTS, Cache

_IMPLEMENTATIONS = {"cp": ("cpython", "CPython"), "pp": ("pypy", "PyPy")}
_SHORT_NAMES = {"cpython": "cp", "pypy": "pp", "ironpython": "ip", "jython": "jy"}
_GLIBC_ARCHITECTURES = ("x86_64", "i686", "aarch64", "ppc64", "ppc64le", "s390x", "loongarch64", "riscv64", "armv7l")
_LEGACY_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
"""What manylinux was called before the name told the version of the C library, by its minor number."""
_OLDEST_GLIBC = 5
_MOST_DIGITS = 3
"""Of each number of a version of Python."""


class _Markers(Mapping[str, str]):
    """The marker environment, each variable of which is found when it is asked for."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def __getitem__(self, key: str) -> str:
        if key not in self._found:
            self._found[key] = VARIABLES[key]()
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(VARIABLES)

    def __len__(self) -> int:
        return len(VARIABLES)


@lru_cache
def running_target(cache: Cache | None = None) -> Target:
    """Give the `Target` of the running interpreter, as `packaging` computes it, or did and it is in the cache."""
    key = tags_key() if cache else ""
    known = cache.read(FACTS, key, (str, ...)) if cache and key else None
    if known is None:
        from packaging.tags import sys_tags

        known = tuple(dict.fromkeys(in_todays_order(map(str, sys_tags()))))
        if cache and key:
            cache.write(FACTS, key, known)
    return Target(_Markers(), known)


def tags_key() -> str:
    """The key under which the cache keeps the tags of the running interpreter: all that they follow from.

    "" where that is more than can be told here: on systems without glibc, of which `packaging` asks programs and files,
    and where a module ``_manylinux`` has a say (PEP 600).  Saves a tenth of a compile from a full cache (`benchmarks`,
    "edited"), most of it the loading of `packaging.tags` and `logging`.
    """
    try:
        library = os.confstr("CS_GNU_LIBC_VERSION")
        seen = os.stat(os.path.realpath(sys.executable))
    except (AttributeError, ValueError, OSError):
        return ""
    from importlib.machinery import PathFinder

    if not library or "_manylinux" in sys.modules or PathFinder.find_spec("_manylinux") is not None:
        return ""
    from packaging import __version__ as packaging_version

    named = [os.environ.get(name) for name in ("_PYTHON_HOST_PLATFORM", "_PYTHON_SYSCONFIGDATA_NAME")]
    program = (sys.executable, sys.base_prefix, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)
    return ascii(("tags", packaging_version, sys.version, sys.maxsize, program, library, os.uname().machine, named))


def derive_tags(version: tuple[int, int], build: Mapping[str, Any], cache: Cache | None = None) -> tuple[str, ...]:
    """List the compatible tags, best first, from `facts.build` of an interpreter of that version.

    They are kept in ``cache``: to load `packaging.tags`, and `logging` with it, is a tenth of a sync that finds the
    rest in its cache.
    """
    if cache is None:
        return _derived(version, build)
    from packaging import __version__ as packaging_version

    key = ascii(("derived", packaging_version, version, sorted(build.items())))
    known: tuple[str, ...] | None = cache.read(FACTS, key, (str, ...))
    if known is None:
        known = _derived(version, build)
        cache.write(FACTS, key, known)
    return known


def _derived(version: tuple[int, int], build: Mapping[str, Any]) -> tuple[str, ...]:
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
    name = markers["implementation_name"]
    implementation = given.get("implementation", [_SHORT_NAMES.get(name, name)])[-1]
    if "python_version" in given:
        markers |= _python_markers(given["python_version"][-1])
    if "implementation" in given:
        markers |= _implementation_markers(implementation, markers["python_full_version"])
    for platform in given.get("platform", [])[:1]:
        markers |= _platform_markers(platform)
    platforms = [tag for platform in given.get("platform", []) for tag in _expanded(platform)]
    return Target(markers, _tags(target, markers, implementation, given.get("abi", []), platforms))


def python_range(text: str) -> str:
    """The range of Pythons that a text names: a specifier set (PEP 440), or the lowest version, as ``3.10``.

    Raises `UsageError`.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return str(SpecifierSet(f">={'.'.join(_numbers(text))}" if text[:1].isdigit() else text))
    except InvalidSpecifier:
        raise UsageError(f"--python-version: {inert(text)!r} is no range of Pythons such as '>=3.10'") from None


def _numbers(text: str) -> list[str]:
    """``3.11``, ``311`` and ``3.11.2`` as pip reads them.  Raises `UsageError`."""
    parts = text.split(".")
    if len(parts) == 1 and len(text) > 1:
        parts = [text[0], text[1:]]
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() and len(part) <= _MOST_DIGITS for part in parts):
        hint = "" if text[:1].isdigit() else "a range of versions goes with --universal"
        raise UsageError(f"--python-version: {inert(text)!r} is not a version of Python such as 3.12", hint=hint)
    return [str(int(part)) for part in parts]


def _python_markers(text: str) -> Mapping[str, str]:
    numbers = [*_numbers(text), "0", "0"][:3]
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
    minors = {name: minor for minor, name in _LEGACY_NAMES.items()}
    modern = f"manylinux_2_{minors[legacy[1]]}_{legacy[2]}" if legacy else platform
    linux = re.fullmatch(r"(many|musl)linux_(\d+)_(\d+)_(\w+)", modern)
    if mac and mac[3] in {"x86_64", "arm64"}:
        yield from tags.mac_platforms((int(mac[1]), int(mac[2])), mac[3])
    elif linux:
        oldest = _OLDEST_GLIBC if linux[1] == "many" else 0
        yield from _older_libraries(linux[1], int(linux[2]), range(int(linux[3]), oldest - 1, -1), linux[4])
        yield f"linux_{linux[4]}"
    else:
        yield platform


def _older_libraries(kind: str, major: int, minors: Iterable[int], machine: str) -> Iterator[str]:
    """Tags of versions of a C library, ``many`` for glibc or ``musl``, each with its former name."""
    for minor in minors:
        yield f"{kind}linux_{major}_{minor}_{machine}"
        if kind == "many" and major == 2 and minor in _LEGACY_NAMES:
            yield f"{_LEGACY_NAMES[minor]}_{machine}"


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
            oldest = _OLDEST_GLIBC if each in ("x86_64", "i686") else 17
            yield from _older_libraries("many", 2, range(int(build["glibc"].split(".")[1]), oldest - 1, -1), each)
    for each in machines:
        if build["musl"]:
            major, minor = map(int, build["musl"].split("."))
            yield from _older_libraries("musl", major, range(minor, -1, -1), each)


def _normal(text: str) -> str:
    return text.replace(".", "_").replace("-", "_").replace(" ", "_")
