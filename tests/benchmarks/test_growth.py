"""The made-up projects, and how their growth is told."""

from __future__ import annotations

import sys
import urllib.request
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from benchmarks.programs import Run, server
from benchmarks.synthetic import Growth, Row, compile_world, exponent, panels, summary, table
from benchmarks.worlds import FAMILIES, Family

PIP_COMPILE = """#!{python}
import sys
sys.path.insert(0, {root!r})
from piptools_clone.cli.compile_entry import main
main()
"""
ROOT = Path(__file__).parent.parent.parent


def row(size: int, seconds: float) -> Row:
    run = Run(seconds, seconds, 30.0)
    return Row(size, run, run, run)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_everything_that_is_required_is_there(family: Family) -> None:
    world = family.make(10)
    lines = {line for versions in world.projects.values() for needs in versions.values() for line in needs}
    for requirement in map(Requirement, [*world.roots, *lines]):
        versions = world.projects[requirement.name]
        assert any(requirement.specifier.contains(version) for version in versions), requirement


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_sizes_grow(family: Family) -> None:
    assert list(family.sizes) == sorted(set(family.sizes))
    assert len(family.sizes) > 2


@pytest.mark.skipif(sys.platform == "win32", reason="a script with an interpreter line")
def test_a_world_is_compiled_from_its_index(tmp_path: Path) -> None:
    program = tmp_path / "pip-compile"
    program.write_text(PIP_COMPILE.format(python=sys.executable, root=str(ROOT)))
    program.chmod(0o755)
    measured = compile_world(str(program), tmp_path, FAMILIES["ladder"], 3)
    assert measured.size == 3
    assert measured.memory > 5
    lock = (tmp_path / "ladder-3" / "requirements.txt").read_text()
    assert "project-0==1.0 \\\n    --hash=sha256:" in lock


def test_an_index_answers_only_for_what_it_holds(tmp_path: Path) -> None:
    source = tmp_path / "requirements.in"
    with server([sys.executable, "-m", "benchmarks.server", "lines", "2", str(source)]) as url:
        assert source.read_text() == "project-0>=1\nproject-1>=1\n"
        with urllib.request.urlopen(url + "project-1/") as answer:
            assert b"project_1-2.0-py3-none-any.whl" in answer.read()
        with pytest.raises(urllib.error.HTTPError, match="404") as missing:
            urllib.request.urlopen(url + "project-2/")
        missing.value.close()


@pytest.mark.parametrize(("seconds", "power"), [((0.4, 1.3), 1.0), ((0.4, 10.3), 2.0), ((0.4, 0.4), 0.0)])
def test_the_power_is_that_of_what_is_above_the_start(seconds: tuple[float, float], power: float) -> None:
    rows = [row(10, 0.3), row(100, seconds[0]), row(1000, seconds[1])]
    assert exponent(Run(0.3, 0.3, 30.0), rows, "cold") == pytest.approx(power, abs=0.01)


def test_tables_and_panels_show_every_family() -> None:
    growth = Growth(row(1, 0.1), {name: [row(10, 0.2), row(100, 0.5), row(1_000, 2.0)] for name in FAMILIES})
    assert [line for line in summary(growth) if line.startswith("| lines of the input ")] == [
        "| lines of the input | 1,000 | 2.00 s | 2.00 s | 2.00 s | 30 MB | 0.7, 0.7 |"
    ]
    assert "| depth | 1,000 | 2.00 (2.00) | 2.00 (2.00) | 2.00 (2.00) | 30 MB |" in table(growth)
    drawn = panels(growth, lambda run: run.wall)
    assert [panel.title for panel in drawn] == list(FAMILIES)
    assert drawn[0].curves[0].points == [(10, 0.2), (100, 0.5), (1_000, 2.0)]
