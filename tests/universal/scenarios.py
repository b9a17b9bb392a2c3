"""Hand-written cases of locks for many environments, each with the lock, or the environments without a solution.

Packages are written as `shrink.reproduce` reads them.  A plain version needs nothing; ``TRAP`` numbers are those of the
design of this resolution.  Markers are compared by what they mean, not by how they are spelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

WIN, NOT_WIN = "sys_platform == 'win32'", "sys_platform != 'win32'"
OLD, NEW = "python_version < '3.11'", "python_version >= '3.11'"

Needs = tuple[str, ...]
Facts = Needs | tuple[Needs, str | None, str | None]


class Scenario(NamedTuple):
    """``locked`` are the lines, ``refused`` the marker of where there is no solution ("" for everywhere).

    ``needs`` names features that the resolver at hand must have.
    """

    name: str
    packages: Mapping[str, Mapping[str, Facts]]
    roots: tuple[str, ...]
    locked: tuple[str, ...] = ()
    refused: str | None = None
    constraints: tuple[str, ...] = ()
    python: str = ">=3.9,<4"
    policy: str = "requires-python"
    directs: Mapping[str, tuple[str, str, Needs]] = {}
    needs: frozenset[str] = frozenset()


def versions(*texts: str) -> dict[str, Facts]:
    """Releases that need nothing."""
    return dict.fromkeys(texts, ())


def python(bound: str, *needs: str) -> Facts:
    """A release with a Requires-Python."""
    return needs, bound, None


PRE = frozenset({"pre-releases"})
A12, A123 = versions("1.0", "2.0"), versions("1.0", "2.0", "3.0")
PIN_WIN = (f"a==1.0 ; {NOT_WIN}", f"a==2.0 ; {WIN}")
PIN_PYTHON = (f"a==1.0 ; {OLD}", f"a==2.0 ; {NEW}")
NEWER_ON_WIN = {"c": {"1.0": (f"a>=2 ; {WIN}",)}, "d": {"1.0": (f"a<2 ; {NOT_WIN}",)}}

SCENARIOS = (
    Scenario("one version for all", {"a": A12}, ("a",), ("a==2.0",)),
    # releases that contradict themselves: TRAP 3
    Scenario(
        "a release contradicts itself",
        {"c": {"1.0": (), "2.0": (f"a>=2 ; {NEW}", f"a<2 ; {OLD}")}, "a": A12},
        ("c",),
        ("c==2.0", *PIN_PYTHON),
    ),
    Scenario(
        "a release contradicts itself for part of the range",
        {"c": {"2.0": ("a>=2 ; python_version >= '3.11'", "a<2 ; python_version < '3.12'")}, "a": A12},
        ("c",),
        refused="python_version == '3.11'",
    ),
    Scenario(
        "only an older release does not contradict itself",
        {"c": {"1.0": (), "2.0": ("a>=2", f"a<2 ; {WIN}")}, "a": A12},
        ("c",),
        ("c==1.0",),
    ),
    # Requires-Python: TRAP 5
    Scenario("an upper bound counts not", {"a": {"1.0": (), "2.0": python(">=3.9,<3.13")}}, ("a",), ("a==2.0",)),
    Scenario("nor does a hole", {"a": {"1.0": (), "2.0": python(">=3.9,!=3.12.*")}}, ("a",), ("a==2.0",)),
    Scenario("newer Pythons get newer", {"a": {"1.0": (), "2.0": python(">=3.11")}}, ("a",), PIN_PYTHON),
    Scenario("fewest", {"a": {"1.0": (), "2.0": python(">=3.11")}}, ("a",), ("a==1.0",), policy="fewest"),
    Scenario(
        "three for three",
        {"a": {"1.0": (), "2.0": python(">=3.10"), "3.0": python(">=3.12")}},
        ("a",),
        (
            "a==1.0 ; python_version < '3.10'",
            "a==2.0 ; python_version >= '3.10' and python_version < '3.12'",
            "a==3.0 ; python_version >= '3.12'",
        ),
    ),
    Scenario(
        "fewest of three",
        {"a": {"1.0": python(">=3.9"), "2.0": python(">=3.10"), "3.0": python(">=3.12")}},
        ("a",),
        ("a==2.0",),
        policy="fewest",
        python=">=3.10,<4",
    ),
    Scenario(
        "Requires-Python counts where the package is needed",
        {"a": {"1.0": (), "2.0": python(">=3.11")}},
        (f"a ; {NEW}",),
        (f"a==2.0 ; {NEW}",),
        policy="fewest",
    ),
    Scenario("too old a Python", {"a": {"1.0": python(">=3.10")}}, ("a",), refused="python_version < '3.10'"),
    Scenario("no such Python in the range", {"a": {"1.0": python(">=3.10")}}, ("a",), ("a==1.0",), python=">=3.10,<4"),
    Scenario(
        "asked for newer than an old Python has",
        {"a": {"1.0": (), "2.0": python(">=3.12")}},
        ("a>=2",),
        refused="python_version < '3.12'",
        policy="fewest",
    ),
    Scenario(
        "what follows a fork has its marker, what both need has none",
        {"a": {"1.0": ("b", "z"), "2.0": python(">=3.11", "c", "z")}, **dict.fromkeys("bcz", versions("1.0"))},
        ("a",),
        (*PIN_PYTHON, f"b==1.0 ; {OLD}", f"c==1.0 ; {NEW}", "z==1.0"),
    ),
    # pre-releases: TRAP 7
    Scenario(
        "a pre-release is asked for on one platform",
        {"a": versions("1.0", "2.0rc1")},
        (f"a>=2.0rc1 ; {WIN}", "a"),
        (f"a==1.0 ; {NOT_WIN}", f"a==2.0rc1 ; {WIN}"),
        needs=PRE,
    ),
    Scenario("there are only pre-releases", {"a": versions("1.0a1", "1.0b1")}, ("a",), ("a==1.0b1",), needs=PRE),
    Scenario("no final one will do", {"a": versions("1.0", "2.0rc1")}, ("a>1.0",), ("a==2.0rc1",), needs=PRE),
    Scenario("a final one will do", {"a": versions("1.0", "2.0rc1")}, ("a",), ("a==1.0",), needs=PRE),
    Scenario(
        "no final one will do on one platform",
        {"a": versions("1.0", "2.0rc1")},
        ("a",),
        (f"a==1.0 ; {NOT_WIN}", f"a==2.0rc1 ; {WIN}"),
        constraints=(f"a!=1.0 ; {WIN}",),
        needs=PRE,
    ),
    # substrings, operands the other way round: TRAP 8
    Scenario("in", {"a": A12}, ("a ; sys_platform in 'linux darwin'",), ("a==2.0 ; sys_platform in 'linux darwin'",)),
    Scenario("reversed in", {"a": A12}, ("a ; 'win' in sys_platform",), ("a==2.0 ; 'win' in sys_platform",)),
    Scenario("Python in", {"a": A12}, ("a ; python_version in '3.9 3.10'",), (f"a==2.0 ; {OLD}",)),
    Scenario("Python not in", {"a": A12}, ("a ; python_version not in '3.9, 3.10'",), (f"a==2.0 ; {NEW}",)),
    Scenario(
        "reversed order", {"a": A12}, ("a>=2 ; '3.11' <= python_version", "a<2 ; '3.11' > python_version"), PIN_PYTHON
    ),
    # which combinations there are: TRAP 9
    Scenario(
        "an unknown platform with an unknown os_name",
        {"a": A12},
        ("a ; os_name != 'posix' and sys_platform != 'win32'",),
        ("a==2.0 ; os_name != 'posix' and sys_platform != 'win32'",),
    ),
    Scenario(
        "no platform is both",
        {"a": A12, "b": A12},
        ("a ; sys_platform == 'win32' and os_name == 'posix'", "b"),
        ("b==2.0",),
    ),
    Scenario(
        "os_name and sys_platform are one axis",
        {"a": A12},
        ("a>=2 ; os_name == 'nt'", f"a<2 ; {NOT_WIN}"),
        PIN_WIN,
    ),
    # variables of which only one value is known: TRAP 10
    Scenario(
        "a release of the platform and its negation",
        {"a": A12},
        ("a>=2 ; platform_release == '6.1'", "a<2 ; platform_release != '6.1'"),
        ("a==1.0 ; platform_release != '6.1'", "a==2.0 ; platform_release == '6.1'"),
    ),
    Scenario(
        "the release of the platform is not its version",
        {"a": A12},
        ("a>=2 ; platform_release == '6.1'", "a<2 ; platform_version == '#1'"),
        refused="platform_release == '6.1' and platform_version == '#1'",
    ),
    # values that never occur, markers that hold nowhere: TRAPS 11 and 12
    Scenario(
        "an implementation that nobody has",
        {"a": A12},
        ("a>=2 ; implementation_name != 'rustpython'", "a<2 ; implementation_name == 'rustpython'"),
        ("a==1.0 ; implementation_name == 'rustpython'", "a==2.0 ; implementation_name != 'rustpython'"),
    ),
    Scenario("below the range", {"b": {"1.0": ("a ; python_version < '3'",)}, "a": A12}, ("b",), ("b==1.0",)),
    Scenario("above the range: TRAP 4", {"a": A12}, ("a ; python_version < '4.0'",), ("a==2.0",)),
    Scenario(
        "a contradiction that holds nowhere",
        {"b": {"1.0": ("a<1 ; python_version >= '3.11' and python_version < '3.11'",)}, "a": A12},
        ("b", "a"),
        ("a==2.0", "b==1.0"),
    ),
    # extras: TRAP 13
    Scenario(
        "an extra on one platform",
        {"a": {"1.0": ("b ; extra == 'x'",)}, "b": A12},
        ("a", f"a[x] ; {WIN}"),
        ("a==1.0", f"b==2.0 ; {WIN}"),
    ),
    Scenario(
        "an extra or an old Python, without the extra",
        {"a": {"1.0": (f"b ; extra == 'x' or {OLD}",)}, "b": A12},
        ("a", f"a[x] ; {WIN}"),
        ("a==1.0", f"b==2.0 ; {OLD} or {WIN}"),
    ),
    Scenario(
        "a self-referring extra",
        {
            "a": {"1.0": ("a[x,y] ; extra == 'all'", "b ; extra == 'x'", f"c ; extra == 'y' and {WIN}")},
            "b": A12,
            "c": A12,
        },
        ("a[all]",),
        ("a==1.0", "b==2.0", f"c==2.0 ; {WIN}"),
    ),
    Scenario(
        "an extra narrows what its base takes",
        {"a": {"1.0": ("b", f"b<2 ; extra == 'x' and {WIN}", f"b>=2 ; {NOT_WIN}")}, "b": A12},
        ("a[x]",),
        ("a==1.0", f"b==1.0 ; {WIN}", f"b==2.0 ; {NOT_WIN}"),
    ),
    Scenario("an extra that there is not", {"a": A12}, ("a[nothing]",), ("a==2.0",)),
    Scenario(
        "a diamond with extras",
        {
            "app": {"1.0": ("left[x]", "right")},
            "left": {"1.0": (f"base[f]>=2 ; extra == 'x' and {WIN}", "base")},
            "right": {"1.0": ("base<3",)},
            "base": dict.fromkeys(("1.0", "2.0", "3.0"), ("z ; extra == 'f'",)),
            "z": A12,
        },
        ("app",),
        ("app==1.0", "base==2.0", "left==1.0", "right==1.0", f"z==2.0 ; {WIN}"),
    ),
    Scenario(
        "a diamond with an extra that forks",
        {
            "left": {"1.0": (f"base>=3 ; extra == 'x' and {WIN}",)},
            "right": {"1.0": (f"base<3 ; {NOT_WIN}",)},
            "base": A123,
        },
        ("left[x]", "right"),
        (f"base==2.0 ; {NOT_WIN}", f"base==3.0 ; {WIN}", "left==1.0", "right==1.0"),
    ),
    # cycles
    Scenario(
        "a cycle",
        {"a": {"1.0": ("b",)}, "b": {"1.0": ("a",)}},
        (f"a ; {WIN}",),
        (f"a==1.0 ; {WIN}", f"b==1.0 ; {WIN}"),
    ),
    Scenario(
        "a cycle that markers cut",
        {"a": {"1.0": (f"b ; {NEW}",)}, "b": {"1.0": ("a",)}},
        (f"b ; {WIN}", "a ; sys_platform == 'linux'"),
        (
            "a==1.0 ; sys_platform == 'win32' or sys_platform == 'linux'",
            f"b==1.0 ; {WIN} or ({NEW} and sys_platform == 'linux')",
        ),
    ),
    # roots and constraints
    Scenario("one root twice", {"a": A12}, (f"a==1.0 ; {OLD}", f"a==2.0 ; {NEW}"), PIN_PYTHON),
    Scenario(
        "one root twice, in environments that meet",
        {"a": A12},
        ("a==1.0 ; python_version < '3.12'", "a==2.0 ; python_version >= '3.10'"),
        refused="python_version >= '3.10' and python_version < '3.12'",
    ),
    Scenario("one root twice, with one answer", {"a": A123}, (f"a<3 ; {OLD}", "a>=2"), ("a==2.0",)),
    Scenario("a constraint with a marker", {"a": A12}, ("a",), ("a==1.0",), constraints=(f"a<2 ; {WIN}",)),
    Scenario(
        "a constraint and a root, apart",
        {"a": A12},
        ("a", f"a>=2 ; {WIN}"),
        PIN_WIN,
        constraints=(f"a<2 ; {NOT_WIN}",),
    ),
    Scenario(
        "a constraint against a root, where both hold",
        {"a": A12},
        (f"a>=2 ; {WIN}",),
        refused=f"{WIN} and {OLD}",
        constraints=(f"a<2 ; {OLD}",),
    ),
    Scenario("a constraint of what is not needed", {"a": A12, "b": A12}, ("a",), ("a==2.0",), constraints=("b==7",)),
    # parents and conflicts
    Scenario("two parents, apart", {**NEWER_ON_WIN, "a": A12}, ("c", "d"), ("c==1.0", "d==1.0", *PIN_WIN)),
    Scenario(
        "two parents, apart, and older ones that would do",
        {
            "c": {"1.0": (), "2.0": NEWER_ON_WIN["c"]["1.0"]},
            "d": {"1.0": (), "2.0": NEWER_ON_WIN["d"]["1.0"]},
            "a": A12,
        },
        ("c", "d"),
        ("c==2.0", "d==2.0", *PIN_WIN),
    ),
    Scenario(
        "two parents that are never there together",
        {"c": {"1.0": (), "2.0": ("a>=2",)}, "d": {"1.0": (), "2.0": ("a<2",)}, "a": A12},
        (f"c ; {WIN}", f"d ; {NOT_WIN}"),
        (f"c==2.0 ; {WIN}", f"d==2.0 ; {NOT_WIN}", *PIN_WIN),
    ),
    Scenario(
        "two parents that meet in part",
        {
            "c": {"1.0": ("a>=2 ; sys_platform == 'darwin'",)},
            "d": {"1.0": ("a<2 ; python_version < '3.12'",)},
            "a": A12,
        },
        ("c", "d"),
        refused="python_version < '3.12' and sys_platform == 'darwin'",
    ),
    Scenario(
        "a reason on one platform is a reason for the shared version",
        {"p": {"1.0": (), "2.0": (f"q>=2 ; {WIN}",)}, "q": A12},
        ("p",),
        ("p==1.0",),
        constraints=("q<2",),
    ),
    Scenario("nothing of that name", {"a": A12}, ("a", f"ghost ; {WIN}"), refused=WIN),
    Scenario(
        "two conflicts, each with its part",
        {"a": A12},
        (f"a>=3 ; {WIN}", "a>=9 ; python_version < '3.10'"),
        refused=f"{WIN} or python_version < '3.10'",
    ),
    Scenario(
        "splits that have nothing to do with each other",
        {"a": A12, "b": A12, "c": A12},
        (
            *(f"a{'>=2' if one == WIN else '<2'} ; {one}" for one in (WIN, NOT_WIN)),
            *(f"b{'>=2' if one == NEW else '<2'} ; {one}" for one in (NEW, OLD)),
            "c>=2 ; platform_machine == 'arm64'",
            "c<2 ; platform_machine != 'arm64'",
        ),
        (
            *PIN_WIN,
            f"b==1.0 ; {OLD}",
            f"b==2.0 ; {NEW}",
            "c==1.0 ; platform_machine != 'arm64'",
            "c==2.0 ; platform_machine == 'arm64'",
        ),
    ),
    Scenario(
        "a boundary within a minor version",
        {"a": A12},
        ("a>=2 ; python_full_version >= '3.11.2'", "a<2 ; python_full_version < '3.11.2'"),
        ("a==1.0 ; python_full_version < '3.11.2'", "a==2.0 ; python_full_version >= '3.11.2'"),
    ),
    # local versions, addresses, yanked files
    Scenario(
        "local versions",
        {"a": versions("1.0", "1.0+cpu", "1.0+cu126")},
        ("a==1.0+cu126 ; sys_platform == 'linux'", "a==1.0+cpu ; sys_platform != 'linux'"),
        ("a==1.0+cu126 ; sys_platform == 'linux'", "a==1.0+cpu ; sys_platform != 'linux'"),
    ),
    Scenario(
        "a local version is meant where it is named, the public one elsewhere",
        {"a": versions("1.0", "1.0+cpu")},
        ("a==1.0+cpu ; sys_platform == 'linux'", "a==1.0 ; sys_platform != 'linux'"),
        ("a==1.0+cpu ; sys_platform == 'linux'", "a==1.0 ; sys_platform != 'linux'"),
        needs=frozenset({"local-versions"}),
    ),
    Scenario(
        "an address on one platform",
        {"a": A12, "b": A12},
        (f"a @ https://files.example/a-3.0-py3-none-any.whl ; {WIN}", f"a ; {NOT_WIN}"),
        (
            f"a @ https://files.example/a-3.0-py3-none-any.whl ; {WIN}",
            f"a==2.0 ; {NOT_WIN}",
            f"b==1.0 ; {WIN}",
        ),
        directs={"https://files.example/a-3.0-py3-none-any.whl": ("a", "3.0", ("b<2",))},
        needs=frozenset({"urls"}),
    ),
    Scenario(
        "a yanked release is pinned on one platform",
        {"a": {"1.0": (), "2.0": ((), None, "broken")}},
        (f"a==2.0 ; {WIN}", "a"),
        PIN_WIN,
        needs=frozenset({"yanked"}),
    ),
)
