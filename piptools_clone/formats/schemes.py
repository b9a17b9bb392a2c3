"""The schemes of addresses that pip knows; light to import."""

from __future__ import annotations

VCS_SCHEMES = frozenset(
    (
        *("git+file", "git+git", "git+http", "git+https", "git+ssh"),
        *("hg+file", "hg+http", "hg+https", "hg+ssh", "hg+static-http"),
        *("svn+file", "svn+http", "svn+https", "svn+ssh", "svn+svn"),
        *("bzr+file", "bzr+ftp", "bzr+http", "bzr+https", "bzr+lp", "bzr+sftp", "bzr+ssh"),
    )
)
"""The schemes under which pip looks for a repository."""


def scheme_of(text: str) -> str:
    """Return the scheme in lower case, or the empty string (RFC 3986, section 3.1)."""
    scheme, colon, _ = text.partition(":")
    letters = scheme.replace("+", "").replace(".", "").replace("-", "")
    is_scheme = colon and scheme[:1].isalpha() and letters.isalnum() and scheme.isascii()
    return scheme.lower() if is_scheme else ""


def is_url(text: str) -> bool:
    """Whether pip reads the text as an address rather than as a name or a path."""
    return scheme_of(text) in {"http", "https", "file", "ftp"} or scheme_of(text) in VCS_SCHEMES


def is_vcs(url: str) -> bool:
    """Whether the address leads to a repository."""
    return scheme_of(url) in VCS_SCHEMES
