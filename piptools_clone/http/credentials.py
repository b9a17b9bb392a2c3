"""Who we are to an index: user info of addresses, netrc, keyring, by pip's order, origin by origin.

pip looks at the address itself, then at the configured index that the address belongs to, then at
netrc, and only after a refusal (401) at the keyring.  Unlike pip, an index lends its credentials
only to addresses of its whole origin (scheme too), and netrc's `default` entry is not used.  What
netrc and keyring know is known by host alone, so it goes over plain http only where the user means
that origin: a configured place, an address of theirs, this machine, a trusted host.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from posixpath import commonpath

from piptools_clone.errors import IndexFailure
from piptools_clone.http.address import Address, TrustedHosts, WebOrigin, parse_address
from piptools_clone.named_tuple import NamedTuple

KeyringLookup = Callable[[str, "str | None"], "tuple[str, str] | None"]
"""Ask a keyring for (user, password) by service (an address or a host) and user, if one is known."""

PROVIDERS = ("auto", "disabled", "import", "subprocess")


class Credential(NamedTuple):
    """User and password, and in words where they come from; a password of None is still to be found."""

    user: str
    password: str | None
    source: str

    def __repr__(self) -> str:
        return f"Credential(source={self.source!r})"

    @property
    def header(self) -> str:
        """The value of an Authorization header (RFC 7617)."""
        from binascii import b2a_base64

        pair = f"{self.user}:{self.password or ''}".encode()
        return f"Basic {b2a_base64(pair, newline=False).decode('ascii')}"


class Credentials:
    """Finds the credential for an address; used by many threads at once."""

    def __init__(
        self,
        indexes: Iterable[str],
        netrc: Mapping[str, tuple[str, str]],
        keyring: KeyringLookup | None,
        trusted: TrustedHosts = TrustedHosts(()),  # noqa: B008 - an immutable value
    ) -> None:
        self._trusted = trusted
        self._indexes = tuple(_addresses(indexes))
        self._meant = {index.origin for index in self._indexes}
        self._netrc = netrc
        self._keyring = keyring
        self._lock = threading.Lock()
        self._answers: dict[WebOrigin, Credential | None] = {}  # the keyring's, one question per origin

    def vouch(self, url: str) -> None:
        """Note that the user wrote an address themselves."""
        if url.lower().startswith("http:"):
            self._meant.add(parse_address(url).origin)

    def known(self, address: Address) -> Credential | None:
        """Return the credential to send at once, without asking a keyring."""
        found = self._in_addresses(address)
        if found and found.password is not None:
            return found
        for other in (self._in_netrc(address), self._answers.get(address.origin)):
            if other and (found is None or found.user == other.user):
                return other
        return found

    def may_know_more(self, address: Address) -> bool:
        """Whether `after_refusal` would ask a keyring for an address, which may take long."""
        found = self._in_addresses(address)
        return self._keyring is not None and not (found and found.password is not None) and self._is_meant(address)

    def after_refusal(self, address: Address, used: Credential | None) -> Credential | None:
        """Another credential to try after a 401, or None; the keyring is asked once for an origin."""
        if self._keyring is None or not self.may_know_more(address):
            return None
        found = self._in_addresses(address)
        with self._lock:
            if address.origin not in self._answers:
                self._answers[address.origin] = self._ask(self._keyring, address, found.user if found else None)
        answer = self._answers[address.origin]
        return None if answer == used else answer

    def tried(self, address: Address) -> str:
        """In words, what was tried; never a value."""
        sources = [self.known(address), self._answers.get(address.origin)]
        words = list(dict.fromkeys(credential.source for credential in sources if credential))
        if address.origin in self._answers and self._answers[address.origin] is None:
            words.append("keyring (which knows none)")
        return ", ".join(words) or "none"

    def _in_addresses(self, address: Address) -> Credential | None:
        for holder, source in ((address, "the address itself"), (self._index_of(address), "the index address")):
            if holder and (holder.user is not None or holder.password is not None):
                return Credential(holder.user or "", holder.password, source)
        return None

    def _in_netrc(self, address: Address) -> Credential | None:
        found = self._netrc.get(address.host) if self._netrc and self._is_meant(address) else None
        return Credential(*found, "netrc") if found else None

    def _is_meant(self, address: Address) -> bool:
        """Whether what is known by host alone may be told here."""
        return self._trusted.accepts_index(address) or address.origin in self._meant

    def _index_of(self, address: Address) -> Address | None:
        """Return the configured index of the same origin whose path has most in common, the first of equals."""
        of_origin = [index for index in self._indexes if index.origin == address.origin]
        if len(of_origin) < 2:
            return of_origin[0] if of_origin else None
        return max(of_origin, key=lambda index: len(commonpath((_path(index), _path(address)))))

    def _ask(self, keyring: KeyringLookup, address: Address, user: str | None) -> Credential | None:
        index = self._index_of(address)
        services = (*((index.url,) if index else ()), address.netloc)
        for service in services:
            answer = keyring(service, user)
            if answer:
                return Credential(*answer, "keyring")
        return None


def _addresses(indexes: Iterable[str]) -> Iterable[Address]:
    for index in indexes:
        if "://" not in index:  # a folder, which needs no credentials
            continue
        try:
            yield parse_address(index)
        except IndexFailure:  # nor does a file: index
            continue


def _path(address: Address) -> str:
    return address.target.partition("?")[0]


def read_netrc(environ: Mapping[str, str], home: str) -> dict[str, tuple[str, str]]:
    """(user, password) by exact host, of the file that NETRC names, else ~/.netrc or ~/_netrc.

    A file that cannot be read or understood counts as empty, as it does for pip.
    """
    from os.path import exists

    named = environ.get("NETRC")
    places = [named] if named is not None else [f"{home}/.netrc", f"{home}/_netrc"]
    path = next(filter(exists, places), None)
    if path is None:
        return {}
    from netrc import NetrcParseError, netrc

    try:
        hosts = netrc(path).hosts
    except (NetrcParseError, OSError, UnicodeDecodeError):
        return {}
    return {
        host.lower(): (user or account, word or "")
        for host, (user, account, word) in hosts.items()
        if host != "default" and (user or account or word)
    }


def choose_keyring(provider: str, run: KeyringLookup | None, load: KeyringLookup | None = None) -> KeyringLookup | None:
    """Return the lookup that pip's ``keyring-provider`` means, or None.

    ``run`` asks the keyring command (the caller starts the process); ``load`` asks the importable
    library.  "auto" takes the library if it is there, else the command, as in pip.
    """
    if provider == "disabled":
        return None
    if provider == "subprocess":
        return run
    return load or _library(run if provider == "auto" else None)


def _library(fallback: KeyringLookup | None) -> KeyringLookup:
    def look_up(service: str, user: str | None) -> tuple[str, str] | None:
        from importlib import import_module

        try:
            found = import_module("keyring").get_credential(service, user)
        except ImportError:
            return fallback(service, user) if fallback else None
        except Exception:  # a backend may raise anything; no keyring is no credential, as in pip
            return None
        return None if found is None else (str(found.username), str(found.password))

    return look_up
