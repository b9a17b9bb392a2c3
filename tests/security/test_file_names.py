"""A file name from outside never leaves its folder, and what is fetched has a name of ours until it is verified."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.formats.filenames import is_safe
from piptools_clone.model.artifact import Artifact
from tests.support.packages import make_sdist
from tests.support.project import Project
from tests.support.simple_index import Answer, Fault, SimpleIndex
from tests.sync.project import Project as SyncProject

STATIC = make_sdist("a", "1.0", static=True)


@pytest.fixture
def environment(tmp_path: Path) -> SyncProject:
    return SyncProject(tmp_path)


@pytest.fixture
def server() -> Iterator[SimpleIndex]:
    with closing(SimpleIndex()) as made:
        yield made


@pytest.mark.parametrize("stated", [True, False])
def test_a_file_name_of_an_address_never_leaves_its_folder_at_sync(
    stated: bool, environment: SyncProject, server: SimpleIndex
) -> None:
    victim = environment.folder / "home" / ".bashrc"
    victim.parent.mkdir()
    victim.write_text("mine\n")
    for name in (quote(str(victim), safe=""), "..%2F..%2F..%2Fa-1.0.zip", "..%5Ca-1.0.zip", "%2E%2E", "C%3Aa-1.0.zip"):
        server.blobs[f"/x/{name}"] = ("application/zip", b"evil\n")
        hashes = " --hash=sha256:" + "0" * 64 if stated else ""
        environment.fails(f"a @ {server.root}/x/{name}{hashes}\n", PiptoolsCloneError, "file name")
    assert victim.read_text() == "mine\n"
    assert server.paths == [], "nothing is fetched that could not be named"


def test_a_file_name_of_an_address_never_leaves_its_folder_at_compile(project: Project, index: SimpleIndex) -> None:
    victim = project.home / ".bashrc"
    url = index.serve(f"/x/{quote(str(victim), safe='')}", b"evil\n")
    run = project.want(f"a @ {url}").compile()
    assert (run.code, run.lock) == (2, None)
    assert "file name" in run.err
    assert not victim.exists()


@pytest.mark.parametrize("key", ["filename", "url"])
@pytest.mark.parametrize("listing", ["index", "find-links"])
def test_a_file_name_of_a_page_never_leaves_its_folder(
    key: str, listing: str, project: Project, index: SimpleIndex
) -> None:
    victim = project.home / "a-1.0.zip"
    evil = f"a-1.0/../../../..{victim}"
    entry = {"filename": "a-1.0.zip", "url": "/x/a-1.0.zip", "hashes": {}} | {key: evil if key == "filename" else ""}
    entry["url"] = entry["url"] or f"/x/{quote(evil, safe='')}"
    body = json.dumps({"meta": {"api-version": "1.0"}, "name": "a", "files": [entry]}).encode()
    fault = Fault(body=body, headers={"Content-Type": "application/vnd.pypi.simple.v1+json"})
    index.fail_always("/simple/a/", fault)
    index.fail_always("/links/", fault)
    args = ("--find-links", f"{index.root}/links/", "--pip-args", "--no-index") if listing == "find-links" else ()
    run = project.want("a").compile(*args)
    assert run.lock is None
    assert not victim.exists()


class Watching(SimpleIndex):
    """Notes which files there are below a folder whenever it is asked for something."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: set[str] = set()
        super().__init__()

    def answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        self.seen.update(each.name for each in self.folder.rglob("*") if each.is_file())
        return super().answer(path, headers)


def test_what_is_fetched_has_a_name_of_ours_until_it_is_verified(environment: SyncProject) -> None:
    """Its own name, which a build wants, is given to it after its digest was compared."""
    with closing(Watching(environment.folder / "cache")) as server:
        url = server.serve("/x/a-1.0.tar.gz", STATIC.data)
        environment.fails(f"a @ {url} --hash=sha256:{'0' * 64}\n", PiptoolsCloneError, "digest")
        assert server.seen, "the file is open while it is fetched"
        assert "a-1.0.tar.gz" not in server.seen


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "/a",
        "C:a.zip",
        "a:b.zip",
        "a\n",
        "a\x1b[0m.zip",
        "a\u202e.zip",
        "a\u2028.zip",
        "a.zip.",
        "a.zip ",
        ".. ",
        "nul",
        "NUL.zip",
        "con.tar.gz",
        "COM1.zip",
        "lpt².zip",
        "a" * 241,
        "ä" * 200,
    ],
)
def test_names_that_no_system_could_misread(name: str) -> None:
    assert not is_safe(name)


@pytest.mark.parametrize(
    "name",
    [
        "a-1.0.tar.gz",
        "a-1!2.0+local.1.zip",
        ".hidden.zip",
        "-dash.zip",
        "con-1.0.tar.gz",
        "aux_tools.zip",
        "ä.zip",
        "A B (1).zip",
        "a" * 240,
        "v1.0~rc.zip",
    ],
)
def test_odd_names_that_are_honest(name: str) -> None:
    assert is_safe(name)


def test_an_artifact_of_an_address_has_a_safe_name() -> None:
    from piptools_clone.index.metadata.directs import archive_at

    assert archive_at("https://h.example/x/a%2B1-1.0.zip") == Artifact(
        "a+1-1.0.zip", "https://h.example/x/a%2B1-1.0.zip"
    )
    with pytest.raises(PiptoolsCloneError, match="file name"):
        archive_at("https://h.example/x/%2Fetc%2Fpasswd")
