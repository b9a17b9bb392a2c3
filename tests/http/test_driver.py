"""The driver: many requests in one thread, each answered whole or failed, none lost."""

from __future__ import annotations

import gzip
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.errors import IndexFailure
from piptools_clone.http import connection_pool
from piptools_clone.http.address import parse_address
from piptools_clone.http.connection_pool import MOST, ConnectionPool
from piptools_clone.http.driver import Driver
from piptools_clone.http.failures import TooLarge, TransferFault
from piptools_clone.http.http1 import UNWANTED_BYTES, Answer, AnswerReader
from piptools_clone.http.request_steps import Blocking, Pause, Transfer
from piptools_clone.http.tls import make_context
from tests.support.faulty_server import AUTHORITY, FaultyServer, chunked, compressed, hang, raw, reply, reset

LIMIT = 1 << 16


class Asker:
    """A driver and what came of its requests, by number."""

    def __init__(self, idle=5.0, until=float("inf"), context_for=None):
        self.driver = Driver(ConnectionPool(context_for, idle, time.monotonic))
        self.until = until
        self.outcomes = {}

    def send(self, url, limit=LIMIT, then=None):
        number = len(self.outcomes)
        self.outcomes[number] = None
        self.start(url, then or (lambda outcome: self.outcomes.update({number: outcome})), limit)

    def start(self, url, then, limit=LIMIT):
        """Send a request with nothing around it."""
        address = parse_address(url)
        transfer = Transfer(address, {}, limit=limit, until=self.until)
        transfer.done = then
        self.driver.send(transfer)

    def wait(self):
        self.driver.run_until(lambda: None not in self.outcomes.values(), 20)
        return list(self.outcomes.values())

    def get(self, url, limit=LIMIT):
        self.send(url, limit)
        return self.wait()[-1]


@pytest.fixture
def asker():
    opened = Asker()
    yield opened
    opened.driver.close()


def body(outcome):
    assert isinstance(outcome, Answer), outcome
    return outcome.body


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
    asker.outcomes["first"] = None

    def follow(outcome):
        asker.outcomes["first"] = outcome
        asker.send(second)

    asker.start(first, follow)
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
    assert isinstance(bad, TransferFault)
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
    asker.driver.close()
    assert isinstance(outcome, TransferFault)
    assert "no sign of life" in outcome.words


def test_a_refused_connection(asker):
    with FaultyServer() as gone:
        url = gone.on("/", reply(b""))
    outcome = asker.get(url)
    assert isinstance(outcome, TransferFault)
    assert "refused" in outcome.words


def test_an_unknown_host(asker):
    assert isinstance(asker.get("http://nowhere.invalid/"), TransferFault)


def test_waiting_has_an_end(server, asker):
    asker.send(server.on("/", hang()))
    with pytest.raises(TimeoutError):
        asker.driver.run_until(lambda: False, 0.05)


def test_jobs_are_done_when_nothing_arrives_and_at_the_end(server, asker):
    done = []
    asker.driver.later(lambda: done.append("while waiting"))
    asker.get(server.on("/", reply(b"", 404)))
    asker.driver.run_until(lambda: bool(done), 5)
    asker.driver.later(lambda: done.append("at the end"))
    asker.driver.close()
    assert done == ["while waiting", "at the end"]


def test_a_closed_driver_sends_nothing(server, asker):
    asker.driver.close()
    assert isinstance(asker.get(server.on("/", reply(b""))), TransferFault)
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
        asker.driver.wake()

    timer = threading.Timer(0.05, tell)
    start = time.monotonic()
    timer.start()
    asker.driver.run_until(told.is_set, 20)
    timer.join()
    assert time.monotonic() - start < QUICKLY


class Waiter:
    """A thread that waits for a number of answers, and says when it has them, or what it was told instead."""

    def __init__(self, driver, done):
        self.error = None
        self._waits = threading.Event()
        self._thread = threading.Thread(target=self._wait, args=(driver, done))
        self._thread.start()
        self._waits.wait()

    def _wait(self, driver, done):
        def ask():
            self._waits.set()
            return done()

        try:
            driver.run_until(ask, 20)
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
    driver = Waiter(asker.driver, end.is_set)
    other = Waiter(asker.driver, came.is_set)
    asker.start(server.on("/", reply(b"x")), lambda _: came.set())
    assert other.join() < QUICKLY
    end.set()
    asker.driver.wake()
    assert driver.join() < QUICKLY


