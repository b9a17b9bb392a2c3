"""How time and memory of ``pip-compile`` grow with the work: six families of made-up projects on a loopback index.

    python -m benchmarks.synthetic [--output FOLDER] [--small] [--families depth width ...]

Each input is compiled with an empty cache (cold) and once more without the lock (warm).  A table goes to standard
output and to ``synthetic.md``, plots to ``time.svg`` and ``memory.svg``.  The last column is the exponent with which
the processor time grows from the second largest input to the largest: 1 is linear, 2 quadratic.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.plot import Series, draw
from benchmarks.server import Projects, serving

RUN = "import sys; sys.argv[0] = 'pip-compile'; from piptools_clone.cli.compile import main; main()"


class World(NamedTuple):
    """Projects by name, each with versions and what these require, and the lines of an input."""

    projects: Projects
    roots: list[str]


class Family(NamedTuple):
    """Worlds of one kind that differ in one size."""

    name: str
    size_of: str
    make: Callable[[int], World]
    sizes: tuple[int, ...]


class Run(NamedTuple):
    """One process: seconds by the clock, seconds of the processor, peak memory in megabytes."""

    wall: float
    cpu: float
    memory: float


class Row(NamedTuple):
    """One input: its size, and its runs."""

    size: int
    cold: Run
    warm: Run


def name(number: int) -> str:
    """The name of a project."""
    return f"project-{number}"


def tree(size: int) -> World:
    """Every project needs two others, down to the last."""
    projects = {
        name(i): {f"1.{k}": [name(j) for j in (2 * i + 1, 2 * i + 2) if j < size] for k in range(5)}
        for i in range(size)
    }
    return World(projects, [name(0)])


def versions(size: int) -> World:
    """Twenty projects in a row with many versions, each bounding the next."""
    projects = {
        name(i): {f"{k}.0": [f"{name(i + 1)}>={k // 2}"] if i < 19 else [] for k in range(1, size + 1)}
        for i in range(20)
    }
    return World(projects, [name(0)])


def depth(size: int) -> World:
    """Each project needs the next one."""
    return World({name(i): {"1.0": [name(i + 1)] if i + 1 < size else []} for i in range(size)}, [name(0)])


def width(size: int) -> World:
    """One project needs all others."""
    others: Projects = {name(i): {"1.0": [], "2.0": []} for i in range(1, size)}
    return World({name(0): {"1.0": [f"{other}>=1" for other in others]}, **others}, [name(0)])


def ladder(size: int) -> World:
    """Two projects that go in step, and an old bound that only the lowest step admits."""
    top = {f"{k}.0": [f"{name(1)}>={k},<{k + 1}"] for k in range(1, size + 1)}
    bottom = {f"{k}.0": [f"{name(2)}>=2" if k > 1 else name(2)] for k in range(1, size + 1)}
    return World({name(0): top, name(1): bottom, name(2): {"1.0": [], "2.0": []}}, [name(0), f"{name(2)}<2"])


def lines(size: int) -> World:
    """Every project is a line of the input."""
    projects: Projects = {name(i): {"1.0": [], "2.0": []} for i in range(size)}
    return World(projects, [f"{name(i)}>=1" for i in range(size)])


FAMILIES = (
    Family("projects", "projects in a tree", tree, (100, 300, 1000, 3000)),
    Family("versions", "versions of each of 20 projects", versions, (10, 100, 1000, 5000)),
    Family("depth", "projects in a row", depth, (10, 30, 100, 300, 1000)),
    Family("width", "dependencies of one project", width, (100, 300, 1000, 3000)),
    Family("ladder", "releases walked down, of two projects each", ladder, (10, 100, 1000, 3000)),
    Family("lines", "lines of the input", lines, (100, 300, 1000, 3000)),
)


def compile_once(url: str, source: Path, cache: Path) -> Run:
    """Compile an input in a process of its own; raises when that fails."""
    output = source.with_suffix(".txt")
    output.unlink(missing_ok=True)
    command = [sys.executable, "-c", RUN, "--index-url", url, "--cache-dir", str(cache), "--generate-hashes", "--quiet"]
    command += ["--strip-extras", "--output-file", str(output), str(source)]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    start = time.perf_counter()
    child = subprocess.Popen(command, env={**environ, "PIP_CONFIG_FILE": os.devnull}, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"pip-compile failed on {source}")
    return Run(
        wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    )


def measure(family: Family, size: int) -> Row:
    """Compile the world of a size, cold and warm."""
    world = family.make(size)
    with tempfile.TemporaryDirectory() as folder, serving(world.projects) as url:
        source = Path(folder) / "requirements.in"
        source.write_text("\n".join(world.roots) + "\n", encoding="utf-8")
        cache = Path(folder) / "cache"
        return Row(size, compile_once(url, source, cache), compile_once(url, source, cache))


def exponent(rows: list[Row], kind: str) -> float:
    """The slope of the processor time between the two largest inputs on logarithmic scales; start-up is left out."""
    first, *_, before, last = rows if len(rows) > 2 else (rows[0], rows[0], rows[-1])
    base = getattr(first, kind).cpu * 0.9
    grown = (getattr(last, kind).cpu - base) / max(getattr(before, kind).cpu - base, 1e-3)
    return math.log(max(grown, 1e-3)) / math.log(last.size / before.size)


def table(results: dict[Family, list[Row]]) -> Iterator[str]:
    """A table in Markdown."""
    yield "| family | size | cold s | cold CPU s | warm s | warm CPU s | memory MB | exponent cold, warm |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for family, rows in results.items():
        for row in rows:
            grows = f"{exponent(rows, 'cold'):.1f}, {exponent(rows, 'warm'):.1f}" if row is rows[-1] else ""
            memory = max(row.cold.memory, row.warm.memory)
            figures = (
                f"{row.cold.wall:.2f} | {row.cold.cpu:.2f} | {row.warm.wall:.2f} | {row.warm.cpu:.2f} | {memory:.0f}"
            )
            yield f"| {family.name} | {row.size:,} | {figures} | {grows} |"


def series(results: dict[Family, list[Row]], of: Callable[[Run], float]) -> dict[str, list[Series]]:
    """The lines of a plot for each family."""
    return {
        f"{family.name}: {family.size_of}": [
            Series("cold", [(row.size, of(row.cold)) for row in rows]),
            Series("warm", [(row.size, of(row.warm)) for row in rows]),
        ]
        for family, rows in results.items()
    }


def main() -> None:
    """Measure, and write the table and the plots."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("bench-results"), help="a folder for table and plots")
    parser.add_argument("--small", action="store_true", help="leave out the largest size of each family")
    parser.add_argument("--families", nargs="+", choices=[family.name for family in FAMILIES], help="only these")
    given = parser.parse_args()
    results: dict[Family, list[Row]] = {}
    for family in FAMILIES:
        if not given.families or family.name in given.families:
            sizes = family.sizes[:-1] if given.small else family.sizes
            results[family] = []
            for size in sizes:
                results[family].append(measure(family, size))
                print(family.name, *results[family][-1], flush=True)
    given.output.mkdir(parents=True, exist_ok=True)
    text = "\n".join(table(results)) + "\n"
    (given.output / "synthetic.md").write_text(text, encoding="utf-8")
    (given.output / "time.svg").write_text(draw(series(results, lambda run: run.wall), "seconds"), encoding="utf-8")
    (given.output / "memory.svg").write_text(draw(series(results, lambda run: run.memory), "MB"), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
