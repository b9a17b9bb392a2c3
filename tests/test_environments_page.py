"""What the page on many environments says is so: its commands run, its files are used, its locks are written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.packages import make_sdist, make_wheel
from tests.support.pages import dead_links, unknown_options
from tests.support.simple_index import SimpleIndex
from tests.world.place import Place, blocks
from tests.world.wheelhouse import ROOT

PAGE = ROOT / "docs" / "environments.md"
TEXT = PAGE.read_text("utf-8")
BLOCKS = list(blocks(TEXT))
OF_OTHERS = {"--count", "--max-count", "--dry-run", "--ignore-installed", "--requirement"}
INDEX, FILES = "https://idx.example", "https://files.example"


@pytest.fixture
def place(tmp_path: Path, index: SimpleIndex) -> Place:
    """A user's place, whose index has what the page asks for."""
    for version, python in (("2.0.2", ">=3.9"), ("2.2.6", ">=3.10"), ("2.3.5", ">=3.11")):
        index.add(make_wheel("numpy", version, requires_python=python))
    for version in ("7.0", "8.1.8"):
        index.add(make_wheel("click", version, requires=['colorama; platform_system == "Windows"']))
    for name, version in (("colorama", "0.4.6"), ("pytest", "8.4.2")):
        index.add(make_wheel(name, version))
    index.add(make_wheel("installer", "1.0", requires=["click<8"]))
    index.add(make_wheel("website", "1.0", requires=["click>=8"]))
    index.add(make_sdist("computed", "1.0"))
    for platform in ("manylinux_2_28_x86_64", "win_amd64", "macosx_14_0_arm64"):
        index.add(make_wheel("native", "2.0", tag=f"py3-none-{platform}"))
        index.add(make_wheel("torch", "2.9.1", tag=f"py3-none-{platform}"))
        if "macosx" not in platform:
            index.add(make_wheel("native", "3.0", tag=f"py3-none-{platform}"))
    return Place(tmp_path, index, tmp_path)


@pytest.fixture
def torch_for_processors(simple_index: type[SimpleIndex]) -> SimpleIndex:
    """An index of local versions, which also serves their wheel at an address."""
    other = simple_index()
    wheel = make_wheel("torch", "2.9.1+cpu", tag="py3-none-manylinux_2_28_x86_64")
    other.add(wheel)
    other.serve(f"/{wheel.filename}", wheel.data)
    return other


def test_the_page_is_so_from_top_to_bottom(place: Place, torch_for_processors: SimpleIndex) -> None:
    """A file that is shown is written before the next command; hosts are put in place of those of the page."""
    other = torch_for_processors
    said = ""
    for info, body in BLOCKS:
        kind, _, what = info.partition(" ")
        if kind == "sh" and what == "fails":
            done = place.attempt(body)
            assert done.returncode in (1, 2), body
            said = done.stdout
        elif kind == "sh":
            place.run(body)
        elif kind == "python":
            place.write("program.py", body)
            place.run(f"{sys.executable} program.py", PYTHONPATH=str(ROOT))
        elif what == "says":
            assert said == body
        elif what.startswith("lock "):
            assert "".join(pins(place.read(what.removeprefix("lock ")))) == body, what
        else:
            place.write(what, body.replace(f"{INDEX}/cpu", other.url).replace(FILES, other.root))
    assert place.read("torch.txt").count("\ntorch") == 2
    assert place.installed() >= {"click", "numpy"}


def pins(lock: str) -> Iterator[str]:
    """The lines of a lock without its header and options."""
    lines = lock.splitlines(keepends=True)
    return (line for line in lines if not line.startswith(("#", "--")) and line.strip())


def test_every_block_is_known() -> None:
    """So that none is passed over."""
    for info, _ in BLOCKS:
        kind, _, what = info.partition(" ")
        assert (kind, what) in {("sh", ""), ("sh", "fails"), ("python", ""), ("text", "says")} or "." in what, info


def test_links_lead_somewhere() -> None:
    assert dead_links(PAGE) == []
    assert "docs/environments.md" in (ROOT / "README.md").read_text("utf-8")


def test_options_that_are_named_exist() -> None:
    assert unknown_options(TEXT) <= OF_OTHERS


@pytest.mark.parametrize("option", ["universal", "environment", "required-environment", "fork-strategy", "target"])
def test_every_option_of_this_is_shown_in_a_command(option: str) -> None:
    commands = "".join(body for info, body in BLOCKS if info.startswith("sh"))
    assert f"--{option} " in commands