def test_when_the_driver_leaves_another_takes_over(server, asker):
    first, second = threading.Event(), threading.Event()
    driver, other = Waiter(asker.driver, first.is_set), Waiter(asker.driver, second.is_set)
    first.set()
    asker.driver.wake()
    assert driver.join() < QUICKLY
    asker.start(server.on("/", reply(b"x")), lambda _: second.set())
    assert other.join() < QUICKLY


def test_closing_ends_all_waits(server, asker):
    asker.send(server.on("/", hang()))
    waiters = [Waiter(asker.driver, lambda: False) for _ in range(3)]
    asker.driver.close()
    assert max(waiter.join() for waiter in waiters) < QUICKLY
    assert [waiter.error.message for waiter in waiters] == ["the run is ending"] * 3


def test_over_tls():
    with FaultyServer(tls=True) as server:
        asker = Asker(context_for=lambda address: make_context(AUTHORITY, None, verify=True))
        urls = [server.on(f"/{number}", reply(b"x" * 50_000)) for number in range(5)]
        for url in urls * 4:
            asker.send(url)
        assert [len(body(outcome)) for outcome in asker.wait()] == [50_000] * 20
        asker.driver.close()


def test_an_untrusted_certificate_is_a_fault():
    with FaultyServer(tls=True) as server:
        asker = Asker(context_for=lambda address: make_context(None, None, verify=True))
        assert isinstance(asker.get(server.on("/", reply(b""))), TransferFault)
        asker.driver.close()


MESSAGES = {
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello": b"hello",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n": b"",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n": b"",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nT: x\r\n\r\n": b"hello",
}


@given(st.sampled_from(sorted(MESSAGES)), st.lists(st.integers(0, 120), max_size=8), st.data())
def test_however_the_bytes_arrive(message, cuts, data):
    """Whole at the last byte and not before; cut anywhere before, it is no answer."""
    answer = AnswerReader(LIMIT)
    places = sorted({min(cut, len(message)) for cut in cuts} | {len(message)})
    pieces = [message[start:end] for start, end in zip([0, *places], places, strict=False)]
    results = [answer.feed(piece) for piece in pieces if piece]
    assert results == [False] * (len(results) - 1) + [True]
    assert answer.take() == MESSAGES[message]
    assert answer.keep_alive
    cut = AnswerReader(LIMIT)
    part = message[: data.draw(st.integers(0, len(message) - 1))]
    assert not (part and cut.feed(part))
    with pytest.raises(TransferFault, match=r"cut off|without an answer"):
        cut.end()


@given(st.binary(max_size=60))
def test_noise_is_refused_or_awaited(noise):
    answer = AnswerReader(LIMIT)
    try:
        answer.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + noise)
    except (TransferFault, TooLarge):
        return


def test_a_body_that_swells_is_left_compressed():
    answer = AnswerReader(LIMIT)
    packed = gzip.compress(b"0" * 10 * LIMIT)
    assert answer.feed(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(packed), packed))
    assert answer.size == len(packed)


def test_what_arrives_goes_before_what_can_be_done_later(server, asker):
    """A job that somebody will wait for comes after the answers that are there, and before jobs nobody waits for."""
    order = []
    asker.driver.later(lambda: order.append("later"))
    asker.driver.soon(lambda: order.append("soon"), 0.0, "it")
    asker.start(server.on("/", reply(b"x")), lambda _: order.append("answer"))
    asker.driver.run_until(lambda: len(order) == 3, 20)
    assert order.index("soon") < order.index("later")


def test_a_job_that_somebody_waits_for_is_dropped_with_the_driver(asker):
    done = []
    asker.driver.soon(lambda: done.append(1), 0.0, "it")
    asker.driver.close()
    assert not done


def test_attending_takes_in_what_has_come_and_never_waits(server, asker):
    came = threading.Event()

    def step(connection, seen, stopped):
        reply(b"x")(connection, seen, stopped)
        came.set()

    asker.driver.attend()  # nothing is under way
    asker.send(server.on("/", step))
    asker.driver.attend()
    while not came.wait(0.01):
        asker.driver.attend()
    asker.wait()
    assert asker.outcomes[0].status == 200


def outcome_of(asker, steps):
    """What came of a request, or of the steps that stand for one."""
    came = []
    asker.driver.run(steps, came.append)
    asker.driver.run_until(lambda: bool(came), 20)
    return came[0]


