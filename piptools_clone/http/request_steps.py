"""A request as steps: the one policy of redirects, credentials, retries, deadlines and bounds, without any waiting.

A generator says what to do next and is sent what came of it, or thrown how it failed; `Driver` takes the steps of many
requests in one thread.  What is promised here:

* only a whole, undamaged answer is used, and only 404 means "not there";
* passing faults are tried again; everything else ends in an `IndexFailure` that says what was asked;
* credentials go to the origin they belong to, never from https to http, and never into a text;
* every request ends: time for the request and time for the run are bounded, and so is size.
"""

from collections.abc import Callable, Generator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from piptools_clone.errors import IndexFailure
from piptools_clone.http import failures
from piptools_clone.http.address import Address, TrustedHosts, WebOrigin, parse_address, parse_redirect
from piptools_clone.http.decoding import collect
from piptools_clone.http.failures import TooLarge, TransferFault
from piptools_clone.http.http1 import USEFUL, WITH_CONTENT, Answer, parse_retry_after, render_request
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.version import __version__

if TYPE_CHECKING:
    from piptools_clone.http.credentials import Credential, Credentials
    from piptools_clone.http.download import Download
    from piptools_clone.settings.index_settings import IndexSettings

T = TypeVar("T")

MAX_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PASSING_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that mean "not now": the request may be sent again unchanged."""
LONGEST_RETRY_AFTER = 60.0
"""Seconds of a Retry-After header that are honoured; a server that asks for more is asked again earlier."""
FIRST_PAUSE = 0.2
"""Seconds before the second try; the pause doubles each time."""


class Transfer:
    """One request to send, until when its answer must be whole, and where that goes.

    ``limit`` bounds the body as sent, in bytes; a ``download`` takes the body piece by piece; ``until`` is in seconds
    of the clock of the client.  Raises ValueError for a header that would break the framing.
    """

    __slots__ = ("address", "done", "download", "headers", "limit", "payload", "until")

    def __init__(
        self,
        address: Address,
        headers: Mapping[str, str],
        *,
        limit: int,
        until: float,
        download: "Download | None" = None,
    ) -> None:
        self.address = address
        self.headers = headers
        self.payload = render_request(address, headers)
        self.limit = limit
        self.until = until
        self.download = download
        self.done: Callable[[Any], object]

    @property
    def useful(self) -> frozenset[int]:
        """The statuses of answers whose bodies are wanted."""
        return USEFUL if self.download is None else WITH_CONTENT


_Begin: TypeAlias = Callable[[Address, Mapping[str, str]], Transfer]
"""Makes the transfer to an address with some headers."""

Fetch: TypeAlias = Callable[[Transfer], Answer]
"""Sends a request and waits for its answer."""

Outcome: TypeAlias = Answer | Exception
"""How a transfer ended: a fault, `TooLarge`, `SinkFailed`, or a `SettingsError` of a certificate."""


class Pause(NamedTuple):
    """Wait so many seconds."""

    seconds: float


class Blocking(NamedTuple):
    """Something that waits by itself, so it needs a thread; the step is sent its result."""

    call: Callable[[], Any]


RequestStep: TypeAlias = Transfer | Pause | Blocking
RequestSteps = Generator[RequestStep, Any, T]
"""Yields a `Transfer`, which is sent its `Answer`, a `Pause` or a `Blocking`."""


class Deadlines(NamedTuple):
    """Seconds that a request with its retries, a download with its resumptions, and a whole run may take."""

    request: float = 300.0
    download: float = 3600.0
    run: float = 7200.0


class Response:
    """A whole answer.  ``url`` is the final address without credentials; header names are lower case.

    ``size`` is that of the body as it was sent, in bytes.
    """

    __slots__ = ("body", "headers", "size", "status", "url")

    def __init__(self, status: int, url: str, headers: Mapping[str, str], body: bytes, size: int = 0) -> None:
        self.status = status
        self.url = url
        self.headers = headers
        self.body = body
        self.size = size


class RequestPolicy:
    """Makes the steps of requests; for many threads.

    ``proxied`` gives what fetches from an address that is reached by a proxy, None for the others.  ``clock`` gives
    seconds of the client's clock, ``now`` those since the epoch, ``jitter`` a number from 0 to 1.
    """

    def __init__(
        self,
        settings: "IndexSettings",
        credentials: "Credentials",
        trusted: TrustedHosts,
        proxied: "Callable[[Address], Fetch | None]",
        deadlines: Deadlines,
        *,
        clock: Callable[[], float],
        now: Callable[[], float],
        jitter: Callable[[], float],
        offline: bool,
    ) -> None:
        self._offline = offline
        self._tries = settings.retries + 1
        self._credentials = credentials
        self._refused = _refused_origins(settings, trusted)
        self._proxied = proxied
        self._deadlines = deadlines
        self._clock = clock
        self._now = now
        self._jitter = jitter
        self._end_of_run = clock() + deadlines.run
        self.has_ended = False

    def admits(self, address: Address) -> bool:
        """Whether an address may be asked: it is no index of plain http that is not trusted."""
        return address.origin not in self._refused

    def get(self, url: str, headers: Mapping[str, str], limit: int, what: str) -> RequestSteps[Response]:
        """The steps of `Transport.get`."""
        sent = _with_coding(headers)

        def attempt(until: float) -> RequestSteps[Response]:
            begin = partial(Transfer, limit=limit, until=until)
            answer, address = yield from self._follow(url, sent, what, begin)
            if answer.status not in USEFUL:
                raise failures.refused(what, address, answer.status, self._credentials)
            body = collect((answer.body,), answer.headers.get("content-encoding", ""), limit)
            return Response(answer.status, address.url, answer.headers, body, answer.size)

        return self._persist(url, what, limit, self._deadlines.request, attempt)

    def download(
        self, url: str, sink: Callable[[bytes], object], limit: int, what: str, conditions: Mapping[str, str]
    ) -> RequestSteps[Mapping[str, str] | None]:
        """The steps of `Transport.download`."""
        from piptools_clone.http.download import Download, SinkFailed

        state = Download(sink, limit)

        def attempt(until: float) -> RequestSteps[Mapping[str, str] | None]:
            sent = {"Accept-Encoding": "identity", **(state.headers() or conditions)}
            begin = partial(Transfer, limit=limit, until=until, download=state)
            try:
                answer, address = yield from self._follow(url, sent, what, begin)
            except SinkFailed as failure:
                raise failure.error from None
            if answer.status == 304 and conditions:
                return None
            if not state.accepts(answer.status):
                raise failures.refused(what, address, answer.status, self._credentials)
            state.end(answer.status)
            return answer.headers

        if self._offline and conditions:
            return None  # what is there will do
        return (yield from self._persist(url, what, limit, self._deadlines.download, attempt))

    def _persist(
        self, url: str, what: str, limit: int, seconds: float, attempt: Callable[[float], RequestSteps[T]]
    ) -> RequestSteps[T]:
        """Try until an attempt succeeds, or fails for good, or tries or time run out."""
        if self._offline:
            raise failures.offline(what, url)
        until = min(self._clock() + seconds, self._end_of_run)
        for number in range(self._tries):
            if self.has_ended:
                raise failures.unanswered(what, url, TransferFault("the run is ending"), 1)
            try:
                return (yield from attempt(until))
            except TooLarge:
                raise failures.too_large(what, url, limit) from None
            except TransferFault as fault:
                pause = self._pause(number, fault)
                if number + 1 == self._tries or not fault.passing or pause >= until - self._clock():
                    raise failures.unanswered(what, url, fault, number + 1) from None
            yield Pause(pause)
        raise AssertionError("a loop of tries ends by itself")

    def _pause(self, number: int, fault: TransferFault) -> float:
        """Seconds before the try after ``number`` (from 0).

        The jitter spreads clients that failed together over the upper half of the pause.
        """
        own = float(FIRST_PAUSE * 2**number) * (0.5 + self._jitter() / 2)
        asked = fault.retry_after
        return own if asked is None else max(own, min(asked, LONGEST_RETRY_AFTER))

    def _follow(
        self, url: str, headers: Mapping[str, str], what: str, begin: _Begin
    ) -> RequestSteps[tuple[Answer, Address]]:
        """The first answer that is no redirect, and where it came from."""
        address = parse_address(url)
        if not self.admits(address):
            raise failures.insecure(what, address)
        for _ in range(MAX_REDIRECTS + 1):
            answer = yield from self._authorised(address, headers, begin)
            location = answer.headers.get("location") if answer.status in REDIRECTS else None
            if location is None:
                return answer, address
            address = _next_hop(address, location, what)
        raise IndexFailure(
            f"{what} could not be fetched: {failures.shown(url)} redirects more than {MAX_REDIRECTS} times",
            url=failures.shown(url),
        )

    def _authorised(self, address: Address, headers: Mapping[str, str], begin: _Begin) -> RequestSteps[Answer]:
        """The answer for what we know of ourselves, and after a 401 for what the keyring knows."""
        credential = self._credentials.known(address)
        answer = yield from self._send(address, headers, credential, begin)
        if answer.status == 401 and self._credentials.may_know_more(address):
            better = yield Blocking(partial(self._credentials.after_refusal, address, credential))
            if better is not None:
                answer = yield from self._send(address, headers, better, begin)
        return answer

    def _send(
        self,
        address: Address,
        headers: Mapping[str, str],
        credential: "Credential | None",
        begin: _Begin,
    ) -> RequestSteps[Answer]:
        """One answer, unless its status means "not now"."""
        sent = {"User-Agent": f"piptools-clone/{__version__}", **headers}
        if credential:
            sent["Authorization"] = credential.header
        transfer = begin(address, sent)
        fetch = self._proxied(address)
        answer: Answer = yield transfer if fetch is None else Blocking(partial(fetch, transfer))
        if answer.status in PASSING_STATUSES:
            raise TransferFault(
                failures.status_words(answer.status),
                status=answer.status,
                retry_after=parse_retry_after(answer.headers.get("retry-after"), self._now()),
            )
        return answer


def _next_hop(address: Address, location: str, what: str) -> Address:
    following = parse_redirect(address, location)
    if address.scheme == "https" and following.scheme == "http":
        raise failures.downgraded(what, address, following)
    return following


def _with_coding(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with the content coding that fits: the bytes of a range mean nothing when they are compressed."""
    coding = "identity" if "range" in map(str.lower, headers) else "gzip"
    return {"Accept-Encoding": coding, **headers}


def _refused_origins(settings: "IndexSettings", trusted: TrustedHosts) -> frozenset[WebOrigin]:
    """Origins of configured places that pip would ignore as insecure: plain http, not here, not trusted."""
    places = (place for place in settings.indexes + settings.find_links if place.startswith("http:"))
    addresses = (parse_address(place) for place in places)
    return frozenset(address.origin for address in addresses if not trusted.accepts_index(address))
