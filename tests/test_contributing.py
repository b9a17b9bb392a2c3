"""What CONTRIBUTING.md says of the repository is so: map, links and commands."""

from __future__ import annotations

import re
import shlex
import tomllib
from itertools import pairwise

from tests.world.place import blocks
from tests.world.wheelhouse import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
PACKAGE = ROOT / "piptools_clone"
LIGHT = {"__init__.py", "__main__.py", "named_tuple.py", "py.typed", "version.py"}
"""Files of the package that need no line in the map."""


def test_the_map_shows_every_folder_and_nothing_else() -> None:
    shown = re.findall(r"^\| `([a-z_.]+)` \|", PAGE, re.MULTILINE)
    there = {path.name for path in PACKAGE.iterdir() if path.is_file() or (path / "__init__.py").is_file()}
    assert sorted(shown) == sorted(there - LIGHT)


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_commands_name_what_there_is() -> None:
    """Running them would run this test, too; environments of tox, groups and folders of tests have to be there."""
    environments = re.findall(r"^\[testenv:(\S+)\]", (ROOT / "tox.ini").read_text("utf-8"), re.MULTILINE)
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    words = [shlex.split(body, comments=True) for info, body in blocks(PAGE) if info == "sh held"]
    after = [(word, following) for body in words for word, following in pairwise(body)]
    named = [following for word, following in after if word == "-e"]
    assert named
    assert set(named) <= set(environments)
    assert {following for word, following in after if word == "--group"} <= set(groups)
    assert all((ROOT / word).is_dir() for body in words for word in body if word.startswith("tests/"))
