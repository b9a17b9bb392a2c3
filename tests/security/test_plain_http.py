"""What an https index names by plain http gets none of its credentials, and no trust without a digest."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from piptools_clone.errors import IndexFailure
from piptools_clone.http.address import TrustedHosts, parse_address
from piptools_clone.http.credentials import Credentials
from piptools_clone.http.transport import Transport
from piptools_clone.index.index import Index
from piptools_clone.index.metadata.source_builder import Built
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.policy import Policy
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.faulty_server import AUTHORITY, FaultyServer, Step, reply
from tests.support.packages import Package, make_sdist, make_wheel
from tests.sync.project import Project

WHEEL = make_wheel("a", "1.0", requires=["b"])
SDIST = make_sdist("a", "1.0", static=True)
FILES = "http://files.example"
NETRC = "machine files.example login bob password s3cret\nmachine 127.0.0.1 login bob password s3cret\n"


@pytest.fixture
def secure() -> Iterator[FaultyServer]:
    with FaultyServer(tls=True) as running:
        yield running


@pytest.fixture
def proxy() -> Iterator[FaultyServer]:
    """A proxy that answers for files.example."""
    with FaultyServer() as running:
        for package in (WHEEL, SDIST):
            running.on(f"/{package.filename}", reply(package.data))
        running.on(f"/{WHEEL.filename}.metadata", reply(WHEEL.metadata or b""))
        yield running


def page(package: Package, url: str, **facts: object) -> Step:
    entry = {"filename": package.filename, "url": url, "hashes": {}, "size": len(package.data), **facts}
    body = json.dumps({"meta": {"api-version": "1.0"}, "name": "a", "files": [entry]}).encode()
    return reply(body, Content_Type="application/vnd.pypi.simple.v1+json")


class NoBuilder:
    """Says what a build would depend on, and builds nothing."""

    def build(self, *_: object, **__: object) -> Built:
        raise AssertionError("nothing is to be built here")

    def key(self, name: str | None, own: Sequence[str] = ()) -> str:
        return f"{name} {own}"

    def stop(self) -> None:
        """There is nothing to stop."""


@pytest.fixture
def open_index(secure: FaultyServer, proxy: FaultyServer, tmp_path: Path) -> Iterator[Callable[..., Index]]:
    """An index by https whose file is at files.example, by plain http through the proxy."""
    opened: list[Index] = []
    (tmp_path / ".netrc").write_text(NETRC)

    def open_it(package: Package, **facts: object) -> Index:
        settings = IndexSettings(
            (f"{secure.url}/simple/",),
            retries=0,
            cert=AUTHORITY,
            trusted_hosts=tuple(facts.pop("trusted", ())),  # type: ignore[arg-type]
        )
        secure.on("/simple/a/", page(package, f"{FILES}/{package.filename}", **facts))
        environ = {"HOME": str(tmp_path), "http_proxy": proxy.url}
        opened.append(Index(settings, Policy(), cache=None, environ=environ, make_builder=NoBuilder))
        return opened[-1]

    yield open_it
    for index in opened:
        index.close()


@pytest.mark.parametrize("package", [WHEEL, SDIST], ids=["wheel", "sdist"])
@pytest.mark.parametrize("hashes", [{}, {"md5": hashlib.md5(WHEEL.data, usedforsecurity=False).hexdigest()}])
@pytest.mark.parametrize("sidecar", [None, True, {"md5": "0" * 32}])
def test_bytes_that_could_be_anybodys_are_refused(
    package: Package,
    hashes: dict[str, str],
    sidecar: object,
    open_index: Callable[..., Index],
    proxy: FaultyServer,
) -> None:
    """Neither hashed into a lock, nor read for requirements, nor fetched for a sync."""
    index = open_index(package, hashes=hashes, **{"core-metadata": sidecar})
    [artifact] = index.page("a").result(10).artifacts(0)
    for question in (index.sha256, index.metadata, lambda artifact: index.content(artifact, 1 << 20)):
        with pytest.raises(IndexFailure, match="plain http"):
            question(artifact).result(10)  # type: ignore[operator]
    assert proxy.seen == []


def test_bytes_that_a_digest_verifies_are_taken(open_index: Callable[..., Index], proxy: FaultyServer) -> None:
    index = open_index(WHEEL, hashes={"sha256": WHEEL.sha256}, **{"core-metadata": True})
    [artifact] = index.page("a").result(10).artifacts(0)
    assert index.metadata(artifact).result(10).requires_dist == ("b",)
    assert [(seen.path, "range" in seen.headers) for seen in proxy.seen] == [(f"/{WHEEL.filename}", False)]


def test_a_sidecar_that_a_digest_verifies_is_taken(open_index: Callable[..., Index], proxy: FaultyServer) -> None:
    digest = hashlib.sha256(WHEEL.metadata or b"").hexdigest()
    index = open_index(WHEEL, **{"core-metadata": {"sha256": digest}})
    [artifact] = index.page("a").result(10).artifacts(0)
    assert index.metadata(artifact).result(10).requires_dist == ("b",)


def test_a_host_that_the_user_vouches_for_is_taken(open_index: Callable[..., Index]) -> None:
    index = open_index(WHEEL, trusted=("files.example",), **{"core-metadata": True})
    [artifact] = index.page("a").result(10).artifacts(0)
    assert index.metadata(artifact).result(10).requires_dist == ("b",)
    assert index.sha256(artifact).result(10) == WHEEL.sha256


@pytest.mark.parametrize("stated", [True, False])
def test_a_sync_installs_such_a_file_by_the_hashes_of_its_lock_only(
    stated: bool, tmp_path: Path, secure: FaultyServer, proxy: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    secure.on("/simple/a/", page(WHEEL, f"{FILES}/{WHEEL.filename}"))
    secure.on("/simple/b/", page(make_wheel("b", "1.0"), f"{FILES}/b.whl"))
    project = Project(tmp_path)
    options = IndexOptions(index_url=f"{secure.url}/simple/", cert=AUTHORITY, retries=0)
    facts = {"options": options, "strict": False}
    if stated:
        project.sync(f"a==1.0 --hash=sha256:{WHEEL.sha256}\n", **facts)
        assert project.names() == ["a==1.0"]
    else:
        project.fails("a==1.0\n", IndexFailure, "plain http", **facts)


# who is told who we are


def authorised(proxy: FaultyServer, tmp_path: Path, **facts: object) -> list[bool]:
    """Fetch a file at files.example by plain http; of each request whether it told who we are."""
    (tmp_path / ".netrc").write_text(NETRC)
    vouched = facts.pop("vouched", "")
    settings = IndexSettings(retries=0, **facts)  # type: ignore[arg-type]
    transport = Transport(settings, environ={"HOME": str(tmp_path), "http_proxy": proxy.url})
    transport.vouch(str(vouched))
    try:
        transport.get(f"{FILES}/{WHEEL.filename}", limit=1 << 20, what="a")
    finally:
        transport.close()
    return ["authorization" in seen.headers for seen in proxy.seen]


def test_what_netrc_knows_of_a_host_is_not_told_by_plain_http(proxy: FaultyServer, tmp_path: Path) -> None:
    assert authorised(proxy, tmp_path, indexes=("https://files.example/simple",)) == [False]


@pytest.mark.parametrize(
    "meant",
    [
        {"indexes": ("http://files.example/simple",), "trusted_hosts": ("files.example",)},
        {"find_links": ("http://files.example/links",), "trusted_hosts": ("files.example",)},
        {"trusted_hosts": ("files.example",)},
        {"vouched": f"{FILES}/other.zip"},
    ],
    ids=["index", "find-links", "trusted host", "own address"],
)
def test_what_netrc_knows_of_a_host_is_told_where_the_user_means_it(
    meant: dict[str, object], proxy: FaultyServer, tmp_path: Path
) -> None:
    assert authorised(proxy, tmp_path, **meant) == [True]


def test_a_keyring_is_not_asked_for_plain_http() -> None:
    asked: list[str] = []

    def look_up(service: str, user: str | None) -> tuple[str, str] | None:
        asked.append(service)
        return ("bob", "s3cret")

    credentials = Credentials(["https://idx.example/simple"], {}, look_up)
    assert credentials.after_refusal(parse_address("http://idx.example/f"), None) is None
    assert asked == []
    assert credentials.after_refusal(parse_address("https://idx.example/f"), None) is not None
    lenient = Credentials([], {}, look_up, TrustedHosts(("idx.example",)))
    assert lenient.after_refusal(parse_address("http://idx.example/f"), None) is not None


def test_own_credentials_of_an_https_index_stay_there(proxy: FaultyServer, tmp_path: Path) -> None:
    assert authorised(proxy, tmp_path, indexes=("https://bob:s3cret@files.example/simple",)) == [False]
    word = base64.b64encode(b"bob:s3cret").decode()
    assert not any(word in str(seen.headers) for seen in proxy.seen)
