"""The Dockerfiles keep to what makes images small, quick to rebuild, and safe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.world.engine import Instruction, parse_dockerfile
from tests.world.wheelhouse import ROOT

FOLDER = ROOT / "examples" / "docker"
KNOWN = {"FROM", "ENV", "RUN", "COPY", "USER", "ENTRYPOINT"}  # ADD and the shell form of CMD are left out on purpose
Dockerfile = list[Instruction]


@pytest.fixture(params=["Dockerfile", "Dockerfile.single"])
def dockerfile(request: pytest.FixtureRequest) -> Dockerfile:
    """The instructions of one Dockerfile."""
    return list(parse_dockerfile((FOLDER / request.param).read_text("utf-8")))


def rests(dockerfile: Dockerfile, word: str) -> list[str]:
    """What stands behind an instruction, each time it stands there."""
    return [instruction.rest for instruction in dockerfile if instruction.word == word]


def test_only_known_instructions(dockerfile: Dockerfile) -> None:
    assert {instruction.word for instruction in dockerfile} <= KNOWN
    assert dockerfile[0].word == "FROM"


def test_base_images_have_a_version(dockerfile: Dockerfile) -> None:
    for rest in rests(dockerfile, "FROM"):
        tag = rest.split()[0].rpartition(":")[2]
        assert tag[0].isdigit(), rest


def test_the_program_does_not_run_as_root(dockerfile: Dockerfile) -> None:
    words = [instruction.word for instruction in dockerfile]
    assert rests(dockerfile, "USER")[-1] not in {"root", "0"}
    assert words[-2:] == ["USER", "ENTRYPOINT"]
    assert json.loads(rests(dockerfile, "ENTRYPOINT")[-1])  # the form that hands on signals


def test_downloads_are_cached_where_the_tools_look_for_them(dockerfile: Dockerfile) -> None:
    caches = {"pip install": "/root/.cache/pip", "pip-sync": rests(dockerfile, "ENV")[0].partition("=")[2]}
    for instruction in dockerfile:
        for command, folder in caches.items():
            if instruction.word == "RUN" and command in instruction.rest:
                assert dict(instruction.flags)["mount"] == f"type=cache,target={folder}"


def test_packages_are_a_layer_of_their_own(dockerfile: Dockerfile) -> None:
    """A change of the application must not install the packages anew."""
    lines = [f"{instruction.word} {instruction.rest}" for instruction in dockerfile]
    (synced,) = (number for number, line in enumerate(lines) if "pip-sync" in line)
    copied = [number for number, line in enumerate(lines) if line.startswith("COPY app.py")]
    assert copied[0] > synced


def test_the_context_holds_what_is_copied_and_no_more(dockerfile: Dockerfile) -> None:
    ignored = (FOLDER / ".dockerignore").read_text("utf-8").split()
    copied = {
        instruction.rest.split()[0]
        for instruction in dockerfile
        if instruction.word == "COPY" and not instruction.flags
    }
    assert ignored[0] == "*"
    assert {line.removeprefix("!") for line in ignored[1:]} == copied


def test_stages_that_are_copied_from_exist(dockerfile: Dockerfile) -> None:
    names = {rest.partition(" AS ")[2] for rest in rests(dockerfile, "FROM")}
    sources = {dict(instruction.flags).get("from") for instruction in dockerfile if instruction.word == "COPY"}
    assert sources - {None} <= names


def test_both_files_are_in_the_readme() -> None:
    text = Path(FOLDER, "README.md").read_text("utf-8")
    assert all(path.name in text for path in FOLDER.glob("Dockerfile*"))
