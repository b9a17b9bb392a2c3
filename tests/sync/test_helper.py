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
        helper = start_helper(lambda content, number: (folder / str(number)).write_bytes(content))
        assert all(helper.give(number, b"x" * number) for number in range(300))
        assert all(helper.has_done(number) for number in range(300))
        helper.end()
        assert all((folder / str(number)).read_bytes() == b"x" * number for number in range(300))
    """,
    "says what it could not do": """
        helper = start_helper(lambda content, number: 1 / number)
        assert helper.has_room and helper.give(0, b"") and helper.give(1, b"")
        assert not helper.has_done(0) and helper.has_done(1)
        helper.end()
    """,
    "takes no more than memory holds": """
        helper = start_helper(lambda content, number: None)
        assert not helper.give(0, bytes(MEMORY + 1)) and helper.give(1, bytes(MEMORY)) and not helper.give(2, b"x")
        helper.end()
    """,
    "may die": """
        helper = start_helper(lambda content, number: os._exit(9))
        assert helper.give(0, b"") and not helper.has_done(0)
        assert not helper.give(1, b"") or not helper.has_done(1)
        helper.end()
    """,
    "is not made beside threads": """
        import threading
        done = threading.Event()
        thread = threading.Thread(target=done.wait)
        thread.start()
        assert start_helper(lambda content, number: None) is None
        done.set()
        thread.join()
    """,
    "leaves no process": """
        start_helper(lambda content, number: None).end()
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
    "with it": "",
    "without it": "W.start_helper = lambda unpack: None",
    "dying at once": "W.start_helper = lambda unpack: start_helper(lambda content, number: os._exit(9))",
    "failing": "W.start_helper = lambda unpack: start_helper(lambda content, number: 1 / 0)",
}


@pytest.mark.parametrize("death", DEATHS)
def test_a_sync_with_and_without(death: str, tmp_path: Path) -> None:
    """The same environment comes of it, and the first fault by the order of the lock is told."""
    packages = [make_wheel(f"p{number}", "1.0", files={f"p{number}/x.py": "1" * number}) for number in range(9)]
    with closing(SimpleIndex()) as index:
        for package in packages:
            index.add(package)
        assert synced(death, tmp_path / "good", packages, index.url) == (0, "")
        bad = make_wheel("p4", "2.0", files={"../p4.py": ""})
        worse = make_wheel("p6", "2.0", files={"../p6.py": ""})
        for package in (bad, worse):
            index.add(package)
        locked = [*packages[:4], bad, packages[5], worse]
        code, said = synced(death, tmp_path / "bad", locked, index.url)
        assert (code, said.count("ERROR")) == (2, 1)
        assert "p4" in said
    names = {path.partition("site-packages/")[2] for path in snapshot(tmp_path / "good/venv")}
    assert {f"p{number}/x.py" for number in range(9)} <= names
    assert not list((tmp_path / "bad/venv").rglob("*.dist-info"))


def synced(death: str, folder: Path, packages: list, url: str) -> tuple[int, str]:
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    (folder / "requirements.txt").write_text("".join(map(pinned, packages)))
    code = (
        "import os, piptools_clone.sync.small_wheels as W\n"
        "from piptools_clone.sync.helper import start_helper\n"
        f"{DEATHS[death]}\n"
        "from piptools_clone.cli.sync import main\nmain()\n"
    )
    words = ["-q", "--python", "venv/bin/python", "--cache-dir", "cache", "-i", url]
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr
