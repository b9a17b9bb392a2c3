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
    "leaves the processors to others if it is modest": """
        before = os.nice(0)
        for modest in (False, True):
            helper = start_helper(lambda content: 1 / ((os.nice(0) > before) == modest), modest=modest)
            assert helper.give("a", b"") and helper.has_done("a")
            helper.end()
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
    "holds a lock until it is gone": """
        import fcntl
        def is_free():
            with open(folder / "lock") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return False
                return True
        helper = start_helper(lambda content: None)
        with open(folder / "lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert helper.hold(file.fileno())
        assert not is_free()
        helper.end()
        assert is_free()
    """,
    "holds nothing when it is gone": """
        helper = start_helper(lambda content: os._exit(9))
        assert helper.give("a", b"") and not helper.has_done("a")
        assert not helper.hold(0)
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
    "is seen off": """
        import piptools_clone.process.helper_process
        start_helper(lambda content: None).leave()
        piptools_clone.process.helper_process.see_off(wait=True)
        piptools_clone.process.helper_process.see_off(wait=False)
        assert is_alone()
    """,
    "is seen off before another is made": """
        first = start_helper(lambda content: None)
        first.leave()
        second = start_helper(lambda content: None)
        assert first.is_gone() and not second.is_gone()
        second.end()
        assert second.is_gone()
    """,
    "hears of an interrupt that comes with it": """
        import signal
        os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGINT))
        try:
            helper = start_helper(lambda content: None)
        except KeyboardInterrupt:
            pass
        else:
            raise AssertionError
    """,
    "leaves no process": """
        start_helper(lambda content: None).end()
        assert is_alone()
    """,
}


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("case", UNITS)
def test_the_helper(case: str, tmp_path: Path) -> None:
    lines = [
        "import os, sys",
        "from pathlib import Path",
        "from piptools_clone.process.helper_process import MEMORY, start_helper",
        "def is_alone():",
        "    try:",
        "        os.waitpid(-1, os.WNOHANG)",
        "    except ChildProcessError:",
        "        return True",
    ]
    lines += ["folder = Path(sys.argv[1])", *(line.removeprefix(" " * 8) for line in UNITS[case].splitlines())]
    subprocess.run([sys.executable, "-c", "\n".join(lines), tmp_path], check=True, timeout=30)


DEATHS = {
    "with it": "start_helper",
    "without it": "lambda work: None",
    "dying at once": "lambda work: start_helper(lambda *_: os._exit(9))",
    "failing": "lambda work: start_helper(lambda *_: 1 / 0)",
    "dying when it writes": "lambda work: start_helper(lambda *it: work(*it) if 'unpack' in it else os._exit(9))",
    "failing when it has written": "lambda work: start_helper(lambda *it: (work(*it), 1 / ('unpack' in it)))",
}


@pytest.mark.parametrize("options", [(), ("--no-strict",)], ids=["begun ahead", "not plain enough for that"])
@pytest.mark.parametrize("death", DEATHS)
def test_a_sync_with_and_without(death: str, options: tuple[str, ...], tmp_path: Path) -> None:
    """The same environment comes of it, and the first fault by the order of the lock is told."""
    packages = [make_wheel(f"p{number}", "1.0", files={f"p{number}/x.py": "1" * number}) for number in range(9)]
    with closing(SimpleIndex()) as index:
        for package in packages:
            index.add(package)
        assert synced(death, options, tmp_path / "good", packages, index.url) == (0, "")
        assert len(index.paths) == 18, "each page and each file is asked for once"
        bad = make_wheel("p4", "2.0", files={"../p4.py": ""})
        worse = make_wheel("p6", "2.0", files={"../p6.py": ""})
        for package in (bad, worse):
            index.add(package)
        locked = [*packages[:4], bad, packages[5], worse]
        code, said = synced(death, options, tmp_path / "bad", locked, index.url)
        assert (code, said.count("ERROR")) == (2, 1)
        assert "p4" in said
    site = next((tmp_path / "good/venv/lib").glob("python*/site-packages"))
    for number in range(9):
        assert (site / f"p{number}/x.py").read_text() == "1" * number
        assert (site / f"p{number}-1.0.dist-info/RECORD").is_file()
    assert not (site / ".piptools-clone").exists()
    assert not list((tmp_path / "bad/venv").rglob("*.dist-info"))


def synced(death: str, options: tuple[str, ...], folder: Path, packages: list, url: str) -> tuple[int, str]:
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    (folder / "requirements.txt").write_text("".join(map(pinned, packages)))
    code = (
        "import os, piptools_clone.process.helper_process as module\n"
        "from piptools_clone.process.helper_process import start_helper\n"
        f"module.start_helper = {DEATHS[death]}\n"
        "from piptools_clone.cli.sync_entry import main\nmain()\n"
    )
    words = ["-q", *options, "--python", "venv/bin/python", "--cache-dir", "cache", "-i", url]
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr
