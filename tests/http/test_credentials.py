"""Who is told who we are: pip's order of sources, one origin at a time, and no word of it anywhere."""

from __future__ import annotations

import base64
import threading

import pytest

from piptools_clone.errors import IndexFailure
from piptools_clone.http.address import TrustedHosts, parse_address
from piptools_clone.http.credentials import Credentials, choose_keyring, read_netrc
from piptools_clone.http.transport import Transport
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.faulty_server import AUTHORITY, FaultyServer, reply


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def guarded(*accepted):
    """An answer for those who say who they are, and a 401 for others."""

    def step(connection, seen, stopped):
        good = seen.headers.get("authorization") in accepted
        return (reply(b"secret page") if good else reply(b"who?", 401))(connection, seen, stopped)

    return step


@pytest.fixture
def server():
    with FaultyServer() as running:
        running.on("/simple/flask/", guarded(basic("bob", "s3cret")))
        yield running


@pytest.fixture
def netrc(tmp_path):
    def write(text):
        path = tmp_path / "netrc"
        path.write_text(text)
        path.chmod(0o600)
        return {"NETRC": str(path)}

    return write


def fetch(url, indexes=(), environ=(), keyring=None, **settings):
    settings.setdefault("keyring_provider", "subprocess" if keyring else "disabled")
    opened = Transport(IndexSettings(indexes=indexes, retries=0, **settings), environ=dict(environ), keyring=keyring)
    try:
        return opened.get(url, limit=1000, what="the page of flask")
    finally:
        opened.close()


def with_user(url, user_info):
    return url.replace("//", f"//{user_info}@")


def test_user_info_of_the_address(server):
    response = fetch(with_user(server.url, "bob:s3cret") + "/simple/flask/")
    assert response.body == b"secret page"
    assert response.url == server.url + "/simple/flask/"


def test_user_info_is_decoded(server):
    server.on("/", guarded(basic("b@b", "s/3:é")))
    assert fetch(with_user(server.url, "b%40b:s%2F3:%C3%A9") + "/").status == 200


def test_a_token_as_user(server):
    server.on("/", guarded(basic("token", "")))
    assert fetch(with_user(server.url, "token") + "/").status == 200


def test_the_index_lends_its_credentials_to_its_origin(server):
    index = with_user(server.url, "bob:s3cret") + "/simple"
    assert fetch(server.url + "/simple/flask/", indexes=(index,)).status == 200


def test_the_index_with_the_longest_common_path_decides(server):
    server.on("/b/simple/flask/", guarded(basic("bea", "b")))
    indexes = (with_user(server.url, "ann:a") + "/a/simple", with_user(server.url, "bea:b") + "/b/simple")
    assert fetch(server.url + "/b/simple/flask/", indexes=indexes).status == 200


def test_another_origin_gets_nothing(server):
    """Neither another port, nor another scheme, nor another name for the same machine."""
    index = with_user(server.url, "bob:s3cret") + "/simple"
    with FaultyServer() as other:
        other.on("/f", reply(b"file"))
        fetch(other.url + "/f", indexes=(index,))
        server.on("/simple/away/", reply(b"", 302, Location=other.url + "/f"))
        fetch(server.url + "/simple/away/", indexes=(index,))
        assert ["authorization" in seen.headers for seen in other.seen] == [False, False]
    assert "authorization" in server.seen[0].headers


def test_netrc_by_exact_host(server, netrc):
    environ = netrc("machine 127.0.0.1 login bob password s3cret\n")
    assert fetch(server.url + "/simple/flask/", environ=environ).status == 200
    for others in ("machine 127.0.0 login bob password s3cret", "default login bob password s3cret"):
        with pytest.raises(IndexFailure):
            fetch(server.url + "/simple/flask/", environ=netrc(others))


