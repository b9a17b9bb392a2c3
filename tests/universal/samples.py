"""Concrete environments for a world: each atom of its markers is seen on both sides, in all combinations of the axes.

Markers are evaluated by `packaging` alone.  What is sampled can exist: a platform has its own ``os_name``, and a
platform that nobody knows has any (also one that nobody knows).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product

from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from tests.resolve.worlds import MARKERS

Environment = Mapping[str, str]
Row = dict[str, str]

_NAMES = re.compile(r"\b(?:" + "|".join(sorted(MARKERS, key=len, reverse=True)) + r")\b")
_QUOTED = re.compile(r"(\w+) (?:===?|!=|not in|in) ['\"]([^'\"]*)['\"]|['\"]([^'\"]*)['\"] (?:===?|!=|not in|in) (\w+)")
_STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
_OPERATOR = "(?:not in|in|===|[<>=!~]=|[<>])"
_ATOM = re.compile(rf"\w+ {_OPERATOR} (?:{_STRING.pattern})|(?:{_STRING.pattern}) {_OPERATOR} \w+")
_PYTHON = re.compile(r"\d+(?:\.\d+)+")

_PLATFORMS = (
    ("linux", "posix", "Linux"),
    ("darwin", "posix", "Darwin"),
    ("win32", "nt", "Windows"),
    ("freebsd", "posix", "FreeBSD"),
    ("cygwin", "posix", "CYGWIN_NT-10.0"),
)
_IMPLEMENTATIONS = (("cpython", "CPython"), ("pypy", "PyPy"), ("graalpy", "GraalVM"))
_SINGLE = {"platform_machine": "other", "platform_release": "5.0", "platform_version": "other"}
"""Variables with a value that no marker names.

