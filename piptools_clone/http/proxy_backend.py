"""Transfers through a proxy, by the requests library, which is only loaded for that.

It has its own way with environment, redirects, retries and cookies, and all of them are turned off:
the policy of `request_steps` is the only one.  It blocks, so it is used in threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from piptools_clone.errors import SettingsError
from piptools_clone.http.connection import Pace
from piptools_clone.http.decoding import joined
from piptools_clone.http.failures import TooLarge, TransferFault, out_of_time, silent, untrusted
from piptools_clone.http.http1 import Answer

if TYPE_CHECKING:
    import requests

    from piptools_clone.http.address import Address
    from piptools_clone.http.request_steps import Transfer
    from piptools_clone.http.tls import Certificates

_PIECE = 64 * 1024


class ProxyBackend:
    """Sends requests through proxies; ``proxy_for`` names the proxy, ``idle`` bounds silence, in seconds."""

    def __init__(
        self,
        proxy_for: Callable[[Address], str | None],
        certificates: Certificates,
        idle: float,
        clock: Callable[[], float],
    ) -> None:
        self._proxy_for = proxy_for
        self._certificates = certificates
        self._idle = idle
        self._clock = clock
        self._session = _bare_session(certificates.client_cert)

    def fetch(self, transfer: Transfer) -> Answer:
        """Send one request and take its answer in.

        Raises `TransferFault`, TooLarge, SinkFailed, and `SettingsError` for an unusable proxy.
        """
        address = transfer.address
        proxy = self._proxy_for(address)
        left = transfer.until - self._clock()
        if left <= 0:
            raise out_of_time()
        wait = min(self._idle, left)
        try:
            response = self._session.get(
                address.url,
                headers=dict(transfer.headers),
                proxies={address.scheme: proxy} if proxy else None,
                verify=self._certificates.authorities_for(address),
                timeout=(wait, wait),
                stream=True,
                allow_redirects=False,
            )
        except (OSError, ValueError) as error:  # what requests raises derives from these
            raise _fault(error, address, proxy, self._idle) from None
        with response:
            return self._receive(response, transfer)

    def close(self) -> None:
        """Drop all idle connections."""
        self._session.close()

    def _receive(self, response: requests.Response, transfer: Transfer) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        head = Answer(response.status_code, headers, b"", 0)
        if head.status not in transfer.useful:
            return head
        download = transfer.download
        if download is not None:
            download.begin(head)
        pace = Pace(self._idle, self._clock, transfer.until)
        body: bytes | bytearray = b""
        size = 0
        for piece in _pieces(response, self._idle):
            pace.note(len(piece))
            size += len(piece)
            if size > transfer.limit:
                raise TooLarge
            if download is None:
                body = joined(body, piece)
            else:
                download.take(piece)
        return head._replace(body=bytes(body), size=size)


def _bare_session(client_cert: str | None) -> requests.Session:
    from http.cookiejar import DefaultCookiePolicy

    import requests

    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.cert = client_cert
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _pieces(response: requests.Response, idle: float) -> Iterator[bytes]:
    """Return the body as sent, content coding and all; urllib3 holds it against its length and last chunk."""
    from urllib3.exceptions import HTTPError

    raw = response.raw
    raw.enforce_content_length = True
    read = getattr(raw, "read1", raw.read)
    while True:
        try:
            piece = read(_PIECE, decode_content=False)
        except HTTPError as error:
            is_slow = "timed out" in str(error).lower()
            raise silent(idle) if is_slow else TransferFault("the answer was cut off") from None
        except OSError:
            raise TransferFault("the connection was reset") from None
        if not piece:
            return
        yield piece


def _fault(error: OSError | ValueError, address: Address, proxy: str | None, idle: float) -> Exception:
    from requests import exceptions

    shown = _shown(proxy)
    if isinstance(error, exceptions.InvalidProxyURL | exceptions.InvalidSchema):
        return SettingsError(
            f"the proxy {shown} cannot be used",
            hint="see pip's `proxy` setting and the variables HTTP_PROXY, HTTPS_PROXY and ALL_PROXY; "
            "socks proxies need the PySocks package",
        )
    if isinstance(error, exceptions.SSLError):
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return untrusted(address, "verification failed behind the proxy")
        return TransferFault("TLS failed")
    if isinstance(error, exceptions.Timeout):
        return silent(idle)
    if isinstance(error, exceptions.ProxyError):
        return TransferFault(f"the proxy {shown} did not connect", hint="see pip's `proxy` setting")
    return TransferFault(f"the connection by the proxy {shown} failed")


def _shown(proxy: str | None) -> str:
    """Return the proxy's scheme, host and port; its credentials stay out."""
    if not proxy:
        return "(none)"
    scheme, _, rest = proxy.partition("://")
    host = rest.rpartition("@")[2].split("/")[0]
    return f"{scheme}://{host}"
