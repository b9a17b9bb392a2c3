"""The lane: many requests from one thread, each answered whole or failed, none lost."""

from __future__ import annotations

import gzip
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.errors import IndexFailure
from piptools_clone.http.address import parse_address
from piptools_clone.http.decoding import TooLarge
from piptools_clone.http.http1 import BadAnswer, CutOff, render_request
from piptools_clone.http.http1_arriving import Arriving
from piptools_clone.http.lane import Lane
from piptools_clone.http.lane_traffic import MOST, Limits
from piptools_clone.http.tls import make_context
from piptools_clone.http.wire import WireFault
from tests.support.faulty_server import AUTHORITY, FaultyServer, chunked, compressed, hang, raw, reply, reset

LIMIT = 1 << 16


class Asker:
    """A lane and what came of its requests, by number."""

    def __init__(self, **facts):
        self.lane = Lane(facts.pop("context_for", None), Limits(**{"idle": 5.0, "request": 60.0} | facts))
        self.outcomes = {}

    def send(self, url, limit=LIMIT):
        number = len(self.outcomes)
        self.outcomes[number] = None
        address = parse_address(url)
        self.lane.send(
            address, render_request(address, {}), limit, lambda outcome: self.outcomes.update({number: outcome})
        )

    def wait(self):
        self.lane.run_until(lambda: None not in self.outcomes.values(), 20)
        return list(self.outcomes.values())

    def get(self, url, limit=LIMIT):
        self.send(url, limit)
        return self.wait()[-1]


@pytest.fixture
def asker():
    opened = Asker()
    yield opened
    opened.lane.close()


def body(outcome):
    assert isinstance(outcome, Arriving), outcome
    return b"".join(outcome.pieces)


@pytest.mark.parametrize(
    "step",
    [
        reply(b"hello"),
        chunked(b"hel", b"lo"),
        raw(b"HTTP/1.0 200 OK\r\n\r\nhello"),
        raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    ],
)
def test_every_framing_gives_the_same_body(server, asker, step):
    assert body(asker.get(server.on("/", step))) == b"hello"


def test_one_connection_serves_requests_that_follow_one_another(server, asker):
    url = server.on("/", reply(b"a"), chunked(b"b", b"c"), compressed(b"d"), reply(b"no", 404), reply(b"", 304))
    assert [asker.get(url).status for _ in range(5)] == [200, 200, 200, 404, 304]
    assert server.connections == 1


def test_many_requests_share_few_connections(server, asker):
    urls = [server.on(f"/{number}", reply(b"%d" % number * 100)) for number in range(3 * MOST)]
    for url in urls:
        asker.send(url)
    assert [body(outcome) for outcome in asker.wait()] == [b"%d" % number * 100 for number in range(3 * MOST)]
    assert server.connections <= MOST


def test_a_request_may_follow_from_an_answer(server, asker):
    first, second = server.on("/1", reply(b"1")), server.on("/2", reply(b"2"))
    address = parse_address(first)
    asker.outcomes["first"] = None

    def follow(outcome):
        asker.outcomes["first"] = outcome
        asker.send(second)

    asker.lane.send(address, render_request(address, {}), LIMIT, follow)
    assert [body(outcome) for outcome in asker.wait()] == [b"1", b"2"]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (reset(), "reset"),
        (raw(b""), "without an answer"),
        (reply(b"hel", length=5), "cut off"),
        (chunked(b"hel", finish=False), "cut off"),
        (raw(b"SSH-2.0-OpenSSH_9.0\r\n\r\n"), "does not speak"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), "malformed"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"), "unknown transfer coding"),
    ],
)
def test_a_fault_is_told_once_and_hurts_nobody_else(server, asker, step, words):
    asker.send(server.on("/bad", step))
    asker.send(server.on("/good", reply(b"good")))
    bad, good = asker.wait()
    assert isinstance(bad, WireFault)
    assert words in bad.words
    assert body(good) == b"good"


def test_a_kept_connection_that_the_server_closed_costs_no_fault(server, asker):
    closing = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")
    url = server.on("/", closing, reply(b"b"))
    assert body(asker.get(url)) == b"a"
    assert body(asker.get(url)) == b"b"
    assert server.connections == 2


