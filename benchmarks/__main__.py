"""Measures the speed of ``pip-compile``, and shows it: tables and plots into a folder, and into the README.

    [FROZEN_INDEX=FOLDER] python -m benchmarks --ours BIN/pip-compile [--uv BIN/uv] [--pip-tools BIN/pip-compile]

How time and memory grow is measured on made-up projects.  Where FROZEN_INDEX names a frozen index, real projects are
compiled beside uv, and two inputs beside pip-tools; elsewhere the figures of the last time stay in the README.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks import everywhere, frozen, near, readme, synthetic
from benchmarks.plot import draw_curves, draw_dots

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Measure, and write what was found."""
    given = _arguments()
    given.output.mkdir(parents=True, exist_ok=True)
    index = os.environ.get("FROZEN_INDEX")
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        if not given.no_growth:
            show_growth(given, Path(folder))
        if not index:
            print("FROZEN_INDEX names no folder with a frozen index: nothing is compared")
        elif not given.uv:
            print("--uv names no program to compare with")
        else:
            show_comparison(given, Path(index), Path(folder))
            show_near(given, Path(index), Path(folder))
            show_everywhere(given, Path(index), Path(folder))


def show_growth(given: argparse.Namespace, folder: Path) -> None:
    """Measure made-up projects."""
    growth = synthetic.measure_growth(given.ours, folder / "growth", small=given.small)
    time = draw_curves("Time of a compile as the work grows", "seconds", synthetic.panels(growth, lambda run: run.wall))
    memory = synthetic.panels(growth, lambda run: run.memory, ("cold", "warm"))
    _write(given.output / "time.svg", time)
    _write(given.output / "memory.svg", draw_curves("Peak memory as the work grows", "MB", memory))
    _write(given.output / "growth.md", _lines(synthetic.table(growth)))
    _put(given.readme, "growth", _lines(synthetic.summary(growth)))


def show_comparison(given: argparse.Namespace, index: Path, folder: Path) -> None:
    """Compile real projects beside others."""
    tools = frozen.tools(given.ours, given.uv, given.pip_tools)
    turns = frozen.Turns(1, 1) if given.small else frozen.Turns(given.runs, given.slow_runs)
    results = frozen.compare(index, tools, folder / "frozen", turns)
    names = [tool.name for tool in tools]
    _write(given.output / "frozen.svg", draw_dots(_title(names), names, frozen.panels(results, names)))
    _write(given.output / "frozen.md", _lines(frozen.table(results)))
    tables = [_lines(frozen.summary(results)), _lines(frozen.slow_summary(results))]
    _put(given.readme, "comparison", "\n".join(filter(str.strip, tables)))


def show_near(given: argparse.Namespace, index: Path, folder: Path) -> None:
    """Compile two inputs from indexes near by, beside uv."""
    tools = frozen.tools(given.ours, given.uv, None)
    results = near.compare_near(index, tools, folder / "near", 1 if given.small else given.runs)
    _write(given.output / "near.md", _lines(near.full_table(results)))
    _put(given.readme, "near", _lines(near.near_table(results)))


def show_everywhere(given: argparse.Namespace, index: Path, folder: Path) -> None:
    """Lock for all environments, beside uv."""
    tools = frozen.tools(given.ours, given.uv, None)
    results = everywhere.compare_everywhere(index, tools, folder / "everywhere", 1 if given.small else given.runs)
    _put(given.readme, "environments", _lines(everywhere.everywhere_table(results)))


def _title(names: list[str]) -> str:
    return f"{names[0]} beside {' and '.join(names[1:])}"


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _put(page: Path | None, name: str, text: str) -> None:
    """Show a table, and put it into a page between marks."""
    print(f"\n{name}, {os.cpu_count()} cores, Python {platform.python_version()}\n\n{text}")
    if page:
        _write(page, readme.put(page.read_text("utf-8"), name, f"\n{text}\n"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ours", required=True, help="our pip-compile")
    parser.add_argument("--uv", help="the uv program")
    parser.add_argument("--pip-tools", help="pip-compile of pip-tools")
    parser.add_argument("--output", type=Path, default=RESULTS, help="a folder for tables and plots")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md", help="the page that shows them")
    parser.add_argument("--no-readme", dest="readme", action="store_const", const=None, help="leave the page alone")
    parser.add_argument("--no-growth", action="store_true", help="leave out the made-up projects")
    parser.add_argument("--small", action="store_true", help="small sizes and one run of each: a try, no measurement")
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each tool")
    parser.add_argument("--slow-runs", type=int, default=1, help="counted runs of pip-tools")
    return parser.parse_args()


if __name__ == "__main__":
    main()
