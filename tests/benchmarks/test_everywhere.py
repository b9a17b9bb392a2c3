"""Comparing locks for many environments, with stand-ins for the tools and for the frozen index."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.everywhere import MODES, OLDEST, Lock, compare_everywhere, everywhere_table, read_lock
from benchmarks.frozen import tools
from tests.benchmarks.stand_ins import make_index, tool

LOCK = """\
# This is a lock ; no pin==1
Foo_Bar[x]==1.0 ; python_version < "3.12" \\
    --hash=sha256:00
    # via -r a.in ; b
Foo_Bar[x]==2.0 ; python_version >= "3.12" \\
    --hash=sha256:00
baz==1
qux==3 ; os_name == 'nt'
"""


def test_pins_packages_at_several_versions_and_markers_are_counted() -> None:
    written = ('python_version < "3.12"', 'python_version >= "3.12"', "os_name == 'nt'")
    assert read_lock(LOCK) == Lock(pins=4, split=1, characters=sum(map(len, written)))


def test_a_lock_without_markers() -> None:
    assert read_lock("baz==1\n") == Lock(1, 0, 0)
    assert read_lock("") == Lock(0, 0, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="scripts with an interpreter line")
def test_tools_take_turns_cold_and_with_an_input_that_was_edited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = make_index(tmp_path / "index")
    ours = tool(tmp_path, "a", "2 ; os_name == 'nt'")
    uv = tool(tmp_path, "b", "2")
    [result] = compare_everywhere(index, tools(ours, uv, None), tmp_path / "work", 2)
    assert list(result.runs) == list(MODES)
    assert {name: len(runs) for name, runs in result.runs["cold"].items()} == {"pip-compile": 2, "uv": 2}
    assert result.locks == {"pip-compile": Lock(2, 0, len("os_name == 'nt'")), "uv": Lock(2, 0, 0)}
    assert result.ratio("cold") > 0
    here = tmp_path / "work" / "trio"
    assert {path.name for path in here.glob("cache-uv-*")} == {
        "cache-uv--1",
        "cache-uv-0",
        "cache-uv-1",
        "cache-uv-full",
    }
    assert (here / "trio.in").read_text() == "foo-bar\n# edited, turn 1\n"
    head, rule, line = everywhere_table([result])
    assert len({text.count("|") for text in (head, rule, line)}) == 1
    assert line.startswith("| trio | 2 (2) | 0 (0) | 15 (0) | ")
    assert "| trio | edited | uv | " in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="a script with an interpreter line")
def test_each_tool_is_asked_for_the_same_environments(tmp_path: Path) -> None:
    words = tmp_path / "words"
    programs = []
    for name in ("a", "b"):
        program = Path(tool(tmp_path, name, "2"))
        program.write_text(f"{program.read_text()}\nopen({str(words)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n")
        programs.append(str(program))
    compare_everywhere(make_index(tmp_path / "index"), tools(*programs, None), tmp_path / "work", 1)
    asked = [line.partition("--universal ")[2] for line in words.read_text().splitlines()]
    assert asked == [f"--python-version >={OLDEST}", f"--python-version {OLDEST}"] * (len(MODES) * 2)
