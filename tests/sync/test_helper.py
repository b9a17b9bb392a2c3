"""The second process does part of the work; without it, or when it dies, all is done all the same.

Each case is a process of its own, for a helper is made by a process of one thread only.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.packages import make_wheel
from tests.support.simple_index import SimpleIndex
from tests.sync.environments import snapshot
from tests.sync.project import pinned

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="there is no helper here"
)
ROOT = Path(__file__).parent.parent.parent
UNITS = {
    "does what it is given": """
        helper = start_helper(lambda content, name: (folder / name).write_bytes(content))
        assert all(helper.give(str(number), b"x" * number, str(number)) for number in range(200))
        assert all(helper.has_done(str(number)) for number in range(200))
        helper.end()
        assert all((folder / str(number)).read_bytes() == b"x" * number for number in range(200))
    """,
    "says what it could not do": """
        helper = start_helper(lambda content, worth: 1 / worth)
        assert helper.give("bad", b"1", False) and helper.give("good", b"2", True)
        assert not helper.has_done("bad") and helper.has_done("good") and not helper.is_at("good")
        assert helper.content("bad") == b"1" and helper.took("bad") and not helper.took("another")
        helper.end()
    """,
    "gives back what it has not begun": """
        def wait(content):
            with open(sys.argv[1] + "/fifo", "rb") as fifo:
                fifo.read()
        os.mkfifo(folder / "fifo")
        helper = start_helper(wait)
        assert all(helper.give(key, b"") for key in "abc")
        with (folder / "fifo").open("wb"):  # opens when the first is at work
            assert [helper.take_back() for _ in range(3)] == ["b", "c", None]
        assert helper.has_done("a") and not helper.has_done("b")
        helper.end()
    """,
    "takes no more than memory holds": """
        helper = start_helper(lambda content: None)
        assert not helper.give("a", bytes(MEMORY + 1))
        assert helper.give("b", bytes(MEMORY)) and not helper.give("c", b"x")
        helper.end()
    """,
    "may die": """
        helper = start_helper(lambda content: os._exit(9))
        assert helper.give("a", b"") and not helper.has_done("a")
        assert not helper.give("b", b"") or not helper.has_done("b")
        helper.end()
    """,
    "is not made beside threads": """
        import threading
        done = threading.Event()
        thread = threading.Thread(target=done.wait)
        thread.start()
        assert start_helper(lambda content: None) is None
        done.set()
        thread.join()
    """,
    "leaves no process": """
        start_helper(lambda content: None).end()
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            pass
        else:
            raise AssertionError
    """,
}


@pytest.mark.parametrize("case", UNITS)
def test_the_helper(case: str, tmp_path: Path) -> None:
    lines = [
        "import os, sys",
        "from pathlib import Path",
        "from piptools_clone.sync.helper import MEMORY, start_helper",
    ]
    lines += ["folder = Path(sys.argv[1])", *(line.removeprefix(" " * 8) for line in UNITS[case].splitlines())]
    subprocess.run([sys.executable, "-c", "\n".join(lines), tmp_path], check=True, timeout=30)


DEATHS = {
    "with it": "start_helper",
    "without it": "lambda unpack: None",
    "dying at once": "lambda unpack: start_helper(lambda content, *about: os._exit(9))",
    "failing": "lambda unpack: start_helper(lambda content, *about: 1 / 0)",
}


@pytest.mark.parametrize("where", ["early_wheels", "small_wheels"])
@pytest.mark.parametrize("death", DEATHS)
def test_a_sync_with_and_without(death: str, where: str, tmp_path: Path) -> None:
    """The same environment comes of it, and the first fault by the order of the lock is told."""
    packages = [make_wheel(f"p{number}", "1.0", files={f"p{number}/x.py": "1" * number}) for number in range(9)]
    with closing(SimpleIndex()) as index:
        for package in packages:
            index.add(package)
        assert synced(death, where, tmp_path / "good", packages, index.url) == (0, "")
        assert len(index.paths) == 18, "each page and each file is asked for once"
        bad = make_wheel("p4", "2.0", files={"../p4.py": ""})
        worse = make_wheel("p6", "2.0", files={"../p6.py": ""})
        for package in (bad, worse):
            index.add(package)
        locked = [*packages[:4], bad, packages[5], worse]
        code, said = synced(death, where, tmp_path / "bad", locked, index.url)
        assert (code, said.count("ERROR")) == (2, 1)
        assert "p4" in said
    names = {path.partition("site-packages/")[2] for path in snapshot(tmp_path / "good/venv")}
    assert {f"p{number}/x.py" for number in range(9)} <= names
    assert not list((tmp_path / "bad/venv").rglob("*.dist-info"))


def synced(death: str, where: str, folder: Path, packages: list, url: str) -> tuple[int, str]:
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    (folder / "requirements.txt").write_text("".join(map(pinned, packages)))
    code = (
        f"import os, piptools_clone.sync.{where} as module\n"
        "from piptools_clone.sync.helper import start_helper\n"
        f"module.start_helper = {DEATHS[death]}\n"
        "from piptools_clone.cli.sync import main\nmain()\n"
    )
    options = [] if where == "early_wheels" else ["--no-strict"]  # not plain enough for anything to be early
    words = ["-q", *options, "--python", "venv/bin/python", "--cache-dir", "cache", "-i", url]
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr
