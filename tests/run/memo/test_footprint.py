"""What a run loads that does all of its work."""

from __future__ import annotations

from piptools_clone.run.memo.memo import SWITCH
from tests.run.memo.conftest import Place
from tests.support.packages import make_wheel

NETWORK = {"socket", "ssl", "http.client", "requests", "urllib3", "email", "concurrent.futures"}
FILES = {"pathlib", "shutil", "tempfile", "zipfile", "tarfile", "tomllib", "configparser", "html", "csv", "random"}
DIGESTS = {"hashlib", "datetime"}  # what this index says of its files is held against them
HEAVY = {"click", "dataclasses", "urllib.parse", "ipaddress", "uuid", "shlex", "difflib", *DIGESTS}
"""What a plain command line and plain addresses have no use for."""
OURS = {
    "http.driver",
    "http.connection",
    "http.proxy_backend",
    "index.direct",
    "index.page_html",
    "index.sdist",
    "projects",
    "solver.explain",
}
RARE_WAYS = {"http.tls", "index.metadata.wheel_range"}
"""How files are fetched other than over plain http, or other than with their metadata beside them."""
PARSERS = {"packaging.markers", "packaging.requirements", "packaging._parser", "packaging._tokenizer"}
USUAL = (
    "b[y]>=1,<2; extra == 'x'",
    "no (>=1); python_version < '3.8'",
    'no; sys_platform == "win32" and python_version >= "3.9"',
    'b!=1.5; (os_name != "nt" or python_version in "2.7 3.4") and implementation_name == "cpython"',
)


def test_a_run_with_a_filled_cache_loads_what_it_uses(place: Place) -> None:
    place.ready()
    ran = place.run("--generate-hashes", env={SWITCH: "0"})
    assert ran.code == 0
    assert ran.loaded & NETWORK == set()
    assert ran.loaded & (FILES | HEAVY) == set()
    assert ran.loaded & {f"piptools_clone.{name}" for name in OURS} == set()
    assert not any(name.startswith("piptools_clone.syncing") for name in ran.loaded)


def test_a_run_with_an_empty_cache_loads_what_it_uses(place: Place) -> None:
    ran = place.run("--generate-hashes", env={SWITCH: "0"})
    assert ran.code == 0
    assert ran.loaded & (NETWORK - {"socket"}) == set()
    assert ran.loaded & (FILES | HEAVY - DIGESTS) == set()
    assert (
        ran.loaded & {f"piptools_clone.{name}" for name in (OURS - {"http.driver", "http.connection"}) | RARE_WAYS}
        == set()
    )


def test_a_run_that_listens_loads_no_more_than_that(place: Place) -> None:
    place.ready()
    ours = [
        {name for name in place.run("--no-header", env={SWITCH: value}).loaded if name.startswith("piptools_clone")}
        for value in ("0", "1")
    ]
    assert ours[1] - ours[0] == {"piptools_clone.run.memo.compile_listener"}


def test_usual_requirements_are_read_without_a_parser(place: Place) -> None:
    place.project.index.add(make_wheel("c", "1.0", requires=USUAL, extras=["x"]))
    place.project.want("# usual", "a", "c[x] >= 1.0, <2")
    for _ in ("with an empty cache", "with the lock of before"):
        ran = place.run("--generate-hashes", "--no-annotate", "--no-header", env={SWITCH: "0"})
        pins = [line.split()[0] for line in (ran.lock or b"").decode().splitlines() if "==" in line]
        assert pins == ["a==1.0", "b==1.0", "c==1.0"]
        assert ran.loaded & PARSERS == set()


def test_an_unusual_marker_takes_one(place: Place) -> None:
    place.project.index.add(make_wheel("c", "1.0", requires=["b; 'ix' in os_name"]))
    place.project.want("c")
    assert place.run(env={SWITCH: "0"}).loaded & PARSERS != set()
