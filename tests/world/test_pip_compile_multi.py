"""The real pip-compile-multi compiles its layers with us: it calls ``python -m piptools``."""

from __future__ import annotations

from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.packages import make_wheel
from tests.world.place import Place
from tests.world.wheelhouse import ROOT, build_shim, pack

pytestmark = pytest.mark.skipif(
    find_spec("pipcompilemulti") is None, reason="tox installs it: as it requires pip-tools, no group of ours can"
)


@pytest.fixture
def team(place: Place) -> Place:
    """A project with two layers, and the tool beside us, with the shim and without pip-tools."""
    place.offer([make_wheel("idna", "3.0"), make_wheel("tool", "1.0", requires=["idna"])])
    place.env["PYTHONPATH"] = str(ROOT / "shim")
    place.write("requirements/base.in", "idna<3.1\n")
    place.write("requirements/test.in", "-r base.in\ntool\n")
    return place


def test_it_compiles_its_layers(team: Place, tmp_path: Path) -> None:
    """In an environment into which all of it was installed from an index."""
    team.env.pop("PYTHONPATH")
    team.offer([pack(distribution(name)) for name in ("pip-compile-multi", "toposort")])
    team.offer([build_shim(tmp_path / "build")])
    team.run(
        "python3 -m venv .venv\n"
        ".venv/bin/pip install --quiet piptools-clone-shim toposort\n"
        ".venv/bin/pip install --quiet --no-deps pip-compile-multi\n"
        ".venv/bin/pip-compile-multi --strip-extras --autoresolve"
    )
    base, test = team.read("requirements/base.txt"), team.read("requirements/test.txt")
    assert "\nidna==3.0\n    # via -r requirements/base.in\n" in base
    assert "\n-r base.txt\ntool==1.0\n    # via -r requirements/test.in\n" in test
    assert "idna==" not in test


def test_it_upgrades_one_package_and_hashes_all(team: Place) -> None:
    team.run("pip-compile-multi -g requirements/base.in")
    assert "--hash=sha256:" in team.read("requirements/base.txt")
    assert "--hash=sha256:" in team.read("requirements/test.txt")
    team.offer([make_wheel("idna", "3.0.1"), make_wheel("tool", "2.0", requires=["idna"])])
    team.run("pip-compile-multi -g requirements/base.in -P tool")
    assert "tool==2.0" in team.read("requirements/test.txt")
    assert "idna==3.0 " in team.read("requirements/base.txt")


def test_a_failure_is_told_in_our_words(team: Place) -> None:
    team.write("requirements/base.in", "idna>99\n")
    done = team.attempt("pip-compile-multi")
    assert done.returncode
    assert "No matching distribution found for idna>99" in done.stdout
