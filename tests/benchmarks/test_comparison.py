"""Comparing tools, with stand-ins for the tools and for the frozen index."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from benchmarks.frozen import INPUTS, MODES, Turns, compare, panels, pins, slow_summary, summary, table, tools
from benchmarks.near import KINDS, compare_near, full_table, near_table
from benchmarks.programs import clean_environ, measure
from tests.benchmarks.stand_ins import make_index, tool

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="scripts with an interpreter line")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return make_index(tmp_path / "index")


def test_tools_take_turns_in_every_mode(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.frozen.INPUTS", tmp_path / "none")
    ours, uv, slow = (tool(tmp_path, name, version) for name, version in [("a", "2"), ("b", "3"), ("c", "2")])
    [result] = compare(index, tools(ours, uv, slow), tmp_path / "work", Turns(2, 1))
    assert list(result.cells) == list(MODES)
    assert {name: len(cell.runs) for name, cell in result.cells["cold"].items()} == {
        "pip-compile": 2,
        "uv": 2,
        "pip-tools": 1,
    }
    assert list(result.cells["stale"]) == ["pip-compile", "uv"]
    assert result.cells["cold"]["uv"].requests == 3
    assert result.differences() == ["baz 2 (uv: 3)"]
    caches = {path.name for path in (tmp_path / "work" / "trio").glob("cache-uv-*")}
    assert caches == {"cache-uv--1", "cache-uv-0", "cache-uv-1", "cache-uv-stale"}
    [head, _, line] = summary([result])
    assert line.startswith("| trio | 2 | ")
    assert line.endswith("| 1 differ |")
    assert head.count("|") == line.count("|")
    assert list(table([result]))[-1] == "\ntrio, pins that are not those of uv: baz 2 (uv: 3)."
    assert list(slow_summary([result]))[2].startswith("| trio | 0.")
    rows = [dots.rows for dots in panels([result], ["pip-compile", "pip-tools"])]
    assert [values[1] is None for [(_, values)] in rows] == [False, True, True, False, True, False]


def test_indexes_near_by_are_of_three_kinds(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.near.SOURCES", ("trio",))
    ours, uv = (tool(tmp_path, name, "2") for name in ("a", "b"))
    results = compare_near(index, tools(ours, uv, None), tmp_path / "work", 2)
    assert [(each.kind, each.source) for each in results] == [(kind, "trio") for kind in KINDS]
    assert {name: len(runs) for name, runs in results[0].runs.items()} == {"pip-compile": 2, "uv": 2}
    table = list(near_table(results))
    assert [line.split("|")[1].strip() for line in table[2:]] == list(KINDS)
    assert len({line.count("|") for line in table}) == 1
    assert len(list(full_table(results))) == 2 + 2 * len(KINDS)
    assert {path.name for path in (tmp_path / "work" / "tls" / "trio").glob("cache-uv-*")} == {
        "cache-uv--1",
        "cache-uv-0",
        "cache-uv-1",
    }


def test_without_pip_tools_there_is_no_table_of_it(tmp_path: Path) -> None:
    assert [each.name for each in tools("ours", "uv", None)] == ["pip-compile", "uv"]
    assert list(slow_summary([])) == []


def test_pins_are_read_with_extras_and_any_spelling() -> None:
    assert pins("Foo_Bar[x]==1.0 \\\n    --hash=sha256:0\nbaz==2 ; sys_platform == 'linux'\n# a==1\n") == {
        "foo-bar": "1.0",
        "baz": "2",
    }


def test_a_tool_that_fails_ends_the_comparison(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"ended with 3:\nno such thing"):
        measure([sys.executable, "-c", "print('no such thing'); exit(3)"], clean_environ(tmp_path / "home"))


def test_settings_of_this_machine_do_not_reach_the_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://idx.example/simple")
    monkeypatch.setenv("UV_INDEX_URL", "https://idx.example/simple")
    environ = clean_environ(tmp_path / "home")
    assert not {"PIP_INDEX_URL", "UV_INDEX_URL"} & environ.keys()
    assert environ["HOME"] == str(tmp_path / "home")


@pytest.mark.parametrize("path", sorted(INPUTS.glob("*")), ids=lambda path: path.name)
def test_inputs_name_projects_alone(path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("# ")]
    included = {INPUTS / line.removeprefix("-c ") for line in lines if line.startswith("-c ")}
    assert all(each.is_file() for each in included)
    requirements = [Requirement(line) for line in lines if not line.startswith("-c ")]
    assert requirements
    assert not any(requirement.url for requirement in requirements)
