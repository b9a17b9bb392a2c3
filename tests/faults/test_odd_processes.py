"""What a process inherits (ignored signals, a deleted folder) or finds (a dangling link) is no reason to break down."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.tool import ROOT, Tool, names_in, site_of
from tests.support.faulty_server import FaultyServer
from tests.support.packages import make_sdist, make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex
from tests.sync.environments import snapshot

IGNORING = "import os, signal, sys; signal.signal(signal.{}, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])"


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return Tool(tmp_path)


def run_ignoring(name: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with these words and with a signal ignored, as below ``nohup`` or some servers of jobs."""
    command = [sys.executable, "-c", IGNORING.format(name), sys.executable, *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_a_sync_that_inherits_an_ignored_sigchld_works(tool: Tool, index: SimpleIndex) -> None:
    """The system then forgets children that ended: to wait for one is an error, and no reason to fail."""
    index.add(make_wheel("alpha", "1.0"))
    tool.environment("venv")
    command = "from piptools_clone.cli.sync_entry import main; main()"
    words = ["--python", "venv/bin/python", "--cache-dir", "cache", "--index-url", index.url]
    done = run_ignoring("SIGCHLD", "-c", command, *words, cwd=tool.work)
    assert (done.returncode, done.stderr) == (0, "add alpha 1.0\n")
    assert names_in(tool.work / "venv") == ["alpha-1.0"]


def test_a_build_that_fails_is_known_though_sigchld_was_ignored(project: Project) -> None:
    project.index.add(make_sdist("broken", "1.0", fails="no compiler here"))
    project.want("broken")
    command = "from piptools_clone.cli.compile_entry import main; main()"
    done = run_ignoring("SIGCHLD", "-c", command, cwd=project.folder)
    usual = project.script()
    assert done.returncode == usual.code == 1
    said, usually = (
        re.sub(r"piptools-sdist-\w+", "FOLDER", text.partition("ERROR: ")[2]) for text in (done.stderr, usual.err)
    )
    assert said == usually != ""


HELPER = """
from piptools_clone.process.helper_process import start_helper, see_off
helper = start_helper(lambda content: None)
helper.end()
assert helper.is_gone()
helper = start_helper(lambda content: None)
helper.leave()
see_off(wait=True)
assert helper.is_gone()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="there is a helper on Linux only")
def test_a_helper_is_seen_off_where_the_system_forgets_children(tmp_path: Path) -> None:
    """As in a program that ignores SIGCHLD and uses this one as a library."""
    done = run_ignoring("SIGCHLD", "-c", HELPER, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_tests_pass_below_nohup() -> None:
    """Those that send an interrupt make sure that it is heard."""
    chosen = ["tests/sync/test_transaction.py", "tests/cli/test_process.py::test_signals_end_a_run_with_130"]
    done = run_ignoring("SIGINT", "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen, cwd=ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("command", ["compile", "sync"])
@pytest.mark.parametrize("words", [(), ("--no-config", "-v"), ("--verify",), ("-",)])
def test_a_deleted_working_folder_is_said_in_words(tool: Tool, command: str, words: tuple[str, ...]) -> None:
    code = f"""if True:
        import os, sys
        os.mkdir("gone"); os.chdir("gone"); os.rmdir("../gone")
        sys.argv[1:] = {words!r}
        from piptools_clone.cli.{command}_entry import main
        main()
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=tool.work, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("ERROR: The working folder cannot be used: No such file or directory.\n\nhint: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["x.dist-info", "x-1.0.dist-info", "x.egg-link", "x-1.0.egg-info"])
def test_a_link_that_leads_nowhere_is_nothing_installed(tool: Tool, name: str) -> None:
    link = site_of(tool.own) / name
    link.symlink_to("/gone")
    for _ in range(2):  # looked at, then known
        done = tool.attempt()
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert done.stdout == "Everything up-to-date\n"
    assert os.path.lexists(link)


def test_a_dangling_link_in_the_way_of_a_package_is_named(tool: Tool) -> None:
    link = site_of(tool.own) / "alpha-1.0.dist-info"
    link.symlink_to("/gone")
    before = snapshot(tool.own)
    done = tool.attempt()
    assert done.returncode == 2
    assert (
        f"A link is in the way of a folder to be installed, and nothing is written through it: {link}\n" in done.stderr
    )
    assert snapshot(tool.own) == before


def test_a_certificate_is_named_as_the_reason_without_another_try(project: Project) -> None:
    """With pip's ``retries = 0`` there is none that could find the words."""
    project.want("alpha")
    with FaultyServer(tls=True) as server:
        environ = {"PIP_RETRIES": "0", "PIP_INDEX_URL": f"{server.url}/simple"}
        for run in (project.process(env=environ), project.compile(env=environ)):
            assert f"the certificate of 127.0.0.1:{server.port} is not trusted: " in run.err
            assert f"--trusted-host 127.0.0.1:{server.port}" in run.err
            assert run.code == 2
