"""The index proxy of a build serves that build alone, and nothing but what the configured places offer."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from piptools_clone.build.index_proxy import IndexProxy, index_proxy_for
from piptools_clone.settings.index_settings import IndexSettings
from tests.security.build_world import BuildWorld, offer_needed
from tests.support.packages import make_wheel
from tests.support.simple_index import SimpleIndex


@pytest.fixture
def proxy(index: SimpleIndex) -> Iterator[IndexProxy]:
    """A proxy for an index that wants a password, and for a page of links beside it."""
    offer_needed(index, "1.0")
    index.auth = ("me", "s3cret")
    index.serve("/private/", b"<!DOCTYPE html><html><body><a href='s.zip'>s.zip</a></body></html>")
    index.serve("/links/", b"<!DOCTYPE html><html><body><a href='../files/a-1.0.tar.gz'>a-1.0.tar.gz</a></body></html>")
    address = index.url_with("me", "s3cret")
    settings = IndexSettings((address,), (address.replace("/simple/", "/links/"),), retries=0)
    with index_proxy_for(settings, {}) as running:
        yield running


def ask(proxy: IndexProxy, path: str, *, method: str = "GET", login: bool = True) -> tuple[int, bytes]:
    place = urlsplit(proxy.settings().indexes[0])
    user, password = proxy.netrc.split()[3::2]
    headers = {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()} if login else {}
    connection = HTTPConnection(place.hostname or "", place.port, timeout=30)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_the_proxy_gives_pages_and_the_files_that_they_name(proxy, index) -> None:
    status, page = ask(proxy, "/index/0/needed/")
    assert status == 200
    assert b"s3cret" not in page
    path = urlsplit(page.partition(b'href="')[2].partition(b"#")[0].decode()).path
    assert ask(proxy, path) == (200, make_wheel("needed", "1.0", files={"needed.py": "VERSION = '1.0'\n"}).data)
    assert b"a-1.0.tar.gz" in ask(proxy, "/links/0/")[1]


def test_the_addresses_that_pip_is_given_hold_no_secret(proxy) -> None:
    password = proxy.netrc.split()[-1]
    for place in (*proxy.settings().indexes, *proxy.settings().find_links):
        assert password not in place
        assert "s3cret" not in place
        assert "@" not in place


def test_nobody_is_served_without_the_password_of_the_build(proxy, index) -> None:
    for path in ("/index/0/needed/", "/links/0/", "/file/0/needed-1.0-py3-none-any.whl"):
        assert ask(proxy, path, login=False)[0] == 401
    assert index.requests == []


@pytest.mark.parametrize(
    "path",
    [
        "/index/0/../",
        "/index/0/..",
        "/index/0/../private/",
        "/index/0/%2e%2e/",
        "/index/0/%2e%2e%2fprivate/",
        "/index/0/..%2fprivate/",
        "/index/0/.../",
        "/index/0/needed/../../private/",
        "/index/0/needed/?x",
        "/index/0/needed%3fx/",
        "/index/0/needed%23/",
        "/index/0/Needed/",
        "/index/0/need_ed/",
        "/index/0/a--b/",
        "/index/0/-a/",
        "/index/0/a-/",
        "/index/0/\\..\\private/",
        "/index/0/a\\b/",
        "/index/0/",
        "/index/0//",
        "/index/0",
        "/index/1/needed/",
        "/index/-1/needed/",
        "/index/%30/needed/",
        "/index/٠/needed/".encode().decode("latin-1"),
        "/index/²/needed/",
        "/index/0/nee\u00dfd/",
        "/links/1/",
        "/links/0/needed/",
        "/links/0/../",
        "/file/0/needed-1.0-py3-none-any.whl",
        "/",
        "",
        "*",
        "http://127.0.0.1/private/",
    ],
)
def test_no_path_leaves_the_index(path, proxy, index) -> None:
    """Only a normalised name below a place, and a file that a page has named; anything else is asked of no server."""
    place = urlsplit(proxy.settings().indexes[0])
    login = base64.b64encode(":".join(proxy.netrc.split()[3::2]).encode()).decode()
    with socket.create_connection((place.hostname, place.port), 30) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nAuthorization: Basic {login}\r\n\r\n".encode("latin-1"))
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert b" 200 " not in answer.partition(b"\r\n")[0]
    assert index.requests == []


def test_a_file_is_given_under_its_own_name_only(proxy) -> None:
    ask(proxy, "/index/0/needed/")
    assert ask(proxy, "/file/0/needed-1.0-py3-none-any.whl")[0] == 200
    assert ask(proxy, "/file/0/other-1.0-py3-none-any.whl")[0] == 404
    assert ask(proxy, "/file/1/needed-1.0-py3-none-any.whl")[0] == 404


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "CONNECT", "OPTIONS", "DELETE"])
def test_the_proxy_answers_get_only(method, proxy, index) -> None:
    assert ask(proxy, "/index/0/needed/", method=method)[0] == 501
    assert index.requests == []


def test_a_request_without_end_is_dropped(proxy, index) -> None:
    """The proxy reads no more than a request of pip's can be long."""
    place = urlsplit(proxy.settings().indexes[0])
    with socket.create_connection((place.hostname, place.port), 30) as connection:
        try:
            connection.sendall(b"GET /index/0/needed/ HTTP/1.0\r\n" + b"X-Filler: x\r\n" * 100_000)
            answer = connection.recv(4096)
        except ConnectionError:
            answer = b""
    assert answer == b""
    assert index.requests == []


@pytest.mark.skipif(os.name == "nt", reason="the interpreter that records is a shell script")
@pytest.mark.parametrize("how", ["compile: a folder", "compile: the hooks of a backend", "sync: a folder"])
def test_no_process_of_a_build_shows_a_secret(how, tmp_path, index, simple_index) -> None:
    """Neither the password of an index nor that of the proxy stands in arguments or variables of any process."""
    index.auth = ("me", "s3cret")
    offer_needed(index, "1.0")
    world = BuildWorld(tmp_path, simple_index())
    settings = world.settings(index, indexes=(index.url_with("me", "s3cret"),))
    assert world.build(how, settings) == "1.0"
    password = world.netrc.read_text().split()[-1]
    assert world.netrc.stat().st_mode & 0o077 == 0
    processes = world.processes()
    assert any("--index-url" in arguments or "-i" in arguments for arguments, _ in processes) or "hooks" in how
    for each in processes:
        assert password not in str(each)
        assert "s3cret" not in str(each)
