"""Certificates: believed as pip believes them, and vouched for by trusted hosts."""

from __future__ import annotations

import pytest

from piptools_clone.errors import IndexFailure, SettingsError
from piptools_clone.http.transport import Transport
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.faulty_server import AUTHORITY, CLIENT_CERT, FaultyServer, raw, reply


def fetch(url, environ=(), **settings):
    opened = Transport(IndexSettings(retries=0, **settings), environ=dict(environ))
    try:
        return opened.get(url, limit=1000, what="the page of flask").body
    finally:
        opened.close()


@pytest.fixture
def server():
    with FaultyServer(tls=True) as running:
        running.on("/", reply(b"hello"))
        yield running


def test_an_unknown_authority_is_not_trusted(server):
    with pytest.raises(IndexFailure, match=r"the certificate of 127.0.0.1:\d+ is not trusted: ") as caught:
        fetch(server.url)
    assert f"--trusted-host 127.0.0.1:{server.port}" in str(caught.value)
    assert server.seen == []


def test_pips_cert_setting(server):
    assert fetch(server.url, cert=AUTHORITY) == b"hello"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_variables_that_pip_honours(server, variable):
    assert fetch(server.url, {variable: AUTHORITY}) == b"hello"


def test_the_name_must_fit(server):
    with pytest.raises(IndexFailure, match=r"is not trusted: .*not valid for"):
        fetch(f"https://127.1:{server.port}/", cert=AUTHORITY)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:{port}"])
def test_a_trusted_host_needs_no_certificate(server, host):
    assert fetch(server.url, trusted_hosts=(host.format(port=server.port),)) == b"hello"


def test_another_port_is_not_trusted(server):
    with pytest.raises(IndexFailure, match="not trusted"):
        fetch(server.url, trusted_hosts=("127.0.0.1:1",))


def test_a_missing_bundle_is_an_error_of_settings(server, tmp_path):
    with pytest.raises(SettingsError, match=r"pip's setting cert names .* does not exist"):
        fetch(server.url, cert=str(tmp_path / "missing.pem"))
    (tmp_path / "rubbish.pem").write_text("rubbish")
    with pytest.raises(SettingsError, match="cannot be loaded"):
        fetch(server.url, cert=str(tmp_path / "rubbish.pem"))


def test_a_client_certificate(server):
    with FaultyServer(client_certs=True) as strict:
        strict.on("/", reply(b"hello"))
        assert fetch(strict.url, cert=AUTHORITY, client_cert=CLIENT_CERT) == b"hello"
        with pytest.raises(IndexFailure):
            fetch(strict.url, cert=AUTHORITY)


def test_no_way_down_from_https(server):
    with FaultyServer() as plain:
        server.on("/down", reply(b"", 302, Location=plain.on("/", reply(b"hello"))))
        with pytest.raises(IndexFailure, match="from https to plain http, which is not followed"):
            fetch(server.url + "/down", cert=AUTHORITY)
        assert plain.seen == []


def test_an_answer_that_ends_without_a_proper_end_is_cut(server):
    """Without a length only TLS itself can tell that nothing is missing."""
    server.on("/cut", raw(b"HTTP/1.0 200 OK\r\n\r\nhel"))
    with pytest.raises(IndexFailure, match=r"the TLS connection broke off"):
        fetch(server.url + "/cut", cert=AUTHORITY)
