"""Targets: of the running interpreter, of one that has described itself, and of one that options describe.

pip takes ``--python-version``, ``--platform``, ``--implementation`` and ``--abi`` for tags alone and leaves markers to
the running Python; here markers follow, since a lock for another target is wrong otherwise.  The orders of tags are
those of `packaging.tags` for its own interpreter (PEP 425); another one need not have `packaging`, and may be older
than it supports.  No process is started, and `pathlib` is not loaded.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from piptools_clone.environment.interpreter_facts import VARIABLES
from piptools_clone.errors import UsageError
from piptools_clone.formats.requirements.packaging_gaps import in_todays_order
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.target import Target
from piptools_clone.store.cache import FACTS, Cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from piptools_clone.environment.platforms import Platform

_IMPLEMENTATIONS = {"cp": ("cpython", "CPython"), "pp": ("pypy", "PyPy")}
_SHORT_NAMES = {"cpython": "cp", "pypy": "pp", "ironpython": "ip", "jython": "jy"}
_PYPY = "7.3.0"
"""The release of PyPy that a target means, the least of those with its ABI of wheels, ``pp73`` (since 2019)."""
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

    from piptools_clone.environment.platforms import machine_tags

    platforms = tuple(machine_tags(build))
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

    With a platform nothing of the machine stays, and the implementation is CPython unless another is given; with a
    version, too, nothing of ``target`` does.  What is not said is the least that it can be: ``3.11`` is ``3.11.0``, as
    it is for pip.  Raises `UsageError` for a version or platform that is not understood, and for platforms of several
    systems.
    """
    given: dict[str, list[str]] = {}
    for kind, value in overrides:
        given.setdefault(kind, []).append(value)
    if not given:
        return target
    from piptools_clone.environment.platforms import parse_platform

    platforms = [parse_platform(text) for text in given.get("platform", [])]
    system = _one_system(platforms)
    version = _python_markers(given["python_version"][-1]) if "python_version" in given else _version_of(target)
    base = target if not system else None
    short = _implementation(base, given.get("implementation", []))
    markers = {**(system or target.markers), **version, **_implementation_markers(base, short, version)}
    places = [tag for platform in platforms for tag in platform.tags] or _places(target)
    return Target(markers, _tags(version["python_version"], short, given.get("abi", []), places))


def _one_system(platforms: Iterable[Platform]) -> Mapping[str, str]:
    """The markers of platforms, which must be one; none where they say nothing of it."""
    found = [platform.markers for platform in platforms if platform.markers]
    if any(markers != found[0] for markers in found):
        raise UsageError(
            "the platforms are of several systems, and a target has one",
            hint="give several targets, such as --target python3.12-linux --target python3.12-windows",
        )
    return found[0] if found else {}


def _version_of(target: Target) -> Mapping[str, str]:
    return {name: target.markers[name] for name in ("python_version", "python_full_version")}


def _implementation(base: Target | None, given: Sequence[str]) -> str:
    """The short name of the implementation (PEP 425): the last that is given, else that of the base, else CPython's."""
    for short in given[-1:]:
        if short not in (*_IMPLEMENTATIONS, "py"):
            raise UsageError(f"implementation {inert(short)!r} is none of cp, pp, py")
        return short
    name = base.markers["implementation_name"] if base else "cpython"
    return _SHORT_NAMES.get(name, name)


def _implementation_markers(base: Target | None, short: str, version: Mapping[str, str]) -> dict[str, str]:
    """Its markers, those of the base where that is one; ``py`` says nothing of it: else it is CPython."""
    names = ("implementation_name", "platform_python_implementation", "implementation_version")
    full = version["python_full_version"]
    own = {name: base.markers[name] for name in names} if base else {}
    if base and short in ("py", _SHORT_NAMES.get(own[names[0]], own[names[0]])):
        if full == base.python_full_version:
            return own
        return {**own, names[2]: full if own[names[0]] == "cpython" else _PYPY if own[names[0]] == "pypy" else ""}
    name, shown = _IMPLEMENTATIONS.get(short, _IMPLEMENTATIONS["cp"])
    return dict(zip(names, (name, shown, full if name == "cpython" else _PYPY), strict=True))


def python_range(text: str) -> str:
    """The range of Pythons that a text names: a specifier set (PEP 440), or the lowest version, as ``3.10``.

    Raises `UsageError`.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return str(SpecifierSet(f">={'.'.join(_numbers(text))}" if text[:1].isdigit() else text))
    except InvalidSpecifier:
        raise UsageError(f"{inert(text)!r} is no range of Pythons such as '>=3.10'") from None


def _numbers(text: str) -> list[str]:
    """``3.11``, ``311`` and ``3.11.2`` as pip reads them.  Raises `UsageError`."""
    parts = text.split(".")
    if len(parts) == 1 and len(text) > 1:
        parts = [text[0], text[1:]]
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() and len(part) <= _MOST_DIGITS for part in parts):
        hint = "" if text[:1].isdigit() else "a range of versions goes with --universal"
        raise UsageError(f"{inert(text)!r} is not a version of Python such as 3.12", hint=hint)
    return [str(int(part)) for part in parts]


def _python_markers(text: str) -> Mapping[str, str]:
    numbers = [*_numbers(text), "0", "0"][:3]
    return {"python_version": ".".join(numbers[:2]), "python_full_version": ".".join(numbers)}


def _places(target: Target) -> list[str]:
    """The platform tags of a target, the best first."""
    return list(dict.fromkeys(tag.rpartition("-")[2] for tag in target.tags if not tag.endswith("-any")))


def _tags(python_version: str, implementation: str, abis: Sequence[str], platforms: Sequence[str]) -> tuple[str, ...]:
    from packaging import tags

    major, minor = (int(part) for part in python_version.split(".")[:2])
    interpreter = common = f"{implementation}{major}{minor}"
    if implementation == "cp":
        specific = tags.cpython_tags((major, minor), abis or _usual_abis(major, minor), platforms)
    elif implementation == "py":
        specific = iter(())
    else:
        is_pypy = implementation == "pp"
        known = [f"pypy{major}{minor}_pp73"] if is_pypy else []
        specific = tags.generic_tags(interpreter, abis or known, platforms)
        common = "pp3" if is_pypy else interpreter
    every = (*specific, *tags.compatible_tags((major, minor), common, platforms))
    return tuple(dict.fromkeys(map(str, every)))


def _usual_abis(major: int, minor: int) -> list[str]:
    """The ABI of the CPython that is usual: before 3.8 its name told the allocator (PEP 3149)."""
    return [f"cp{major}{minor}" + ("m" if (major, minor) < (3, 8) else "")]


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
    from piptools_clone.environment.platforms import normal

    return [normal("-".join(words[:kept]))]
