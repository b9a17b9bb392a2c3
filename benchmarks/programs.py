"""One run of a program, measured from outside.

The figures of a child include what its parent held when it was started, so the process that measures stays small:
indexes are served by processes of their own.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

BYTES_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024
CHARACTERS_OF_A_FAILURE = 2_000


class Run(NamedTuple):
    """One process: seconds by the clock, seconds of the processor, peak memory in megabytes (2**20 bytes)."""

    wall: float
    cpu: float
    memory: float


def measure(command: Sequence[str], environ: dict[str, str]) -> Run:
    """Run a program to its end; raises SystemExit with what it said when it fails."""
    os.sync()  # else a run whose file system puts its lock on the disk waits for all that others wrote before
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        child = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            text = said.read().decode(errors="replace")[-CHARACTERS_OF_A_FAILURE:]
            raise SystemExit(f"{' '.join(command)} ended with {child.returncode}:\n{text}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * BYTES_OF_MAXRSS / 2**20)


def median(runs: Sequence[Run], of: Callable[[Run], float]) -> float:
    """The middle one of a figure."""
    return statistics.median(map(of, runs))


def clean_environ(home: Path) -> dict[str, str]:
    """The environment less every setting that a tool could pick up, with a home of its own."""
    home.mkdir(exist_ok=True)
    prefixes = ("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV", "TOX_", "CUSTOM_COMPILE_COMMAND")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return kept | {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_NO_CONFIG": "1",
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "NO_COLOR": "1",
    }


@contextmanager
def server(command: Sequence[str]) -> Iterator[str]:
    """Run a program that prints the address it serves at; gives that address, and stops the program at the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield child.stdout.readline().strip()
        finally:
            child.terminate()


def ratio(ours: Iterable[Run], others: Iterable[Run]) -> float:
    """How many times as long as another program we take: the median over pairs of runs."""
    return statistics.median(mine.wall / other.wall for mine, other in zip(ours, others, strict=True))
