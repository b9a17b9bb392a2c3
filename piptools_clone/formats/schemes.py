"""The schemes of addresses that pip knows; light to import."""

from __future__ import annotations

import re

VCS_SCHEMES = frozenset(
    (
        *("git+file", "git+git", "git+http", "git+https", "git+ssh"),
        *("hg+file", "hg+http", "hg+https", "hg+ssh", "hg+static-http"),
        *("svn+file", "svn+http", "svn+https", "svn+ssh", "svn+svn"),
        *("bzr+file", "bzr+ftp", "bzr+http", "bzr+https", "bzr+lp", "bzr+sftp", "bzr+ssh"),
    )
)
"""The schemes under which pip looks for a repository."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


def scheme_of(text: str) -> str:
    """Return the scheme in lower case, or the empty string."""
    found = _SCHEME.match(text)
    return found[1].lower() if found else ""


def is_url(text: str) -> bool:
    """Whether pip reads the text as an address rather than as a name or a path."""
    return scheme_of(text) in {"http", "https", "file", "ftp"} or scheme_of(text) in VCS_SCHEMES


def is_vcs(url: str) -> bool:
    """Whether the address leads to a repository."""
    return scheme_of(url) in VCS_SCHEMES
