"""Environments as bits: a finite partition of all that a lock is for, refined when markers tell apart more.

A *cell* is a set of environments that no marker so far tells apart; a set of cells is an ``int``.  So "and", "or",
"implies" and "disjoint" are ``&``, ``|``, ``a & ~b == 0`` and ``a & b == 0``.  The cells are all combinations of the
classes of some axes (see `axes`), the first axis varying fastest.  Environments of a lock for one target have one cell.

When the partition is refined, ints from before mean nothing any more: whatever outlives a call of `cells` or `admits`
is to be held.  A class keeps its number and knows of which other one it was a part, so that cells that are held are
brought up to date when they are asked for, and handles that are dropped cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import starmap
from operator import and_, mul, or_

from piptools_clone.errors import BoundExceeded
from piptools_clone.model.axes import TEXT_AXES, Axis, Fact, LooseAxis, TargetAxis, loose_key
from piptools_clone.model.formula import EXTRA, Comparison, Formula, Junction, comparisons_of
from piptools_clone.model.python_axis import PythonAxis

MOST_CELLS = 1 << 18
"""Cells of a partition: a set of so many takes 32 KiB.  Those of large projects are some thousands."""

_JOINED = {"and": and_, "or": or_}


class Held:
    """Cells that outlive refinements of their partition."""

    __slots__ = ("_cells", "_environments", "_sizes")

    def __init__(self, environments: Environments, cells: int) -> None:
        self._environments = environments
        self._cells = cells
        self._sizes = environments.sizes

    @property
    def cells(self) -> int:
        """The same environments as cells of the partition as it is now."""
        sizes = self._environments.sizes
        if self._sizes is not sizes:
            self._cells = self._environments.carried(self._cells, self._sizes)
            self._sizes = sizes
        return self._cells


class Environments:
    """A finite partition of all environments whose Python is in a range, or of exactly those of some targets."""

    def __init__(self, python: str, targets: Sequence[Mapping[str, str]] = ()) -> None:
        """Begin with one cell.

        ``python`` is a specifier set such as ``>=3.10,<4``; it is of no importance if there are ``targets``, each an
        environment of dependency specifiers (PEP 508) without ``extra``.  Raises InvalidSpecifier for what is no
        specifier set, ValueError for a range without any Python.
        """
        self.generation = 0
        """Grows when the partition is refined, or its range restricted."""
        axes: Sequence[Axis] = (
            [TargetAxis(targets)] if targets else [*starmap(Axis, TEXT_AXES.items()), PythonAxis(python)]
        )
        self._axes = {axis.variables: axis for axis in axes}
        self._variables = {variable: axis.variables for axis in axes for variable in axis.variables}
        self._targets = tuple(targets)
        self.sizes = tuple(axis.size for axis in axes)
        """The number of classes of each axis: another object after each refinement."""
        self._masks: dict[tuple[int, int], int] = {}
        self._where: dict[Fact, int] = {}
        self._carried: dict[tuple[int, tuple[int, ...]], int] = {}
        self._range = Held(self, self._all)

    @property
    def everything(self) -> int:
        """All cells in the range."""
        return self._range.cells

    @property
    def targets(self) -> Sequence[Mapping[str, str]]:
        """The targets that it was made of, if it was."""
        return self._targets

    @property
    def axes(self) -> Sequence[Axis]:
        """The axes, in the order in which cells are numbered."""
        return tuple(self._axes.values())

    def hold(self, cells: int) -> Held:
        """Cells whose handle is right after refinements, too."""
        return Held(self, cells)

    def restrict(self, cells: int) -> None:
        """Limit the range to these cells of it."""
        self._range = Held(self, self.everything & cells)
        self.generation += 1

    def target(self, number: int) -> int:
        """The cells of a target by its place among those that the partition was made of."""
        axis = self.axes[0]
        assert isinstance(axis, TargetAxis)
        return axis.cell(self._targets[number]) & self.everything

    def cells(self, formula: Formula, extra: str = "") -> int:
        """The cells where a formula holds, with one extra (canonical) or none.

        The partition is refined if need be.  Raises ValueError or KeyError for a comparison that has no meaning, and
        `BoundExceeded` for one that makes too many cells.
        """
        self._learn([each for each in comparisons_of(formula) if each.variable != EXTRA and each not in self._where])
        return self._holds(formula, extra) & self.everything

    def admits(self, requires_python: str) -> int:
        """The cells whose Python a Requires-Python admits; what cannot be read forbids nothing, as in pip.

        In an open range these are the Pythons from the first one on that is admitted (`PythonAxis.admit`), for targets
        those that are.
        """
        key = self._variables["python_full_version"]
        try:
            if requires_python not in self._axes[key].facts:
                axis = self._axes[key].copy()
                axis.admit(requires_python)
                self._refine({key: axis})
        except ValueError:
            return self.everything
        return self._known(key, requires_python) & self.everything

    def mask(self, axis: int, part: int) -> int:
        """All cells, of the range or not, that are of one class of an axis (both by number)."""
        found = self._masks.get((axis, part))
        if found is None:
            stride = self.stride(axis)
            period, total = stride * self.sizes[axis], reduce(mul, self.sizes)
            found = ((1 << stride) - 1) << stride * part
            while period < total:  # doubled until it is long enough
                found |= found << period
                period *= 2
            found &= (1 << total) - 1
            self._masks[axis, part] = found
        return found

    def stride(self, axis: int) -> int:
        """By how much the number of a cell grows from one class of an axis to the next."""
        return reduce(mul, self.sizes[:axis], 1)

    def carried(self, cells: int, sizes: tuple[int, ...]) -> int:
        """Cells of the partition as it was when its axes had these sizes, as cells of it as it is now."""
        key = cells, sizes
        if key not in self._carried:  # many hold the same
            self._carried[key] = self._converted(cells, sizes)
        return self._carried[key]

    def _converted(self, cells: int, sizes: tuple[int, ...]) -> int:
        width = reduce(mul, sizes, 1)
        bits = format(cells, f"0{width}b")[::-1]
        stride = 1
        for number, axis in enumerate(self.axes):
            before = sizes[number] if number < len(sizes) else 1
            if axis.size > before:
                sources = [stride * axis.ancestor(part, before) for part in range(axis.size)]
                blocks = range(0, len(bits), stride * before)
                bits = "".join(bits[at + from_ : at + from_ + stride] for at in blocks for from_ in sources)
            stride *= axis.size
        return int(bits[::-1], 2)

    def _learn(self, comparisons: Sequence[Comparison]) -> None:
        changed: dict[tuple[str, ...], Axis] = {}
        for comparison in comparisons:
            key = self._key(comparison)
            known = changed.get(key) or self._axes.get(key) or LooseAxis(key)
            if comparison not in known.facts:
                changed[key] = known if key in changed else known.copy()
                changed[key].learn(comparison)
        if changed:
            self._refine(changed)

    def _key(self, comparison: Comparison) -> tuple[str, ...]:
        return self._variables.get(comparison.variable) or loose_key(comparison)

    def _refine(self, changed: Mapping[tuple[str, ...], Axis]) -> None:
        """Take over axes that have learned, unless there would be too many cells."""
        axes = {**self._axes, **changed}
        sizes = tuple(axis.size for axis in axes.values())
        if reduce(mul, sizes) > MOST_CELLS:
            raise BoundExceeded(
                f"markers tell apart more than {MOST_CELLS:,} kinds of environments",
                hint="limit what is locked for with --environment, or name each target with --target",
            )
        self._axes = axes
        if sizes != self.sizes:
            self.sizes = sizes
            self.generation += 1
            self._masks.clear()
            self._where.clear()
            self._carried.clear()

    def _holds(self, formula: Formula, extra: str) -> int:
        if isinstance(formula, Junction):
            nothing = 0 if formula.operator == "or" else self._all
            operands = (self._holds(operand, extra) for operand in formula.operands)
            return reduce(_JOINED[formula.operator], operands, nothing)
        if formula.variable == EXTRA:
            return self._all if formula.truths([extra])[0] else 0
        return self._known(self._key(formula), formula)

    def _known(self, key: tuple[str, ...], fact: Fact) -> int:
        """The cells where a fact holds that an axis has learned."""
        if fact not in self._where:
            number = list(self._axes).index(key)
            parts = self._axes[key].where(fact)
            self._where[fact] = reduce(or_, (self.mask(number, part) for part in parts), 0)
        return self._where[fact]

    @property
    def _all(self) -> int:
        return (1 << reduce(mul, self.sizes)) - 1
