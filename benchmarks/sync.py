"""The speed of ``pip-sync`` beside that of ``uv pip sync`` and of pip-tools: one lock, one loopback index, one table.

    python -m benchmarks.sync --ours BIN/pip-sync [--uv BIN/uv] [--pip-tools BIN/pip-sync] [--rounds N]

Warm: the cache is full, the environment new.  Cold: both are new.  No-op: there is nothing to do.
The tools take turns within a round, and the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tests.support.packages import make_wheel
from tests.support.simple_index import SimpleIndex

PACKAGES = 30
FILES = 2_500
_WORDS = (
    "import",
    "return",
    "self",
    "value",
    "index",
    "for",
    "name",
    "range",
    "yield",
    "raise",
    "None",
    "result",
    "class",
)
_SEED = 20


class Tool(NamedTuple):
    """A tool: its name, and how its command line is made for an interpreter, an index, a cache and a lock."""

    name: str
    command: Callable[[Path, str, Path, Path], list[str]]


def main() -> None:
    """Run the benchmark and print the table."""
    given = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="bench-sync-"))
    try:
        with closing(SimpleIndex()) as index:
            lock = folder / "requirements.txt"
            lock.write_text(fill(index))
            found = measure(_tools(given), index.url, lock, folder, given.rounds)
            sys.stdout.write(render(found, given.rounds) + "\n")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill(index: SimpleIndex) -> str:
    """Offer the packages, and give the lock of them with hashes."""
    source = random.Random(_SEED)
    lines = []
    for number in range(PACKAGES):
        name = f"package-{number:02}"
        module = name.replace("-", "_")
        count = FILES // PACKAGES - 3  # three more are in its .dist-info
        files = {f"{module}/part{at % 7}/module{at:03}.py": _text(source) for at in range(count)}
        requires = [f"package-{number + 1:02}>=1"] if number + 1 < PACKAGES else []
        wheel = make_wheel(name, f"1.{number}", files=files, requires=requires)
        index.add(wheel)
        lines.append(f"{name}==1.{number} \\\n    --hash=sha256:{wheel.sha256}\n")
    return "".join(lines)


def measure(
    tools: list[Tool], url: str, lock: Path, folder: Path, rounds: int
) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Give pairs of wall and CPU seconds by tool and by what was done."""
    found: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for number in range(rounds):  # nothing is deleted between: ext4 is slow to make files soon after many are deleted
        for tool in tools:
            here = folder / f"{tool.name}-{number}"
            here.mkdir()
            rows = found.setdefault(tool.name, {"cold": [], "no-op": [], "warm": []})
            for what, venv in (("cold", "first"), ("no-op", "first"), ("warm", "second")):
                python = _venv(here / venv)
                rows[what].append(_timed(tool.command(python, url, here / "cache", lock), lock.parent))
                _check(python)
    return found


def render(found: dict[str, dict[str, list[tuple[float, float]]]], rounds: int) -> str:
    """Write the table as Markdown: seconds on the clock, and of the processor in brackets."""
    names = list(found)
    lines = [
        f"{PACKAGES} packages, {FILES:,} files, {os.cpu_count()} cores, median of {rounds}: wall seconds (CPU seconds)",
        "",
        f"| | {' | '.join(names)} |",
        f"|---|{'---:|' * len(names)}",
    ]
    for what in ("warm", "no-op", "cold"):
        cells = []
        for name in names:
            walls, cpus = zip(*found[name][what], strict=True)
            cells.append(f"{statistics.median(walls):.3f} ({statistics.median(cpus):.3f})")
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _tools(given: argparse.Namespace) -> list[Tool]:
    tools = [Tool("ours", lambda python, url, cache, lock: _ours(given.ours, python, url, cache, lock))]
    if given.uv:
        tools.append(Tool("uv", lambda python, url, cache, lock: _uv(given.uv, python, url, cache, lock)))
        copying = ["--link-mode", "copy"]
        tools.append(
            Tool("uv, copying", lambda python, url, cache, lock: _uv(given.uv, python, url, cache, lock) + copying)
        )
    if given.pip_tools:
        theirs = Tool("pip-tools", lambda *rest: _pip_tools(given.pip_tools, *rest))
        tools.append(theirs)
    return tools


def _ours(program: str, python: Path, url: str, cache: Path, lock: Path) -> list[str]:
    options = ["--no-config", "-q", "--cache-dir", str(cache), "--index-url", url]
    return [program, "--python-executable", str(python), *options, str(lock)]


def _uv(program: str, python: Path, url: str, cache: Path, lock: Path) -> list[str]:
    options = ["--no-config", "-q", "--cache-dir", str(cache), "--index-url", url, "--require-hashes"]
    return [program, "pip", "sync", "--python", str(python), *options, str(lock)]


def _pip_tools(program: str, python: Path, url: str, cache: Path, lock: Path) -> list[str]:
    options = ["--no-config", "-q", "--index-url", url, "--pip-args", f"--cache-dir {cache} --no-deps"]
    return [program, "--python-executable", str(python), *options, str(lock)]


def _venv(folder: Path) -> Path:
    """Make an environment with pip, which pip-tools needs; none is made where one is."""
    if not folder.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    return folder / "bin" / "python"


def _timed(command: list[str], folder: Path) -> tuple[float, float]:
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, env=_environ())
    wall, after = time.perf_counter() - start, os.times()
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    children = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, children


def _environ() -> dict[str, str]:
    """The environment without what would make tools differ: their own variables and settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "VIRTUAL_ENV"))}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _check(python: Path) -> None:
    [site] = (python.parent.parent / "lib").glob("python*/site-packages")
    installed = len(list(site.glob("package_*-1.*.dist-info")))
    if installed != PACKAGES:
        raise SystemExit(f"{installed} packages are installed, not {PACKAGES}")


def _text(source: random.Random) -> str:
    """Make a module: about six kilobytes that compress as source does."""
    return "".join(f"{' '.join(source.choices(_WORDS, k=9))} {source.random()}\n" for _ in range(80))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", required=True, help="pip-sync of piptools-clone")
    parser.add_argument("--uv", help="uv")
    parser.add_argument("--pip-tools", help="pip-sync of pip-tools")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
