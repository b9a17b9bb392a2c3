"""What the transport promises: only whole answers, faults told apart, bounds, and ends."""

from __future__ import annotations

import gzip
import threading
import zlib

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from piptools_clone.errors import BoundExceeded, IndexFailure
from piptools_clone.http.transport import Deadlines, Transport
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.faulty_server import FaultyServer, chunked, compressed, hang, head, ranged, raw, reply, reset

LIMIT = 1 << 20


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.time = 0.0
        self.slept = []

    def __call__(self):
        return self.time

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def transport(clock):
    opened = Transport(
        IndexSettings(timeout=5.0), environ={}, clock=clock, now=lambda: 1e9, sleep=clock.sleep, jitter=lambda: 1.0
    )
    yield opened
    opened.close()


def get(transport, url, **headers):
    return transport.get(url, headers=headers, limit=LIMIT, what="the page of flask")


def test_a_plain_answer(server, transport):
    url = server.on("/simple/flask/", reply(b"hello", Content_Type="text/html"))
    response = get(transport, url, Accept="text/html")
    assert (response.status, response.body, response.url) == (200, b"hello", url)
    assert response.headers["content-type"] == "text/html"
    assert server.seen[0].headers["accept"] == "text/html"
    assert server.seen[0].headers["user-agent"].startswith("piptools-clone/")


def test_one_connection_serves_many_requests(server, transport):
    url = server.on("/a", reply(b"a"), chunked(b"b", b"c"), compressed(b"d"), reply(b"no", 404), reply(b"", 304))
    assert [get(transport, url).status for _ in range(5)] == [200, 200, 200, 404, 304]
    assert server.connections == 1


def test_many_threads_share_the_transport(server, transport):
    urls = [server.on(f"/{number}", reply(b"%d" % number * 1000)) for number in range(40)]
    bodies: dict[str, bytes] = {}
    threads = [
        threading.Thread(
            target=lambda part=part: bodies.update((url, get(transport, url).body) for url in urls[part::8])
        )
        for part in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == {url: b"%d" % number * 1000 for number, url in enumerate(urls)}
    assert server.connections <= 8


@pytest.mark.parametrize(
    "step",
    [
        chunked(b"hel", b"lo"),
        compressed(b"hello"),
        chunked(gzip.compress(b"hel") + gzip.compress(b"lo"), Content_Encoding="gzip"),
        reply(zlib.compress(b"hello"), Content_Encoding="deflate"),
        reply(zlib.compress(b"hello", wbits=-15), Content_Encoding="deflate"),
        raw(b"HTTP/1.0 200 OK\r\n\r\nhello"),
        raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        reply(b"hello", Content_Encoding="identity"),
    ],
)
def test_every_framing_and_coding_gives_the_same_body(server, transport, step):
    assert get(transport, server.on("/", step)).body == b"hello"


FAULTS = {
    "reset": reset(),
    "closed": raw(b""),
    "cut length": reply(b"hel", length=5),
    "cut chunks": chunked(b"hel", finish=False),
    "cut gzip": reply(gzip.compress(b"hello" * 100)[:-4], Content_Encoding="gzip"),
    "broken gzip": reply(b"\x1f\x8b\x08rubbish-and-more", Content_Encoding="gzip"),
    "noise": raw(b"SSH-2.0-OpenSSH_9.0\r\n\r\n"),
    "two lengths": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    "bad header": raw(b"HTTP/1.1 200 OK\r\nContent Length: 1\r\n\r\na"),
    "bad chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n"),
    **{str(status): reply(b"later", status) for status in (408, 429, 500, 502, 503, 504)},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_passing_fault_needs_no_human(server, transport, clock, fault):
    url = server.on("/", FAULTS[fault], FAULTS[fault], FAULTS[fault], reply(b"hello"))
    assert get(transport, url).body == b"hello"
    assert clock.slept == pytest.approx([0.2, 0.4, 0.8])


@hypothesis_settings(max_examples=25, deadline=None)
@given(schedule=st.lists(st.sampled_from(sorted(FAULTS)), max_size=3))
def test_any_schedule_of_three_faults_gives_the_same_bytes(schedule):
    clock = Clock()
    with FaultyServer() as server:
        opened = Transport(IndexSettings(), environ={}, clock=clock, sleep=clock.sleep)
        url = server.on("/", *(FAULTS[name] for name in schedule), compressed(b"hello"))
        assert get(opened, url).body == b"hello"
        opened.close()


@pytest.mark.parametrize("fault", ["503", "reset", "cut length"])
def test_four_tries_and_no_more(server, transport, fault):
    url = server.on("/", FAULTS[fault])
    with pytest.raises(IndexFailure, match=r"the page of flask could not be fetched from .* \(4 tries\)") as caught:
        get(transport, url)
    assert len(server.seen) == 4
    assert caught.value.status == (503 if fault == "503" else None)
    assert caught.value.url == url


def test_retries_are_pips(server, clock):
    url = server.on("/", FAULTS["503"])
    opened = Transport(IndexSettings(retries=0), environ={}, clock=clock, sleep=clock.sleep)
    with pytest.raises(IndexFailure, match="503 Service Unavailable"):
        get(opened, url)
    opened.close()
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 405, 410, 418, 451, 501, 204, 299])
def test_other_statuses_end_at_once(server, transport, clock, status):
    url = server.on("/", reply(b"no", status) if status != 204 else raw(head(204, {})))
    with pytest.raises(IndexFailure, match=f"the page of flask could not be fetched: .* answered {status}") as caught:
        get(transport, url)
    assert (caught.value.status, len(server.seen), clock.slept) == (status, 1, [])
    assert caught.value.hint


