"""``pip-compile`` beside uv on indexes near by: 2 ms away, where the processor decides.

The frozen index (see `frozen`) is served in three ways:

    public   JSON, gzip, ETags and metadata beside wheels; plain http
    tls      the same by https
    private  as many private indexes are: https, HTML, no gzip, no ETags, no metadata beside wheels, wheels of real size
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.frozen import Tool
from benchmarks.programs import Run, clean_environ, measure, median, ratio, server

ROUND_TRIP = 2  # milliseconds: an index in the same building
KINDS: Mapping[str, Sequence[str]] = {
    "public": (),
    "tls": ("--tls",),
    "private": ("--tls", "--private", "--html-only"),
}
SOURCES = ("trio", "jupyter")


class Near(NamedTuple):
    """One input on one kind of index: the cold runs of each tool, by its name."""

    kind: str
    source: str
    runs: Mapping[str, Sequence[Run]]

    @property
    def ratio(self) -> float:
        """How many times as long as uv we take: the median over pairs of runs."""
        return ratio(self.runs["pip-compile"], self.runs["uv"])


def compare_near(index: Path, tools: Sequence[Tool], folder: Path, count: int) -> list[Near]:
    """Compile each of `SOURCES` from each kind of index with ours and uv in turns, ``count`` times that are counted."""
    found = []
    for kind, flags in KINDS.items():
        authority = folder / "authority"
        serve = [sys.executable, str(index / "serve.py"), str(index / "snapshot.zip"), "--latency-ms", str(ROUND_TRIP)]
        options = [f"--tls={authority}" if flag == "--tls" else flag for flag in flags]
        with server([*serve, "--max-age", "600", *options]) as url:
            certificate = str(authority / "cert.pem") if options else ""
            for source in SOURCES:
                here = folder / kind / source
                here.mkdir(parents=True)
                shutil.copy(index / "inputs" / f"{source}.in", here)
                runs = _take_turns(url, tools, here / f"{source}.in", certificate, count)
                found.append(Near(kind, source, runs))
                print("\n".join(_rows(found[-1])), flush=True)
    return found


def _take_turns(
    url: str, tools: Sequence[Tool], source: Path, certificate: str, count: int
) -> Mapping[str, Sequence[Run]]:
    runs: dict[str, list[Run]] = {tool.name: [] for tool in tools}
    environ = clean_environ(source.parent / "home")
    if certificate:
        environ |= {"SSL_CERT_FILE": certificate, "PIP_CERT": certificate}
    for turn in range(-1, count):
        for tool in tools:
            output, cache = source.parent / f"{tool.name}.txt", source.parent / f"cache-{tool.name}-{turn}"
            output.unlink(missing_ok=True)
            done = measure(tool.command(url, cache, output, source), environ)
            if turn >= 0:
                runs[tool.name].append(done)
    return runs


def near_table(results: Sequence[Near]) -> Iterator[str]:
    """A table in Markdown: our seconds (wall, processor), and how many times uv's the wall seconds are."""
    yield "| index | input | seconds | processor | of uv's |"
    yield "|---|---|---:|---:|---:|"
    for result in results:
        ours = result.runs["pip-compile"]
        wall, cpu = median(ours, lambda run: run.wall), median(ours, lambda run: run.cpu)
        yield f"| {result.kind} | {result.source} | {wall:.2f} | {cpu:.2f} | {result.ratio:.1f} |"


def _rows(result: Near) -> Iterator[str]:
    for tool, runs in result.runs.items():
        wall, cpu = median(runs, lambda run: run.wall), median(runs, lambda run: run.cpu)
        memory = median(runs, lambda run: run.memory)
        yield f"| {result.kind} | {result.source} | {tool} | {wall:.3f} | {cpu:.2f} | {memory:.0f} |"


def full_table(results: Sequence[Near]) -> Iterator[str]:
    """Every figure, as a table in Markdown."""
    yield "| index | input | tool | wall s | CPU s | memory MB |"
    yield "|---|---|---|---:|---:|---:|"
    for result in results:
        yield from _rows(result)
