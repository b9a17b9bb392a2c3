"""No password that a run needs is left anywhere: not in the lock, its header, streams, cache or temporary files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.packages import make_sdist, make_wheel, write_project

USER, PASSWORD = "user", "s3cret-w0rd"


@pytest.fixture
def guarded(project):
    """An index that asks for a password; nothing else of the machine names it."""
    index = project.index
    index.auth = (USER, PASSWORD)
    index.add(make_wheel("a", "1", requires=["b"]))
    index.add(make_wheel("b", "1"))
    (project.root / "tmp").mkdir()
    return project


def address(guarded) -> str:
    return guarded.index.url_with(USER, PASSWORD)


def leaks(guarded, run, *allowed: Path) -> list[str]:
    """Where the password stands after a run."""
    found = [name for name, text in (("stdout", run.out), ("stderr", run.err)) if PASSWORD in text]
    paths = [Path(folder, name) for folder, _, names in os.walk(guarded.root) for name in names]
    found += [str(path) for path in paths if path not in allowed and PASSWORD.encode() in path.read_bytes()]
    return found


def everywhere(guarded, *args: str, env: dict[str, str] | None = None, allowed: tuple[Path, ...] = ()):
    """Run as loud as can be, with the header that the command gets by itself; nothing may leak."""
    environ = {"PIP_INDEX_URL": "", "CUSTOM_COMPILE_COMMAND": "", "TMPDIR": str(guarded.root / "tmp")} | (env or {})
    run = guarded.process("-vv", "--generate-hashes", "--strip-extras", *args, env=environ)
    assert run.code == 0, run.err
    assert leaks(guarded, run, *allowed) == []
    return run


def test_on_the_command_line(guarded):
    guarded.want("a")
    text = everywhere(guarded, "-i", address(guarded)).lock.decode()
    assert f"--index-url='http://{USER}:****@{guarded.index.host}/simple/'" in text
    assert f"\n--index-url {guarded.index.url}\n" in text


def test_in_an_input(guarded):
    wanted = guarded.write("requirements.in", f"--index-url {address(guarded)}", "a")
    text = everywhere(guarded, allowed=(wanted,)).lock.decode()
    assert f"\n--index-url {guarded.index.url}\n" in text


def test_in_a_variable(guarded):
    guarded.want(f"--index-url http://{USER}:${{PASSWORD}}@{guarded.index.host}/simple/", "a")
    text = everywhere(guarded, env={"PASSWORD": PASSWORD}).lock.decode()
    assert f"\n--index-url http://{USER}:${{PASSWORD}}@{guarded.index.host}/simple/\n" in text


def test_in_pips_configuration(guarded):
    config = guarded.write("pip.conf", "[global]", f"index-url = {address(guarded)}")
    guarded.want("a")
    text = everywhere(guarded, env={"PIP_CONFIG_FILE": str(config)}, allowed=(config,)).lock.decode()
    assert f"\n--index-url {guarded.index.url}\n" in text


def test_in_pips_variables(guarded):
    guarded.want("a")
    everywhere(guarded, env={"PIP_INDEX_URL": address(guarded)})


def test_in_pip_args(guarded):
    guarded.want("a")
    text = everywhere(guarded, "--pip-args", f"--index-url {address(guarded)}").lock.decode()
    assert f"--pip-args='--index-url http://{USER}:****@{guarded.index.host}/simple/'" in text


def test_in_a_direct_reference(guarded):
    direct = f"http://{USER}:{PASSWORD}@{guarded.index.host}/files/b-1-py3-none-any.whl"
    wanted = guarded.write("requirements.in", f"b @ {direct}")
    text = everywhere(guarded, "--no-index", allowed=(wanted,)).lock.decode()
    assert f"\nb @ http://{guarded.index.host}/files/b-1-py3-none-any.whl \\\n" in text


def test_in_a_constraints_file_over_http(guarded):
    guarded.index.serve("/c.txt", b"b<2\n", "text/plain")
    included = f"http://{USER}:{PASSWORD}@{guarded.index.host}/c.txt"
    wanted = guarded.write("requirements.in", f"-c {included}", "a")
    text = everywhere(guarded, "-i", address(guarded), allowed=(wanted,)).lock.decode()
    assert f"    #   -c http://{guarded.index.host}/c.txt\n" in text


@pytest.mark.parametrize("password", ["wrong-s3cret-w0rd"])
def test_in_the_words_of_a_failure(guarded, password):
    guarded.want("a")
    url = guarded.index.url_with(USER, password)
    run = guarded.process("-vv", "-i", url, env={"PIP_INDEX_URL": "", "TMPDIR": str(guarded.root / "tmp")})
    assert run.code == 2
    assert "401" in run.err
    assert leaks(guarded, run) == []


PEEK = """
import os, sys
def everything():
    yield from os.environ.items()
    for number in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else []):
        try:
            yield number, open(f"/proc/{number}/cmdline", "rb").read().decode("utf-8", "replace")
        except OSError:
            pass
    for folder, _, names in os.walk(os.path.dirname(os.environ["HOME"])):
        for name in names:
            yield name, open(os.path.join(folder, name), "rb").read().decode("utf-8", "replace")
for name, text in everything():
    if "-w0rd" in text and "pytest" not in text and "piptools_clone" not in text:
        sys.exit(f"{name} holds the password")
"""


def test_a_build_sees_no_password(guarded):
    """Its own requirement comes from the guarded index all the same."""
    guarded.index.add(make_wheel("helper", "1"))
    made = make_sdist("s", "1", requires=["a"], build_requires=["helper"], files={"s.py": ""})
    guarded.index.add(made)
    spied = write_project(guarded.folder / "src", "src", "1", requires=["s"], build_requires=["helper"])
    backend = spied / "own_backend.py"
    backend.write_text(PEEK + "import helper\n" + backend.read_text())
    run = everywhere(
        guarded, "-i", address(guarded), "--build-deps-for", "wheel", "src/pyproject.toml", "-o", "out.txt"
    )
    assert "building s-1.tar.gz to read its metadata" in run.err
    senders = {request.headers["user-agent"].partition("/")[0] for request in guarded.index.requests}
    assert senders == {"piptools-clone"}  # pip asked nothing itself, so no child of it was given the address
    lock = (guarded.folder / "out.txt").read_text()
    assert [name for name in ("a", "b", "helper", "s") if f"{name}==1 " not in lock] == []
