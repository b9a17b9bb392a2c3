"""What git knows when pip checks a repository out: the user's own configuration, and the login of the address.

Everybody on a machine can read the arguments of a process, and git hands addresses on as arguments.  So a user name
and password leave the address, and git is given them in files that only this user can read: its configuration
(``git-config``), and a store of credentials (``git-credential-store``) that holds for the one server.
"""

# pathlib is a slow import:
# ruff: noqa: PTH100, PTH118
from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote

_WITH_LOGIN = re.compile(r"git\+(?P<scheme>https?://)(?P<user_info>[^/?#\\]*)@(?P<host>[^/?#\\@]+)", re.IGNORECASE)


class Login(NamedTuple):
    """Who is to ask a server: ``server`` is such as ``https://host:8443``; without a password it is asked for."""

    server: str
    user: str
    password: str | None


def without_login(url: str) -> tuple[str, Login | None]:
    """Take the login out of the address of a git repository on an http(s) server.

    ``git+https://me:secret@host/a.git@main`` gives ``git+https://host/a.git@main``, and who asks.  Every other address
    stays as it is: in that of a secure shell the user is part of the address.
    """
    found = _WITH_LOGIN.match(url)
    if found is None:
        return url, None
    user, colon, password = found["user_info"].partition(":")
    server = found["scheme"].lower() + found["host"]
    login = Login(server, unquote(user), unquote(password) if colon else None)
    return f"git+{server}{url[found.end() :]}", login


def render_login(login: Login) -> str:
    """The line of a login in the file of ``git-credential-store``."""
    scheme, slashes, host = login.server.partition("://")
    return f"{scheme}{slashes}{quote(login.user, safe='')}:{quote(login.password or '', safe='')}@{host}\n"


def render_git_config(includes: Iterable[str], login: Login | None, store: str) -> str:
    """A configuration file of git's that takes in others, and has a login at hand; ``store`` is a path.

    For the server of the login nothing else is asked for credentials, and nothing else is told of them.
    """
    lines = [f"[include]\n\tpath = {_quoted(path)}" for path in includes]
    if login is not None:
        lines += [f"[credential {_quoted(login.server)}]", f"\tusername = {_quoted(login.user)}"]
        if login.password is not None:
            helper = f"store --file={_for_shell(store)}"
            lines += ["\tuseHttpPath = false", "\thelper =", f"\thelper = {_quoted(helper)}"]
    return "\n".join([*lines, ""])


def own_git_configs(environ: Mapping[str, str]) -> list[str]:
    """The files that git reads for a user, whether they are there or not: ``GIT_CONFIG_GLOBAL``, or two at home."""
    named = environ.get("GIT_CONFIG_GLOBAL")
    home = environ.get("HOME") or environ.get("USERPROFILE")
    if named is not None:
        return [os.path.abspath(named)] if named else []
    if not home:
        return []
    settings = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    return [os.path.join(settings, "git", "config"), os.path.join(home, ".gitconfig")]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _for_shell(path: str) -> str:
    """A path for the shell that git starts its helpers with, on every system."""
    return "'" + path.replace(os.sep, "/").replace("'", "'\\''") + "'"