def test_netrc_in_the_home_folder(server, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login bob password s3cret\n")
    assert fetch(server.url + "/simple/flask/", environ={"HOME": str(tmp_path)}).status == 200


@pytest.mark.parametrize("text", ["machine", "\x00\xff rubbish {", "machine h login"])
def test_a_broken_netrc_counts_as_empty(netrc, text):
    assert read_netrc(netrc(text), "") == {}


def test_the_address_comes_before_the_index_and_the_index_before_netrc(netrc):
    index = "https://ann:a@idx.example/simple"
    entries = read_netrc(netrc("machine idx.example login net password rc\n"), "")
    found = Credentials([index], entries, None)
    plain, other = parse_address("https://idx.example/simple/x/"), parse_address("https://bob:b@idx.example/simple/x/")
    assert found.known(other).user == "bob"
    assert found.known(plain).user == "ann"
    assert Credentials(["https://idx.example/simple"], entries, None).known(plain).user == "net"


class TestKeyring:
    """Asked only after a refusal, once for an origin, and only as pip is told to."""

    def keyring(self, answers):
        asked = []

        def look_up(service, user):
            asked.append((service, user))
            return answers.get(service)

        return asked, look_up

    def test_asked_after_a_401(self, server):
        asked, look_up = self.keyring({f"127.0.0.1:{server.port}": ("bob", "s3cret")})
        index = server.url + "/simple"
        assert fetch(server.url + "/simple/flask/", indexes=(index,), keyring=look_up).status == 200
        assert asked == [(index, None), (f"127.0.0.1:{server.port}", None)]
        assert ["authorization" in seen.headers for seen in server.seen] == [False, True]

    def test_not_asked_without_a_401(self, server):
        asked, look_up = self.keyring({})
        fetch(server.on("/open", reply(b"open")), keyring=look_up)
        assert asked == []

    def test_asked_for_the_user_of_the_index(self, server):
        index = with_user(server.url, "bob") + "/simple"
        asked, look_up = self.keyring({server.url + "/simple": ("bob", "s3cret")})
        assert fetch(server.url + "/simple/flask/", indexes=(index,), keyring=look_up).status == 200
        assert asked == [(server.url + "/simple", "bob")]

    def test_asked_once_by_many_threads_and_then_remembered(self, server):
        asked, look_up = self.keyring({f"127.0.0.1:{server.port}": ("bob", "s3cret")})
        opened = Transport(IndexSettings(keyring_provider="subprocess"), environ={}, keyring=look_up)
        url = server.url + "/simple/flask/"
        threads = [
            threading.Thread(target=opened.get, args=(url,), kwargs={"limit": 1000, "what": "x"}) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(asked) == 1
        before = len(server.seen)
        assert opened.get(url, limit=1000, what="x").status == 200
        assert len(server.seen) == before + 1
        opened.close()

    def test_a_wrong_answer_is_an_error(self, server):
        _, look_up = self.keyring({f"127.0.0.1:{server.port}": ("bob", "wrong")})
        with pytest.raises(IndexFailure, match="401 Unauthorized") as caught:
            fetch(server.url + "/simple/flask/", keyring=look_up)
        assert "credentials tried: keyring;" in str(caught.value)
        assert len(server.seen) == 2

    def test_disabled(self, server):
        asked, look_up = self.keyring({f"127.0.0.1:{server.port}": ("bob", "s3cret")})
        with pytest.raises(IndexFailure):
            fetch(server.url + "/simple/flask/", keyring=look_up, keyring_provider="disabled")
        assert asked == []

    def test_auto_falls_back_to_the_command(self):
        """The library is not among our requirements, so its import fails here."""
        assert choose_keyring("auto", lambda service, user: ("bob", "b"))("idx.example", None) == ("bob", "b")
        assert choose_keyring("import", lambda service, user: ("bob", "b"))("idx.example", None) is None
        assert choose_keyring("subprocess", None) is None


class TestSecrecy:
    """No password in any text that leaves."""

    @pytest.mark.parametrize("status", [401, 403, 410, 503, 200])
    def test_messages(self, server, status):
        url = with_user(server.on("/x", reply(b"x" * 2000, status)), "bob:s3cret")
        with pytest.raises(IndexFailure) as caught:
            fetch(url, indexes=(with_user(server.url, "bob:s3cret"),))
        for text in (str(caught.value), repr(caught.value), caught.value.url, str(caught.value.args)):
            assert "s3cret" not in text

    def test_what_was_tried_is_named(self, server, netrc):
        for url, environ, words in (
            (server.url, {}, "credentials tried: none;"),
            (with_user(server.url, "bob:x"), {}, "credentials tried: the address itself;"),
            (server.url, netrc("machine 127.0.0.1 login bob password x\n"), "credentials tried: netrc;"),
        ):
            with pytest.raises(IndexFailure) as caught:
                fetch(url + "/simple/flask/", environ=environ)
            assert words in str(caught.value)

    def test_values_do_not_show_themselves(self):
        address = parse_address("https://bob:s3cret@idx.example/simple")
        credential = Credentials([], {}, None).known(address)
        assert "s3cret" not in f"{address!r} {credential!r}"
        assert address.url == "https://idx.example/simple"

    def test_not_sent_down_to_http(self):
        with FaultyServer(tls=True) as secure, FaultyServer() as plain:
            secure.on("/", reply(b"", 302, Location=plain.on("/", reply(b"x"))))
            with pytest.raises(IndexFailure):
                fetch(with_user(secure.url, "bob:s3cret") + "/", cert=AUTHORITY)
            assert plain.seen == []

    def test_the_identity_of_a_cache_entry_tells_users_apart_without_their_password(self):
        def identity(url, **settings):
            opened = Transport(IndexSettings(**settings), environ={})
            try:
                return opened.identity(url)
            finally:
                opened.close()

        nobody = identity("https://idx.example/")
        bob, ann = identity("https://bob:s3cret@idx.example/"), identity("https://ann:s3cret@idx.example/")
        assert nobody == ""
        assert len({nobody, bob, ann}) == 3
        assert "s3cret" not in bob
        assert identity("https://bob:other@idx.example/") == bob
        assert identity("https://idx.example/", trusted_hosts=("idx.example",)) != nobody


@pytest.mark.parametrize(
    ("entry", "url", "trusted"),
    [
        ("idx.example", "http://idx.example/", True),
        ("idx.example", "http://idx.example:8080/", True),
        ("idx.example:8080", "http://idx.example:8080/", True),
        ("idx.example:8080", "http://idx.example/", False),
        ("IDX.example", "http://idx.EXAMPLE/", True),
        ("idx.example", "http://sub.idx.example/", False),
        ("::1", "http://[::1]:80/", True),
        ("[::1]:81", "http://[::1]:81/", True),
        ("other.example", "http://localhost/", True),
        ("other.example", "http://127.8.8.8/", True),
        ("other.example", "http://128.0.0.1/", False),
        ("other.example", "https://idx.example/", True),
        ("other.example:x", "http://idx.example/", False),
    ],
)
def test_which_hosts_may_serve_an_index(entry, url, trusted):
    assert TrustedHosts((entry,)).accepts_index(parse_address(url)) == trusted


@pytest.mark.parametrize("secret", ["secret/more", "secret[", "secret?", "secret#"])
def test_a_password_that_makes_an_address_unreadable_is_not_shown(secret):
    with pytest.raises(IndexFailure) as caught:
        parse_address(f"https://user:{secret}@idx.example/simple/")
    assert "secret" not in f"{caught.value} {caught.value.url}"
    assert "idx.example" in str(caught.value)
