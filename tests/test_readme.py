"""What the README says is so: its commands run, its files are used, its help is the help.

After a change of options, ``python -m tests.test_readme`` writes the help into the README anew.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.support.packages import Package, make_wheel
from tests.support.pages import HELP, dead_links, help_text, unknown_options
from tests.support.simple_index import SimpleIndex
from tests.world.place import Place, blocks
from tests.world.wheelhouse import ROOT, copy_checkout, pack_wheelhouse

README = ROOT / "README.md"
BLOCKS = list(blocks(README.read_text("utf-8")))
SET_UP, SET_UP_TESTS, *USAGE = [body for info, body in BLOCKS if info == "sh"]
SECRET = "hunter2"


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> list[Package]:
    """Everything that may be installed."""
    return pack_wheelhouse(tmp_path_factory.mktemp("wheelhouse") / "project")


@pytest.fixture
def place(tmp_path: Path, index: SimpleIndex, wheelhouse: list[Package]) -> Place:
    """A user's place, whose index the README calls idx.example."""
    made = Place(tmp_path, index, tmp_path)
    made.offer([*wheelhouse, make_wheel("charset-normalizer", "3.0.0")])  # the wheelhouse has one for this machine only
    made.env |= {"INDEX_USER": "someone", "INDEX_PASSWORD": SECRET}
    return made


def test_the_first_command_sets_up_and_locks(place: Place, tmp_path: Path) -> None:
    place.work = copy_checkout(tmp_path / "checkout")
    said = place.run(SET_UP)
    assert "flask==3.1.0" in said
    assert "--hash=sha256:" in said


def test_the_second_command_runs_the_tests() -> None:
    """It would run this test, too; so it is held against what it runs, and the script of CI takes it from here."""
    assert SET_UP_TESTS.strip().endswith("&& .venv/bin/tox")
    assert "[testenv]" in (ROOT / "tox.ini").read_text("utf-8")


def test_the_commands_run_from_top_to_bottom(place: Place) -> None:
    """A file that is shown is written before the next command; the host of the index is put in place."""
    commands = 0
    for info, body in BLOCKS:
        kind, _, name = info.partition(" ")
        if kind == "sh" and not name and body not in (SET_UP, SET_UP_TESTS):
            place.run(body)
            commands += 1
        elif "." in name and not name.endswith("--help"):
            place.write(name, re.sub(r"https://(\S+@)idx\.example", rf"http://\g<1>{place.index.host}", body))
    assert commands == len(USAGE)
    written = "".join(path.read_text("utf-8") for path in place.work.glob("*.txt"))
    assert SECRET not in written
    assert "${INDEX_PASSWORD}" in written


@pytest.mark.parametrize("body", [body for info, body in BLOCKS if info == "sh held"])
def test_environments_that_are_named_exist(body: str) -> None:
    """These commands need pip-tools itself, or run the tests, so they only have to be possible."""
    config = (ROOT / "tox.ini").read_text("utf-8")
    for line in body.splitlines():
        words = shlex.split(line)
        assert words[:3] == ["tox", "run", "-e"]
        assert words[3].startswith("py3") or f"[testenv:{words[3]}]" in config
        assert all((ROOT / path).exists() for path in words[5:])


@pytest.mark.parametrize("command", ["pip-compile --help", "pip-sync --help"])
def test_the_help_is_the_help(command: str) -> None:
    shown = {match["command"]: match[0] for match in HELP.finditer(README.read_text("utf-8"))}
    assert shown[command] == help_text(command), "python -m tests.test_readme writes it anew"


def test_links_lead_somewhere() -> None:
    assert dead_links(README) == []


def test_every_promise_has_its_tests() -> None:
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| (\[[^|]+\)) \|$", README.read_text("utf-8"), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 52))
    for _, links in rows:
        tests = re.findall(r"\[(\w+)\]\((tests/[\w/]+\.py)\)", links)
        assert links == ", ".join(f"[{name}]({path})" for name, path in tests)
        assert all(Path(path).stem == name and (ROOT / path).is_file() for name, path in tests)


def test_options_that_are_named_exist() -> None:
    of_others = {"--mount", "--without-pip", "--dry-run", "--ignore-installed", "--requirement", "--quiet"}
    assert unknown_options(README.read_text("utf-8")) <= of_others


def main() -> None:
    """Write the help into the README."""
    text = README.read_text("utf-8")
    README.write_text(HELP.sub(lambda match: help_text(match["command"]), text), "utf-8")


if __name__ == "__main__":
    main()
