"""Foreign text made harmless, and addresses without their secrets.

Everything that comes from an index, a package or a path passes through `inert` before it reaches a
terminal or a message.  An address that is written anywhere passes through `without_credentials`, and one
that is only shown through `redact_url`.
"""

from __future__ import annotations

import re

ELLIPSIS = "..."

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that Python calls printable although nothing is seen of them."""

_AUTHORITY = r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*+:/{2,}+)(?P<user>[^/?#\\]*)@"
_WORD = r"[^\s]++"
# a password may hold a slash that should have been quoted; what follows a host and its port is no password
_ANY_USER_INFO = r"(?<=://)(?:[^/?#\s]*|[^/?#\s:@]*:(?!\d+[/?#])[^\s@]*)@"
VARIABLE = r"\$\{([A-Z0-9_]+)\}"
_SECURE_SHELL = ("ssh://", "+ssh://", "sftp://")


def inert(text: str, limit: int = 200) -> str:
    r"""Return ``text`` as one harmless line of at most ``limit`` characters.

    Control, escape, bidirectional and other invisible characters appear as ``\x1b`` or ``\u202e``; what is
    too long ends in three dots.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    shown = "".join(char if _is_visible(char) else _escape(char) for char in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: max(limit - len(ELLIPSIS), 0)] + ELLIPSIS


def harmless(text: str, limit: int = 200) -> str:
    """Return `inert` text in which the user info of every address is hidden, for quoting a line in a message."""
    return inert(re.sub(_WORD, _without_user_info, text) if "@" in text else text, limit)


def _without_user_info(word: re.Match[str]) -> str:
    """A word without the user info of addresses; none is looked for where no ``@`` follows, which keeps this linear."""
    before, at, after = word[0].rpartition("@")
    return re.sub(_ANY_USER_INFO, "****@", before + at) + after


def has_control_character(text: str) -> bool:
    """Whether a file name holds a character that could inject lines or terminal sequences (C0, DEL, C1, U+2028/9)."""
    if text.isprintable():  # as nearly every name is, and a hundred times faster than to look at each character
        return False
    return any(char < " " or "\x7f" <= char <= "\x9f" or char in "\u2028\u2029" for char in text)


def redact_url(url: str) -> str:
    """Hide the secret part of an address for display: ``https://user:****@host/``.

    A bare token becomes ``https://****@host/``, and a ``${VAR}`` is hidden as well: the spelling of pip,
    and of the header of a lock.
    """
    found = _authority(url)
    if not found:
        return url
    user, colon, _ = found["user"].partition(":")
    return f"{found['scheme']}{f'{user}:****' if colon else '****'}@{url[found.end() :]}"


def without_credentials(url: str) -> str:
    """Drop the user info of an address, for whatever is written to a file, a log or an error.

    Kept are ``${VAR}`` (the secret is not there) and the bare user name of a secure shell, which is part of
    the address (``git+ssh://git@host/``), both as in the specification of direct URLs (PEP 610).
    """
    found = _authority(url)
    if not found or _holds_no_secret(found["scheme"], found["user"]):
        return url
    return found["scheme"] + url[found.end() :]


def _authority(url: str) -> re.Match[str] | None:
    """The scheme and the user info that an address begins with; nearly all have none."""
    return re.match(_AUTHORITY, url) if "@" in url else None


def _holds_no_secret(scheme: str, user_info: str) -> bool:
    user, colon, password = user_info.partition(":")
    if colon:
        return re.fullmatch(VARIABLE, password) is not None
    return re.fullmatch(VARIABLE, user) is not None or scheme.lower().endswith(_SECURE_SHELL)


def _is_visible(char: str) -> bool:
    return char.isprintable() and char not in _INVISIBLE


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")
