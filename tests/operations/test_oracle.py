"""Our pins against what the real pip chooses, where both are free to choose the newest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import groupby

import pytest
from packaging.utils import canonicalize_name

from tests.operations.universes import UNIVERSES, Universe
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

BATCH = 9  # universes that one run of pip answers: it takes half a second to start


def _batches() -> list[tuple[Universe, ...]]:
    found = []
    for _, group in groupby(UNIVERSES, lambda each: each.options):
        alike = tuple(group)
        found += [alike[start : start + BATCH] for start in range(0, len(alike), BATCH)]
    return found


def ask_pip(project: Project, *args: str) -> dict[str, str]:
    """What pip would install into an empty environment, by name.  It must agree to do it."""
    command = (sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed")
    done = subprocess.run(
        [*command, "--no-cache-dir", "--report", "report.json", *args],
        cwd=project.folder,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((project.folder / "report.json").read_text(encoding="utf-8"))
    metadata = [entry["metadata"] for entry in report["install"]]
    return {canonicalize_name(entry["name"]): entry["version"] for entry in metadata}


@pytest.mark.parametrize("batch", _batches(), ids=lambda batch: "+".join(each.name for each in batch))
def test_our_pins_are_those_of_pip(batch: tuple[Universe, ...], project: Project, index: SimpleIndex) -> None:
    for each in batch:
        each.offer(index)
    project.want("-c constraints.txt", *(line for each in batch for line in each.wanted))
    project.write("constraints.txt", *(line for each in batch for line in each.constraints))
    options = batch[0].options
    assert project.compile("--allow-unsafe", *options).pins == ask_pip(project, "-r", "requirements.in", *options)


@pytest.mark.parametrize("formats", [("json",), ("html",)])
def test_the_kind_of_page_does_not_matter(formats: tuple[str, ...], project: Project, index: SimpleIndex) -> None:
    """All universes that need no option, at once, on an index of one kind and with none of the newer facts."""
    index.formats = formats
    plain = [each for each in UNIVERSES if not each.options]
    for each in plain:
        each.offer(index)
    project.write("constraints.txt", *(line for each in plain for line in each.constraints))
    project.want("-c constraints.txt", *(line for each in plain for line in each.wanted))
    expected = project.compile("--generate-hashes").pins
    index.style = index.style._replace(sidecars=False, upload_times=False, sizes=False)
    assert (
        project.compile("--generate-hashes", "--upgrade", "--cache-dir", str(project.root / "other")).pins == expected
    )