def test_retry_after_is_honoured_up_to_a_minute(server, transport, clock):
    date = "Sun, 09 Sep 2001 01:46:50 GMT"  # 10 s after the transport's 1e9
    url = server.on(
        "/",
        reply(b"", 429, Retry_After="7"),
        reply(b"", 503, Retry_After=date),
        reply(b"", 503, Retry_After="3600"),
        reply(b"hello"),
    )
    assert get(transport, url).body == b"hello"
    assert clock.slept == [7.0, 10.0, 60.0]


def test_silence_ends(server):
    url = server.on("/", hang())
    opened = Transport(IndexSettings(timeout=0.05, retries=0), environ={})
    with pytest.raises(IndexFailure, match=r"no sign of life for 0\.05 s"):
        get(opened, url)
    opened.close()


def test_silence_within_a_body_ends(server):
    url = server.on("/", hang(head(200, {"Content-Length": "10"}) + b"hel"))
    opened = Transport(IndexSettings(timeout=0.05, retries=0), environ={})
    with pytest.raises(IndexFailure, match="no sign of life"):
        get(opened, url)
    opened.close()


@pytest.mark.parametrize("deadlines", [Deadlines(request=0.5), Deadlines(run=0.5)])
def test_deadlines_end_the_tries(server, clock, deadlines):
    url = server.on("/", FAULTS["503"])
    opened = Transport(
        IndexSettings(), environ={}, clock=clock, sleep=clock.sleep, jitter=lambda: 1.0, deadlines=deadlines
    )
    with pytest.raises(IndexFailure, match=r"\(2 tries\)"):
        get(opened, url)
    opened.close()
    assert clock.time < 0.5


def test_a_dripping_server_meets_the_deadline(server, clock):
    """A sign of life now and then does not help past the time for the request."""

    def drip(connection, seen, stopped):
        connection.sendall(head(200, {"Content-Length": "1000"}))
        clock.time += 600
        connection.sendall(b"x")
        return False

    opened = Transport(IndexSettings(), environ={}, clock=clock, sleep=clock.sleep)
    with pytest.raises(IndexFailure, match="the time limit for it has passed"):
        get(opened, server.on("/", drip))
    opened.close()


def test_closing_wakes_a_waiting_thread(server):
    entered = threading.Event()

    def enter(connection, seen, stopped):
        entered.set()
        return hang()(connection, seen, stopped)

    url = server.on("/", enter)
    opened = Transport(IndexSettings(timeout=60.0), environ={})
    caught = []

    def work():
        try:
            get(opened, url)
        except IndexFailure as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert entered.wait(5)
    opened.close()
    thread.join(5)
    assert not thread.is_alive()
    assert caught


def test_a_refused_connection(transport):
    with FaultyServer() as gone:
        url = gone.on("/")
    with pytest.raises(IndexFailure, match=r"the connection was refused \(4 tries\)"):
        get(transport, url)


def test_an_unknown_host(transport):
    with pytest.raises(IndexFailure, match="the name of the host is not known"):
        get(transport, "https://no-such-host.invalid/simple/")


def test_a_kept_connection_that_the_server_closed_costs_no_try(server, transport, clock):
    def answer_and_close(connection, seen, stopped):
        reply(b"hello")(connection, seen, stopped)
        return False  # it said nothing of closing

    url = server.on("/", answer_and_close)
    assert [get(transport, url).body for _ in range(5)] == [b"hello"] * 5
    assert clock.slept == []


