"""Pages are asked for again only when they may have changed, and never shared between users (RFC 9111)."""

from __future__ import annotations

from pathlib import Path

import pytest

from piptools_clone.errors import IndexFailure
from piptools_clone.http.cache_control import fresh_for, may_store
from piptools_clone.http.steps import follow
from piptools_clone.http.transport import Transport
from piptools_clone.index.pages.page_cache import PageCache
from piptools_clone.index.pages.page_request import PageRequest
from piptools_clone.settings.index_settings import IndexSettings
from piptools_clone.store.cache import Cache
from tests.support.faulty_server import reply

NOW = 1_000_000_000.0  # Sun, 09 Sep 2001 01:46:40 GMT


class Bench:
    """A page cache with a clock that the test sets, and a count of conversions."""

    def __init__(self, folder, indexes=()):
        self.time = NOW
        self.converted = 0
        self.transport = Transport(IndexSettings(retries=0, indexes=indexes), environ={})
        self.cache = Cache(str(folder))
        self.pages = PageCache(self.cache, self.transport, now=lambda: self.time)

    def convert(self, response):
        self.converted += 1
        return response.body.upper()

    def fetch(self, url, accept="text/html", **options):
        return self.pages.fetch(
            PageRequest(url, "the page of flask", accept=accept, limit=10_000, **options), self.convert
        )


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.transport.close()


def conditional(body=b"page", etag='"one"', **headers):
    """A page with a validator, confirmed by 304."""

    def step(connection, seen, stopped):
        known = seen.headers.get("if-none-match") == etag
        answer = reply(b"", 304, ETag=etag, **headers) if known else reply(body, ETag=etag, **headers)
        return answer(connection, seen, stopped)

    return step


def test_a_fresh_page_costs_no_request(server, bench):
    url = server.on("/flask/", reply(b"page", Cache_Control="max-age=600"))
    assert [bench.fetch(url) for _ in range(3)] == [b"PAGE"] * 3
    assert (len(server.seen), bench.converted) == (1, 1)


def test_a_stale_page_is_confirmed_by_its_validators(server, bench):
    url = server.on("/flask/", conditional(Cache_Control="max-age=600"))
    bench.fetch(url)
    bench.time += 601
    assert bench.fetch(url) == b"PAGE"
    assert bench.fetch(url) == b"PAGE"  # the 304 made it fresh again
    assert [seen.headers.get("if-none-match") for seen in server.seen] == [None, '"one"']
    assert bench.converted == 1


def test_a_date_is_a_validator_too(server, bench):
    date = "Sat, 08 Sep 2001 01:46:40 GMT"
    url = server.on("/flask/", reply(b"page", Last_Modified=date), reply(b"", 304))
    assert [bench.fetch(url), bench.fetch(url)] == [b"PAGE", b"PAGE"]
    assert server.seen[1].headers["if-modified-since"] == date


def test_without_a_word_about_freshness_every_use_asks(server, bench):
    url = server.on("/flask/", conditional())
    bench.fetch(url)
    stored = Path(bench.cache.path("pages", bench.pages._key(PageRequest(url, "", accept="text/html"))))
    written = stored.stat()
    assert bench.fetch(url) == b"PAGE"
    assert len(server.seen) == 2
    assert stored.stat() == written  # a 304 that tells nothing new is not written down


def test_a_changed_page_replaces_the_stored_one(server, bench):
    url = server.on("/flask/", reply(b"old", ETag='"1"'), reply(b"new", ETag='"2"', Cache_Control="max-age=60"))
    assert [bench.fetch(url) for _ in range(3)] == [b"OLD", b"NEW", b"NEW"]


def test_refresh_asks_though_the_page_is_fresh(server, bench):
    url = server.on("/flask/", conditional(Cache_Control="max-age=600"))
    bench.fetch(url)
    assert bench.fetch(url, refresh=True) == b"PAGE"
    assert server.seen[1].headers["cache-control"] == "max-age=0"
    assert server.seen[1].headers["if-none-match"] == '"one"'


