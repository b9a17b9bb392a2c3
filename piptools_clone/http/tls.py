"""Which certificates are believed: pip's setting, the variables that pip honours, the system's store, certifi."""

# pathlib is a slow import, and this module stands on the way of every run:
from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from os.path import exists, isdir
from typing import TYPE_CHECKING

from piptools_clone.errors import SettingsError

if TYPE_CHECKING:
    import ssl

    from piptools_clone.http.address import Address, TrustedHosts
    from piptools_clone.settings.index_settings import IndexSettings

_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


class Certificates:
    """What TLS is told for each address, by pip's settings; contexts are made once.  For several threads."""

    def __init__(self, settings: IndexSettings, environ: Mapping[str, str], trusted: TrustedHosts) -> None:
        self.client_cert = settings.client_cert
        self._cert = settings.cert
        self._environ = environ
        self._trusted = trusted
        self._lock = threading.Lock()
        self._contexts: dict[bool, ssl.SSLContext] = {}

    def authorities_for(self, address: Address) -> bool | str:
        """What requests is told to verify by; raises `SettingsError`."""
        return not self._trusted.covers(address) and (find_authorities(self._cert, self._environ) or True)

    def context_for(self, address: Address) -> ssl.SSLContext:
        """The context for an address; raises `SettingsError`."""
        verify = not self._trusted.covers(address)
        with self._lock:
            if verify not in self._contexts:
                authorities = find_authorities(self._cert, self._environ)
                self._contexts[verify] = make_context(authorities, self.client_cert, verify=verify)
            return self._contexts[verify]


def find_authorities(cert: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the file or folder of certificate authorities that the user names, or None for the system's own.

    Raises `SettingsError` when pip's ``cert`` setting, or one of the two bundle variables, names nothing.
    """
    if cert:
        return _existing(cert, "pip's setting cert")
    for name in _VARIABLES:
        value = environ.get(name)
        if not value:
            continue
        if name.startswith("SSL_"):  # OpenSSL itself passes over names of nothing
            if exists(value):
                return value
            continue
        return _existing(value, name)
    return None


def _existing(path: str, setting: str) -> str:
    if not exists(path):
        raise SettingsError(f"{setting} names {path!r}, which does not exist")
    return path


def make_context(authorities: str | None, client_cert: str | None, *, verify: bool) -> ssl.SSLContext:
    """Return a context for clients; raises `SettingsError` for a file that cannot be loaded."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if client_cert:
        _load(lambda: context.load_cert_chain(client_cert), client_cert, "client certificate")
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif authorities is None:
        _load_system_store(context)
    elif isdir(authorities):
        _load(lambda: context.load_verify_locations(capath=authorities), authorities, "certificates")
    else:
        _load(lambda: context.load_verify_locations(cafile=authorities), authorities, "certificates")
    return context


def _load(action: Callable[[], object], path: str, kind: str) -> None:
    import ssl

    try:
        action()
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"the {kind} in {path!r} cannot be loaded: {error.strerror or error}") from None


def _load_system_store(context: ssl.SSLContext) -> None:
    """Load the system's store; certifi's where OpenSSL knows of none (macOS, some containers)."""
    import ssl

    context.load_default_certs()
    paths = ssl.get_default_verify_paths()
    if not (paths.cafile or paths.capath or context.cert_store_stats()["x509_ca"]):
        import certifi

        context.load_verify_locations(certifi.where())
