"""In a build pip's own network is the index proxy alone, and what comes by that is held against all that is said of it.

A requirement of a build may name an address itself (PEP 508), and pip would fetch that past every index.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from piptools_clone.build.index_proxy import IndexProxy, index_proxy_for
from piptools_clone.errors import BuildFailure, HashMismatch, IndexFailure
from piptools_clone.model.artifact import Artifact
from piptools_clone.settings.index_settings import IndexSettings
from tests.security.build_world import BuildWorld, offer_needed
from tests.support.packages import make_sdist, make_wheel
from tests.support.simple_index import SimpleIndex

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the interpreter that records is a shell script")
NEEDED = make_wheel("needed", "66.0", files={"needed.py": "VERSION = '66.0'\n"})
SHA512 = "ab" * 64


@pytest.fixture
def stranger(simple_index) -> SimpleIndex:
    """A server that nobody has configured."""
    found = simple_index()
    found.serve(f"/{NEEDED.filename}", NEEDED.data)
    return found


@pytest.fixture
def world(tmp_path: Path, stranger: SimpleIndex) -> BuildWorld:
    return BuildWorld(tmp_path, stranger)


def archive(world: BuildWorld, needed: str, *, dynamic: bool = False) -> str:
    """A source distribution whose build asks for something, statically or by a hook of its backend."""
    backend = (world.project() / "own_backend.py").read_text()
    if dynamic:
        backend = backend.replace("import needed\n", "").replace("str(needed.VERSION)", "'built'")
        backend += f"\ndef get_requires_for_build_wheel(config_settings=None):\n    return [{needed!r}]\n"
    made = make_sdist("a", "1.0", build_requires=[] if dynamic else [needed], backend=backend)
    return made.write(world.root / "archives").as_uri()


def build(world: BuildWorld, url: str, settings: IndexSettings, **options: object) -> None:
    from piptools_clone.build.build_options import BuildOptions
    from piptools_clone.build.pip_build import PipBuilder
    from piptools_clone.model.policy import Policy

    environ = {"PATH": os.environ["PATH"], "HOME": str(world.home)}
    PipBuilder(
        settings, Policy(), environ=environ, announce=str, python=str(world.python), options=BuildOptions(**options)
    ).build(url, "a")


@pytest.mark.parametrize("where", ["an index", "no index", "offline"])
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "of a hook"])
def test_a_build_fetches_from_no_address_of_its_own(dynamic, where, world, index, stranger) -> None:
    """With an index, with --no-index and with --offline: the address that a source names for its build is not asked."""
    url = archive(world, f"needed @ {stranger.root}/{NEEDED.filename}", dynamic=dynamic)
    settings = world.settings(index, **({"indexes": ()} if where == "no index" else {}))
    is_offline = where == "offline"
    with pytest.raises(IndexFailure if is_offline and dynamic else BuildFailure) as caught:
        build(world, url, settings, offline=is_offline)
    assert stranger.requests == []
    assert ("run once without --offline" if is_offline and dynamic else "configured indexes only") in str(caught.value)


def test_a_build_asks_no_other_service_of_this_machine_with_the_password_of_the_proxy(world, index, stranger) -> None:
    """The password is known by host, and others may listen on another port of it."""
    stranger.auth = ("somebody", "else")
    url = archive(world, f"needed @ {stranger.root}/{NEEDED.filename}", dynamic=True)
    with pytest.raises(BuildFailure):
        build(world, url, world.settings(index))
    assert stranger.requests == []


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_offline_git_asks_no_other_machine_either(world, index, stranger) -> None:
    """A hook of a backend may name a repository, which pip has git fetch."""
    url = archive(world, f"needed @ git+{stranger.root}/x.git", dynamic=True)
    with pytest.raises(IndexFailure, match="offline"):
        build(world, url, world.settings(index), offline=True)
    assert stranger.requests == []


@pytest.mark.parametrize("address", ["git+https://host.example/x.git", "https://host.example/x.zip"])
def test_a_source_that_names_an_address_for_its_build_is_refused_before_it_is_built(address, world, index) -> None:
    """A repository is fetched by a program of its own, which no proxy of pip's holds."""
    with pytest.raises(BuildFailure, match=r"needed @ (git\+)?https://host.example.*configured indexes only"):
        build(world, archive(world, f"needed @ {address}"), world.settings(index))
    assert world.connections() == set()


def test_the_address_of_an_own_project_is_the_word_of_the_user(world, index, stranger) -> None:
    """What stands in a folder of this machine is followed, as pip does; offline nothing is."""
    folder = world.project(needs=f"needed @ {stranger.root}/{NEEDED.filename}")
    build(world, folder.as_uri(), world.settings(index))
    assert stranger.paths == [f"/{NEEDED.filename}"]
    with pytest.raises(IndexFailure):
        build(world, folder.as_uri(), world.settings(index), offline=True)
    assert stranger.paths == [f"/{NEEDED.filename}"]


@pytest.mark.parametrize("options", [{}, {"offline": True}], ids=["no index", "offline"])
def test_no_build_sees_the_password_of_a_proxy(options, tmp_path, world, index) -> None:
    """Not where it needs no index either."""
    spied = tmp_path / "spied"
    backend = f"\nimport json, os\njson.dump(dict(os.environ), open({str(spied)!r}, 'w'))\n"
    made = make_sdist("b", "1.0", backend=_backend_of(tmp_path) + backend)
    settings = world.settings(index, indexes=(), proxy="http://me:s3cret@proxy.example:3128", client_cert="/my/key.pem")
    build(world, made.write(tmp_path / "archives").as_uri(), settings, **options)
    seen = json.loads(spied.read_text())
    assert "s3cret" not in str(seen)
    assert "key.pem" not in str(seen)


def _backend_of(folder: Path) -> str:
    from tests.support.packages import write_project

    return (write_project(folder / "plain", "b", "1.0") / "own_backend.py").read_text()


@pytest.fixture
def proxy(index: SimpleIndex) -> Iterator[IndexProxy]:
    offer_needed(index, "1.0")
    with index_proxy_for(IndexSettings((index.url,), retries=0), {}) as running:
        yield running


def test_the_proxy_gives_no_file_that_anybody_could_have_replaced(proxy, tmp_path) -> None:
    """An index by https that names a file by plain http, and no digest of it."""
    artifact = Artifact("a-1.0.tar.gz", "http://files.example/a-1.0.tar.gz", source="https://idx.example/simple/")
    with pytest.raises(IndexFailure, match="plain http"):
        proxy.fetch(artifact, str(tmp_path / "file"))


def test_the_proxy_verifies_every_digest_that_a_page_states(proxy, index, tmp_path) -> None:
    """pip is told one of them, and verifies that one."""
    wheel = make_wheel("needed", "1.0", files={"needed.py": "VERSION = '1.0'\n"})
    stated = (("sha256", wheel.sha256), ("sha512", SHA512))
    artifact = Artifact(wheel.filename, f"{index.root}/files/{wheel.filename}", stated)
    with pytest.raises(HashMismatch):
        proxy.fetch(artifact, str(tmp_path / "file"))