class TestBounds:
    """Nothing foreign fills the memory."""

    @pytest.mark.parametrize(
        "step",
        [
            reply(b"x" * (LIMIT + 1)),
            chunked(b"x" * LIMIT, b"y"),
            compressed(b"x" * (LIMIT + 1)),
            reply(zlib.compress(b"x" * (LIMIT + 1)), Content_Encoding="deflate"),
        ],
        ids=["plain", "chunked", "gzip", "deflate"],
    )
    def test_a_body_past_the_limit(self, server, transport, step):
        with pytest.raises(BoundExceeded, match=r"the page of flask at .* is larger than the bound of 1 MiB"):
            get(transport, server.on("/", step))
        assert len(server.seen) == 1

    def test_a_body_of_exactly_the_limit(self, server, transport):
        assert len(get(transport, server.on("/", compressed(b"x" * LIMIT))).body) == LIMIT

    def test_a_bomb_is_stopped_before_it_fills_memory(self, server, transport):
        """50 MB of zeros in 50 kB: stopped within one step after the bound."""
        packer = zlib.compressobj(9, wbits=31)
        bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(50)) + packer.flush()
        with pytest.raises(BoundExceeded):
            get(transport, server.on("/", reply(bomb, Content_Encoding="gzip")))

    @pytest.mark.parametrize(
        "head",
        [
            b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 201 + b"\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n" * 300,
        ],
        ids=["long", "many", "interim"],
    )
    def test_heads_are_bounded(self, server, transport, head):
        with pytest.raises(IndexFailure, match=r"too long|too many|interim"):
            get(transport, server.on("/", raw(head)))


class TestRedirects:
    """Followed ten times, to http and https only, never down from TLS."""

    def test_relative_and_absolute(self, server, transport):
        server.on("/a/b", reply(b"", 301, Location="../c"))
        server.on("/c", reply(b"", 308, Location=server.url + "/d?x=1#frag"))
        server.on("/d?x=1", reply(b"hello"))
        response = get(transport, server.url + "/a/b")
        assert (response.body, response.url) == (b"hello", server.url + "/d?x=1")
        assert server.connections == 1

    def test_a_loop_ends(self, server, transport):
        server.on("/a", reply(b"", 302, Location="/a"))
        with pytest.raises(IndexFailure, match="redirects more than 10 times"):
            get(transport, server.url + "/a")
        assert len(server.seen) == 11

    @pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://[::1", "//a b/"])
    def test_other_schemes_are_refused(self, server, transport, location):
        server.on("/a", reply(b"", 302, Location=location))
        with pytest.raises(IndexFailure, match="cannot be used"):
            get(transport, server.url + "/a")

    def test_a_redirect_without_a_location_is_an_answer_like_others(self, server, transport):
        with pytest.raises(IndexFailure, match="answered 302 Found"):
            get(transport, server.on("/", reply(b"", 302)))


class TestAddresses:
    """What is sent is always well formed."""

    def test_odd_characters_are_quoted(self, server, transport):
        server.on("/a%20b/%C3%A9?q=%22", reply(b"hello"))
        assert get(transport, server.url + '/a b/é?q="').body == b"hello"

    def test_a_header_cannot_inject(self, server, transport):
        with pytest.raises(ValueError, match="line break"):
            get(transport, server.on("/", reply(b"")), Accept="a\r\nX: y")

    @pytest.mark.parametrize("url", ["ftp://idx.example/", "simple", "https://", "https://a b/", "https://h:99999/"])
    def test_what_is_no_web_address(self, transport, url):
        with pytest.raises(IndexFailure, match="cannot be used"):
            get(transport, url)

    def test_plain_http_to_an_untrusted_index_is_refused(self):
        opened = Transport(IndexSettings(indexes=("http://idx.example/simple",)), environ={})
        with pytest.raises(IndexFailure, match="plain http and its host is not trusted") as caught:
            get(opened, "http://idx.example/simple/flask/")
        opened.close()
        assert "--trusted-host idx.example" in str(caught.value)


