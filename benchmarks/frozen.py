"""``pip-compile`` beside uv and pip-tools on a frozen index: real projects as they stood on one day.

The index is a folder that the variable FROZEN_INDEX names.  It holds ``serve.py``, which serves the archive of pages
and metadata ``snapshot.zip`` with a settable round-trip time, and ``inputs/*.in``.  Those inputs are compiled, and
those of `INPUTS`, which name projects of the same index.

The tools take turns (A B A B ...), so that a slow moment of the machine hits all of them.  Nothing is deleted between
runs: some file systems are slow to make files soon after many were deleted.
"""

from __future__ import annotations

import re
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.plot import Dots
from benchmarks.programs import Run, clean_environ, measure, median, ratio, server

INPUTS = Path(__file__).parent / "inputs"
ROUND_TRIP = 30  # milliseconds: a near mirror of a public index
FRESH, STALE = 600, 0  # seconds that a page may be used without asking again
MODES = {
    "cold": "the cache is empty",
    "stale": "the cache is full, but every page must be asked for again",
    "edited": "the cache is full, this input was never compiled",
    "warm": "the cache is full, this input was compiled before",
    "again": "the same, and its lock is there and still right",
}
SLOW = ("trio", "web")  # the inputs that pip-tools compiles too, cold and warm: it takes seconds for each
PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


class Tool(NamedTuple):
    """A program and its options beside the common ones; each has a cache of its own."""

    name: str
    program: Sequence[str]
    options: Sequence[str]

    def command(self, url: str, cache: Path, output: Path, source: Path) -> list[str]:
        """The command that compiles ``source``."""
        common = ["--quiet", "--generate-hashes", "--index-url", url, "--cache-dir", str(cache)]
        options = [option.format(cache=cache) for option in self.options]
        return [*self.program, *options, *common, "--output-file", str(output), str(source)]


class Cell(NamedTuple):
    """The runs of one tool in one mode, and the requests of the last of them."""

    runs: Sequence[Run]
    requests: int

    @property
    def wall(self) -> float:
        """Seconds by the clock."""
        return median(self.runs, lambda run: run.wall)


class Result(NamedTuple):
    """One input: figures by mode and tool, and the pins of each tool."""

    name: str
    cells: Mapping[str, Mapping[str, Cell]]
    pins: Mapping[str, Mapping[str, str]]

    def ratio(self, mode: str) -> float:
        """How many times as long as uv we take: the median over pairs of runs."""
        cells = self.cells[mode]
        return ratio(cells["pip-compile"].runs, cells["uv"].runs)

    def memory(self, tool: str) -> float:
        """The highest median of a tool's peaks, in megabytes."""
        return max(median(cells[tool].runs, lambda run: run.memory) for cells in self.cells.values() if tool in cells)

    def differences(self) -> list[str]:
        """Where our pins are not those of uv."""
        ours, uv = self.pins["pip-compile"], self.pins["uv"]
        names = sorted(name for name in ours.keys() | uv.keys() if ours.get(name) != uv.get(name))
        return [f"{name} {ours.get(name, 'absent')} (uv: {uv.get(name, 'absent')})" for name in names]


class Turns(NamedTuple):
    """How often each tool runs, after one run that is not counted; pip-tools' first run counts."""

    fast: int
    slow: int


class Place(NamedTuple):
    """Where it happens: the tools, a folder for all files, the addresses of the index, and how often."""

    tools: Sequence[Tool]
    folder: Path
    fresh: str
    stale: str
    turns: Turns


def tools(ours: str, uv: str, pip_tools: str | None) -> list[Tool]:
    """The tools, asked for the same: wheels only, every pin with its hashes, no pin left out."""
    wheels = ["--only-binary", ":all:"]
    output = ["--strip-extras", "--allow-unsafe"]
    found = [
        Tool("pip-compile", [ours], ["--no-config", *wheels, *output]),
        Tool("uv", [uv, "pip", "compile"], ["--python", sys.executable, *wheels]),
    ]
    if pip_tools:
        theirs = ["--no-config", *output, "--pip-args", "--only-binary :all: --cache-dir {cache}/pip"]
        found.append(Tool("pip-tools", [pip_tools], theirs))
    return found


def compare(index: Path, compared: Sequence[Tool], folder: Path, turns: Turns) -> list[Result]:
    """Compile every input with every tool in every mode."""
    snapshot = [sys.executable, str(index / "serve.py"), str(index / "snapshot.zip")]
    latency = ["--latency-ms", str(ROUND_TRIP), "--max-age"]
    sources = [*sorted((index / "inputs").glob("*.in")), *sorted(INPUTS.glob("*.in"))]
    with ExitStack() as stack:
        fresh, stale = (stack.enter_context(server([*snapshot, *latency, str(max_age)])) for max_age in (FRESH, STALE))
        place = Place(compared, folder, fresh, stale, turns)
        found = []
        for source in sources:
            found.append(compile_with_all(place, source))
            print("\n".join(_rows(found[-1])), flush=True)
    return sorted(found, key=lambda result: len(result.pins["uv"]))


def compile_with_all(place: Place, source: Path) -> Result:
    """One input in every mode."""
    here = place.folder / source.stem
    here.mkdir(parents=True)
    for each in source.parent.iterdir():  # what it includes comes along
        shutil.copy(each, here)
    cells = {mode: _compile(place, mode, here / source.name) for mode in MODES}
    locks = {tool: (here / f"{tool}.txt") for tool in cells["cold"]}
    return Result(source.stem, cells, {tool: pins(path.read_text("utf-8")) for tool, path in locks.items()})