def test_a_body_past_the_limit_ends_at_once(server, asker):
    for step in (reply(b"x" * 11), chunked(b"x" * 6, b"x" * 5), raw(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 11)):
        assert isinstance(asker.get(server.on("/", step), limit=10), TooLarge)
    assert body(asker.get(server.on("/", reply(b"x" * 10)), limit=10)) == b"x" * 10


def test_silence_ends(server):
    asker = Asker(idle=0.05)
    outcome = asker.get(server.on("/", hang(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")))
    asker.lane.close()
    assert isinstance(outcome, WireFault)
    assert "no sign of life" in outcome.words


def test_a_refused_connection(asker):
    with FaultyServer() as gone:
        url = gone.on("/", reply(b""))
    outcome = asker.get(url)
    assert isinstance(outcome, WireFault)
    assert "refused" in outcome.words


def test_an_unknown_host(asker):
    assert isinstance(asker.get("http://nowhere.invalid/"), WireFault)


def test_waiting_has_an_end(server, asker):
    asker.send(server.on("/", hang()))
    with pytest.raises(TimeoutError):
        asker.lane.run_until(lambda: False, 0.05)


def test_jobs_are_done_when_nothing_arrives_and_at_the_end(server, asker):
    done = []
    asker.lane.later(lambda: done.append("while waiting"))
    asker.get(server.on("/", reply(b"", 404)))
    asker.lane.run_until(lambda: bool(done), 5)
    asker.lane.later(lambda: done.append("at the end"))
    asker.lane.close()
    assert done == ["while waiting", "at the end"]


def test_a_closed_lane_sends_nothing(server, asker):
    asker.lane.close()
    assert isinstance(asker.get(server.on("/", reply(b""))), WireFault)
    assert server.seen == []


def test_any_thread_may_send_and_any_may_wait(server, asker):
    urls = [server.on(f"/{number}", reply(b"%d" % number)) for number in range(40)]
    threads = [threading.Thread(target=lambda url=url: Asker.get(asker, url)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(body(outcome) for outcome in asker.outcomes.values()) == sorted(b"%d" % n for n in range(40))


def test_waking_makes_the_driver_look_again(server, asker):
    """A promise that a thread of the pool keeps ends the wait at once, not at the next answer."""
    asker.send(server.on("/", hang()))
    told = threading.Event()

    def tell():
        told.set()
        asker.lane.wake()

    timer = threading.Timer(0.05, tell)
    start = time.monotonic()
    timer.start()
    asker.lane.run_until(told.is_set, 20)
    timer.join()
    assert time.monotonic() - start < QUICKLY


class Waiter:
    """A thread that waits for a number of answers, and says when it has them, or what it was told instead."""

    def __init__(self, lane, done):
        self.error = None
        self._waits = threading.Event()
        self._thread = threading.Thread(target=self._wait, args=(lane, done))
        self._thread.start()
        self._waits.wait()

    def _wait(self, lane, done):
        def ask():
            self._waits.set()
            return done()

        try:
            lane.run_until(ask, 20)
        except IndexFailure as error:
            self.error = error

    def join(self):
        """Seconds until it had what it waited for."""
        start = time.monotonic()
        self._thread.join()
        return time.monotonic() - start


QUICKLY = 0.9  # seconds: less than any look at the clock is apart


def test_who_does_not_drive_hears_at_once_and_the_driver_drives_on(server, asker):
    """Of two threads that wait one drives; an answer for the other ends the wait of that one."""
    came, end = threading.Event(), threading.Event()
    driver = Waiter(asker.lane, end.is_set)
    other = Waiter(asker.lane, came.is_set)
    address = parse_address(server.on("/", reply(b"x")))
    asker.lane.send(address, render_request(address, {}), LIMIT, lambda _: came.set())
    assert other.join() < QUICKLY
    end.set()
    asker.lane.wake()
    assert driver.join() < QUICKLY


def test_when_the_driver_leaves_another_takes_over(server, asker):
    first, second = threading.Event(), threading.Event()
    driver, other = Waiter(asker.lane, first.is_set), Waiter(asker.lane, second.is_set)
    first.set()
    asker.lane.wake()
    assert driver.join() < QUICKLY
    address = parse_address(server.on("/", reply(b"x")))
    asker.lane.send(address, render_request(address, {}), LIMIT, lambda _: second.set())
    assert other.join() < QUICKLY


def test_closing_ends_all_waits(server, asker):
    asker.send(server.on("/", hang()))
    waiters = [Waiter(asker.lane, lambda: False) for _ in range(3)]
    asker.lane.close()
    assert max(waiter.join() for waiter in waiters) < QUICKLY
    assert [waiter.error.message for waiter in waiters] == ["the run is ending"] * 3


def test_over_tls():
    with FaultyServer(tls=True) as server:
        asker = Asker(context_for=lambda address: make_context(AUTHORITY, None, verify=True))
        urls = [server.on(f"/{number}", reply(b"x" * 50_000)) for number in range(5)]
        for url in urls * 4:
            asker.send(url)
        assert [len(body(outcome)) for outcome in asker.wait()] == [50_000] * 20
        asker.lane.close()


def test_an_untrusted_certificate_is_a_fault():
    with FaultyServer(tls=True) as server:
        asker = Asker(context_for=lambda address: make_context(None, None, verify=True))
        assert isinstance(asker.get(server.on("/", reply(b""))), WireFault)
        asker.lane.close()


MESSAGES = {
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello": b"hello",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n": b"",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n": b"",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nT: x\r\n\r\n": b"hello",
}


@given(st.sampled_from(sorted(MESSAGES)), st.lists(st.integers(0, 120), max_size=8), st.data())
def test_however_the_bytes_arrive(message, cuts, data):
    """Whole at the last byte and not before; cut anywhere before, it is no answer."""
    answer = Arriving(LIMIT)
    places = sorted({min(cut, len(message)) for cut in cuts} | {len(message)})
    pieces = [message[start:end] for start, end in zip([0, *places], places, strict=False)]
    results = [answer.feed(piece) for piece in pieces if piece]
    assert results == [False] * (len(results) - 1) + [True]
    assert b"".join(answer.pieces) == MESSAGES[message]
    assert answer.keep_alive
    cut = Arriving(LIMIT)
    part = message[: data.draw(st.integers(0, len(message) - 1))]
    assert not (part and cut.feed(part))
    with pytest.raises(CutOff):
        cut.end()


@given(st.binary(max_size=60))
def test_noise_is_refused_or_awaited(noise):
    answer = Arriving(LIMIT)
    try:
        answer.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + noise)
    except (BadAnswer, TooLarge):
        return


def test_a_body_that_swells_is_left_compressed():
    answer = Arriving(LIMIT)
    packed = gzip.compress(b"0" * 10 * LIMIT)
    assert answer.feed(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(packed), packed))
    assert answer.size == len(packed)


def test_what_arrives_goes_before_what_can_be_done_later(server, asker):
    """A job that somebody will wait for comes after the answers that are there, and before jobs nobody waits for."""
    order = []
    asker.lane.later(lambda: order.append("later"))
    asker.lane.soon(lambda: order.append("soon"), 0.0, "it")
    address = parse_address(server.on("/", reply(b"x")))
    asker.lane.send(address, render_request(address, {}), LIMIT, lambda _: order.append("answer"))
    asker.lane.run_until(lambda: len(order) == 3, 20)
    assert order.index("soon") < order.index("later")


def test_a_job_that_somebody_waits_for_is_dropped_with_the_lane(asker):
    done = []
    asker.lane.soon(lambda: done.append(1), 0.0, "it")
    asker.lane.close()
    assert not done


def test_attending_takes_in_what_has_come_and_never_waits(server, asker):
    came = threading.Event()

    def step(connection, seen, stopped):
        reply(b"x")(connection, seen, stopped)
        came.set()

    asker.lane.attend()  # nothing is under way
    asker.send(server.on("/", step))
    asker.lane.attend()
    while not came.wait(0.01):
        asker.lane.attend()
    asker.wait()
    assert asker.outcomes[0].status == 200
