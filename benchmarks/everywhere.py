"""``pip-compile --universal`` beside that of uv: one lock for every platform and each Python from 3.11 on.

The frozen index (see `frozen`) is 30 ms away, with the pages of all files.  Cold: the cache is empty; edited: it is
full, and the input was never compiled.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.frozen import FRESH, PIN, ROUND_TRIP, Tool
from benchmarks.programs import Run, clean_environ, measure, median, ratio, server

OLDEST = "3.11"
MODES = ("cold", "edited")


class Lock(NamedTuple):
    """What is told of a lock: its pins, how many packages stand at two versions or more, characters of markers."""

    pins: int
    split: int
    characters: int


class Everywhere(NamedTuple):
    """One input: the runs of each tool by mode, and the lock of each tool."""

    source: str
    runs: Mapping[str, Mapping[str, Sequence[Run]]]
    locks: Mapping[str, Lock]

    def ratio(self, mode: str) -> float:
        """How many times as long as uv we take: the median over pairs of runs."""
        return ratio(self.runs[mode]["pip-compile"], self.runs[mode]["uv"])


def compare_everywhere(index: Path, tools: Sequence[Tool], folder: Path, count: int) -> list[Everywhere]:
    """Lock each input for all environments with each tool in turns, ``count`` times that are counted."""
    serve = [sys.executable, str(index / "serve.py"), str(index / "snapshot.zip"), "--complete"]
    found = []
    with server([*serve, "--latency-ms", str(ROUND_TRIP), "--max-age", str(FRESH)]) as url:
        for source in sorted((index / "inputs").glob("*.in")):
            here = folder / source.stem
            here.mkdir(parents=True)
            shutil.copy(source, here)
            runs = {mode: _take_turns(mode, url, tools, here / source.name, count) for mode in MODES}
            locks = {tool.name: read_lock((here / f"{tool.name}.txt").read_text("utf-8")) for tool in tools}
            found.append(Everywhere(source.stem, runs, locks))
            print("\n".join(_rows(found[-1])), flush=True)
    return found


def read_lock(text: str) -> Lock:
    """Count what a lock holds."""
    names = [name for name, _ in PIN.findall(text)]
    lines = [line for line in text.splitlines() if line[:1].isalnum()]
    markers = [line.partition(" ; ")[2].removesuffix(" \\").strip() for line in lines]
    return Lock(len(names), len({name for name in names if names.count(name) > 1}), sum(map(len, markers)))


def _take_turns(mode: str, url: str, tools: Sequence[Tool], source: Path, count: int) -> Mapping[str, Sequence[Run]]:
    runs: dict[str, list[Run]] = {tool.name: [] for tool in tools}
    original = source.read_text("utf-8").partition("# edited")[0]
    for turn in range(-1, count):
        if mode == "edited":
            source.write_text(f"{original}# edited, turn {turn}\n", "utf-8")
        for tool in tools:
            output = source.parent / f"{tool.name}.txt"
            cache = source.parent / f"cache-{tool.name}-{turn if mode == 'cold' else 'full'}"
            output.unlink(missing_ok=True)
            python = OLDEST if tool.name == "uv" else f">={OLDEST}"
            command = [*tool.command(url, cache, output, source), "--universal", "--python-version", python]
            done = measure(command, clean_environ(source.parent / "home"))
            if turn >= 0:
                runs[tool.name].append(done)
    return runs


def everywhere_table(results: Sequence[Everywhere]) -> Iterator[str]:
    """A table in Markdown: ours, and uv's in brackets."""
    yield "| input | pins | at several versions | characters of markers | cold, s | of uv's | edited, s | of uv's |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for result in results:
        ours, uv = result.locks["pip-compile"], result.locks["uv"]
        counts = " | ".join(f"{mine} ({theirs})" for mine, theirs in zip(ours, uv, strict=True))
        times = []
        for mode in MODES:
            wall = median(result.runs[mode]["pip-compile"], lambda run: run.wall)
            times.append(f"{wall:.2f} | {result.ratio(mode):.1f}")
        yield f"| {result.source} | {counts} | {' | '.join(times)} |"


def _rows(result: Everywhere) -> Iterator[str]:
    for mode, by_tool in result.runs.items():
        for tool, runs in by_tool.items():
            wall, cpu = median(runs, lambda run: run.wall), median(runs, lambda run: run.cpu)
            yield f"| {result.source} | {mode} | {tool} | {wall:.3f} | {cpu:.2f} | {result.locks[tool]} |"
