"""How time and memory of ``pip-compile`` grow with the work: six families of made-up projects on a loopback index.

Each input is compiled three times: with an empty cache (cold), with a full one (warm), and once more, when the answer
is remembered from the run before (again).  There is no lock at the start of any of them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.plot import Curve, Panel
from benchmarks.programs import Run, clean_environ, measure, server
from benchmarks.worlds import FAMILIES, Family

MODES = ("cold", "warm", "again")


class Row(NamedTuple):
    """One input: its size, and its runs."""

    size: int
    cold: Run
    warm: Run
    again: Run

    @property
    def memory(self) -> float:
        """The highest peak, in megabytes."""
        return max(run.memory for run in (self.cold, self.warm, self.again))


class Growth(NamedTuple):
    """All that was measured: a compile of a single project, and the rows of each family."""

    start: Row
    families: Mapping[str, Sequence[Row]]


def measure_growth(program: str, folder: Path, *, small: bool = False) -> Growth:
    """Compile every world, smallest first; ``small`` leaves out all but the two smallest of a family."""
    starts = [compile_world(program, folder / f"start-{turn}", FAMILIES["lines"], 1) for turn in range(3)]
    start = Row(1, *(sorted((getattr(row, mode) for row in starts), key=lambda run: run.cpu)[1] for mode in MODES))
    families: dict[str, list[Row]] = {}
    for family in FAMILIES.values():
        families[family.name] = rows = []
        for size in family.sizes[:2] if small else family.sizes:
            rows.append(compile_world(program, folder, family, size))
            print(family.name, size, *(f"{mode} {getattr(rows[-1], mode).wall:.2f} s" for mode in MODES), flush=True)
    return Growth(start, families)


def compile_world(program: str, folder: Path, family: Family, size: int) -> Row:
    """Compile the world of a size three times."""
    here = folder / f"{family.name}-{size}"
    here.mkdir(parents=True)
    source, output = here / "requirements.in", here / "requirements.txt"
    environ = clean_environ(folder / "home")
    with server([sys.executable, "-m", "benchmarks.server", family.name, str(size), str(source)]) as url:
        options = ["--no-config", "--quiet", "--generate-hashes", "--strip-extras", "--index-url", url]
        command = [program, *options, "--cache-dir", str(here / "cache"), "--output-file", str(output), str(source)]
        runs = []
        for _ in MODES:
            output.unlink(missing_ok=True)
            runs.append(measure(command, environ))
        return Row(size, *runs)


def exponent(start: Run, rows: Sequence[Row], mode: str) -> float:
    """The power of the size that the processor time grew with at last, above what a single project costs.

    1 is linear, 2 quadratic; of the last two sizes.
    """
    before, last = rows[-2:]
    grown = [max(getattr(row, mode).cpu - start.cpu, 1e-3) for row in (before, last)]
    return math.log(grown[1] / grown[0]) / math.log(last.size / before.size)


def summary(growth: Growth) -> Iterator[str]:
    """The largest world of each family, as a table in Markdown."""
    yield "| what grows | to | cold | warm | again | memory | grows with the power (cold, warm) |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    yield f"| (a single project) | 1 | {_figures(growth.start)} | |"
    for name, rows in growth.families.items():
        powers = ", ".join(f"{exponent(getattr(growth.start, mode), rows, mode):.1f}" for mode in ("cold", "warm"))
        yield f"| {FAMILIES[name].size_of} | {rows[-1].size:,} | {_figures(rows[-1])} | {powers} |"


def table(growth: Growth) -> Iterator[str]:
    """Every world, as a table in Markdown: wall seconds, and processor seconds in brackets."""
    yield "| family | size | cold | warm | again | memory |"
    yield "|---|---:|---:|---:|---:|---:|"
    yield from _table_rows("lines", [growth.start])
    for name, rows in growth.families.items():
        yield from _table_rows(name, rows)


def _table_rows(name: str, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        runs = " | ".join(f"{run.wall:.2f} ({run.cpu:.2f})" for run in (row.cold, row.warm, row.again))
        yield f"| {name} | {row.size:,} | {runs} | {row.memory:.0f} MB |"


def _figures(row: Row) -> str:
    return f"{row.cold.wall:.2f} s | {row.warm.wall:.2f} s | {row.again.wall:.2f} s | {row.memory:.0f} MB"


def panels(growth: Growth, figure: Callable[[Run], float], modes: Sequence[str] = MODES) -> list[Panel]:
    """A panel for each family, with a curve for each mode."""
    return [
        Panel(
            name,
            FAMILIES[name].size_of,
            [Curve(mode, [(row.size, figure(getattr(row, mode))) for row in rows]) for mode in modes],
        )
        for name, rows in growth.families.items()
    ]
