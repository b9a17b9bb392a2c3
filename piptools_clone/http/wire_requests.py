"""Requests through a proxy, by the requests library, which is only loaded for that.

It has its own way with environment, redirects, retries and cookies, and all of them are turned off:
the policy of `transport` is the only one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from piptools_clone.errors import SettingsError
from piptools_clone.http.address import Address
from piptools_clone.http.wire import Pace, Patience, Request, WireFault, untrusted

if TYPE_CHECKING:
    import requests

_PIECE = 64 * 1024


class RequestsAnswer:
    """An answer that came through a proxy."""

    __slots__ = ("_response", "headers", "pieces", "status")

    def __init__(self, response: requests.Response, patience: Patience) -> None:
        self._response = response
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self.pieces = _pieces(response, patience)

    def close(self) -> None:
        """Give the connection back, or drop it when its body was not read to the end."""
        self._response.close()


class RequestsWire:
    """Sends requests through proxies; ``proxy_for`` names the proxy, ``verify`` is as in requests."""

    def __init__(
        self,
        proxy_for: Callable[[Address], str | None],
        verify_for: Callable[[Address], bool | str],
        client_cert: str | None,
    ) -> None:
        self._proxy_for = proxy_for
        self._verify_for = verify_for
        self._session = _bare_session(client_cert)

    def send(self, request: Request) -> RequestsAnswer:
        """Send one request; raises `WireFault`, or `SettingsError` for an unusable proxy."""
        address, patience = request.address, request.patience
        proxy = self._proxy_for(address)
        wait = patience.wait()
        try:
            response = self._session.get(
                address.url,
                headers=dict(request.headers),
                proxies={address.scheme: proxy} if proxy else None,
                verify=self._verify_for(address),
                timeout=(wait, wait),
                stream=True,
                allow_redirects=False,
            )
        except (OSError, ValueError) as error:  # what requests raises derives from these
            raise _fault(error, address, proxy, patience) from None
        return RequestsAnswer(response, patience)

    def close(self) -> None:
        """Drop all idle connections."""
        self._session.close()


def _bare_session(client_cert: str | None) -> requests.Session:
    from http.cookiejar import DefaultCookiePolicy

    import requests

    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.cert = client_cert
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _pieces(response: requests.Response, patience: Patience) -> Iterator[bytes]:
    """Return the body as sent, content coding and all; urllib3 holds it against its length and last chunk."""
    from urllib3.exceptions import HTTPError

    pace = Pace(patience.idle, patience.now)
    raw = response.raw
    raw.enforce_content_length = True
    read = getattr(raw, "read1", raw.read)
    try:
        while piece := read(_PIECE, decode_content=False):
            patience.wait()
            pace.note(len(piece))
            yield piece
    except HTTPError as error:
        slow = "timed out" in str(error).lower()
        raise WireFault(f"no sign of life for {patience.idle:g} s" if slow else "the answer was cut off") from None
    except OSError:
        raise WireFault("the connection was reset") from None


def _fault(error: OSError | ValueError, address: Address, proxy: str | None, patience: Patience) -> Exception:
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
        return WireFault("TLS failed")
    if isinstance(error, exceptions.Timeout):
        return WireFault(f"no sign of life for {patience.idle:g} s")
    if isinstance(error, exceptions.ProxyError):
        return WireFault(f"the proxy {shown} did not connect", hint="see pip's `proxy` setting")
    return WireFault(f"the connection by the proxy {shown} failed")


def _shown(proxy: str | None) -> str:
    """Return the proxy's scheme, host and port; its credentials stay out."""
    if not proxy:
        return "(none)"
    scheme, _, rest = proxy.partition("://")
    host = rest.rpartition("@")[2].split("/")[0]
    return f"{scheme}://{host}"
