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


LAYERS = {
    "base": ("click", "pip-tools>=6.8.0", "toposort", "uv>=0.1.0  # a comment"),
    "test": ("-r base.in", "", "pytest", "pytest-cov", "more-itertools", "uv>=0.1.0"),
    "local": (
        *("-r test.in", "", "tox", "twine", "wheel", "bump2version", "flake8", "collective.checkdocs", "pygments"),
        *("pre-commit", "pipdeptree", "pylint", "pep8-naming", "pycodestyle", "pydocstyle", "pylint", "sphinx"),
    ),
    "testwin": ("-r test.in", "", "colorama < 1"),
}
"""What pip-compile-multi locks in its own repository, as it stood in 2026: a chain of three layers and a branch."""
ITS_LOCK = "requirements lock"  # the target `lock` of its Makefile


def test_its_own_repository_compiles(place: Place) -> None:
    """Its layers, from wheels of our own making: every name is locked once, in the layer that brings it."""
    lines = {line.split("  #")[0] for layer in LAYERS.values() for line in layer if line and line[:2] != "-r"}
    names = {line.replace("<", ">").split(">")[0].strip() for line in lines}
    place.offer([make_wheel(name, "6.8.0" if name == "pip-tools" else "0.2") for name in sorted(names)])
    place.env["PYTHONPATH"] = str(ROOT / "shim")
    for layer, wanted in LAYERS.items():
        place.write(f"requirements/{layer}.in", "".join(f"{line}\n" for line in wanted))
    place.run(ITS_LOCK)
    locks = {layer: place.read(f"requirements/{layer}.txt") for layer in LAYERS}
    pins = [line.split("==")[0] for lock in locks.values() for line in lock.splitlines() if "==" in line]
    assert {name.replace(".", "-") for name in names} <= set(pins)
    assert len(pins) == len(set(pins))
    assert [lock.count("-r test.txt") for lock in locks.values()] == [0, 0, 1, 1]
    place.run("pip-compile-multi verify")
