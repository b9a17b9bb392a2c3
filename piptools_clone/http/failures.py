"""What goes wrong between us and a server: faults of one transfer, and the words that a user is told at the end.

A `TransferFault` is what a connection or a backend raises; `request_steps` decides whether the request is sent again.
The words are one paragraph each, without credentials, with a next step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from piptools_clone.errors import BoundExceeded, IndexFailure
from piptools_clone.formats.sanitize import inert, redact_url

if TYPE_CHECKING:
    from piptools_clone.http.address import Address
    from piptools_clone.http.credentials import Credentials


class TransferFault(Exception):
    """No whole answer came.

    ``words`` say why, ``passing`` whether another try may help, ``is_disconnect`` whether the server ended the
    connection, ``status`` and ``retry_after`` (seconds) are those of an answer that means "not now".
    """

    def __init__(
        self,
        words: str,
        *,
        passing: bool = True,
        hint: str = "",
        is_disconnect: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(words)
        self.words = words
        self.passing = passing
        self.hint = hint
        self.is_disconnect = is_disconnect
        self.status = status
        self.retry_after = retry_after


class TooLarge(Exception):
    """A body went past its bound."""


def silent(idle: float) -> TransferFault:
    """Nothing came for so many seconds."""
    return TransferFault(f"no sign of life for {idle:g} s")


def out_of_time() -> TransferFault:
    """The deadline of the request has passed."""
    return TransferFault("the time limit for it has passed", passing=False)


def untrusted(address: Address, reason: str) -> TransferFault:
    """The certificate of a server does not prove its host."""
    return TransferFault(
        f"the certificate of {address.netloc} is not trusted: {reason}",
        passing=False,
        hint=f"name its authorities with pip's `cert` setting, or trust it anyway: `--trusted-host {address.netloc}`",
    )


_CONFIG_HINT = "`pip config list` shows which indexes, proxy and certificates pip is configured for"


def shown(url: str) -> str:
    """Return an address as it may stand in a message."""
    return inert(redact_url(url), 500)


def status_words(status: int) -> str:
    """Such as ``503 Service Unavailable``."""
    from http import HTTPStatus

    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def refused(what: str, address: Address, status: int, credentials: Credentials) -> IndexFailure:
    """Describe a status that more tries would not change."""
    url = shown(address.url)
    message = f"{what} could not be fetched: {url} answered {status_words(status)}"
    return IndexFailure(message, url=url, status=status, hint=_hint(address, status, credentials))


def _hint(address: Address, status: int, credentials: Credentials) -> str:
    if status == 401:
        return (
            f"credentials tried: {credentials.tried(address)}; they are taken from the index address "
            f"(`https://${{USER}}:${{PASSWORD}}@...`), from netrc for the host {address.host}, or from keyring"
        )
    if status == 403:
        return (
            f"the server refuses access (credentials tried: {credentials.tried(address)}); {_CONFIG_HINT}; for an index"
            f" that refuses what it does not have, give --absent-status {address.netloc}=403"
        )
    return f"check the index address; {_CONFIG_HINT}"


def unanswered(what: str, url: str, fault: TransferFault, tries: int) -> IndexFailure:
    """No whole answer came, in as many tries as were made."""
    times = "" if tries == 1 else f" ({tries} tries)"
    message = f"{what} could not be fetched from {shown(url)}: {inert(fault.words, 300)}{times}"
    return IndexFailure(message, url=shown(url), status=fault.status, hint=fault.hint or _CONFIG_HINT)


def too_large(what: str, url: str, limit: int) -> BoundExceeded:
    """More came than the bound allows."""
    size = f"{limit // 2**20} MiB" if limit >= 2**20 and limit % 2**20 == 0 else f"{limit} bytes"
    return BoundExceeded(f"{what} at {shown(url)} is larger than the bound of {size}", url=shown(url))


def offline(what: str, url: str) -> IndexFailure:
    """Say that nothing may be sent, and that it was not fetched before."""
    message = f"{what} ({shown(url)}) is not in the cache"
    return IndexFailure(message, url=shown(url), hint="run once without --offline")


def downgraded(what: str, address: Address, following: Address) -> IndexFailure:
    """Say that a redirect left TLS."""
    return IndexFailure(
        f"{what} could not be fetched: {shown(address.url)} redirects to {shown(following.url)}, "
        "from https to plain http, which is not followed",
        url=shown(address.url),
    )


def insecure(what: str, address: Address) -> IndexFailure:
    """Say that the index is plain http on a host that is not trusted; pip passes such an index over."""
    return IndexFailure(
        f"{what} cannot be fetched: {shown(address.url)} is plain http and its host is not trusted",
        url=shown(address.url),
        hint=f"use its https address, or accept it with `--trusted-host {address.netloc}`",
    )
