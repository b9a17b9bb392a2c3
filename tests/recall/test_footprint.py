"""What a run loads that has all of its pages in the cache, and does all of its work."""

from __future__ import annotations

from piptools_clone.recall.lookup import SWITCH
from tests.recall.conftest import Place

NETWORK = {"socket", "ssl", "http.client", "requests", "urllib3", "email", "concurrent.futures"}
FILES = {"pathlib", "shutil", "tempfile", "zipfile", "tarfile", "tomllib", "configparser", "html", "csv", "random"}
OURS = {
    "index.lane",
    "index.direct",
    "index.wire_requests",
    "index.page_html",
    "index.sdist",
    "projects",
    "solver.explain",
}


def test_a_run_with_a_filled_cache_loads_what_it_uses(place: Place) -> None:
    place.ready()
    ran = place.run("--generate-hashes", env={SWITCH: "0"})
    assert ran.code == 0
    assert ran.loaded & NETWORK == set()
    assert ran.loaded & FILES == set()
    assert ran.loaded & {f"piptools_clone.{name}" for name in OURS} == set()
    assert not any(name.startswith("piptools_clone.sync") for name in ran.loaded)


def test_a_run_that_listens_loads_no_more_than_that(place: Place) -> None:
    place.ready()
    ours = [
        {name for name in place.run("--no-header", env={SWITCH: value}).loaded if name.startswith("piptools_clone")}
        for value in ("0", "1")
    ]
    assert ours[1] - ours[0] == {"piptools_clone.recall.recorder"}
