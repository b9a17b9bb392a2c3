"""Both clients read answers by one rule: in linear time and bounded memory, however a server cuts what it sends."""

from __future__ import annotations

import gzip
import selectors
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest

from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.http import lane_connection, wire_direct
from piptools_clone.http.address import parse_address
from piptools_clone.http.decoding import TooLarge, collect
from piptools_clone.http.http1 import MAX_HEAD, BadAnswer
from piptools_clone.http.http1_arriving import Arriving
from piptools_clone.http.transport import Transport
from piptools_clone.http.wire import MINIMUM_RATE, RATE_SECONDS, Pace, Patience, Request, WireFault
from piptools_clone.settings.index_settings import IndexSettings
from tests.http.test_lane import Asker
from tests.support.faulty_server import FaultyServer, Seen, Step, raw

LIMIT = 1 << 16
MEMORY = 4 << 20
"""Bytes: a few buffers of a client and of the server fit, and nothing that grows with what is sent."""
FLOOD = 64 << 20
"""Bytes that the server sends if nobody stops it."""
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def flood(begin: bytes, unit: bytes) -> Step:
    """The beginning of an answer, and then the same again and again."""

    def step(connection: socket.socket, seen: Seen, stopped: threading.Event) -> bool:
        del seen
        block = unit * max(1, (1 << 16) // len(unit))
        connection.sendall(begin)
        for _ in range(FLOOD // len(block)):
            if stopped.is_set():
                break
            connection.sendall(block)
        return False

    return step


HOSTILE = {
    "interim answers": flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "large interim answers": flood(b"", b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 60_000 + b"\r\n\r\n"),
    "a head": flood(OK, b"X: y\r\n"),
    "a header": flood(OK + b"X: ", b"y"),
    "blanks": flood(OK + b"X:", b" "),
    "trailers": flood(CHUNKED + b"0\r\n", b"X: y\r\n"),
    "a trailer": flood(CHUNKED + b"0\r\nX: ", b"y"),
    "an extension": flood(CHUNKED + b"1;", b"x"),
    "extensions": flood(CHUNKED, b"1;" + b"x" * 4000 + b"\r\ny\r\n"),
    "chunks of one byte": flood(CHUNKED, b"1\r\na\r\n"),
    "a chunk": flood(CHUNKED + b"fffffffffffffff\r\n", b"y"),
    "a body without a length": flood(OK + b"\r\n", b"y"),
    "parts of a compressed body": flood(OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"")),
    "empty blocks of a compressed body": flood(
        OK + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"")[:2], b"\0\0\0\xff\xff"
    ),
}
"""Answers that go on and on with the same."""


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyServer]:
    with FaultyServer() as started:
        yield started


@pytest.fixture
def memory(server: FaultyServer) -> Iterator[None]:
    """Fails where Python held more at a time than a bounded reader can."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MEMORY


Client = Callable[[str], bytes]


@pytest.fixture(params=["waiting", "many at once"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Each of the two clients, as a function from an address to a body."""
    transport = Transport(IndexSettings(retries=0, timeout=20), environ={})
    if request.param == "waiting":
        yield lambda url: transport.get(url, limit=LIMIT, what="it").body
        transport.close()
        return
    asker = Asker(idle=20.0)

    def ask(url: str) -> bytes:
        outcome = asker.get(url, LIMIT)
        if isinstance(outcome, WireFault | TooLarge):
            raise outcome
        return collect(outcome.pieces, outcome.headers.get("content-encoding", ""), LIMIT)

    yield ask
    asker.lane.close()
    transport.close()


