"""Sync."""

from __future__ import annotations

import json

from tests.compat.case import Case
from tests.compat.cases_e import project
from tests.compat.environment import Installed
from tests.compat.local_index import wheel

OLD_ALPHA = Installed(wheel("alpha", "1.0"))
ALPHA = Installed(wheel("alpha", "1.1"))
BETA = Installed(wheel("beta", "1.0"))
FOREIGN = Installed(wheel("foreign", "1.0"))
PYTHON = ("--python-executable", "<python>")
OFFLINE = ("--no-index", "-f", "<LW>")
LOCK = {"requirements.txt": "alpha==1.1\nbeta==1.0\n"}
GAMMA = wheel("gamma", "1.0", "alpha==1.0")
GAMMA_URL = "file://<LW>/gamma-1.0-py3-none-any.whl"
ARCHIVE = json.dumps({"url": GAMMA_URL, "archive_info": {"hashes": {"sha256": GAMMA.sha256}}})
EDITABLE = json.dumps({"url": "file://<root>/work/pkg", "dir_info": {"editable": True}})
NOTHING_TO_DO = "exit 0\n--- stdout\nEverything up-to-date\n--- installed\n"


def sync(name: str, argv: tuple[str, ...], files: dict[str, str], *installed: Installed, **facts: str) -> Case:
    """A case of pip-sync, run on an environment with these distributions."""
    return Case(name, (*PYTHON, *argv), files, command="sync", installed=installed, **facts)  # type: ignore[arg-type]  # texts only


CASES = (
    sync("095-no-file", (), {}, stderr="whole"),
    sync("095-in-file", ("x.in",), {"x.in": "alpha==1.1\n"}, stderr="whole"),
    sync("095-in-file-forced", ("-n", "--force", "x.in"), {"x.in": "alpha==1.1\n"}, stderr="whole"),
    sync("096-plan", ("-n",), LOCK, OLD_ALPHA, FOREIGN),
    sync("096-nothing", ("-n",), LOCK, ALPHA, BETA),
    sync("096-quiet", ("-nq",), LOCK, OLD_ALPHA, BETA),
    sync("096-quiet-nothing", ("-q",), LOCK, ALPHA, BETA),
    sync("097-yes", ("-q", "--ask", *OFFLINE), LOCK, OLD_ALPHA, BETA, FOREIGN, stdin="y\n"),
    sync("097-no", ("--ask", *OFFLINE), LOCK, OLD_ALPHA, BETA, FOREIGN, stdin="n\n"),
    sync("097-end", ("--ask", *OFFLINE), LOCK, OLD_ALPHA, BETA, FOREIGN, stderr="lines"),
    sync("098", ("-q", *OFFLINE), LOCK, OLD_ALPHA, FOREIGN),
    sync("098-two", ("-q", *OFFLINE, "a.txt", "b.txt"), {"a.txt": "alpha==1.1\n", "b.txt": "beta==1.0\n"}, FOREIGN),
    sync("100-same", ("-n", "a.txt", "b.txt"), {"a.txt": "alpha==1.1\n", "b.txt": "alpha==1.1\n"}),
    sync("100-different", ("-n", "a.txt", "b.txt"), {"a.txt": "alpha==1.1\n", "b.txt": "alpha==1.0\n"}, stderr="whole"),
    sync("100-forced", ("-n", "--force", "a.txt", "b.txt"), {"a.txt": "alpha==1.1\n", "b.txt": "alpha==1.0\n"}),
    sync(
        "100-markers",
        ("-n", "a.txt", "b.txt"),
        {"a.txt": "alpha==1.1 ; python_version > '3'\n", "b.txt": "alpha==1.0 ; python_version < '3'\n"},
    ),
    sync("101", ("-n",), {"requirements.txt": "alpha==1.1 ; python_version < '3'\nbeta==1.0\n"}, ALPHA, BETA),
    sync("103-in-file", ("-q",), {"requirements.txt": "--index-url <http>/simple\nalpha==1.1\n"}),
    sync(
        "103-command-line",
        ("-q", "--index-url", "<http>/simple"),
        {"requirements.txt": "--index-url <http>/nowhere\n--extra-index-url <http>/neither\nalpha==1.1\n"},
    ),
    sync("104-pip-args", ("-q", *OFFLINE, "--pip-args", "--no-deps"), LOCK, OLD_ALPHA),
    sync(
        "106-hashed",
        ("-n",),
        {"requirements.txt": f"alpha==1.0\ngamma @ {GAMMA_URL}#sha256={GAMMA.sha256}\n"},
        OLD_ALPHA,
        Installed(GAMMA, ARCHIVE),
    ),
    sync(
        "106-plain",
        ("-n",),
        {"requirements.txt": f"alpha==1.0\ngamma @ {GAMMA_URL}\n"},
        OLD_ALPHA,
        Installed(GAMMA, ARCHIVE),
        expected=NOTHING_TO_DO + "alpha==1.0\ngamma==1.0\n",
    ),
    sync(
        "107",
        ("-n",),
        project("pkg", "proj") | {"requirements.txt": "-e ./pkg\n"},
        Installed(wheel("proj", "1.0"), EDITABLE),
        expected=NOTHING_TO_DO + "proj==1.0\n",
    ),
    sync("107-plan", ("-n",), project("pkg", "proj") | {"requirements.txt": "-e ./pkg\nalpha==1.1\n"}),
    sync("109", ("-q", *OFFLINE), {"requirements.txt": "delta==1.0\n"}, expected="exit 2\n"),
    Case("110-bad-path", ("--python-executable", "no/python"), LOCK, command="sync", stderr="whole"),
    sync(
        "110-egg-info",
        ("-n",),
        LOCK | {"stray.egg-info/PKG-INFO": "Metadata-Version: 2.1\nName: stray\nVersion: 1\n"},
        ALPHA,
        BETA,
        expected=NOTHING_TO_DO + "alpha==1.1\nbeta==1.0\n",
    ),
    sync(
        "112",
        ("-q", *OFFLINE),
        {"requirements.txt": "alpha==7.7\n"},
        BETA,
        expected="exit 2\n--- installed\nbeta==1.0\n",
    ),
)
