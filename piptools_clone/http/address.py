"""Addresses of http and https: taken apart once, checked once, compared by origin (RFC 3986, RFC 6454).

User info is kept apart from the rest, so that nothing that shows or sends an address can leak it.
"""

import re
from functools import lru_cache

from piptools_clone.errors import IndexFailure
from piptools_clone.formats.sanitize import inert, redact_url
from piptools_clone.named_tuple import NamedTuple

WebOrigin = tuple[str, str, int]
"""Scheme, host and port: what credentials and connections belong to."""

DEFAULT_PORTS = {"http": 80, "https": 443}
HIGHEST_PORT = 65535
_PLAIN = re.compile(r"(https?)://([a-z0-9._-]{1,253})(?::([0-9]{1,5}))?(/[A-Za-z0-9/%._~:!$&'()*+,;=-]*)").fullmatch
"""What addresses nearly always are: nothing in them needs to be taken apart by the book, or quoted."""
_HOST = r"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}"
_PLAIN_TARGET = r"[A-Za-z0-9/%._~:@!$&'()*+,;=?\[\]-]*"
_TARGET_SAFE = "/%._~:@!$&'()*+,;=?[]-"


class Address(NamedTuple):
    """An http or https address.

    ``host`` is lower case and ASCII; ``target`` is path and query as they are sent; ``user`` and
    ``password`` are decoded, None where the address holds none.
    """

    scheme: str
    host: str
    port: int
    target: str
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"Address({redact_url(self.url)!r})"

    @property
    def origin(self) -> WebOrigin:
        """What connections and credentials are bound to."""
        return self.scheme, self.host, self.port

    @property
    def netloc(self) -> str:
        """Host and, unless it is the default of the scheme, port; brackets around IPv6."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address without user info and fragment."""
        return f"{self.scheme}://{self.netloc}{self.target}"


@lru_cache(maxsize=4096)
def parse_address(url: str) -> Address:
    """Take an absolute http or https address apart; raises `IndexFailure` for anything else."""
    plain = _PLAIN(url)
    port = int(plain[3] or 0) if plain else 0
    if plain is None or port > HIGHEST_PORT:
        return parse_any_address(url)
    return Address(plain[1], plain[2], port or DEFAULT_PORTS[plain[1]], plain[4])


def parse_any_address(url: str) -> Address:
    """Take an address apart that need not be plain; raises as `parse_address`, which gives the same for a plain one.

    ``urllib.parse`` takes 3 ms to load, before the first request is sent.
    """
    from urllib.parse import quote, unquote, urlsplit

    try:
        parts = urlsplit(url)
        host = _ascii_host(parts.hostname or "")
        port = parts.port
    except ValueError:
        raise _unreadable(url) from None
    if parts.scheme not in DEFAULT_PORTS:
        raise _unusable(url, "only http and https addresses can be fetched")
    if not re.fullmatch(_HOST, host):
        raise _unusable(url, "it names no proper host")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not re.fullmatch(_PLAIN_TARGET, target):
        target = quote(target, safe=_TARGET_SAFE)
    user = None if parts.username is None else unquote(parts.username)
    password = None if parts.password is None else unquote(parts.password)
    return Address(parts.scheme, host, port or DEFAULT_PORTS[parts.scheme], target, user, password)


def parse_redirect(base: Address, location: str) -> Address:
    """Return the address that a ``Location`` header means, seen from ``base`` (RFC 9110, section 10.2.2)."""
    from urllib.parse import urljoin

    try:
        return parse_address(urljoin(base.url, location))
    except ValueError:  # urljoin refuses half of an IPv6 address
        raise _unreadable(location) from None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by pip's list of secure origins: localhost, 127.0.0.0/8, ::1."""
    if not host.startswith("127."):
        return host in {"localhost", "::1"}
    return re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


class TrustedHosts:
    """The hosts of ``--trusted-host``: ``host`` for every port of it, or ``host:port``."""

    __slots__ = ("_entries",)

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self._entries = frozenset(_trusted_entry(host) for host in hosts)

    def covers(self, address: Address) -> bool:
        """Whether the user vouches for this host, with any TLS or none."""
        return (address.host, None) in self._entries or (address.host, address.port) in self._entries

    def accepts_index(self, address: Address) -> bool:
        """Whether pip would read an index here: https, this machine, or a trusted host."""
        return address.scheme == "https" or is_loopback(address.host) or self.covers(address)


def _trusted_entry(text: str) -> tuple[str, int | None]:
    """`host`, `host:port`, `[::1]:port`, and the bare `::1` which is no host with a port."""
    from urllib.parse import urlsplit

    bare = text if text.count(":") < 2 or text.startswith("[") else f"[{text}]"
    parts = urlsplit(f"//{bare}")
    try:
        return (parts.hostname or "").lower(), parts.port
    except ValueError:
        return text.lower(), None


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host.lower()
    return host.encode("idna").decode("ascii").lower()


def _unreadable(url: str) -> IndexFailure:
    """Where the user info ends is not clear, nor what Python quotes in its words: all before the last @ is hidden."""
    scheme, slashes, rest = url.partition("://")
    _, at_sign, end = rest.rpartition("@")
    return _unusable(f"{scheme}{slashes}****@{end}" if at_sign else url, "its host or port cannot be read")


def _unusable(url: str, why: str) -> IndexFailure:
    shown = inert(redact_url(url), 300)
    return IndexFailure(f"the address {shown} cannot be used: {why}", url=shown)
