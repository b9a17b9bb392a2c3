"""What another tool left in an environment is foreign: it holds no run up, fills no memory and reaches no terminal."""

from __future__ import annotations

import configparser
import contextlib
import os
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from piptools_clone.environment import installed
from piptools_clone.environment.installed import read_installed
from piptools_clone.environment.plain_file import read_plain
from piptools_clone.environment.record_file import MAX_LINES, RecordLine, parse_record, render_record
from piptools_clone.environment.venv import read_traits
from piptools_clone.formats.ini import parse_sections
from piptools_clone.model.requirement import Origin, Requirement
from piptools_clone.syncing.plan import satisfies
from piptools_clone.syncing.verify import find_drift
from piptools_clone.wheels.checked_wheel import parse_entry_points
from piptools_clone.wheels.wheel_paths import WheelFault
from tests.support.packages import make_wheel
from tests.sync.environments import Environment, make_environment

STANDINS: dict[str, Callable[[Path], object]] = {
    "a named pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a folder": lambda path: path.mkdir(),
}


@pytest.fixture(params=STANDINS)
def put(request: pytest.FixtureRequest) -> Callable[[Path], object]:
    return STANDINS[request.param]


TEXTS = ["METADATA", "RECORD", "INSTALLER", "direct_url.json"]


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_of_a_distribution_is_a_regular_file(name: str, put: Callable[[Path], object], tmp_path: Path) -> None:
    info = tmp_path / "evil-1.0.dist-info"
    info.mkdir()
    put(info / name)
    [evil] = read_installed([tmp_path])
    assert evil.read(name) is None
    assert (evil.requires, evil.files(), evil.installer, evil.direct_url) == ((), None, "", None)


def test_so_is_what_an_old_tool_left(put: Callable[[Path], object], tmp_path: Path) -> None:
    put(tmp_path / "link.egg-link")
    put(tmp_path / "single.egg-info")
    source = tmp_path / "source"
    (source / "linked.egg-info").mkdir(parents=True)
    put(source / "linked.egg-info" / "PKG-INFO")
    (tmp_path / "linked.egg-link").write_text(f"{source}\n")
    assert {each.version for each in read_installed([tmp_path])} <= {""}


def test_nothing_is_looked_for_where_the_run_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "linked.egg-info").mkdir()
    (tmp_path / "linked.egg-info" / "PKG-INFO").write_text("Name: linked\nVersion: 7\n")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "linked.egg-link").write_text(".\n")
    monkeypatch.chdir(tmp_path)
    assert [each.version for each in read_installed([tmp_path / "site"])] == [""]


def test_so_is_what_tells_python_of_its_environment(put: Callable[[Path], object], tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    put(tmp_path / "pyvenv.cfg")
    assert read_traits(str(tmp_path / "bin" / "python")) is None


def test_a_text_larger_than_any_sensible_one_is_none(tmp_path: Path) -> None:
    info = tmp_path / "evil-1.0.dist-info"
    info.mkdir()
    with (info / "METADATA").open("wb") as file:
        file.truncate(installed.MAX_TEXT + 1)
    tracemalloc.start()
    [evil] = read_installed([tmp_path])
    assert evil.read("METADATA") is None
    tracemalloc.stop()
    with pytest.raises(OSError, match="large"):
        read_plain(str(info / "METADATA"), 10)


def test_a_record_of_very_many_lines_is_none() -> None:
    with pytest.raises(ValueError, match="more than"):
        parse_record("a,,\n" * (MAX_LINES + 1))
    assert len(parse_record("a,,\n" * 10)) == 10


def test_what_is_shown_of_a_distribution_is_harmless(tmp_path: Path) -> None:
    """And a version of thousands of digits, which `int` refuses, is none."""
    (tmp_path / "e\x1b[31mvil-1.0\x1b]0;x\x07.dist-info").mkdir()
    info = tmp_path / "large.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: large\nVersion: {'1' * 5000}\n")
    large, evil = sorted(read_installed([tmp_path]), key=lambda each: each.name != "large")
    assert (evil.name, evil.version) == (r"e\x1b[31mvil", r"1.0\x1b]0;x\x07")
    assert large.version == "1" * 509 + "..."
    assert (
        satisfies(large, Requirement("large", (), SpecifierSet("==1"), Origin("lock", 1, ""))) == f"is {'1' * 197}..."
    )


def test_deep_json_is_none(tmp_path: Path) -> None:
    info = tmp_path / "evil-1.0.dist-info"
    info.mkdir()
    (info / "direct_url.json").write_text("[" * 200_000)
    [evil] = read_installed([tmp_path])
    assert evil.direct_url is None
    assert not evil.is_editable


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    made = make_environment(tmp_path)
    made.change(make_wheel("evil", "1.0"))
    return made


def record(environment: Environment, *lines: RecordLine) -> None:
    path = environment.site / "evil-1.0.dist-info" / "RECORD"
    path.write_text(path.read_text() + render_record(lines))


@pytest.mark.parametrize("path", ["a\0b/c.py", "x/" * 300_000 + "y", "a" * 300, "x/" * 2_000 + "y"])
def test_what_no_file_can_be_called_is_no_file(path: str, environment: Environment) -> None:
    """Neither when it goes nor when something else does."""
    record(environment, RecordLine(path))
    environment.change(make_wheel("other", "1.0"))
    environment.change(remove=["other"])
    environment.change(remove=["evil"])
    assert environment.names() == []


@pytest.mark.parametrize("kind", ["a named pipe", "a device"])
def test_no_digest_is_made_of_what_is_no_regular_file(kind: str, environment: Environment) -> None:
    STANDINS[kind](environment.site / "endless")
    record(environment, RecordLine("endless", "sha256=x"))
    [evil] = environment.installed()
    assert find_drift(evil) == "endless cannot be read"


def test_a_digest_without_a_length_is_none(environment: Environment) -> None:
    record(environment, RecordLine("evil.py", "shake_128=x"))
    [evil] = environment.installed()
    assert find_drift(evil) == "evil.py cannot be read"


@pytest.mark.parametrize("unit", ["x\n", " x\n", "[a]\nx\n", "#\n", "\n", "a = b:c\n", " = \n"])
def test_entry_points_are_read_in_linear_time(unit: str) -> None:
    """Half a megabyte of lines that are no pairs took `configparser` hours."""
    with contextlib.suppress(WheelFault):
        parse_entry_points("evil-1.0-py3-none-any.whl", "[console_scripts]\na = b:c\n" + unit * (1 << 18), "evil")


LINES = st.lists(
    st.sampled_from(["[a]", "[console_scripts]", " [b] ", "[]", "[x", "x = y:z", "  x=y", "p = q = r", "#c", "; c", ""])
    | st.text("ab =[]#;\t\r", max_size=8),
    max_size=8,
)


@given(LINES)
def test_sections_are_those_of_configparser(lines: list[str]) -> None:
    text = "\n".join(lines)
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False, default_section="\0")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text)
        expected = {name: {key: value.rstrip() for key, value in parser[name].items()} for name in parser.sections()}
    except configparser.Error:
        expected = None
    try:
        found = {
            name: {key: "\n".join(filter(None, value.split("\n"))) for key, value in pairs.items()}
            for name, pairs in parse_sections(text).items()
        }
    except ValueError:
        found = None
    if expected is not None:
        expected = {
            name: {key: "\n".join(filter(None, value.split("\n"))) for key, value in pairs.items()}
            for name, pairs in expected.items()
        }
    assert found == expected