def test_a_missing_page_is_not_remembered(server, bench):
    url = server.on("/flask/", reply(b"no", 404, Cache_Control="max-age=600"), reply(b"page"))
    assert [bench.fetch(url), bench.fetch(url)] == [None, b"PAGE"]


def test_a_page_that_vanished_is_missing(server, bench):
    url = server.on("/flask/", conditional(), reply(b"", 404))
    assert [bench.fetch(url), bench.fetch(url)] == [b"PAGE", None]


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_failure_is_never_papered_over_by_an_old_page(server, bench, status):
    url = server.on("/flask/", conditional(), reply(b"", status))
    bench.fetch(url)
    with pytest.raises(IndexFailure):
        bench.fetch(url)


@pytest.mark.parametrize(
    "headers", [{"Cache_Control": "no-store, max-age=600"}, {"Vary": "*", "Cache_Control": "max-age=9"}]
)
def test_what_must_not_be_kept_is_not(server, bench, headers):
    url = server.on("/flask/", reply(b"page", **headers))
    assert [bench.fetch(url), bench.fetch(url)] == [b"PAGE", b"PAGE"]
    assert len(server.seen) == 2


def test_a_page_that_cannot_be_converted_is_not_kept(server, bench):
    def broken(response):
        raise IndexFailure("a login page")

    url = server.on("/flask/", reply(b"login", Cache_Control="max-age=600"), reply(b"page"))
    with pytest.raises(IndexFailure, match="a login page"):
        bench.pages.fetch(PageRequest(url, "x", accept="text/html"), broken)
    assert bench.fetch(url) == b"PAGE"


def test_offline_uses_what_is_there_however_old(server, bench):
    url = server.on("/flask/", reply(b"page"))
    with pytest.raises(IndexFailure, match=r"the page of flask \(.*/flask/\) is not in the cache"):
        bench.fetch(url, offline=True)
    bench.fetch(url)
    bench.time += 1e8
    assert bench.fetch(url, offline=True) == b"PAGE"
    assert len(server.seen) == 1


def test_forms_and_types_are_kept_apart(server, bench):
    url = server.on("/flask/", reply(b"page", Cache_Control="max-age=600"))
    for accept, form in (("text/html", "1"), ("text/html", "2"), ("application/json", "2")):
        bench.fetch(url, accept=accept, form=form)
    assert len(server.seen) == 3


def test_users_are_kept_apart(server, tmp_path):
    url = server.on("/flask/", reply(b"page", Cache_Control="max-age=600"))
    for user_info in ("bob:1@", "ann:1@", "", "bob:2@"):
        bench = Bench(tmp_path, indexes=(server.url.replace("//", f"//{user_info}"),))
        bench.fetch(url)
        bench.transport.close()
    assert len(server.seen) == 3  # bob's second password is bob still


def test_no_credential_reaches_the_disk(server, tmp_path):
    url = server.on("/flask/", conditional())
    secret = url.replace("//", "//bob:s3cret@")
    bench = Bench(tmp_path)
    assert [bench.fetch(secret), bench.fetch(secret)] == [b"PAGE", b"PAGE"]
    bench.transport.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"page" in stored.lower()
    assert b"s3cret" not in stored
    assert not [path for path in tmp_path.rglob("*") if "s3cret" in str(path)]


def test_without_a_cache_every_use_asks(server, bench):
    url = server.on("/flask/", reply(b"page", Cache_Control="max-age=600"))
    pages = PageCache(None, bench.transport)
    for _ in range(2):
        assert pages.fetch(PageRequest(url, "x"), bench.convert) == b"PAGE"
    assert len(server.seen) == 2


