"""The login in the address of a repository, apart from the address: arguments are no place for it."""

from __future__ import annotations

import re
from urllib.parse import unquote

from piptools_clone.named_tuple import NamedTuple

_ADDRESS = re.compile(
    r"(?P<program>git|hg|svn|bzr)\+(?P<scheme>[a-z+-]+)://(?P<user_info>[^/?#\\]*)@(?P<host>[^/?#\\@]+)", re.IGNORECASE
)
_SCHEMES = {
    "git": {"http", "https"},
    "hg": {"http", "https", "static-http"},
    "svn": {"http", "https", "svn"},
    "bzr": {"http", "https", "ftp"},
}
"""Where a program can be told a login in another way; for a secure shell the user is part of the address."""


class Login(NamedTuple):
    """Who is to ask a server.

    ``program`` is ``git``, ``hg``, ``svn`` or ``bzr``, ``server`` such as ``https://host:8443``; without a password
    the server is asked in the name of the user all the same.
    """

    program: str
    server: str
    user: str
    password: str | None


def without_login(url: str) -> tuple[str, Login | None]:
    """Take the login out of the address of a repository.

    ``git+https://me:secret@host/a.git@main`` gives ``git+https://host/a.git@main``, and who asks.  An address stays
    as it is where its program cannot be told in another way; of those without a password git alone can.
    """
    found = _ADDRESS.match(url)
    if found is None:
        return url, None
    program, scheme = found["program"].lower(), found["scheme"].lower()
    user, colon, password = found["user_info"].partition(":")
    if scheme not in _SCHEMES[program] or (program != "git" and not password):
        return url, None
    server = f"{scheme}://{found['host']}"
    login = Login(program, server, unquote(user), unquote(password) if colon else None)
    return f"{program}+{server}{url[found.end() :]}", login


def has_password(url: str) -> bool:
    """Whether the address of a repository holds a password."""
    found = _ADDRESS.match(url)
    return found is not None and bool(found["user_info"].partition(":")[2])
