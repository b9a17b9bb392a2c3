"""No code of packages, no leak of secrets (promises 14 to 17)."""

from __future__ import annotations

import io
import json
import os
import re
import tarfile
from pathlib import Path

import pytest

from tests.support.packages import BACKEND, Package, make_sdist, make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

SPY = """\
import json, os, sys
from pathlib import Path
import _own
seen = {"environ": dict(os.environ), "argv": sys.argv, "home": os.path.expanduser("~")}
seen["parents"], pid = [], os.getppid()
while pid not in (0, 1, @TESTS@) and os.path.exists(f"/proc/{pid}"):
    seen["parents"].append(Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace"))
    seen["parents"].append(Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace"))
    pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
Path("@SPIED@").write_text(json.dumps(seen))
from _own import *
"""


def spying(name: str, version: str, spied: Path) -> Package:
    """A source distribution whose backend writes down what it and the processes above it can see, then builds."""
    stem = f"{name}-{version}"
    spy = SPY.replace("@SPIED@", str(spied)).replace("@TESTS@", str(os.getpid()))
    files = {f"{stem}/own_backend.py": spy, f"{stem}/_own.py": BACKEND}
    made = make_sdist(name, version)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(made.data)) as old, tarfile.open(fileobj=buffer, mode="w:gz") as new:
        for entry in old.getmembers():
            if entry.name not in files:
                new.addfile(entry, old.extractfile(entry))
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            new.addfile(entry, io.BytesIO(text.encode()))
    return made._replace(data=buffer.getvalue())


def test_no_code_runs_where_metadata_is_static(project: Project, index: SimpleIndex) -> None:
    """Promise 14: not for wheels, not for source distributions that tell by themselves (PEP 643)."""
    index.add(make_wheel("a", "1.0", requires=["b"]))
    index.add(make_sdist("b", "1.0", static=True, fails="this must not run"))
    index.add(make_sdist("a", "1.0", fails="this must not run"))
    run = project.want("a").compile()
    assert run.pins == {"a": "1.0", "b": "1.0"}
    assert "uild" not in run.said


def test_only_the_chosen_version_is_built_and_that_is_announced(project: Project, index: SimpleIndex) -> None:
    """Promise 14: older ones are not even looked at."""
    for version in ("1.0", "2.0"):
        index.add(make_sdist("a", version))
    run = project.want("a").compile()
    assert run.pins == {"a": "2.0"}
    assert re.search(r"[Bb]uild\w* .*a.2\.0", run.err), run.err
    assert "/files/a-1.0.tar.gz" not in index.paths


@pytest.mark.parametrize("option", [("--only-binary", ":all:"), ("--no-build",)])
def test_a_build_can_be_made_impossible(option: tuple[str, ...], project: Project, index: SimpleIndex) -> None:
    """Promise 14: for an address as well."""
    spied = project.root / "spied"
    index.add(spying("a", "1.0", spied))
    assert project.want("a").compile(*option).code in {1, 2}
    assert project.want(f"a @ {index.file_url('a-1.0.tar.gz')}").compile(*option).code in {1, 2}
    assert not spied.exists()


def test_builds_see_no_secrets(project: Project, index: SimpleIndex) -> None:
    """Promises 15 and 16: no credential and no foreign variable in environment or arguments; another home."""
    index.auth = ("user", "s3cr3t-w0rd")
    spied = project.root / "spied.json"
    index.add(spying("a", "1.0", spied))
    address = index.url_with("user", "s3cr3t-w0rd")
    environ = {"AWS_SECRET_ACCESS_KEY": "aws-key", "MY_TOKEN": "t0ken", "PIP_INDEX_URL": address}
    run = project.want("a").compile("-v", env=environ)
    assert run.pins == {"a": "1.0"}
    seen = json.loads(spied.read_text())
    # The run itself may hold the password; whatever it started may not: neither the backend nor pip above it.
    text = json.dumps([seen["environ"], seen["argv"], seen["parents"]])
    for secret in ("s3cr3t-w0rd", "aws-key", "t0ken"):
        assert secret not in text
    assert seen["home"] != str(project.home)
    left = [path for path in project.root.rglob("*") if path.is_file() and b"s3cr3t-w0rd" in path.read_bytes()]
    assert left == []


def test_credentials_stay_with_their_origin(project: Project, index: SimpleIndex, simple_index: object) -> None:
    """Promise 17: a file on another host gets none."""
    files = simple_index()
    index.auth = ("user", "s3cr3t-w0rd")
    wheel = make_wheel("a", "1.0")
    files.add(wheel)
    index.add(wheel, url=files.file_url(wheel.filename))
    run = project.want("a").compile("--index-url", index.url_with("user", "s3cr3t-w0rd"))
    assert run.pins == {"a": "1.0"}
    assert files.requests
    assert not [request for request in files.requests if "authorization" in request.headers]


def test_netrc_is_read_for_the_exact_host_only(project: Project, index: SimpleIndex) -> None:
    """Promise 17."""
    index.auth = ("user", "s3cr3t-w0rd")
    index.add(make_wheel("a", "1.0"))
    netrc = project.home / ".netrc"
    netrc.write_text("machine 127.0.0.10 login user password s3cr3t-w0rd\n")
    netrc.chmod(0o600)
    assert project.want("a").compile().code == 2
    netrc.write_text("machine 127.0.0.1 login user password s3cr3t-w0rd\n")
    assert project.compile().pins == {"a": "1.0"}