def test_a_304_that_nothing_was_asked_for(server, bench):
    with pytest.raises(IndexFailure, match="answered 304 to a plain request"):
        bench.fetch(server.on("/flask/", reply(b"", 304)))


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[1:], lambda data: b""])
def test_a_damaged_entry_is_none(server, bench, damage):
    url = server.on("/flask/", reply(b"page", Cache_Control="max-age=600"))
    bench.fetch(url)
    path = Path(bench.cache.path("pages", bench.pages._key(PageRequest(url, "", accept="text/html"))))
    path.write_bytes(damage(path.read_bytes()))
    assert bench.fetch(url) == b"PAGE"
    assert len(server.seen) == 2


def test_a_clock_that_was_set_back_makes_pages_stale(server, bench):
    url = server.on("/flask/", reply(b"page", Cache_Control="max-age=600"))
    bench.fetch(url)
    bench.time -= 1000
    bench.fetch(url)
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "Public, Max-Age=600, must-revalidate"}, 600),
        ({"cache-control": 'max-age="600"'}, 600),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600", "age": "700"}, 0),
        ({"cache-control": "max-age=600", "date": "Sun, 09 Sep 2001 01:45:40 GMT"}, 540),
        ({"cache-control": "max-age=600", "date": "Sun, 09 Sep 2001 02:45:40 GMT"}, 600),
        ({"cache-control": "no-cache, max-age=600"}, 0),
        ({"cache-control": "s-maxage=600"}, 0),
        ({"cache-control": "max-age=-1"}, 0),
        ({"cache-control": "max-age=99999999999999"}, 366 * 24 * 3600),
        ({"expires": "Sun, 09 Sep 2001 01:56:40 GMT", "date": "Sun, 09 Sep 2001 01:46:40 GMT"}, 600),
        ({"expires": "Sun, 09 Sep 2001 01:56:40 GMT"}, 600),
        ({"expires": "0"}, 0),
        ({"expires": "Sun, 09 Sep 2001 01:56:40 GMT", "cache-control": "max-age=5"}, 5),
        ({"last-modified": "Sun, 09 Sep 1990 01:46:40 GMT"}, 0),
    ],
)
def test_how_long_an_answer_is_fresh(headers, seconds):
    """RFC 9111, section 4.2: max-age, else Expires minus Date; Age and Date say how old it came; no heuristics."""
    assert fresh_for(headers, NOW) == pytest.approx(seconds)


def test_what_may_be_stored():
    assert may_store({"cache-control": "private, max-age=5", "vary": "Accept"})
    assert not may_store({"cache-control": "No-Store"})
    assert not may_store({"vary": "*"})


def test_a_page_is_rendered_when_it_is_written(server, bench):
    """Whoever waits for the page does not wait for the form in which it is kept; the time of arrival counts."""
    url = server.on("/flask/", reply(b"page", Cache_Control="max-age=600"))
    jobs = []
    pages = PageCache(bench.cache, bench.transport, now=lambda: bench.time, later=jobs.append)
    rendered = []
    steps = pages.steps(PageRequest(url, "x"), lambda response: lambda: rendered.append(1) or response.body)
    payload = follow(steps, bench.transport)
    assert callable(payload)
    assert not rendered
    bench.time += 500
    jobs.pop()()
    assert rendered
    bench.time += 200
    assert pages.fetch(PageRequest(url, "x"), bench.convert) == b"PAGE"  # 700 s old by now: it is asked for again
    assert len(server.seen) == 2


def test_a_new_cache_is_asked_only_for_what_this_run_stored(server, bench, tmp_path):
    url = server.on("/flask/", reply(b"page", Cache_Control="max-age=600"))
    other = PageCache(Cache(str(tmp_path)), bench.transport, now=lambda: bench.time)
    bench.fetch(url)
    wanted = PageRequest(url, "the page of flask", accept="text/html", limit=10_000)
    assert other.fetch(wanted, bench.convert) == b"PAGE"
    assert (len(server.seen), bench.converted) == (2, 2)  # what another run stored meanwhile is not looked for
    assert other.fetch(wanted, bench.convert) == b"PAGE"
    assert len(server.seen) == 2
