"""The only HTTP: what to send, what to believe, when to try again, whom to tell who we are.

`Transport` holds the policy, written once; the wires below it (`wire_direct`,
`wire_requests`) send one request at a time and know none of it.  What is promised here:

* only a whole, undamaged answer is used, and only 404 means "not there";
* passing faults are tried again; everything else ends in an `IndexFailure` that says what was asked;
* credentials go to the origin they belong to, never from https to http, and never into a text;
* every request ends: idle time, time for the request and time for the run are bounded, and so is size.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from piptools_clone.errors import IndexFailure
from piptools_clone.http import failures
from piptools_clone.http.address import Address, Origin, TrustedHosts, parse_address, parse_redirect
from piptools_clone.http.credentials import Credential, Credentials, KeyringLookup, choose_keyring, read_netrc
from piptools_clone.http.decoding import TooLarge, collect
from piptools_clone.http.http1 import render_request
from piptools_clone.http.proxies import find_proxies
from piptools_clone.http.retries import PASSING_STATUSES, Retries, parse_retry_after
from piptools_clone.http.wire import Answer, Patience, Request, Wire, WireFault
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.process.bell import Bell
from piptools_clone.settings.index_settings import IndexSettings
from piptools_clone.version import __version__

if TYPE_CHECKING:
    import ssl

    from piptools_clone.http.http1_arriving import Arriving
    from piptools_clone.http.lane import Lane

T = TypeVar("T")

MAX_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LEADS_ON = REDIRECTS | {401}
_USEFUL = frozenset({200, 206, 304, 404, 416})
_HUGE = 8 * 2**20  # bytes of an answer that is not held twice
_DRAIN = 64 * 1024
"""Bytes of an unwanted body that are read to keep a connection; a longer one costs more than connecting."""


class Deadlines(NamedTuple):
    """Seconds that a request with its retries, a download with its resumptions, and a whole run may take."""

    request: float = 300.0
    download: float = 3600.0
    run: float = 7200.0


class Response:
    """A whole answer.  ``url`` is the final address without credentials; header names are lower case."""

    __slots__ = ("body", "headers", "status", "url")

    def __init__(self, status: int, url: str, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.url = url
        self.headers = headers
        self.body = body


class PassingStatus(WireFault):
    """A status that means "not now"; ``retry_after`` in seconds, if the server said so."""

    def __init__(self, status: int, retry_after: float | None) -> None:
        super().__init__(failures.status_words(status))
        self.status = status
        self.retry_after = retry_after


class Transport:
    """Fetches addresses; safe for many threads.  ``close`` ends what is under way in other threads too.

    ``keyring`` asks the keyring command, for pip's ``keyring-provider``: whoever may start processes
    passes it in.  ``clock``, ``sleep`` and ``jitter`` are parameters so that tests need no waiting.
    """

    def __init__(
        self,
        settings: IndexSettings,
        *,
        environ: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], object] | None = None,
        jitter: Callable[[], float] | None = None,
        deadlines: Deadlines = Deadlines(),  # noqa: B008 - an immutable value
        keyring: KeyringLookup | None = None,
    ) -> None:
        self._settings = settings
        self._environ = environ
        self._clock = clock
        self._now = now
        self._has_ended = False
        self._ending = Bell()
        self._sleep = sleep or (lambda seconds: self._ending.wait(lambda: self._has_ended, seconds))
        self._jitter = jitter or _random
        self._deadlines = deadlines
        self._end_of_run = clock() + deadlines.run
        self._retries = Retries(tries=settings.retries + 1)
        self._trusted = TrustedHosts(settings.trusted_hosts)
        self._refused = _refused_origins(settings, self._trusted)
        self._proxies = find_proxies(settings.proxy, environ, ignore_environ=settings.no_proxy_env)
        home = environ.get("HOME") or environ.get("USERPROFILE") or ""
        self._credentials = Credentials(
            settings.indexes + settings.find_links,
            read_netrc(environ, home),
            choose_keyring(settings.keyring_provider, keyring),
            self._trusted,
        )
        self.vouch = self._credentials.vouch
        self._lock = threading.Lock()
        self._contexts: dict[bool, ssl.SSLContext] = {}
        self._direct: Wire | None = None
        self._proxied: Wire | None = None

    def get(
        self, url: str, *, headers: Mapping[str, str] = {}, limit: int, what: str, after: WireFault | None = None
    ) -> Response:
        """Fetch a page or a part of a file into memory.

        Returns answers with status 200, 206, 304, 404 and 416; ``limit`` bounds the decoded body, in bytes;
        ``what`` names the thing for messages ("the page of flask"); ``after`` is how a first try by a lane failed.
        Raises `IndexFailure` for everything else, `BoundExceeded` past the limit.
        """
        sent = _with_coding(headers)

        def attempt(patience: Patience) -> Response:
            answer, address = self._follow(url, sent, patience, what)
            try:
                return self._whole(answer, address, limit, what)
            finally:
                answer.close()

        return self._persist(url, what, limit, self._deadlines.request, attempt, after=after)

    def lane(self) -> "Lane":
        """A lane for many requests at once, by the settings of this transport."""
        from piptools_clone.http.lane import Lane
        from piptools_clone.http.lane_traffic import Limits

        return Lane(self._context_for, Limits(self._settings.timeout, self._deadlines.request), clock=self._clock)

    def prepare(self, url: str, headers: Mapping[str, str]) -> tuple[Address, bytes] | None:
        """Where to and what a lane must send for `get`; None where only `get` itself will do.  Raises IndexFailure."""
        address = parse_address(url)
        if self._has_ended or address.origin in self._refused or self._proxies.choose(address) is not None:
            return None
        return address, render_request(address, self._signed(_with_coding(headers), self._credentials.known(address)))

    def accept(self, outcome: "Arriving | TooLarge", address: Address, limit: int, what: str) -> Response | None:
        """What `get` makes of what came by a lane; None where it would ask on, as for a redirect.

        May be asked again for all but huge answers, which are not held twice.
        Raises `WireFault` where it would try again, and what `get` raises.
        """
        if isinstance(outcome, TooLarge):
            raise failures.too_large(what, address.url, limit)
        if outcome.status in PASSING_STATUSES:
            raise self._passing(outcome.status, outcome.headers)
        if outcome.status in _LEADS_ON:
            return None
        try:
            response = self._whole(outcome, address, limit, what)
        except TooLarge:
            raise failures.too_large(what, address.url, limit) from None
        if outcome.size > _HUGE:
            outcome.let_go()
        return response

    def download(
        self, url: str, sink: Callable[[bytes], None], *, limit: int, what: str, conditions: Mapping[str, str] = {}
    ) -> Mapping[str, str] | None:
        """Fetch a file of at most ``limit`` bytes piece by piece; each byte reaches ``sink`` once.

        A broken transfer is taken up where it stopped, if the server can and still has the same file.  Returns the
        headers of the answer; None, where by ``conditions`` (``If-None-Match`` ...) there is nothing new.
        Raises `IndexFailure`, for 404 too; what ``sink`` raises passes through.
        """
        from piptools_clone.http.download import Download

        state = Download(sink, limit)

        def attempt(patience: Patience) -> Mapping[str, str] | None:
            sent = {"Accept-Encoding": "identity", **(state.headers() or conditions)}
            answer, address = self._follow(url, sent, patience, what)
            try:
                if answer.status == 304 and conditions:
                    return None
                if not state.accepts(answer.status):
                    raise failures.refused(what, address, answer.status, self._credentials)
                state.receive(answer)
                return answer.headers
            finally:
                answer.close()

        return self._persist(url, what, limit, self._deadlines.download, attempt)

    def identity(self, url: str) -> str:
        """Who we are to the server of an address: distinguishes cache entries, holds no password.

        Empty for nobody; the text names the user, so it must be hashed before it is written anywhere.
        """
        address = parse_address(url)
        credential = self._credentials.known(address)
        parts = (
            f"user {credential.user}" if credential else "",
            f"certificate {self._settings.client_cert}" if self._settings.client_cert else "",
            "" if self._trusted.accepts_index(address) and self._verifies(address) else "unverified",
        )
        return "\n".join(filter(None, parts))

    def close(self) -> None:
        """End all requests and drop all connections; a closed transport sends nothing more."""
        self._has_ended = True
        self._ending.ring()
        for wire in (self._direct, self._proxied):
            if wire is not None:
                wire.close()

    def _persist(
        self,
        url: str,
        what: str,
        limit: int,
        seconds: float,
        attempt: Callable[[Patience], T],
        *,
        after: WireFault | None = None,
    ) -> T:
        """Try until an attempt succeeds, or fails for good, or tries or time run out."""
        until = min(self._clock() + seconds, self._end_of_run)
        patience = Patience(self._settings.timeout, until, self._clock)
        if after and (self._retries.tries < 2 or not self._pause(0, after, patience)):
            raise failures.unanswered(what, url, after, 1)
        for number in range(1 if after else 0, self._retries.tries):
            try:
                self._check_open(url, what)
                return attempt(patience)
            except TooLarge:
                raise failures.too_large(what, url, limit) from None
            except WireFault as fault:
                last = number + 1 == self._retries.tries
                if last or not fault.passing or not self._pause(number, fault, patience):
                    raise failures.unanswered(what, url, fault, number + 1) from None
        raise AssertionError("a loop of tries ends by itself")

    def _pause(self, number: int, fault: WireFault, patience: Patience) -> bool:
        """Wait before the next try; False if that would pass the deadline."""
        retry_after = fault.retry_after if isinstance(fault, PassingStatus) else None
        seconds = self._retries.pause(number, self._jitter(), retry_after)
        if seconds >= patience.left():
            return False
        self._sleep(seconds)
        return True

    def _check_open(self, url: str, what: str) -> None:
        if self._has_ended:
            raise failures.unanswered(what, url, WireFault("the run is ending"), 1)

    def _follow(self, url: str, headers: Mapping[str, str], patience: Patience, what: str) -> tuple[Answer, Address]:
        """Return the first answer that is no redirect, and where it came from."""
        address = parse_address(url)
        self._refuse_insecure_index(address, what)
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._authorised(address, headers, patience)
            location = answer.headers.get("location") if answer.status in REDIRECTS else None
            if location is None:
                return answer, address
            _discard(answer)
            address = self._next_hop(address, location, what)
        raise IndexFailure(
            f"{what} could not be fetched: {failures.shown(url)} redirects more than {MAX_REDIRECTS} times",
            url=failures.shown(url),
        )

    def _next_hop(self, address: Address, location: str, what: str) -> Address:
        following = parse_redirect(address, location)
        if address.scheme == "https" and following.scheme == "http":
            raise failures.downgraded(what, address, following)
        return following

    def _authorised(self, address: Address, headers: Mapping[str, str], patience: Patience) -> Answer:
        """Return the answer for what we know of ourselves, and after a 401 for what the keyring knows."""
        credential = self._credentials.known(address)
        answer = self._send(address, headers, credential, patience)
        if answer.status != 401:
            return answer
        better = self._credentials.after_refusal(address, credential)
        if better is None:
            return answer
        _discard(answer)
        return self._send(address, headers, better, patience)

    def _send(
        self, address: Address, headers: Mapping[str, str], credential: Credential | None, patience: Patience
    ) -> Answer:
        answer = self._wire_for(address).send(Request(address, self._signed(headers, credential), patience))
        if answer.status in PASSING_STATUSES:
            _discard(answer)
            raise self._passing(answer.status, answer.headers)
        return answer

    def _signed(self, headers: Mapping[str, str], credential: Credential | None) -> dict[str, str]:
        """The headers with who we are."""
        sent = {"User-Agent": f"piptools-clone/{__version__}", **headers}
        if credential:
            sent["Authorization"] = credential.header
        return sent

    def _passing(self, status: int, headers: Mapping[str, str]) -> PassingStatus:
        return PassingStatus(status, parse_retry_after(headers.get("retry-after"), self._now()))

    def _whole(self, answer: "Answer | Arriving", address: Address, limit: int, what: str) -> Response:
        if answer.status not in _USEFUL:
            raise failures.refused(what, address, answer.status, self._credentials)
        body = collect(answer.pieces, answer.headers.get("content-encoding", ""), limit)
        return Response(answer.status, address.url, answer.headers, body)

    def _wire_for(self, address: Address) -> Wire:
        """The wire that leads to an address.  Neither is there before it is used: a lane mostly does without."""
        with self._lock:
            if self._proxies.choose(address) is None:
                wire = self._direct = self._direct or self._open_direct()
            else:
                wire = self._proxied = self._proxied or self._open_proxied()
        if self._has_ended:  # perhaps since `close` looked for wires
            wire.close()
        return wire

    def _open_direct(self) -> Wire:
        from piptools_clone.http.wire_direct import DirectWire

        return DirectWire(self._context_for)

    def _open_proxied(self) -> Wire:
        from piptools_clone.http.wire_requests import RequestsWire

        return RequestsWire(self._proxies.choose, self._verify_for, self._settings.client_cert)

    def _verifies(self, address: Address) -> bool:
        return not self._trusted.covers(address)

    def _verify_for(self, address: Address) -> bool | str:
        from piptools_clone.http.tls import find_authorities

        return self._verifies(address) and (find_authorities(self._settings.cert, self._environ) or True)

    def _context_for(self, address: Address) -> "ssl.SSLContext":
        from piptools_clone.http.tls import find_authorities, make_context

        verify = self._verifies(address)
        with self._lock:
            if verify not in self._contexts:
                authorities = find_authorities(self._settings.cert, self._environ)
                self._contexts[verify] = make_context(authorities, self._settings.client_cert, verify=verify)
            return self._contexts[verify]

    def _refuse_insecure_index(self, address: Address, what: str) -> None:
        if address.origin in self._refused:
            raise failures.insecure(what, address)


def _with_coding(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with the content coding that fits: the bytes of a range mean nothing when they are compressed."""
    coding = "identity" if "range" in map(str.lower, headers) else "gzip"
    return {"Accept-Encoding": coding, **headers}


def _refused_origins(settings: IndexSettings, trusted: TrustedHosts) -> frozenset[Origin]:
    """Origins of configured places that pip would ignore as insecure: plain http, not here, not trusted."""
    places = (place for place in settings.indexes + settings.find_links if place.startswith("http:"))
    addresses = (parse_address(place) for place in places)
    return frozenset(address.origin for address in addresses if not trusted.accepts_index(address))


def _discard(answer: Answer) -> None:
    """Read an unwanted body if it is short, so that its connection can be used again."""
    size = 0
    try:
        for piece in answer.pieces:
            size += len(piece)
            if size > _DRAIN:
                break
    except WireFault:
        pass
    finally:
        answer.close()


def _random() -> float:
    from random import random

    return random()  # noqa: S311 - it spreads retries, nothing is kept secret by it