class TestDownload:
    """Each byte once, whatever breaks."""

    BODY = bytes(range(256)) * 2000

    def download(self, transport, url, limit=LIMIT):
        got = []
        transport.download(url, got.append, limit=limit, what="flask-1.0.tar.gz")
        return b"".join(got)

    def test_whole(self, server, transport):
        url = server.on("/f", reply(self.BODY))
        assert self.download(transport, url) == self.BODY
        assert server.seen[0].headers["accept-encoding"] == "identity"

    def test_resumes_where_it_broke_off(self, server, transport):
        url = server.on("/f", ranged(self.BODY, cut_after=200_000))
        assert self.download(transport, url) == self.BODY
        assert [seen.headers.get("range") for seen in server.seen] == [None, "bytes=200000-", "bytes=400000-"]
        assert server.seen[1].headers["if-range"] == '"one"'

    def test_a_server_without_ranges_starts_over(self, server, transport):
        url = server.on("/f", reply(self.BODY[:1000], length=len(self.BODY)), reply(self.BODY))
        assert self.download(transport, url) == self.BODY

    def test_a_server_that_resumes_elsewhere(self, server, transport):
        wrong = raw(head(206, {"Content-Range": "bytes 0-9/512000", "Content-Length": "10"}) + self.BODY[:10])
        url = server.on("/f", ranged(self.BODY, cut_after=5), wrong, reply(self.BODY))
        assert self.download(transport, url) == self.BODY

    def test_a_range_that_cannot_be_satisfied(self, server, transport):
        url = server.on("/f", ranged(self.BODY, cut_after=5), reply(b"", 416), reply(self.BODY))
        assert self.download(transport, url) == self.BODY

    def test_a_file_that_changed_meanwhile(self, server, transport):
        other = self.BODY[::-1]
        url = server.on("/f", ranged(self.BODY, '"one"', cut_after=5), ranged(other, '"two"'))
        with pytest.raises(IndexFailure, match=r"the file changed while it was being fetched"):
            self.download(transport, url)

    def test_a_file_that_shrank_meanwhile(self, server, transport):
        url = server.on("/f", ranged(self.BODY, cut_after=5), reply(self.BODY[:2]))
        with pytest.raises(IndexFailure, match="the file changed"):
            self.download(transport, url)

    def test_missing(self, server, transport):
        with pytest.raises(IndexFailure, match=r"flask-1.0.tar.gz could not be fetched: .* answered 404 Not Found"):
            self.download(transport, server.on("/f", reply(b"", 404)))

    def test_too_large(self, server, transport):
        with pytest.raises(BoundExceeded, match=r"the bound of 1000 bytes"):
            self.download(transport, server.on("/f", reply(self.BODY)), limit=1000)

    def test_an_error_of_the_sink_passes_through(self, server, transport):
        def full(piece):
            raise OSError(28, "No space left on device")

        with pytest.raises(OSError, match="No space"):
            transport.download(server.on("/f", reply(b"x")), full, limit=10, what="f")

    def test_a_coded_body_is_left_as_it_is(self, server, transport):
        """Some servers call a .tar.gz gzip-coded; its bytes are the file all the same."""
        packed = gzip.compress(b"a tar")
        assert self.download(transport, server.on("/f", reply(packed, Content_Encoding="gzip"))) == packed


def test_a_pause_of_one_request_does_not_hold_up_another(server):
    """Two threads ask; the one whose server says "in a while" does not keep the other one waiting."""
    slow, quick = server.on("/slow", reply(b"", 503, Retry_After="1"), reply(b"slow")), server.on("/q", reply(b"quick"))
    opened = Transport(IndexSettings(), environ={})
    came = []
    thread = threading.Thread(target=lambda: came.append(get(opened, slow).body))
    thread.start()
    while not server.seen:
        pass
    assert get(opened, quick).body == b"quick"
    assert came == []
    thread.join(20)
    opened.close()
    assert came == [b"slow"]


def test_many_downloads_at_once(server):
    """From threads of their own, each to its own sink, whichever thread drives."""
    bodies = [bytes([number]) * 300_000 for number in range(12)]
    urls = [server.on(f"/{number}", ranged(body, cut_after=170_000)) for number, body in enumerate(bodies)]
    opened = Transport(IndexSettings(), environ={}, jitter=lambda: 0.0)
    got = [bytearray() for _ in bodies]

    def work(number):
        opened.download(urls[number], got[number].extend, limit=LIMIT, what="f")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    opened.close()
    assert got == bodies


def test_a_sink_that_fails_in_another_thread_fails_its_own_download_only(server):
    opened = Transport(IndexSettings(), environ={})
    url = server.on("/f", reply(b"x" * 1000))
    errors = []

    def full(piece):
        raise OSError(28, "No space left on device")

    def work():
        try:
            opened.download(url, full, limit=LIMIT, what="f")
        except OSError as error:
            errors.append(error.errno)

    thread = threading.Thread(target=work)
    thread.start()
    got = []
    opened.download(server.on("/g", reply(b"y")), got.append, limit=LIMIT, what="g")
    thread.join(20)
    opened.close()
    assert (errors, got) == ([28], [b"y"])
