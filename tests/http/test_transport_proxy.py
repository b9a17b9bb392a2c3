"""Requests through a proxy: pip's setting, the usual variables, and the same promises as without."""

from __future__ import annotations

import pytest

from piptools_clone.errors import IndexFailure, SettingsError
from piptools_clone.http.address import parse_address
from piptools_clone.http.proxies import find_proxies
from piptools_clone.http.transport import Transport
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.faulty_server import AUTHORITY, FaultyServer, chunked, compressed, ranged, reply, reset

PAGE = "http://idx.example/simple/flask/"


@pytest.fixture
def proxy():
    with FaultyServer() as running:
        running.on("/simple/flask/", reply(b"hello"))
        yield running


def open_transport(proxy_url, environ=(), retries=3, **settings):
    trusted = ("idx.example",)
    return Transport(
        IndexSettings(proxy=proxy_url, retries=retries, trusted_hosts=trusted, **settings),
        environ=dict(environ),
        sleep=lambda seconds: None,
    )


def fetch(url, proxy_url, environ=(), **settings):
    opened = open_transport(proxy_url, environ, **settings)
    try:
        return opened.get(url, limit=1000, what="the page of flask").body
    finally:
        opened.close()


def test_pips_setting(proxy):
    assert fetch(PAGE, proxy.url) == b"hello"
    assert proxy.seen[0].target == PAGE
    assert proxy.seen[0].headers["host"] == "idx.example"
    assert proxy.seen[0].headers["accept-encoding"] == "gzip"
    assert "cookie" not in proxy.seen[0].headers


def test_the_variables(proxy):
    assert fetch(PAGE, None, {"http_proxy": proxy.url}) == b"hello"
    assert fetch(PAGE, None, {"ALL_PROXY": proxy.url.removeprefix("http://")}) == b"hello"


def test_credentials_of_a_proxy_go_to_the_proxy_and_into_no_message(proxy):
    with_password = proxy.url.replace("//", "//bob:s3cret@")
    assert fetch(PAGE, with_password) == b"hello"
    assert proxy.seen[0].headers["proxy-authorization"].startswith("Basic ")
    assert "authorization" not in proxy.seen[0].headers
    with FaultyServer() as gone:
        pass
    with pytest.raises(IndexFailure, match=rf"the proxy http://127.0.0.1:{gone.port} did not connect") as caught:
        fetch(PAGE, gone.url.replace("//", "//bob:s3cret@"))
    assert "s3cret" not in str(caught.value)


def test_https_goes_through_a_tunnel(proxy):
    with FaultyServer(tls=True) as server:
        url = server.on("/", compressed(b"hello"))
        assert fetch(url, proxy.url, cert=AUTHORITY) == b"hello"
        assert proxy.paths() == ["CONNECT"]
        with pytest.raises(IndexFailure, match="not trusted"):
            fetch(url, proxy.url)


@pytest.mark.parametrize(
    "fault",
    [reset(), reply(b"hel", length=5), chunked(b"hel", finish=False), reply(b"", 503)],
    ids=["reset", "cut", "chunks", "503"],
)
def test_passing_faults_are_tried_again(proxy, fault):
    proxy.on("/simple/flask/", fault, fault, fault, chunked(b"hello"))
    assert fetch(PAGE, proxy.url) == b"hello"


def test_a_download_resumes(proxy):
    body = bytes(range(256)) * 1000
    proxy.on("/f.whl", ranged(body, cut_after=100_000))
    opened = open_transport(proxy.url)
    got = []
    opened.download("http://idx.example/f.whl", got.append, limit=1 << 20, what="f.whl")
    opened.close()
    assert b"".join(got) == body


def test_redirects_are_ours_to_follow(proxy):
    proxy.on("/a", reply(b"", 302, Location="/simple/flask/", Set_Cookie="a=b"))
    assert fetch("http://idx.example/a", proxy.url) == b"hello"
    assert "cookie" not in proxy.seen[1].headers


def test_an_unusable_proxy_is_an_error_of_settings():
    with pytest.raises(SettingsError, match=r"the proxy socks7://127.0.0.1:1 cannot be used"):
        fetch(PAGE, "socks7://bob:s3cret@127.0.0.1:1")


@pytest.mark.parametrize(
    ("entry", "url", "exempt"),
    [
        ("idx.example", "https://idx.example/", True),
        ("idx.example", "https://sub.idx.example/", True),
        (".idx.example", "https://idx.example/", True),
        ("dx.example", "https://idx.example/", False),
        ("idx.example:8443", "https://idx.example:8443/", True),
        ("idx.example:8443", "https://idx.example/", False),
        ("*", "https://idx.example/", True),
        ("10.0.0.0/8", "https://10.1.2.3/", True),
        ("10.0.0.0/8", "https://11.1.2.3/", False),
        ("10.0.0.0/8", "https://idx.example/", False),
        ("other.example, idx.example", "https://idx.example/", True),
    ],
)
def test_who_goes_without_a_proxy(entry, url, exempt):
    proxies = find_proxies(None, {"https_proxy": "http://p.example:3128", "NO_PROXY": entry})
    assert (proxies.choose(parse_address(url)) is None) == exempt


def test_the_order_of_sources():
    environ = {"HTTPS_PROXY": "http://upper.example", "https_proxy": "http://lower.example", "NO_PROXY": "*"}
    address = parse_address("https://idx.example/")
    assert find_proxies("http://p.example", environ).choose(address) == "http://p.example"
    assert find_proxies("", environ).choose(address) is None
    assert find_proxies(None, environ, ignore_environ=True).choose(address) is None
    assert find_proxies(None, environ | {"NO_PROXY": ""}).choose(address) == "http://lower.example"
    assert find_proxies(None, {"HTTP_PROXY": "http://p.example", "REQUEST_METHOD": "GET"}).by_scheme == {}