def pins(lock: str) -> dict[str, str]:
    """The versions of a lock by normalized name."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in PIN.findall(lock)}


def _compile(place: Place, mode: str, source: Path) -> dict[str, Cell]:
    url = place.stale if mode == "stale" else place.fresh
    runs: dict[str, list[Run]] = {}
    requests = {}
    for turn in range(-1, place.turns.fast):
        for tool in place.tools:
            if tool.name == "pip-tools" and not (source.stem in SLOW and mode in ("cold", "warm")):
                continue
            if tool.name == "pip-tools" and not 0 <= turn < place.turns.slow:
                continue
            _prepare(mode, tool, turn, source)
            _requests(url)
            output = source.parent / f"{tool.name}.txt"
            command = tool.command(url, _cache(place, tool, mode, turn, source), output, source)
            done = measure(command, clean_environ(place.folder / "home"))
            requests[tool.name] = _requests(url)
            if turn >= 0:
                runs.setdefault(tool.name, []).append(done)
    return {name: Cell(runs[name], requests[name]) for name in runs}


def _prepare(mode: str, tool: Tool, turn: int, source: Path) -> None:
    if mode != "again":
        (source.parent / f"{tool.name}.txt").unlink(missing_ok=True)
    if mode == "edited":
        text = source.read_text("utf-8").partition("# edited")[0]
        source.write_text(f"{text}# edited, turn {turn}\n", "utf-8")


def _cache(place: Place, tool: Tool, mode: str, turn: int, source: Path) -> Path:
    """Each cold run has a new cache, and the last of them is used on; stale pages are those of another address."""
    last = (place.turns.slow if tool.name == "pip-tools" else place.turns.fast) - 1
    which = {"cold": str(turn), "stale": "stale"}.get(mode, str(last))
    return source.parent / f"cache-{tool.name}-{which}"


def _requests(url: str) -> int:
    """How many requests the index answered since this was asked last; without the weight of an HTTP client."""
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), address.port or 80)) as connection:
        connection.sendall(f"GET /-/requests HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            head = b"".join(iter(answer.readline, b"\r\n")).lower()
            return int(answer.read(int(head.partition(b"content-length:")[2].split()[0])))


def summary(results: Sequence[Result]) -> Iterator[str]:
    """A table in Markdown: our seconds, and in brackets how many times uv's."""
    yield f"| input | pins | {' | '.join(MODES)} | memory | pins of uv |"
    yield f"|---|---:|{'---:|' * len(MODES)}---:|---|"
    for result in results:
        figures = [
            f"{cells['pip-compile'].wall:.2f} ({result.ratio(mode):.1f})" for mode, cells in result.cells.items()
        ]
        ours, uv = result.memory("pip-compile"), result.memory("uv")
        differ = len(result.differences())
        same = f"{differ} differ" if differ else "the same"
        count = len(result.pins["pip-compile"])
        yield f"| {result.name} | {count} | {' | '.join(figures)} | {ours:.0f} MB ({ours / uv:.1f}) | {same} |"


def slow_summary(results: Sequence[Result]) -> Iterator[str]:
    """A table in Markdown of pip-tools, where it ran: its seconds, and in brackets how many times ours."""
    rows = [result for result in results if "pip-tools" in result.cells["cold"]]
    if rows:
        yield "| pip-tools | cold | warm |"
        yield "|---|---:|---:|"
    for result in rows:
        figures = [
            f"{cells['pip-tools'].wall:.1f} ({cells['pip-tools'].wall / cells['pip-compile'].wall:.0f})"
            for cells in (result.cells["cold"], result.cells["warm"])
        ]
        yield f"| {result.name} | {' | '.join(figures)} |"


def table(results: Sequence[Result]) -> Iterator[str]:
    """Every figure, as a table in Markdown."""
    yield "| input | mode | tool | wall s | CPU s | memory MB | requests |"
    yield "|---|---|---|---:|---:|---:|---:|"
    for result in results:
        yield from _rows(result)
    for result in results:
        if result.differences():
            yield f"\n{result.name}, pins that are not those of uv: {', '.join(result.differences())}."


def _rows(result: Result) -> Iterator[str]:
    for mode, cells in result.cells.items():
        for tool, cell in cells.items():
            figures = f"{cell.wall:.3f} | {median(cell.runs, lambda run: run.cpu):.2f}"
            memory = median(cell.runs, lambda run: run.memory)
            yield f"| {result.name} | {mode} | {tool} | {figures} | {memory:.0f} | {cell.requests} |"


def panels(results: Sequence[Result], names: Sequence[str]) -> list[Dots]:
    """A panel for each mode, and one for memory."""
    found = [
        Dots(
            mode,
            "seconds",
            [(result.name, [_wall(result.cells[mode].get(name)) for name in names]) for result in results],
        )
        for mode in MODES
    ]
    memory = [(result.name, [_memory(result, name) for name in names]) for result in results]
    return [*found, Dots("memory", "MB", memory)]


def _wall(cell: Cell | None) -> float | None:
    return None if cell is None else cell.wall


def _memory(result: Result, tool: str) -> float | None:
    return result.memory(tool) if tool in result.cells["cold"] else None
