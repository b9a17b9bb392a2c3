"""Which certificates are believed: pip's setting, the variables that pip honours, the system's store, certifi."""

# pathlib is a slow import, and this module stands on the way of every run:
from __future__ import annotations

from collections.abc import Callable, Mapping
from os.path import exists, isdir
from typing import TYPE_CHECKING

from piptools_clone.errors import SettingsError

if TYPE_CHECKING:
    import ssl

_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


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
