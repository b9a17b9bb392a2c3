"""Which proxy an address goes through: pip's setting, or the variables that requests honours, read once."""

from collections.abc import Mapping

from piptools_clone.http.address import Address
from piptools_clone.named_tuple import NamedTuple


class Proxies(NamedTuple):
    """Proxies by scheme ("http", "https", "all"), and the hosts that go without (NO_PROXY)."""

    by_scheme: Mapping[str, str]
    exempt: tuple[str, ...] = ()

    def choose(self, address: Address) -> str | None:
        """Return the address of the proxy for a request, or None for a direct connection."""
        if not self.by_scheme:
            return None
        proxy = self.by_scheme.get(address.scheme) or self.by_scheme.get("all")
        return None if not proxy or any(_exempts(entry, address) for entry in self.exempt) else proxy


def find_proxies(setting: str | None, environ: Mapping[str, str], *, ignore_environ: bool = False) -> Proxies:
    """Pip's ``--proxy`` for everything; else, unless ignored, the variables, lower case first.

    An empty setting means no proxy at all (pip's documented behaviour).
    """
    if setting is not None or ignore_environ:
        return Proxies({"all": _with_scheme(setting)} if setting else {})
    found = {scheme: _variable(environ, f"{scheme}_proxy") for scheme in ("http", "https", "all")}
    if "REQUEST_METHOD" in environ:  # a CGI script's HTTP_PROXY is the Proxy header of its client
        found["http"] = environ.get("http_proxy", "")
    exempt = _variable(environ, "no_proxy").replace(" ", "").split(",")
    return Proxies(
        {scheme: _with_scheme(value) for scheme, value in found.items() if value}, tuple(filter(None, exempt))
    )


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def _with_scheme(proxy: str) -> str:
    return proxy if "://" in proxy else f"http://{proxy}"


def _exempts(entry: str, address: Address) -> bool:
    """Match a NO_PROXY entry: ``*``, a network, a host, or a domain that stands for what is below it too."""
    if entry == "*":
        return True
    if "/" in entry:
        return _in_network(entry, address.host)
    wanted = entry.lower().lstrip(".")
    return any(
        name == wanted or name.endswith(f".{wanted}") for name in (address.host, f"{address.host}:{address.port}")
    )


def _in_network(entry: str, host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
