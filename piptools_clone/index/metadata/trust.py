"""What is trusted, and for whom: what the cache knows files and their metadata by, and which bytes count for nothing.

What is known by a strong digest that was compared with its bytes is true wherever that digest is named.  All else is
the word of the index that said it, as it was reached, and answers for that index alone: else one index could put
requirements into locks that are made with another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from piptools_clone.errors import IndexFailure, MetadataError
from piptools_clone.formats.sanitize import inert, without_credentials
from piptools_clone.formats.schemes import is_vcs, scheme_of
from piptools_clone.http.address import TrustedHosts, parse_address
from piptools_clone.index.pages.page_request import is_remote
from piptools_clone.index.stated_digests import stated_in
from piptools_clone.model.artifact import STRONG_HASHES, Artifact, Hashes
from piptools_clone.store.sha256 import sha256_of

if TYPE_CHECKING:
    from piptools_clone.settings.index_settings import IndexSettings

_OPEN_SCHEMES = frozenset({"http", "static-http", "ftp", "git", "svn"})
"""What is neither encrypted nor signed."""
_COMMIT_LENGTH = 40
_HOST_AT = len("https://")
"""Where the host of an address begins, or a little after it: up to the next slash it tells one server from another."""


class Trust:
    """The rules of one run.  For several threads.

    ``identity`` tells who we are to the server of an address, and whether that was verified.
    """

    def __init__(self, identity: Callable[[str], str], settings: IndexSettings) -> None:
        self._identity = identity
        self._settings = settings
        self._ways: dict[tuple[str, str], str] = {}

    def content_key(self, artifact: Artifact) -> str:
        """What the content of a file is known by, "" where it is not: its strong digests, which its bytes must have."""
        return _key(artifact.filename, artifact.identity) if artifact.identity else ""

    def sidecar_key(self, artifact: Artifact) -> str:
        """What the metadata beside a file is known by, "" where it is not: its own strong digests."""
        strong = tuple([pair for pair in artifact.sidecar or () if pair[0] in STRONG_HASHES])
        return f"{_key(artifact.filename, strong)} .metadata" if strong else ""

    def said_key(self, artifact: Artifact) -> str:
        """What the word of an index on a file is known by: the index, the ways to it and to the file, what it said."""
        said = _key("", artifact.hashes) or f"{artifact.url} {artifact.size} {artifact.upload_time}"
        return f"{artifact.filename} {said} by {artifact.source} {self._way(artifact)}"

    def address_key(self, url: str) -> str:
        """What is known of an address as it was reached."""
        return f"{without_credentials(url)} {_digest(self._identity(url))}"

    def is_open_to_all(self, artifact: Artifact) -> bool:
        """Whether a stranger could have replaced a file: an index that is reached by https names it by plain http.

        A host that the user vouches for (``--trusted-host``) is theirs to judge.
        """
        if not artifact.url.startswith("http:") or not artifact.source.startswith("https:"):
            return False
        return not TrustedHosts(self._settings.trusted_hosts).accepts_index(parse_address(artifact.url))

    def refuse_unverifiable(self, artifact: Artifact) -> None:
        """Raise IndexFailure for a file that is open to all and has no strong digest to be held against."""
        if self.is_open_to_all(artifact) and not artifact.identity:
            url = without_credentials(artifact.url)
            raise IndexFailure(
                f"{inert(artifact.filename)} is refused: {inert(artifact.source, 500)} names it by plain http "
                f"({inert(url, 500)}) and gives no SHA-256 for it",
                url=url,
                hint="lock it with a hash that you trust, have the index serve https or digests, or accept the host "
                "with --trusted-host",
            )

    def refuse_open_reference(self, url: str, asker: str) -> None:
        """Raise MetadataError for an address that another release requires, where a stranger on the way may answer.

        That is so without encryption, unless a strong digest or a full commit says what is there, or the host is
        this machine or one that the user vouches for.  ``asker`` is the release, fit to be shown.
        """
        scheme, _, rest = url.partition("://")
        if scheme.lower().rpartition("+")[2] not in _OPEN_SCHEMES or _is_settled(url):
            return
        if not TrustedHosts(self._settings.trusted_hosts).accepts_index(parse_address(f"http://{rest}")):
            raise MetadataError(
                f"{asker} requires {inert(without_credentials(url), 500)} by plain {scheme.lower()}, and says no "
                "SHA-256 of it: anybody on the way could replace it",
                hint=f"leave {asker} out, require it by an address of your own, or accept the host with --trusted-host",
            )

    def _way(self, artifact: Artifact) -> str:
        """Who we are to an index and to the host of its file; the same for most files of a run."""
        host = artifact.url[: artifact.url.find("/", _HOST_AT)]
        known = self._ways.get((artifact.source, host))
        if known is None:
            known = _digest(f"{self._identity_of(artifact.source)}\n{self._identity_of(artifact.url)}".strip())
            self._ways[artifact.source, host] = known
        return known

    def _identity_of(self, place: str) -> str:
        return self._identity(place) if is_remote(place) else ""


def _is_settled(url: str) -> bool:
    """Whether an address itself says what is there."""
    if is_vcs(url):
        revision = url.partition("#")[0].rpartition("@")[2]
        is_commit = len(revision) == _COMMIT_LENGTH and set(revision) <= set("0123456789abcdef")
        return is_commit and scheme_of(url).startswith(("git+", "hg+"))
    return any(algorithm in STRONG_HASHES for algorithm, _ in stated_in(url))


def _key(filename: str, hashes: Hashes) -> str:
    return " ".join([filename, *[f"{algorithm}:{digest}" for algorithm, digest in hashes]])


def _digest(text: str) -> str:
    """A text that may name a user, so that it can be written."""
    return sha256_of(text.encode("utf-8", "surrogatepass")) if text else ""