@pytest.mark.parametrize("answer", HOSTILE)
def test_no_answer_takes_more_than_its_bounds(answer: str, server: FaultyServer, client: Client, memory: None) -> None:
    url = server.on("/it", HOSTILE[answer])
    with pytest.raises((PiptoolsCloneError, WireFault, TooLarge)):
        client(url)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_tiny_chunks_are_kept_as_one(size: int, server: FaultyServer, client: Client, memory: None) -> None:
    chunk = b"%x\r\n%b\r\n" % (size, b"a" * size)
    url = server.on("/it", raw(CHUNKED + chunk * (LIMIT // size) + b"0\r\n\r\n"))
    assert len(client(url)) == LIMIT // size * size


def test_trailers_and_interim_answers_are_passed_over(server: FaultyServer, client: Client) -> None:
    url = server.on(
        "/it", raw(b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" * 3 + CHUNKED + b"1;a=b\r\ny\r\n0\r\nX: y\r\n\r\n")
    )
    assert client(url) == b"y"


@pytest.mark.parametrize(
    "begin", [OK + b"X: " + b"y" * (MAX_HEAD - 100), CHUNKED + b"1;" + b"x" * 4000, CHUNKED + b"2\r\na", OK + b"\r\n"]
)
def test_what_comes_byte_by_byte_is_read_once(begin: bytes, memory: None) -> None:
    arriving = Arriving(LIMIT)
    for byte in begin:
        assert not arriving.feed(bytes((byte,)))
    if arriving.head is not None and arriving.size == 0 and b"chunked" not in begin:
        for _ in range(LIMIT):
            arriving.feed(b"x")
        assert arriving.take() == b"x" * LIMIT


def test_a_head_is_bounded_wherever_it_is_cut() -> None:
    for cut in (1 << 10, 1 << 18):
        arriving = Arriving(LIMIT)
        head = OK + b"X: " + b"y" * MAX_HEAD + b"\r\n\r\n"
        with pytest.raises(BadAnswer):
            for at in range(0, len(head), cut):
                arriving.feed(head[at : at + cut])


@pytest.mark.parametrize("coding", ["gzip", "deflate", ""])
def test_decoding_takes_no_memory_for_pieces(coding: str, memory: None) -> None:
    """One byte or none at a time, of a body that is as large as it may be."""
    body = {"gzip": gzip.compress, "deflate": zlib.compress, "": bytes}[coding](bytes(range(256)) * (LIMIT // 256))
    pieces = (piece for at in range(len(body)) for piece in (b"", body[at : at + 1]))
    assert len(collect(pieces, coding, LIMIT)) == LIMIT


BOMB = gzip.compress(bytes(FLOOD))


def test_a_bomb_ends_at_the_bound(memory: None) -> None:
    with pytest.raises(TooLarge):
        collect([BOMB], "gzip", len(BOMB))


def test_members_of_a_body_are_bounded() -> None:
    body = gzip.compress(b"a")
    assert collect([body * 1000], "gzip", LIMIT) == b"a" * 1000
    with pytest.raises(WireFault, match="in more than 1,024 parts"):
        collect([body * 1025], "gzip", LIMIT)


class TestPace:
    """A transfer that has begun must go on: a minimum rate holds for each."""

    def test_dripping_ends_a_transfer(self) -> None:
        time = iter(range(0, 10_000, 2))
        pace = Pace(15.0, lambda: float(next(time)))
        with pytest.raises(WireFault, match=f"fewer than {MINIMUM_RATE} bytes per second came for 30 s"):
            for _ in range(int(RATE_SECONDS)):
                pace.note(1)

    def test_a_slow_line_is_no_fault(self) -> None:
        time = iter(range(10_000))
        pace = Pace(15.0, lambda: float(next(time)))
        for _ in range(300):
            pace.note(MINIMUM_RATE + 10)

    def test_a_pause_that_is_allowed_is_no_fault(self) -> None:
        """With pip's ``--timeout 100`` a server may think for a long time, before its answer and within."""
        times = iter([0.0, 99.0, 198.0, 199.0])
        pace = Pace(100.0, lambda: next(times))
        for _ in range(4):
            pace.note(100_000)


class Dripping:
    """A server that has sent a head, and two seconds by the client's clock pass with each look at it."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.theirs.sendall(OK + b"Content-Length: 1000000\r\n\r\nx")
        self._seconds = 0.0

    def clock(self) -> float:
        self._seconds += 2.0
        return self._seconds

    def __enter__(self) -> Dripping:
        return self

    def __exit__(self, *_: object) -> None:
        self.ours.close()
        self.theirs.close()


def test_the_client_that_waits_gives_a_dripping_server_up() -> None:
    address = parse_address("http://index.example/")
    with Dripping() as server:
        connection = wire_direct.Connection(address.origin, server.ours, Patience(15.0, 1e9, server.clock))
        connection.exchange(Request(address, {}, Patience(15.0, 1e9, server.clock)))
        with pytest.raises(WireFault, match="fewer than"):
            for _ in connection.body(lambda: None):
                server.theirs.sendall(b"x")


def test_the_client_of_many_gives_a_dripping_server_up() -> None:
    address = parse_address("http://index.example/")
    with Dripping() as server, selectors.DefaultSelector() as selector:
        server.ours.setblocking(False)
        connection = lane_connection.Connection(address, (0, 0, 0, ()), server.ours, None)
        exchange = lane_connection.Exchange(address, b"GET", LIMIT << 10, lambda _: None, 1e9)
        connection.begin(exchange, selector, Pace(15.0, server.clock))
        with pytest.raises(WireFault, match="fewer than"):
            while not connection.receive(selector):
                server.theirs.sendall(b"x")
