"""The locks are read by the real tools: pip, tox, pip-audit."""

from __future__ import annotations

import json

import pytest

from tests.support.simple_index import SimpleIndex
from tests.world.osv import KnownFaults
from tests.world.place import Place

LINES = "flask<3.1\nrequests ; python_version >= '3'\n"


@pytest.fixture(params=["", "--generate-hashes"], ids=["plain", "hashed"])
def locked(place: Place, request: pytest.FixtureRequest) -> Place:
    """A place with a lock."""
    place.write("requirements.in", LINES)
    place.run(f"pip-compile --strip-extras {request.param}")
    return place


def test_pip_installs_from_it(locked: Place) -> None:
    said = locked.run("python -m pip install --dry-run --ignore-installed -r requirements.txt")
    (line,) = (line for line in said.splitlines() if line.startswith("Would install"))
    pins = [line for line in locked.read("requirements.txt").splitlines() if "==" in line and line[0] != " "]
    wanted = {pin.split()[0].replace("==", "-") for pin in pins}
    assert {name.lower().replace("_", "-") for name in line.split()[2:]} == wanted


def test_tox_installs_from_it(locked: Place) -> None:
    locked.write(
        "tox.ini",
        "[tox]\nno_package = true\n[testenv]\ndeps = -r requirements.txt\n"
        'commands = python -c "import flask, requests; print(flask.VERSION)"\n',
    )
    assert "3.0.0" in locked.run("tox run -e py")


def test_pip_audit_reads_it(place: Place) -> None:
    """Its answers come from a service on the loopback device, and it must need no pip to read the lock."""
    place.write("requirements.in", LINES)
    place.run("pip-compile --strip-extras --generate-hashes")
    with KnownFaults({"flask": "FAULT-1"}) as service:
        done = place.attempt(
            "pip-audit -r requirements.txt --disable-pip --require-hashes --progress-spinner off "
            f"--vulnerability-service osv --osv-url {service.url} --format json --output audit.json"
        )
    audited = {found["name"]: found for found in json.loads(place.read("audit.json"))["dependencies"]}
    assert done.returncode == 1, done.stdout
    assert {"flask", "requests", "idna"} <= set(audited)
    assert audited["flask"]["version"] == "3.0.0"
    assert [fault["id"] for fault in audited["flask"]["vulns"]] == ["FAULT-1"]


def test_pip_refuses_another_file_than_the_locked_one(place: Place, index: SimpleIndex) -> None:
    """The hashes in a lock do their work in pip."""
    place.write("requirements.in", "flask\n")
    place.run("pip-compile --strip-extras --generate-hashes")
    for offered in index.projects["flask"]:
        index.projects["flask"] = [offered._replace(data=offered.data + b"x", sidecar=None)]
    done = place.attempt("python -m pip install --dry-run --ignore-installed --no-cache-dir -r requirements.txt")
    assert done.returncode
    assert "DO NOT MATCH THE HASHES" in done.stdout
