"""Random markers on all axes, and environments of which each has another answer to some of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from hypothesis import strategies as st

PYTHONS = ("3.8.0", "3.8.18", "3.9.0", "3.9.7", "3.10.0", "3.10.4", "3.10.12", "3.11.0", "3.11.4", "3.12.1", "3.13.0")
PLATFORMS = (
    ("linux", "posix", "Linux"), ("darwin", "posix", "Darwin"), ("win32", "nt", "Windows"),
    ("cygwin", "posix", "CYGWIN_NT-10.0"),
    ("freebsd13", "posix", "FreeBSD"), ("haiku1", "posix", "Haiku"), ("plan9", "plan9", "Plan9"),
    ("ios", "posix", "iOS"),
)  # fmt: skip
MACHINES = ("x86_64", "aarch64", "arm64", "x86", "AMD64", "sparc64")
IMPLEMENTATIONS = (("cpython", "CPython"), ("pypy", "PyPy"), ("graalpy", "GraalVM"), ("rustpython", "RustPython"))
RELEASES = (("5.15", "#1 SMP"), ("20.1", "Darwin 20"))


def environment(
    python: str, platform: Sequence[str], machine: str, implementation: Sequence[str], release: Sequence[str]
) -> dict[str, str]:
    """A full environment of dependency specifiers (PEP 508)."""
    return {
        "implementation_name": implementation[0],
        "implementation_version": python,
        "os_name": platform[1],
        "platform_machine": machine,
        "platform_python_implementation": implementation[1],
        "platform_release": release[0],
        "platform_system": platform[2],
        "platform_version": release[1],
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
        "sys_platform": platform[0],
    }  # fmt: skip


def environments() -> Iterator[Mapping[str, str]]:
    """Each value in some combinations, and all platforms with some Pythons."""
    axes = (PYTHONS, PLATFORMS, MACHINES, IMPLEMENTATIONS, RELEASES)
    for number in range(max(map(len, axes))):
        for step in (1, 3):
            yield environment(*(axis[(number * step + place) % len(axis)] for place, axis in enumerate(axes)))
    for python, platform in product(PYTHONS[::3], PLATFORMS):
        yield environment(python, platform, MACHINES[0], IMPLEMENTATIONS[0], RELEASES[0])
    yield environment("3.12.1", PLATFORMS[2], "AMD64", IMPLEMENTATIONS[0], ("10", "10.0.19045"))
    yield environment("3.11.4", PLATFORMS[1], "arm64", IMPLEMENTATIONS[1], ("20.1", "Darwin 20"))


def _compared(variables: list[str], operators: list[str], values: list[str]) -> st.SearchStrategy[str]:
    return st.builds(
        '{} {} "{}"'.format, st.sampled_from(variables), st.sampled_from(operators), st.sampled_from(values)
    )


def _reversed(variables: list[str], operators: list[str], values: list[str]) -> st.SearchStrategy[str]:
    return st.builds(
        '"{}" {} {}'.format, st.sampled_from(values), st.sampled_from(operators), st.sampled_from(variables)
    )


_ORDERED = ["<", "<=", ">", ">=", "==", "!="]
_EQUAL = ["==", "!="]
_CONTAINS = ["in", "not in"]
VERSIONS = ["3", "3.8", "3.9", "3.10", "3.10.4", "3.9.7", "3.11.4", "3.9.dev0", "3.11.0rc1", "4.0", "2.7", "3.10.0.1"]
PYTHON_COMPARISONS = st.one_of(
    _compared(["python_version", "python_full_version"], _ORDERED, VERSIONS),
    _compared(["python_version", "python_full_version"], _EQUAL, ["3.*", "3.9.*", "3.10.*"]),
    _compared(["python_version", "python_full_version"], ["~="], ["3.8", "3.9.7", "3.10"]),
    _compared(["python_version"], _CONTAINS, ["2.7 3.8 3.9", "3.10, 3.11", "3.9.7"]),
    _compared(["python_full_version"], _CONTAINS, ["3.9.7 3.10.4", "3.8.18"]),
    _reversed(["python_version", "python_full_version"], [*_ORDERED, "~="], ["3.9", "3.10.4", "3.11"]),
    _reversed(["python_version", "python_full_version"], _CONTAINS, ["3.1", "3.9", "0"]),
)
TEXT_COMPARISONS = st.one_of(
    _compared(["sys_platform"], _EQUAL, ["linux", "win32", "darwin", "linux2", "haiku1", "freebsd13", "plan9"]),
    _compared(["sys_platform"], _CONTAINS, ["linux darwin", "win32, cygwin", "haiku1"]),
    _compared(["os_name"], _EQUAL, ["nt", "posix", "java", "plan9"]),
    _compared(["platform_system"], _EQUAL, ["Linux", "Windows", "Darwin", "FreeBSD", "Haiku", "Plan9", "Java"]),
    _compared(["platform_machine"], _EQUAL, ["x86_64", "arm64", "aarch64", "x86", "sparc64"]),
    _compared(["platform_machine"], _CONTAINS, ["x86_64 AMD64", "aarch64|arm64"]),
    _compared(["implementation_name"], _EQUAL, ["cpython", "pypy", "CPython", "rustpython"]),
    _compared(["platform_python_implementation"], _EQUAL, ["CPython", "PyPy", "GraalVM", "RustPython"]),
    _reversed(["sys_platform", "platform_machine"], [*_EQUAL, *_CONTAINS], ["64", "win32", "bsd", "linux", "arm"]),
)
LOOSE_COMPARISONS = st.one_of(
    _compared(["platform_release"], _ORDERED, ["20", "5.15"]),
    _compared(["platform_version"], [*_EQUAL, *_CONTAINS], ["Darwin 20", "10.0.19045"]),
    _reversed(["platform_release", "platform_version"], _CONTAINS, ["SMP", "20"]),
    _compared(["implementation_version"], _ORDERED, ["3.10", "7.3"]),
)


def _joined(operands: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    return st.recursive(
        operands,
        lambda inner: st.one_of(
            st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
            st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or"]), inner),
        ),
        max_leaves=most,
    )


MARKERS = _joined(PYTHON_COMPARISONS | TEXT_COMPARISONS, 5)
"""Of all variables that combinations of which are known."""
ANY_MARKERS = _joined(PYTHON_COMPARISONS | TEXT_COMPARISONS | LOOSE_COMPARISONS, 5)
"""Of all variables."""
