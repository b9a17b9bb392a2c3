"""Whatever a build asks goes through the index proxy: for compile and for sync, for every kind of source.

Each build needs a project that the configured index has in two versions, and a hostile index that only the machine's
own configuration of pip names has in a greater one.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from piptools_clone.errors import BuildFailure, IndexFailure
from piptools_clone.settings.config_options import parse_cut_off
from tests.security.build_world import WAYS, BuildWorld, offer_needed
from tests.support.packages import make_wheel
from tests.support.simple_index import SimpleIndex

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the interpreter that records is a shell script")
SOME = ["compile: a folder", "compile: the hooks of a backend", "sync: a folder", "sync: an editable"]
"""One for each command of pip's that is run."""


@pytest.fixture
def hostile(simple_index) -> SimpleIndex:
    found = simple_index()
    offer_needed(found, "99.0")
    return found


@pytest.fixture
def world(tmp_path: Path, hostile: SimpleIndex) -> BuildWorld:
    return BuildWorld(tmp_path, hostile)


@pytest.mark.parametrize("how", WAYS)
def test_a_build_asks_nothing_but_the_index_proxy(how, world, index, hostile) -> None:
    """No other address is asked, whatever keys stand in the pip.conf of the user or of an environment."""
    offer_needed(index, "1.0", "2.0")
    assert world.build(how, world.settings(index)) == "2.0"
    assert hostile.requests == []
    assert "/simple/needed/" in index.paths
    [(host, port)] = world.connections()
    assert host == "127.0.0.1"
    assert f":{port}/" not in index.url


@pytest.mark.parametrize("how", SOME[1:3])
def test_a_build_finds_nothing_where_nothing_may_be_asked(how, world, index, hostile) -> None:
    """``--no-index`` holds in builds, and ``--offline``: no connection is made at all."""
    offer_needed(index, "1.0")
    with pytest.raises(BuildFailure):
        world.build(how, world.settings(index, indexes=()))
    with pytest.raises(IndexFailure):
        world.build(how, world.settings(index), offline=True)
    assert world.connections() == set()
    assert (index.requests, hostile.requests) == ([], [])


@pytest.mark.parametrize("how", SOME[1:3])
def test_a_build_sees_local_folders_of_wheels(how, world, index) -> None:
    """``--find-links`` holds in builds, for a path with a blank too."""
    make_wheel("needed", "3.0", files={"needed.py": "VERSION = 'local'\n"}).write(world.root / "my wheels")
    settings = world.settings(index, indexes=(), find_links=(str(world.root / "my wheels"),))
    assert world.build(how, settings) == "local"


@pytest.mark.parametrize("how", SOME)
def test_constraints_and_a_cut_off_date_hold_in_builds(how, world, index) -> None:
    """The index proxy shows what had been uploaded by then, whatever options the installed pip knows."""
    offer_needed(index, "1.0", "2.0", upload_time="2024-01-01T00:00:00Z")
    offer_needed(index, "3.0", upload_time="2024-06-01T00:00:00Z")
    settings = world.settings(index, uploaded_prior_to=parse_cut_off("2024-03-01", None))
    assert world.build(how, settings, constraints=("needed!=2.0",)) == "1.0"


def test_a_cut_off_date_that_cannot_be_kept_in_a_build_is_an_error(world, index) -> None:
    offer_needed(index, "1.0", upload_time=None)
    settings = world.settings(index, uploaded_prior_to=parse_cut_off("2024-03-01", None))
    with pytest.raises(IndexFailure, match="tells no upload time"):
        world.build("sync: a folder", settings)


def test_a_quarantined_project_is_not_used_in_builds(world, index) -> None:
    offer_needed(index, "1.0")
    index.set_status("needed", "quarantined")
    with pytest.raises(BuildFailure):
        world.build("sync: a folder", world.settings(index))
