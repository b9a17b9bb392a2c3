"""A plain pip-sync runs without click, and says and does what it would with it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.packages import make_wheel
from tests.support.simple_index import SimpleIndex
from tests.sync.project import Project, pinned

ROOT = Path(__file__).parent.parent.parent
A = make_wheel(
    "a", "1.0", requires=["b>=1; python_version >= '3'", "c; extra == 'more' and os_name != 'nt'"], extras=["more"]
)
B = make_wheel("b", "1.0")
LINES = pinned(A) + pinned(B)
LOCAL = ("--no-index", "-f", "wheels")
HEAVY = {
    *("click", "optparse", "piptools_clone.cli.shell", "piptools_clone.cli.arguments.pip_args"),
    *("packaging.requirements", "packaging.markers", "dataclasses"),
}


class Command:
    """pip-sync as a process in a project; ``loaded`` has what its last run loaded."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.loaded: set[str] = set()

    def __call__(self, *words: str, before: str = "", redirected: str = "", **variables: str) -> tuple[int, str, str]:
        """Run it, after some code; give its exit code, and what it says on stdout and stderr."""
        told = self.project.folder / "told"
        code = (
            f"import os, sys\n{before}\nfrom piptools_clone.cli.sync_entry import main\n"
            f"def end(code):\n    open({str(told)!r}, 'w').write(' '.join(sys.modules))\n    os._exit(code)\n"
            "main(end=end)\n"
        )
        shell = ["sh", "-c", f'exec "$@" {redirected}', "sh"]
        command = [sys.executable, "-c", code, "--python", "venv/bin/python", "--cache-dir", "cache", *words]
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.project.folder), "PYTHONPATH": str(ROOT), **variables}
        told.unlink(missing_ok=True)
        done = subprocess.run(
            [*shell, *command], cwd=self.project.folder, env=environ, capture_output=True, text=True, check=False
        )
        self.loaded = set(told.read_text().split()) if told.exists() else set()
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def command(tmp_path: Path) -> Command:
    project = Project(tmp_path)
    project.offer(A, B)
    (tmp_path / "requirements.txt").write_text(LINES)
    return Command(project)


def test_from_an_index(command: Command) -> None:
    with closing(SimpleIndex()) as index:
        for package in (A, B):
            index.add(package)
        assert command("-i", index.url) == (0, "", "add a 1.0\nadd b 1.0\n")
    assert "piptools_clone.operations.sync" in command.loaded
    assert command.loaded & HEAVY == set()
    assert command.project.names() == ["a==1.0", "b==1.0"]


def test_with_nothing_to_do(command: Command) -> None:
    assert command(*LOCAL, "-q") == (0, "", "")
    assert command(*LOCAL, "--no-strict") == (0, "Everything up-to-date\n", "")
    assert "piptools_clone.operations.sync" in command.loaded
    assert command.loaded & HEAVY == set()
    assert command(*LOCAL, "--no-strict", "-q") == (0, "", "")


def test_a_plan(command: Command) -> None:
    shown = "Would install:\n  a==1.0\n  b==1.0\n"
    assert command(*LOCAL, "--dry-run") == (1, shown, "")
    assert command.loaded & HEAVY == set()
    assert command(*LOCAL, "--dry-run", "--pip-args", "--isolated") == (1, shown, "")
    assert "click" in command.loaded
    assert command(*LOCAL, "--dry-run", redirected=">&-") == (1, "", "")
    assert command.project.names() == []


def test_a_plan_that_a_stream_cannot_spell(command: Command) -> None:
    """Click knows what to do about that, so it is loaded for it."""
    wheel = A.write(command.project.folder / "r\u00e4der")
    (command.project.folder / "requirements.txt").write_text(f"a @ file://{wheel}\n")
    code, out, said = command(*LOCAL, "--dry-run", PYTHONIOENCODING="ascii")
    assert (code, out.startswith("Would install:\n  a @ file://"), said) == (1, True, "")
    assert "click" in command.loaded


@pytest.mark.parametrize("lock", ["a==2.0\n", "a\n", "a==1.0\na==2.0\n", "-e git+file:///nowhere#egg=a\n"])
def test_an_error_is_told_by_the_command(lock: str, command: Command) -> None:
    (command.project.folder / "requirements.txt").write_text(lock)
    plain = command(*LOCAL)
    assert plain[:2] == (2, "")
    assert plain[2]
    assert plain == command(*LOCAL, "--pip-args", "--isolated")
    assert command.project.names() == []


def test_a_bug_is_told_by_the_command(command: Command) -> None:
    fails = "def fail(*_, **__): raise RuntimeError('so')"
    before = f"from piptools_clone.operations import sync as story\n{fails}\nstory.sync = fail"
    code, out, said = command(*LOCAL, before=before)
    assert (code, out) == (2, "")
    assert said.startswith("ERROR: This is a bug in piptools-clone, please report it: RuntimeError: so. ")


def test_a_sync_that_is_done_and_may_say_so_to_nobody(command: Command) -> None:
    """What is remembered is answered before anything else is loaded."""
    assert command(*LOCAL)[0] == 0
    assert command(*LOCAL) == (0, "Everything up-to-date\n", "")
    assert "piptools_clone.cli.report" not in command.loaded
    assert command(*LOCAL, redirected=">&-") == (0, "", "")


def test_a_reader_that_has_left(command: Command) -> None:
    before = "here, there = os.pipe()\nos.close(here)\nos.dup2(there, 1)"
    assert command(*LOCAL, "--dry-run", before=before) == (2, "", "")


INTERRUPT = "from {0} import {1} as place\ndef interrupt(*_, **__): raise KeyboardInterrupt\nplace.{2} = interrupt"
NOTHING = "ERROR: Interrupted; nothing was changed.\n"
SOMETHING = "ERROR: Interrupted.\n"


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (("piptools_clone.cli.arguments", "sync_arguments", "plain_sync"), NOTHING),
        (("piptools_clone.operations", "sync", "_carry_out"), NOTHING),
        (("piptools_clone.operations", "sync", "_tell"), SOMETHING),
        (("piptools_clone.run.memo", "installation", "make_installation"), SOMETHING),
        (("piptools_clone.run.memo", "sync_memo", "keep_up_to_date"), SOMETHING),
        (("piptools_clone.run.memo", "sync_memo", "keep_installation"), SOMETHING),
    ],
)
def test_an_interrupt_tells_whether_something_was_changed(
    where: tuple[str, str, str], said: str, command: Command
) -> None:
    assert command(*LOCAL, before=INTERRUPT.format(*where)) == (130, "", said)
    assert command.project.names() == ([] if said == NOTHING else ["a==1.0", "b==1.0"])


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (("piptools_clone.run.memo", "install", "_stage"), NOTHING),
        (("piptools_clone.syncing.transaction", "environment_lock", "_release"), SOMETHING),
        (("piptools_clone.run.memo", "sync_memo", "keep_up_to_date"), SOMETHING),
    ],
)
def test_so_does_one_while_an_installation_is_repeated(
    where: tuple[str, str, str], said: str, command: Command
) -> None:
    assert command(*LOCAL)[0] == 0
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", "--clear", "venv"], cwd=command.project.folder, check=True
    )
    before = "from piptools_clone.operations import sync as story\ndel story.sync\n" + INTERRUPT.format(*where)
    assert command(*LOCAL, before=before) == (130, "", said)
    assert command.project.names() == ([] if said == NOTHING else ["a==1.0", "b==1.0"])
