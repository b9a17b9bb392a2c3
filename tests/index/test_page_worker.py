"""Large pages are read by a second process; without it, or when it dies, the same lock comes of it.

Each case is a process of its own, for a helper is made by a process of one thread only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.packages import make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="there is no helper here"
)
NAMES = ("a", "b", "c", "d")
PINS = dict.fromkeys(NAMES, "2000.1")
DEATHS = {
    "with it": "start_helper",
    "without it": "lambda work, **_: None",
    "dying at once": "lambda work, **_: start_helper(lambda *_: os._exit(9))",
    "failing": "lambda work, **_: start_helper(lambda *_: 1 / 0)",
    "saying so and doing nothing": "lambda work, **_: start_helper(lambda *_: None)",
    "damaging what it keeps": "lambda work, **_: start_helper(lambda body, about: work(body[:-9], about))",
}


@pytest.fixture
def world(tmp_path, simple_index, monkeypatch):
    """An index with four projects of 2,000 releases; each requires the next one."""
    index: SimpleIndex = simple_index()
    for name, needed in zip(NAMES, [*NAMES[1:], None], strict=True):
        offered = index.add(make_wheel(name, "2000.1", requires=[needed] if needed else []))
        newest = {
            "filename": offered.filename,
            "url": index.file_url(offered.filename),
            "hashes": {},
            "core-metadata": True,
        }
        files = [old(name, number) for number in range(2000)]
        page = {"meta": {"api-version": "1.1"}, "name": name, "files": [*files, newest]}
        index.serve(f"/simple/{name}/", json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json")
    return Project(tmp_path, index, monkeypatch).want("a")


def old(name: str, number: int) -> dict[str, object]:
    filename = f"{name}-{number}.1-py3-none-any.whl"
    return {"filename": filename, "url": f"../../files/{filename}", "hashes": {"sha256": f"{number:064x}"}}


def locked(world: Project, how: str, *more: str) -> tuple[dict[str, str], str]:
    """The pins of a run, and what it said of helpers."""
    lines = (
        "import os, sys",
        "from piptools_clone.process import helper_process as helper",
        "from piptools_clone.process.workers import ReportingWorker",
        "start_helper = helper.start_helper",
        "give = ReportingWorker.give",
        "def noted(*arguments):",
        "    taken = give(*arguments)",
        "    print('given' if taken else 'kept', file=sys.stderr)",
        "    return taken",
        "ReportingWorker.give = noted",
        f"helper.start_helper = {DEATHS[how]}",
        "from piptools_clone.cli.compile_entry import main",
        "main()",
    )
    words = ["-q", "--no-emit-options", "--strip-extras", *more]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = world.lock_path.read_text()
    world.lock_path.unlink()
    return dict(line.split("==") for line in text.splitlines() if "==" in line), done.stderr


@pytest.mark.parametrize("how", DEATHS)
def test_a_lock_with_and_without(world, how):
    pins, said = locked(world, how)
    assert pins == PINS
    assert ("given" in said) == (how != "without it")
    assert {world.index.count(f"/simple/{name}/") for name in NAMES} == {1}


@pytest.mark.parametrize("how", ["with it", "dying at once"])
def test_the_pages_are_in_the_cache_afterwards(world, how):
    locked(world, how)
    del world.index.requests[:]
    assert locked(world, "without it", "--offline")[0] == PINS
    assert world.index.paths == []


def test_nothing_is_given_away_where_nothing_may_be_kept(world):
    pins, said = locked(world, "with it", "--pip-args", "--no-cache-dir")
    assert (pins, "given" in said) == (PINS, False)