`packaging` compares ``platform_release`` as a version.  Of a release that is none (``6.8.0-45-generic``) neither ``==``
nor ``!=`` holds there, so that such a one would belong to no side; all that are sampled are versions.
"""


def environments(markers: Iterable[str], python: str, pythons: Sequence[str] = ()) -> list[Environment]:
    """Environments of a range of Pythons that tell apart what these markers and Requires-Python tell apart.

    Of the values of an axis that no comparison tells apart, the first stands for all.
    """
    texts = [marker for marker in markers if marker]
    joined = "\n".join(texts)
    axes = [_pythons("\n".join((joined, *pythons)), python), _platforms(joined), _implementations(joined)]
    axes += [_single(name, joined) for name in _SINGLE]
    atoms = sorted({atom for text in texts for atom in atoms_of(text)})
    axes = [_told_apart(rows, atoms, pythons if "python_version" in rows[0] else ()) for rows in axes]
    found = []
    for rows in product(*axes):
        environment = dict(MARKERS)
        for row in rows:
            environment.update(row)
        found.append(environment)
    return found


def atoms_of(marker: str) -> list[str]:
    """The comparisons of a marker."""
    found = _ATOM.findall(marker)
    assert len(found) == len(_STRING.findall(marker)), marker
    return found


def _told_apart(rows: list[Row], atoms: Iterable[str], pythons: Sequence[str]) -> list[Row]:
    own = [atom for atom in atoms if rows[0].keys() & set(_variables(atom))]
    found: dict[tuple[bool, ...], Row] = {}
    for row in rows:
        environment = {**MARKERS, **row}
        seen = [holds(atom, environment) for atom in own]
        seen += [admits(each, environment["python_full_version"]) for each in pythons]
        found.setdefault(tuple(seen), row)
    return list(found.values())


def _pythons(text: str, python: str) -> list[Row]:
    bounds = SpecifierSet(python)
    found = {(3, 99, 0)}
    for number in _PYTHON.findall(f"{text}\n{python}"):
        major, minor, *rest = (int(part) for part in number.split("."))
        if major == 3 and rest:
            found |= {(3, minor, patch) for patch in (0, rest[0] - 1, rest[0], rest[0] + 1) if patch >= 0}
        elif major == 3:
            found |= {(3, minor, 0), (3, minor, 7), (3, minor + 1, 0), (3, minor - 1, 7)}
    texts = [("{}.{}".format(*each), "{}.{}.{}".format(*each)) for each in sorted(found)]
    return [
        {"python_version": short, "python_full_version": full, "implementation_version": full}
        for short, full in texts
        if bounds.contains(full)
    ]


def _platforms(text: str) -> list[Row]:
    names = ("sys_platform", "os_name", "platform_system")
    if not _mentions(text, *names):
        return [{}]
    rows = [*_PLATFORMS, ("other", "posix", "Other"), ("other", "other", "Java")]
    known = [{row[place] for row in rows} for place in range(3)]
    for value in _values("sys_platform", text) - known[0]:
        rows += [(value, "posix", "Other"), (value, "other", "Java")]
    rows += [("other", value, "Java") for value in _values("os_name", text) - known[1]]
    rows += [("other", "posix", value) for value in _values("platform_system", text) - known[2]]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _implementations(text: str) -> list[Row]:
    names = ("implementation_name", "platform_python_implementation")
    if not _mentions(text, *names):
        return [{}]
    rows = list(_IMPLEMENTATIONS)
    rows += [(value, "Other") for value in _values(names[0], text) - {row[0] for row in rows}]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _single(name: str, text: str) -> list[Row]:
    return [{name: value} for value in sorted(_values(name, text) | {_SINGLE[name]})] if _mentions(text, name) else [{}]


def _mentions(text: str, *names: str) -> bool:
    return any(re.search(rf"\b{name}\b", text) for name in names)


def _values(name: str, text: str) -> set[str]:
    found = set()
    for left, right_value, left_value, right in _QUOTED.findall(text):
        if name in (left, right):
            found |= set(re.split(r"[\s,]+", right_value or left_value))
    return {value for value in found if value and not _is_part(name, value)}


def _is_part(name: str, value: str) -> bool:
    """Whether this is only a piece of a known value, as in ``"win" in sys_platform``: no platform is called so."""
    return name == "sys_platform" and any(value != row[0] and value in row[0] for row in _PLATFORMS)


@lru_cache(maxsize=20_000)
def _variables(marker: str) -> tuple[str, ...]:
    return tuple(sorted(set(_NAMES.findall(marker))))


@lru_cache(maxsize=200_000)
def _evaluate(marker: str, names: tuple[str, ...], values: tuple[str, ...], extra: str) -> bool:
    return _parse(marker).evaluate({**MARKERS, **dict(zip(names, values, strict=True)), "extra": extra})


@lru_cache(maxsize=20_000)
def _parse(marker: str) -> Marker:
    return Marker(marker)


def holds(marker: str, environment: Environment, extra: str = "") -> bool:
    """Whether a marker holds, as `packaging` evaluates it; the empty one does."""
    if not marker:
        return True
    names = _variables(marker)
    return _evaluate(marker, names, tuple(environment[name] for name in names), extra if "extra" in marker else "")


_FROM_BELOW = (">=", ">", "==", "===", "~=")


@lru_cache(maxsize=20_000)
def admits(requires_python: str, full_version: str) -> bool:
    """Whether a Requires-Python admits a Python in an open range: of its bounds only the lower ones count."""
    clauses = [clause for clause in SpecifierSet(requires_python) if clause.operator in _FROM_BELOW]
    lower = [f">={clause.version.removesuffix('.*')}" if clause.operator != ">" else str(clause) for clause in clauses]
    return SpecifierSet(",".join(lower)).contains(full_version)


def describe(environment: Environment, markers: Iterable[str]) -> str:
    """The values of those variables that some of these markers name, and the Python."""
    names = {"python_full_version", *(name for marker in markers for name in _variables(marker))}
    return ", ".join(f"{name}={environment[name]}" for name in sorted(names))