def test_a_pause_of_one_request_lets_the_others_go_on(server, asker):
    def steps():
        yield Pause(0.2)
        return time.monotonic()

    came = []
    asker.driver.run(steps(), came.append)
    urls = [server.on(f"/{number}", reply(b"x")) for number in range(3)]
    for url in urls:
        assert asker.get(url).status == 200
    others = time.monotonic()
    asker.driver.run_until(lambda: bool(came), 20)
    assert came[0] > others
    assert came[0] - others < QUICKLY


def test_a_call_that_blocks_lets_the_others_go_on(server, asker):
    goes_on = threading.Event()

    def steps():
        first = yield Blocking(lambda: goes_on.wait(20))
        try:
            yield Blocking(lambda: int("x"))
        except ValueError:
            return first
        return None

    came = []
    asker.driver.run(steps(), came.append)
    assert asker.get(server.on("/", reply(b"x"))).status == 200
    assert not came
    goes_on.set()
    asker.driver.run_until(lambda: bool(came), 20)
    assert came == [True]


def test_calls_that_block_share_a_few_threads(asker):
    under_way, most, came = [], [], []
    all_wait = threading.Event()

    def call():
        under_way.append(1)
        most.append(len(under_way))
        if len(under_way) == 16:
            all_wait.set()
        all_wait.wait(20)
        under_way.pop()

    def steps():
        yield Blocking(call)

    for _ in range(60):
        asker.driver.run(steps(), came.append)
    asker.driver.run_until(lambda: len(came) == 60, 20)
    assert all_wait.is_set()
    assert max(most) == 16


def test_a_failure_of_the_steps_is_what_came_of_them(asker):
    def steps():
        yield Pause(0.0)
        raise KeyError("x")

    assert isinstance(outcome_of(asker, steps()), KeyError)


def test_a_deadline_holds_for_the_whole_of_a_request(server):
    asker = Asker(idle=0.2, until=time.monotonic() + 0.3)

    def drip(connection, seen, stopped):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not stopped.wait(0.05) and time.monotonic() < asker.until + 5:
            connection.sendall(b"x")
        return False

    outcome = asker.get(server.on("/", drip))
    asker.driver.close()
    assert isinstance(outcome, TransferFault)
    assert "time limit" in outcome.words
    assert not outcome.passing


def test_requests_that_wait_for_a_connection_have_a_deadline_too(server):
    asker = Asker(idle=5.0, until=time.monotonic() + 0.5)
    for number in range(MOST + 3):
        asker.send(server.on(f"/{number}", hang()))
    outcomes = asker.wait()
    asker.driver.close()
    assert {outcome.words for outcome in outcomes} == {"the time limit for it has passed"}


def test_a_host_is_reached_at_any_of_its_addresses(server, asker, monkeypatch):
    """An address that refuses costs no try as long as there is another one."""
    with FaultyServer() as gone:
        dead = connection_pool.find_endpoints(parse_address(gone.url + "/"))
    living = connection_pool.find_endpoints(parse_address(server.url + "/"))
    monkeypatch.setattr(connection_pool, "find_endpoints", lambda address: dead + living)
    for number in range(5):
        asker.send(server.on(f"/{number}", reply(b"x")))
    assert [body(outcome) for outcome in asker.wait()] == [b"x"] * 5
    monkeypatch.setattr(connection_pool, "find_endpoints", lambda address: dead + dead)
    other = Asker()
    assert "refused" in other.get("http://127.0.0.2:1/").words
    other.driver.close()


@pytest.mark.parametrize("size", [UNWANTED_BYTES // 2, UNWANTED_BYTES * 2])
def test_a_short_body_that_is_not_wanted_keeps_its_connection(server, asker, size):
    assert asker.get(server.on("/a", reply(b"x" * size, 302))).status == 302
    assert asker.get(server.on("/b", reply(b"x"))).status == 200
    assert server.connections == (1 if size < UNWANTED_BYTES else 2)


def test_an_unwanted_body_that_is_cut_off_costs_no_answer(server, asker):
    assert asker.get(server.on("/", reply(b"x", 503, length=5))).status == 503


def test_large_answers_take_turns(server, asker):
    """A connection that brings more and more lets the others bring theirs, over TLS too."""
    large, small = server.on("/large", reply(b"x" * (1 << 24))), server.on("/small", reply(b"y"))
    order = []
    for name, url, limit in (("large", large, 1 << 25), ("small", small, LIMIT)):
        asker.start(url, lambda outcome, name=name: order.append((name, outcome.size)), limit)
    asker.driver.run_until(lambda: len(order) == 2, 20)
    assert sorted(order) == [("large", 1 << 24), ("small", 1)]
