"""Random worlds for locks of many environments, small enough for an exhaustive search; a world follows from its seed.

Markers stand on every axis, nested, reversed, with extras; needed packages form cycles; requirements contradict one
another in environments that may or may not overlap.  The atoms of one world are few, so that they meet.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from typing import NamedTuple

from packaging.version import Version

from tests.resolve.worlds import Release, World
from tests.universal.truth import Case, parse

NAMES = ("ash", "box", "cow", "dog", "elm", "fig", "gnu")
VERSIONS = ("1.0", "2.0", "3.0", "4.0")
PRE_RELEASES = ("2.0rc1", "4.0b1", "5.0.dev1")
SPECIFIERS = (
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    ">=2",
    ">=2",
    "<3",
    "<3",
    "<2",
    ">=3",
    "<=2",
    "==2.*",
    "!=2.0",
    "!=3.0",
    "!=4.0",
    "~=1.0",
)
ASKING = (">=2.0rc1", "==4.0b1", ">=1.0.dev1", "!=2.0rc1")
PYTHONS = (">=3.9", ">=3.10", ">=3.11", ">=3.12", ">=3.10.2", ">=3.9,<3.12", ">=3.11,!=3.12.1", ">3.10", "~=3.10")

ATOMS = {
    "python": (
        "python_version < '3.11'",
        "python_version >= '3.11'",
        "python_version < '3.12'",
        "python_version >= '3.10'",
        "python_version == '3.11'",
        "python_version != '3.10'",
        "python_version > '3.10'",
        "python_version <= '3.10'",
        "python_version in '3.10 3.11'",
        "python_version not in '3.9, 3.10'",
        "'3.12' <= python_version",
        "python_full_version < '3.11.2'",
        "python_full_version >= '3.11.2'",
        "python_full_version == '3.11.*'",
        "python_full_version != '3.10.4'",
        "python_full_version > '3.10.4'",
        "python_full_version <= '3.10'",
        "'3.11.2' > python_full_version",
    ),
    "platform": (
        "sys_platform == 'win32'",
        "sys_platform != 'win32'",
        "sys_platform == 'linux'",
        "sys_platform == 'darwin'",
        "sys_platform != 'darwin'",
        "sys_platform == 'plan9'",
        "sys_platform in 'linux darwin'",
        "'linux' == sys_platform",
        "'win' in sys_platform",
        "os_name == 'nt'",
        "os_name != 'nt'",
        "os_name == 'posix'",
        "os_name == 'riscos'",
        "platform_system == 'Windows'",
        "platform_system != 'Linux'",
    ),
    "machine": (
        "platform_machine == 'x86_64'",
        "platform_machine != 'x86_64'",
        "platform_machine == 'arm64'",
        "platform_machine in 'x86_64 amd64'",
        "platform_machine not in 'arm64 aarch64'",
    ),
    "implementation": (
        "implementation_name == 'cpython'",
        "implementation_name != 'cpython'",
        "implementation_name == 'pypy'",
        "implementation_name == 'rustpython'",
        "platform_python_implementation == 'PyPy'",
        "platform_python_implementation != 'PyPy'",
        "'CPython' == platform_python_implementation",
    ),
    "release": ("platform_release == '6.1'", "platform_release != '6.1'", "platform_version == '#1'"),
}
"""Comparisons by axis, as real metadata writes them."""

OPPOSITES = (
    ("sys_platform == 'win32'", "sys_platform != 'win32'"),
    ("python_version < '3.11'", "python_version >= '3.11'"),
    ("python_version < '3.12'", "python_version >= '3.12'"),
    ("os_name == 'nt'", "sys_platform != 'win32'"),
    ("sys_platform == 'linux'", "sys_platform == 'darwin'"),
    ("platform_machine == 'x86_64'", "platform_machine != 'x86_64'"),
    ("implementation_name == 'pypy'", "implementation_name != 'pypy'"),
)
"""Markers of which never both hold."""


class Drawn(NamedTuple):
    """The choices that a world is drawn from; in a ``mild`` one most requirements take any version.

    In a ``quiet`` one little is needed but what `_oppose` adds: nothing else is a reason for an older version.
    """

    random: random.Random
    names: tuple[str, ...]
    axes: tuple[str, ...]
    pre: bool
    yanked: bool
    mild: bool
    quiet: bool


def random_case(seed: int, features: Collection[str] = ()) -> Case:
    """The case of a seed; ``features`` are those of the adapter."""
    draw = random.Random(f"universal {seed}")
    names = NAMES[: draw.randint(3, 7)]
    axes = tuple(draw.sample(sorted(ATOMS), draw.choice((1, 2, 2, 3))))
    pre = draw.random() < 0.2 and "pre-releases" in features  # most worlds have none: `oracle` knows what is best there
    quiet = draw.random() < 0.3
    yanked = draw.random() < 0.15 and "yanked" in features
    drawn = Drawn(draw, names, axes, pre, yanked, draw.random() < 0.6, quiet)
    packages = {name: _releases(drawn) for name in names}
    roots, limits = _roots(drawn), _limits(drawn)
    for _ in range(draw.choice((1, 2, 2, 3) if quiet else (0, 1, 1, 1, 2, 2, 3))):
        roots = _oppose(drawn, packages, roots)
    directs = {}
    if "urls" in features and draw.random() < 0.1:
        directs, roots = _direct(drawn, roots)
    policy = draw.choice(("requires-python", "requires-python", "fewest"))
    python = draw.choice((">=3.9,<4", ">=3.9,<4", ">=3.10,<4", ">=3.11,<4"))
    return Case(World(packages, (), (), directs), tuple(roots), tuple(limits), python, policy)


def _releases(drawn: Drawn) -> dict[str, Release]:
    draw = drawn.random
    versions = draw.sample(VERSIONS, draw.choice((1, 2, 3, 3, 4, 4)))
    if drawn.pre and draw.random() < 0.5:
        versions += draw.sample(PRE_RELEASES, draw.choice((1, 1, 2)))
    return {version: _release(drawn) for version in sorted(versions)}


def _release(drawn: Drawn) -> Release:
    draw = drawn.random
    lines = [
        _line(drawn, marked=0.6, extra=0.3)
        for _ in range(draw.choice((0, 0, 0, 0, 0, 1) if drawn.quiet else (0, 0, 0, 1, 1, 2)))
    ]
    if draw.random() < 0.1:
        lines += [f"{draw.choice(drawn.names)}[x] ; extra == 'all'", f"{draw.choice(drawn.names)} ; extra == 'x'"]
    python = draw.choice(PYTHONS) if draw.random() < 0.2 else None
    yanked = "broken" if drawn.yanked and draw.random() < 0.15 else None
    return Release(tuple(lines), yanked, python)


def _line(drawn: Drawn, *, marked: float, extra: float) -> str:
    draw = drawn.random
    name = "ghost" if draw.random() < 0.01 else draw.choice(drawn.names)
    extras = draw.choice(("[x]", "[x]", "[y]", "[x,y]", "[all]")) if draw.random() < 0.25 else ""
    specifier = draw.choice(ASKING if drawn.pre and draw.random() < 0.15 else SPECIFIERS)
    if drawn.mild and draw.random() < 0.8:
        specifier = ""
    marker = _marker(drawn, 2) if draw.random() < marked else ""
    if draw.random() < extra:
        marker = _with_extra(drawn, marker)
    return f"{name}{extras}{specifier}" + (f" ; {marker}" if marker else "")


def _marker(drawn: Drawn, depth: int) -> str:
    draw = drawn.random
    if depth == 0 or draw.random() < 0.55:
        return draw.choice(ATOMS[draw.choice(drawn.axes)])
    left, right = _marker(drawn, depth - 1), _marker(drawn, depth - 1)
    joined = f"{left} {draw.choice(('and', 'or'))} {right}"
    return f"({joined})" if draw.random() < 0.5 else joined


def _with_extra(drawn: Drawn, marker: str) -> str:
    named = drawn.random.choice(("extra == 'x'", "extra == 'x'", "extra == 'y'", "(extra == 'x' or extra == 'y')"))
    if not marker:
        return named
    word = "or" if drawn.random.random() < 0.1 else "and"
    return drawn.random.choice((f"{named} {word} ({marker})", f"({marker}) {word} {named}"))


def _roots(drawn: Drawn) -> list[str]:
    draw = drawn.random
    roots = [_line(drawn, marked=0.3, extra=0) for _ in range(draw.choice((1, 1, 2, 2, 3)))]
    if draw.random() < 0.25:
        again = parse(roots[0])
        extras = f"[{','.join(again.extras)}]" if again.extras else ""
        roots.append(f"{again.name}{extras}{draw.choice(SPECIFIERS)} ; {_marker(drawn, 1)}")
    return roots


def _limits(drawn: Drawn) -> list[str]:
    draw = drawn.random
    names = [draw.choice(drawn.names) for _ in range(draw.choice((0, 0, 0, 1, 2)))]
    return [
        f"{name}{draw.choice([each for each in SPECIFIERS if each])}"
        + (f" ; {_marker(drawn, 1)}" if draw.random() < 0.6 else "")
        for name in names
    ]


def _oppose(drawn: Drawn, packages: dict[str, dict[str, Release]], roots: list[str]) -> list[str]:
    """Two parents want different versions of one package, in environments that never meet.

    The marker stands where the parent needs it, or where the parent is needed.  If only the newest parents want it, an
    older one is a way out that must not be taken.
    """
    draw = drawn.random
    wanted, *parents = draw.sample(drawn.names, 3)
    markers = draw.sample(draw.choice(OPPOSITES), 2)
    only_newest = draw.random() < 0.6
    for parent, marker, specifier in zip(parents, markers, (">=2", "<2"), strict=True):
        is_inside = draw.random() < 0.6
        line = f"{wanted}{specifier} ; {marker}" if is_inside else f"{wanted}{specifier}"
        own = packages[parent]
        for version in sorted(own, key=Version)[-1:] if only_newest else own:
            own[version] = own[version]._replace(requires=(*(own[version].requires or ()), line))
        if draw.random() < 0.85:
            roots = [*roots, parent if is_inside else f"{parent} ; {marker}"]
    if draw.random() < 0.8:
        packages[wanted] |= {version: packages[wanted].get(version, Release()) for version in ("1.0", "2.0")}
    return roots


def _direct(drawn: Drawn, roots: Sequence[str]) -> tuple[dict[str, tuple[str, str, tuple[str, ...]]], list[str]]:
    """A package from an address, on some platforms."""
    draw = drawn.random
    name = draw.choice(drawn.names)
    url = f"https://files.example/{name}-2.5-py3-none-any.whl"
    lines = tuple(_line(drawn, marked=0.5, extra=0.2) for _ in range(draw.choice((0, 1, 2))))
    marker = f" ; {_marker(drawn, 1)}" if draw.random() < 0.7 else ""
    return {url: (name, "2.5", lines)}, [*roots, f"{name} @ {url}{marker}"]
