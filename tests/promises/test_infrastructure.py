"""What goes wrong between us and an index never changes a version (promises 1 to 4)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.packages import make_wheel
from tests.support.project import Project
from tests.support.simple_index import Fault, SimpleIndex

ONCE = {"PIP_RETRIES": "0"}
PAGE = "/simple/b/"
SIDECAR = "/files/b-2.0-py3-none-any.whl.metadata"
LOGIN = b"<html><head><title>Sign in</title></head><body><form><input name=user></form></body></html>"


@pytest.fixture
def world(project: Project, index: SimpleIndex) -> Project:
    """a needs b, of which 2.0 is the newest; a 1.0 would do without."""
    for version, requires in (("1.0", []), ("2.0", ["b"])):
        index.add(make_wheel("a", version, requires=requires))
    for version in ("1.0", "2.0"):
        index.add(make_wheel("b", version))
    return project.want("a")


@pytest.mark.parametrize("path", [PAGE, SIDECAR], ids=["page", "metadata"])
@pytest.mark.parametrize("status", [401, 403, 410, 429, 500, 502, 503, 504, 418])
def test_a_refusal_ends_the_run(status: int, path: str, world: Project, index: SimpleIndex) -> None:
    """Promise 1: exit code 2, the address and the status, and no lock; never an older release."""
    index.fail_always(path, Fault(status=status))
    run = world.compile("--strip-extras", env=ONCE)
    assert (run.code, run.lock, run.out) == (2, None, "")
    assert index.host + path in run.err
    assert str(status) in run.err
    assert "\n\n" not in run.err.partition("\n\nhint:")[0], "one paragraph"


def test_the_address_of_a_failure_is_redacted(world: Project, index: SimpleIndex) -> None:
    """Promise 1 with promise 16."""
    index.fail_always(PAGE, Fault(status=503))
    run = world.compile("--index-url", index.url_with("user", "s3cr3t"), env=ONCE)
    assert run.code == 2
    assert index.host + PAGE in run.err
    assert "s3cr3t" not in run.err


@pytest.mark.parametrize(
    "fault",
    [
        Fault(body=LOGIN, headers={"Content-Type": "text/html"}),
        Fault(body=b"<h1>Sorry</h1>", headers={"Content-Type": "text/html"}),
        Fault(body=b"{", headers={"Content-Type": "application/vnd.pypi.simple.v1+json"}),
        Fault(body=b"[]", headers={"Content-Type": "application/vnd.pypi.simple.v1+json"}),
        Fault(body=b"", headers={"Content-Type": "application/vnd.pypi.simple.v1+json"}),
        Fault(body=b"%PDF", headers={"Content-Type": "application/pdf"}),
        Fault(cut=10),
        Fault(cut=0),
        Fault(reset=True),
    ],
    ids=["login", "apology", "half", "list", "empty", "pdf", "cut", "cut-at-once", "reset"],
)
def test_a_page_that_is_no_page_ends_the_run(fault: Fault, world: Project, index: SimpleIndex) -> None:
    """Promises 1 and 2."""
    index.fail_always(PAGE, fault)
    run = world.compile("--strip-extras", env=ONCE)
    assert (run.code, run.lock) == (2, None), run.err
    assert index.host + PAGE in run.err


def test_only_a_404_means_absent(world: Project, index: SimpleIndex) -> None:
    """Promise 1: then the older release is right."""
    index.fail_always(PAGE, Fault(status=404))
    assert world.compile(env=ONCE).pins == {"a": "1.0"}


def test_an_empty_page_of_the_project_means_absent(world: Project, index: SimpleIndex) -> None:
    """Promise 1."""
    index.projects["b"] = []
    assert world.compile(env=ONCE).pins == {"a": "1.0"}


def test_a_second_index_that_fails_is_not_passed_over(
    world: Project, index: SimpleIndex, simple_index: type[SimpleIndex]
) -> None:
    """Promise 1: it might have had a newer version."""
    other = simple_index()
    other.fail_always("/simple/b/", Fault(status=403))
    run = world.compile("--extra-index-url", other.url, env=ONCE)
    assert run.code == 2
    assert other.host in run.err


@pytest.mark.parametrize("with_port", [True, False])
@pytest.mark.parametrize("status", [401, 403, 410])
def test_a_refusal_can_be_said_to_mean_absent(
    status: int, with_port: bool, world: Project, simple_index: Callable[..., SimpleIndex]
) -> None:
    """Promise 1: of one host, for one status, and for pages alone."""
    other = simple_index()
    for name in "ab":
        other.fail_always(f"/simple/{name}/", Fault(status=status))
    host = other.host if with_port else other.host.partition(":")[0]
    args = ("--strip-extras", "--extra-index-url", other.url, "--absent-status")
    assert world.compile(*args, f"{host}={status}", env=ONCE).pins == {"a": "2.0", "b": "2.0"}
    assert world.compile(*args, f"{host}={403 if status == 410 else 410}", env=ONCE).code == 2
    assert world.compile(*args, f"idx.example={status}", env=ONCE).code == 2


def test_an_index_that_refuses_everything_is_named(
    world: Project, index: SimpleIndex, simple_index: Callable[..., SimpleIndex]
) -> None:
    """Promise 1: it may be that the password is wrong; one page that it shows, or says it has not, speaks for it."""
    other = simple_index()
    for name in "ab":
        other.fail_always(f"/simple/{name}/", Fault(status=403))
    args = ("--strip-extras", "--extra-index-url", other.url, "--absent-status", f"{other.host}=403")
    refused = f"{other.url} refused all 2 pages that it was asked for (403)"
    assert refused in world.compile(*args, env=ONCE).err
    first = ("--index-url", other.url, "--extra-index-url", index.url, "--index-strategy", "first-index")
    assert refused in world.compile(*args, *first, "-U", env=ONCE).err
    other.heal()
    other.fail_always("/simple/a/", Fault(status=403))
    assert "refused" not in world.compile(*args, "-U", env=ONCE).err


def test_where_nothing_else_is_asked_a_refusal_is_the_reason(world: Project, index: SimpleIndex) -> None:
    """Promise 1: what cannot be found may have been refused."""
    for name in "ab":
        index.fail_always(f"/simple/{name}/", Fault(status=403))
    run = world.compile("--absent-status", f"{index.host}=403", env=ONCE)
    assert run.code != 0
    assert f"hint: {index.url} refused" in run.err
    assert run.err.count("wrong password") == 1


def test_a_sync_can_be_told_as_well(world: Project, simple_index: Callable[..., SimpleIndex], tmp_path: Path) -> None:
    """Promise 1: with the same option."""
    other = simple_index()
    other.fail_always("/simple/b/", Fault(status=403))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    world.write("requirements.txt", "b==2.0")
    python = str(tmp_path / "venv" / "bin" / "python")
    args = ["--python", python, "--extra-index-url", other.url, "--cache-dir", str(tmp_path / "cache")]

    def sync(*more: str) -> int:
        command = [sys.executable, "-m", "piptools_clone", "sync", *args, *more]
        return subprocess.run(command, env={**os.environ, **ONCE}, capture_output=True, check=False).returncode

    assert [sync(), sync("--absent-status", f"{other.host}=403")] == [2, 0]


def test_no_file_may_be_refused(world: Project, index: SimpleIndex) -> None:
    """Promise 1: what a page offers is there."""
    index.fail_always(SIDECAR, Fault(status=403))
    run = world.compile("--absent-status", f"{index.host}=403", env=ONCE)
    assert (run.code, run.lock) == (2, None)


def test_the_way_out_is_told(world: Project, index: SimpleIndex) -> None:
    """Promise 1: how such an index can be used."""
    index.fail_always(PAGE, Fault(status=403))
    assert f"give --absent-status {index.host}=403" in world.compile(env=ONCE).err


@pytest.mark.parametrize(
    "text", ["idx.example", "=403", "https://idx.example=403", "idx.example=404", "idx.example=5xx"]
)
def test_what_cannot_mean_absent(text: str, world: Project) -> None:
    """Promise 1: no fault of a server is ever an answer."""
    run = world.compile("--absent-status", text)
    assert run.code == 2
    assert f"--absent-status '{text}' " in run.err


PASSING = (
    Fault(reset=True),
    Fault(cut=5),
    Fault(status=503, headers={"Retry-After": "0"}),
    Fault(status=429, headers={"Retry-After": "0"}),
    Fault(status=500),
    Fault(status=408),
)


@pytest.mark.parametrize("start", [0, 3])
def test_three_faults_at_every_address_change_no_byte(start: int, world: Project, index: SimpleIndex) -> None:
    """Promise 3: pages, metadata and files alike."""
    index.style = index.style._replace(hashes=("md5",))  # so that files are fetched, to hash them
    args = ("--generate-hashes", "--no-emit-index-url", "--cache-dir")
    expected = world.compile(*args, str(world.root / "one")).lock
    paths = set(index.paths)
    assert {PAGE, SIDECAR, SIDECAR.removesuffix(".metadata")} <= paths
    for number, path in enumerate(sorted(paths)):
        index.fail(path, *(PASSING[(start + number + i) % len(PASSING)] for i in range(3)))
    world.lock_path.unlink()
    run = world.compile(*args, str(world.root / "two"))
    assert (run.code, run.lock) == (0, expected), run.err


def test_a_fourth_fault_is_one_too_many(world: Project, index: SimpleIndex) -> None:
    """Promise 3: four tries, and then the truth."""
    index.fail_always(PAGE, Fault(status=503, headers={"Retry-After": "0"}))
    assert world.compile().code == 2
    assert index.count(PAGE) == 4


def test_silence_ends(world: Project, index: SimpleIndex) -> None:
    """Promise 4: by pip's timeout."""
    index.fail_always(PAGE, Fault(stall=True))
    run = world.compile(env={**ONCE, "PIP_TIMEOUT": "0.2"})
    assert run.code == 2
    assert re.search(r"0\.2|timed out|no answer|silent", run.err), run.err


def test_an_index_that_is_not_there(world: Project) -> None:
    """Promise 1: nobody listens."""
    run = world.compile("--index-url", "http://127.0.0.1:9/simple/", env=ONCE)
    assert (run.code, run.lock) == (2, None)
    assert "127.0.0.1:9/simple/a/" in run.err
