"""Answers are read in linear time and bounded memory, however a server cuts what it sends."""

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
from piptools_clone.http.address import parse_address
from piptools_clone.http.connection import MINIMUM_RATE, RATE_SECONDS, Connection, Pace
from piptools_clone.http.decoding import collect
from piptools_clone.http.download import Download
from piptools_clone.http.failures import TooLarge, TransferFault
from piptools_clone.http.http1 import MAX_HEAD, AnswerReader
from piptools_clone.http.request_steps import Transfer
from piptools_clone.http.transport import Transport
from piptools_clone.settings.index_settings import IndexSettings
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


@pytest.fixture(params=["get", "download"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Into memory, and piece by piece: a function from an address to a body."""
    transport = Transport(IndexSettings(retries=0, timeout=20), environ={})

    def download(url: str) -> bytes:
        body = bytearray()
        transport.download(url, body.extend, limit=LIMIT, what="it")
        return bytes(body)

    yield download if request.param == "download" else lambda url: transport.get(url, limit=LIMIT, what="it").body
    transport.close()


@pytest.mark.parametrize("answer", HOSTILE)
def test_no_answer_takes_more_than_its_bounds(answer: str, server: FaultyServer, client: Client, memory: None) -> None:
    url = server.on("/it", HOSTILE[answer])
    with pytest.raises(PiptoolsCloneError):
        client(url)


@pytest.mark.parametrize("status", [302, 401, 403, 503])
def test_a_body_that_is_of_no_use_is_not_read_to_its_end(
    status: int, server: FaultyServer, client: Client, memory: None
) -> None:
    begin = b"HTTP/1.1 %d No\r\nLocation: /there\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n" % status
    server.on("/there", raw(OK + b"Content-Length: 1\r\n\r\ny"))
    url = server.on("/it", flood(begin, b"y"))
    if status == 302:
        assert client(url) == b"y"
    else:
        with pytest.raises(PiptoolsCloneError, match=str(status)):
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
    reader = AnswerReader(LIMIT)
    for byte in begin:
        assert not reader.feed(bytes((byte,)))
    if reader.head is not None and reader.size == 0 and b"chunked" not in begin:
        for _ in range(LIMIT):
            reader.feed(b"x")
        assert reader.take() == b"x" * LIMIT


def test_a_head_is_bounded_wherever_it_is_cut() -> None:
    for cut in (1 << 10, 1 << 18):
        reader = AnswerReader(LIMIT)
        head = OK + b"X: " + b"y" * MAX_HEAD + b"\r\n\r\n"
        with pytest.raises(TransferFault, match="too long"):
            for at in range(0, len(head), cut):
                reader.feed(head[at : at + cut])


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
    with pytest.raises(TransferFault, match="in more than 1,024 parts"):
        collect([body * 1025], "gzip", LIMIT)


class TestPace:
    """A transfer that has begun must go on: a minimum rate holds for each."""

    def test_dripping_ends_a_transfer(self) -> None:
        time = iter(range(0, 10_000, 2))
        pace = Pace(15.0, lambda: float(next(time)))
        with pytest.raises(TransferFault, match=f"fewer than {MINIMUM_RATE} bytes per second came for 30 s"):
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


@pytest.mark.parametrize("is_download", [False, True])
def test_a_dripping_server_is_given_up(is_download: bool) -> None:
    address = parse_address("http://index.example/")
    with Dripping() as server, selectors.DefaultSelector() as selector:
        server.ours.setblocking(False)
        connection = Connection(address, (0, 0, 0, ()), server.ours, None)
        download = Download(lambda piece: None, LIMIT << 10) if is_download else None
        transfer = Transfer(address, {}, limit=LIMIT << 10, until=1e9, download=download)
        connection.begin(transfer, selector, Pace(15.0, server.clock, transfer.until))
        with pytest.raises(TransferFault, match="fewer than"):
            while not connection.receive(selector):
                server.theirs.sendall(b"x")
