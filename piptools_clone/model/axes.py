"""The independent properties of environments, each with the values that it may have.

The Python of an environment, its platform, its machine and its implementation are independent of one another: each is
an *axis*.  The rows of an axis are values; rows that no comparison has told apart so far are one class.  What markers
name becomes a row, and all other values are one row, too.  Values that hang together, as ``sys_platform`` and
``os_name`` do, stand in one row, so that combinations that do not occur are not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Self, TypeAlias

from packaging.specifiers import SpecifierSet

from piptools_clone.errors import BoundExceeded
from piptools_clone.model.formula import Comparison

OTHER = "\0"
"""Stands for every value that is not named: no value that a marker is likely to hold."""

MOST_ROWS = 2048
"""Values of an axis; those that real markers name are some dozens."""

_FAMILIES = {
    "aix": "AIX", "cygwin": "CYGWIN", "dragonfly": "DragonFly", "freebsd": "FreeBSD", "java": "Java",
    "netbsd": "NetBSD", "openbsd": "OpenBSD", "sunos": "SunOS",
}  # fmt: skip
"""How ``sys_platform`` and ``platform_system`` begin, where releases of the system may follow."""

_PLATFORMS = (
    ("linux", "posix", "Linux"), ("darwin", "posix", "Darwin"), ("win32", "nt", "Windows"),
    ("cygwin", "posix", OTHER), ("emscripten", "posix", "Emscripten"), ("wasi", "posix", "wasi"),
    ("android", "posix", "Android"), ("ios", "posix", "iOS"), ("ios", "posix", "iPadOS"),
    *((OTHER, "java" if sys_platform == "java" else "posix", system)
      for sys_platform, system in _FAMILIES.items() if sys_platform != "cygwin"),
    (OTHER, "posix", OTHER), (OTHER, OTHER, OTHER),
)  # fmt: skip
"""``sys_platform``, ``os_name`` and ``platform_system`` of the platforms that CPython and Jython know."""

_MACHINES = (
    "x86_64", "amd64", "AMD64", "x86", "i386", "i686", "aarch64", "arm64", "ARM64", "arm", "armv6l", "armv7l", "armv8l",
    "ppc", "ppc64", "ppc64le", "s390x", "riscv64", "loongarch64", "mips64", "wasm32", OTHER,
)  # fmt: skip

_IMPLEMENTATIONS = (
    ("cpython", "CPython"), ("pypy", "PyPy"), ("graalpy", "GraalVM"), ("jython", "Jython"),
    ("ironpython", "IronPython"), (OTHER, OTHER),
)  # fmt: skip

TEXT_AXES: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {
    ("implementation_name", "platform_python_implementation"): _IMPLEMENTATIONS,
    ("platform_machine",): tuple((machine,) for machine in _MACHINES),
    ("sys_platform", "os_name", "platform_system"): _PLATFORMS,
}
"""The variables of each axis of texts, and the rows that it has before any marker is read."""

PYTHON = ("python_version", "python_full_version")
"""The variables of the axis of Pythons."""

LOOSE = ("implementation_version", "platform_release", "platform_version")
"""Variables of which nothing is known but what comparisons say of them."""

ENVIRONMENT = tuple(sorted((*PYTHON, *LOOSE, *(variable for variables in TEXT_AXES for variable in variables))))
"""All variables of an environment (dependency specifiers)."""

_POSITIVE = {"!=": "==", "<": ">=", "<=": ">", "not in": "in"}
"""Operators and their opposites."""

_PROBES = ("0", "99999")
"""Versions, as a kernel may have them."""

CONTAINS = frozenset(("in", "not in"))
"""Operators that look for a text in another one."""

Fact: TypeAlias = "Comparison | str"
"""What tells rows apart: a comparison, or a Requires-Python as text."""


class Axis:
    """Rows of values, and the class of each row.

    A class has a number, which it keeps when a part of it becomes a new class; ``parents`` says of each class which one
    it was a part of.  ``marks`` has a bit of each fact that was learned, for the classes where it holds.
    """

    def __init__(self, variables: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
        self.variables = variables
        self.rows = list(rows)
        self.classes = [0] * len(self.rows)
        self.parents = [0]
        self.marks = [0]
        self.facts: dict[Fact, int] = {}

    @property
    def size(self) -> int:
        """The number of classes."""
        return len(self.parents)

    def copy(self) -> Self:
        """One that can be changed without changing this one."""
        new = object.__new__(type(self))
        vars(new).update(vars(self))
        new.rows, new.classes, new.parents = self.rows.copy(), self.classes.copy(), self.parents.copy()
        new.marks, new.facts = self.marks.copy(), self.facts.copy()
        return new

    def learn(self, comparison: Comparison) -> None:
        """Tell apart the rows where a comparison holds from the others."""
        for row, source in self._named(comparison):
            self._add(row, source)
            if len(self.rows) > MOST_ROWS:
                raise BoundExceeded(f"markers name more than {MOST_ROWS:,} values of {self.variables[0]}")
        self.split(comparison, comparison.truths(self.column(comparison.variable)))

    def admit(self, requires_python: str) -> None:
        """Tell apart the Pythons that a Requires-Python admits.  Raises ValueError for what is none."""
        raise ValueError(requires_python)

    def ancestor(self, part: int, size: int) -> int:
        """The class of which another one was a part when there were so many classes."""
        while part >= size:
            part = self.parents[part]
        return part

    def split(self, fact: Fact, truths: Iterable[bool]) -> None:
        """Keep for which rows a fact holds; a class of which it holds for a part becomes two."""
        number = self.facts.setdefault(fact, len(self.facts))
        parts: dict[tuple[int, bool], int] = {}
        for row, (old, truth) in enumerate(zip(self.classes.copy(), truths, strict=True)):
            if (old, truth) not in parts:
                parts[old, truth] = self._new_class(old) if (old, not truth) in parts else old
            self.classes[row] = parts[old, truth]
        for (_, truth), part in parts.items():
            self.marks[part] = with_bit(self.marks[part], number, truth=truth)

    def where(self, fact: Fact) -> list[int]:
        """The classes where a fact that was learned holds."""
        number = self.facts[fact]
        return [part for part, marks in enumerate(self.marks) if marks >> number & 1]

    def _new_class(self, parent: int) -> int:
        self.parents.append(parent)
        self.marks.append(self.marks[parent])
        return len(self.parents) - 1

    def _named(self, comparison: Comparison) -> Iterator[tuple[tuple[str, ...], int]]:
        """Rows that a comparison names and that are not there yet, each with the number of a row like it."""
        column = self.variables.index(comparison.variable)
        known = set(self.column(comparison.variable))
        for word in words_of(comparison):
            if word not in known:
                known.add(word)
                for number, row in enumerate(self.rows.copy()):
                    named = (*row[:column], word, *row[column + 1 :])
                    if row[column] == OTHER and _is_possible(named):
                        yield named, number

    def _add(self, row: tuple[str, ...], source: int) -> None:
        """Add a row to the class where the same facts hold, or, for want of one, as a part of the class of another."""
        marks = self.revised(self.marks[self.classes[source]], row, lambda _: True)
        self.rows.append(row)
        self.classes.append(self.class_with(marks, self.classes[source]))

    def revised(self, marks: int, row: tuple[str, ...], concerns: Callable[[Comparison], bool]) -> int:
        """The marks of a row like another, when these comparisons have been looked at anew."""
        for fact, number in self.facts.items():
            if not isinstance(fact, str) and concerns(fact):
                actual = row[self.variables.index(fact.variable)]
                marks = with_bit(marks, number, truth=fact.truths([actual])[0])
        return marks

    def column(self, variable: str) -> list[str]:
        """The values of a variable, row by row."""
        number = self.variables.index(variable)
        return [row[number] for row in self.rows]

    def class_with(self, marks: int, parent: int) -> int:
        """The class where these facts hold; if there is none yet, a new part of another."""
        if self.marks[parent] == marks:
            return parent
        if marks in self.marks:
            return self.marks.index(marks)
        number = self._new_class(parent)
        self.marks[number] = marks
        return number


class TargetAxis(Axis):
    """Targets, each a row of all variables and a class of its own; those that no marker could tell apart are one."""

    def __init__(self, targets: Iterable[Mapping[str, str]]) -> None:
        super().__init__(ENVIRONMENT, dict.fromkeys(map(_row, targets)))
        self.classes = list(range(len(self.rows)))
        self.parents = [0] * len(self.rows)
        self.marks = [0] * len(self.rows)

    def cell(self, target: Mapping[str, str]) -> int:
        """The cell of a target."""
        return 1 << self.rows.index(_row(target))

    def admit(self, requires_python: str) -> None:
        """Keep for which targets a Requires-Python holds.  Raises InvalidSpecifier."""
        specifier = SpecifierSet(requires_python)
        self.split(requires_python, [specifier.contains(full, prereleases=True) for full in self.column(PYTHON[1])])

    def _named(self, comparison: Comparison) -> Iterator[tuple[tuple[str, ...], int]]:
        return iter(())


class LooseAxis(Axis):
    """A comparison of which nothing is known but that it may hold, and its opposite, such as the release of a kernel.

    ``platform_release < "20"`` is taken for the opposite of ``platform_release >= "20"``, which is so for all releases
    that are versions.
    """

    def __init__(self, key: tuple[str, ...]) -> None:
        super().__init__(key, [("yes",), ("no",)])

    def learn(self, comparison: Comparison) -> None:
        """Tell apart where a comparison holds; one that holds for no value tells nothing apart."""
        if not any(comparison.truths([*_PROBES, comparison.value])):
            self.split(comparison, [False, False])
        else:
            self.split(comparison, [(comparison.operator in _POSITIVE) is (answer == "no") for (answer,) in self.rows])


def loose_key(comparison: Comparison) -> tuple[str, ...]:
    """What a comparison of a variable that may have any value shares with its opposite.

    Raises KeyError for what is no variable of environments.
    """
    if comparison.variable not in LOOSE:
        raise KeyError(comparison.variable)
    operator = _POSITIVE.get(comparison.operator, comparison.operator)
    return comparison.variable, operator, comparison.value, *("reversed",) * comparison.is_reversed


def _row(target: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(target[variable] for variable in ENVIRONMENT)


def words_of(comparison: Comparison) -> Iterator[str]:
    """The values that a comparison of texts tells from others.

    Those of a list are separated by blanks, commas or bars, as in ``sys_platform in "linux, darwin"``.  A text that is
    looked for in the value of a variable stands for all unknown values that hold it.
    """
    if comparison.operator not in CONTAINS:
        yield comparison.value
    elif comparison.is_reversed:
        yield from (comparison.value, f"{OTHER}{comparison.value}{OTHER}")
    else:
        yield from (comparison.value, *comparison.value.replace(",", " ").replace("|", " ").split())


def with_bit(bits: int, number: int, *, truth: bool) -> int:
    """The same bits but for one."""
    return bits | 1 << number if truth else bits & ~(1 << number)


def _is_possible(row: tuple[str, ...]) -> bool:
    """Whether a platform may be: that of a known family has the name of its system."""
    if len(row) != 3:
        return True
    sys_platform, _, system = row
    for prefix, name in _FAMILIES.items():
        if sys_platform.startswith(prefix):
            return system.startswith((name, OTHER)) if prefix == "cygwin" else system == name
        if system.startswith(name):
            return sys_platform.startswith(OTHER)
    return True
