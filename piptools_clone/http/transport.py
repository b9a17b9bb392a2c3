"""The HTTP client: one for all requests of a run, whether they are waited for one by one or many at once.

`request_steps` holds the policy, `Driver` moves the requests, `ConnectionPool` and `ProxyBackend` carry them.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from piptools_clone.errors import IndexFailure
from piptools_clone.http.address import Address, TrustedHosts, parse_address
from piptools_clone.http.credentials import Credentials, KeyringLookup, choose_keyring, read_netrc
from piptools_clone.http.proxies import find_proxies
from piptools_clone.http.request_steps import Deadlines, Fetch, RequestPolicy, RequestSteps, Response
from piptools_clone.settings.index_settings import IndexSettings

if TYPE_CHECKING:
    import ssl

    from piptools_clone.http.driver import Driver
    from piptools_clone.http.proxy_backend import ProxyBackend
    from piptools_clone.http.tls import Certificates

__all__ = ["Deadlines", "Response", "Transport"]

T = TypeVar("T")


class Transport:
    """Fetches addresses; safe for many threads.  ``close`` ends what is under way in other threads too.

    ``keyring`` asks the keyring command, for pip's ``keyring-provider``: whatever may start processes
    passes it in.  ``clock``, ``sleep`` and ``jitter`` are parameters so that tests need no waiting.
    ``offline`` sends nothing: every request fails.  ``driver`` moves the requests; it is None before the first one,
    for a warm run needs none.
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
        offline: bool = False,
    ) -> None:
        self._settings = settings
        self._environ = environ
        self._clock = clock
        self._sleep = sleep
        self._trusted = TrustedHosts(settings.trusted_hosts)
        self._proxies = find_proxies(settings.proxy, environ, ignore_environ=settings.no_proxy_env)
        home = environ.get("HOME") or environ.get("USERPROFILE") or ""
        self._credentials = Credentials(
            settings.indexes + settings.find_links,
            read_netrc(environ, home),
            choose_keyring(settings.keyring_provider, keyring),
            self._trusted,
        )
        self.vouch = self._credentials.vouch
        self._policy = RequestPolicy(
            settings,
            self._credentials,
            self._trusted,
            self._proxied_fetch,
            deadlines,
            clock=clock,
            now=now,
            jitter=jitter or _random,
            offline=offline,
        )
        self._lock = threading.Lock()
        self.driver: Driver | None = None
        self._proxied: ProxyBackend | None = None
        self._certificates: Certificates | None = None

    def get(self, url: str, *, headers: Mapping[str, str] = {}, limit: int, what: str) -> Response:
        """Fetch a page or a part of a file into memory, and wait for it.

        Returns answers with status 200, 206, 304, 404 and 416; ``limit`` bounds the decoded body, in bytes;
        ``what`` names the thing for messages ("the page of flask").
        Raises `IndexFailure` for everything else, `BoundExceeded` past the limit.
        """
        return self._wait_for(self._policy.get(url, headers, limit, what))

    def ask(
        self, url: str, *, headers: Mapping[str, str], limit: int, what: str, then: Callable[[Any], object]
    ) -> None:
        """As `get` without waiting: ``then`` is told the `Response` or the failure by the thread that drives."""
        self.open_driver().run(self._policy.get(url, headers, limit, what), then)

    def download(
        self, url: str, sink: Callable[[bytes], object], *, limit: int, what: str, conditions: Mapping[str, str] = {}
    ) -> Mapping[str, str] | None:
        """Fetch a file of at most ``limit`` bytes piece by piece; each byte reaches ``sink`` once.

        A broken transfer is taken up where it stopped, if the server can and still has the same file.  Returns the
        headers of the answer; None, where by ``conditions`` (``If-None-Match`` ...) there is nothing new.
        Raises `IndexFailure`, for 404 too; what ``sink`` raises, in whichever thread drives, passes through.
        """
        return self._wait_for(self._policy.download(url, sink, limit, what, conditions))

    def is_direct(self, url: str) -> bool:
        """Whether an address may be asked, and without a proxy, so that to ask early costs little."""
        try:
            address = parse_address(url)
        except IndexFailure:
            return False
        return self._policy.admits(address) and self._proxies.choose(address) is None

    def identity(self, url: str) -> str:
        """Who we are to the server of an address: distinguishes cache entries, holds no password.

        Empty without credentials; the text names the user, so it must be hashed before it is written anywhere.
        """
        address = parse_address(url)
        credential = self._credentials.known(address)
        client_cert = self._settings.client_cert
        is_verified = self._trusted.accepts_index(address) and not self._trusted.covers(address)
        parts = (
            f"user {credential.user}" if credential else "",
            f"certificate {client_cert}" if client_cert else "",
            "" if is_verified else "unverified",
        )
        return "\n".join(filter(None, parts))

    def open_driver(self) -> "Driver":
        """What moves the requests of this client."""
        driver = self.driver
        if driver is None:
            from piptools_clone.http.connection_pool import ConnectionPool
            from piptools_clone.http.driver import Driver

            with self._lock:
                if self.driver is None:
                    pool = ConnectionPool(self._context_for, self._settings.timeout, self._clock)
                    self.driver = Driver(pool, clock=self._clock, sleep=self._sleep)
                driver = self.driver
            if self._policy.has_ended:
                driver.close()
        return driver

    def close(self) -> None:
        """End all requests and drop all connections; a closed transport sends nothing more."""
        self._policy.has_ended = True
        if self.driver is not None:
            self.driver.close()
        if self._proxied is not None:
            self._proxied.close()

    def _wait_for(self, steps: RequestSteps[T]) -> T:
        """The result of a request."""
        outcome: list[object] = []
        driver = self.open_driver()
        driver.run(steps, outcome.append)
        driver.run_until(lambda: bool(outcome))
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        return cast("T", outcome[0])

    def _proxied_fetch(self, address: Address) -> Fetch | None:
        """What fetches from an address that is reached through a proxy, None for the others."""
        if self._proxies.choose(address) is None:
            return None
        from piptools_clone.http.proxy_backend import ProxyBackend

        certificates = self._open_certificates()
        with self._lock:
            if self._proxied is None:
                self._proxied = ProxyBackend(self._proxies.choose, certificates, self._settings.timeout, self._clock)
            return self._proxied.fetch

    def _context_for(self, address: Address) -> "ssl.SSLContext":
        return self._open_certificates().context_for(address)

    def _open_certificates(self) -> "Certificates":
        from piptools_clone.http.tls import Certificates

        with self._lock:
            if self._certificates is None:
                self._certificates = Certificates(self._settings, self._environ, self._trusted)
            return self._certificates


def _random() -> float:
    from random import random

    return random()  # noqa: S311 - it spreads retries, nothing is kept secret by it
