"""Proof that control data in an environment was written by this user's pip-sync: a keyed digest (RFC 7693, BLAKE2b).

An environment is full of files that packages brought, and any of them may look like a journal.  So what steers a sync
is signed with a random key that lies outside of any environment, and is believed only with its signature.  The key is
made when it is first needed, in the user's folder for state (XDG Base Directory Specification), else in a private
folder for temporary files, where a restart of the machine may lose it.  Without the key of the process that wrote it,
no journal is believed.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b

from piptools_clone.errors import SettingsError
from piptools_clone.store.private import is_own, open_own

_LENGTH = 32  # bytes of the key, and of a signature
SIGNATURE_LENGTH = 2 * _LENGTH
"""Characters of a signature."""


def sign(content: bytes) -> str:
    """Give the signature of some bytes, as hexadecimal text.  Raises `SettingsError` where no key can be kept."""
    return blake2b(content, key=_find_key(), digest_size=_LENGTH).hexdigest()


def is_signed(content: bytes, signature: object) -> bool:
    """Whether that is the signature which `sign` gave for these bytes."""
    from hmac import compare_digest  # here, for only what was interrupted is read back

    if not isinstance(signature, str) or not signature.isascii():
        return False
    return any(
        compare_digest(blake2b(content, key=key, digest_size=_LENGTH).hexdigest(), signature)
        for folder in state_folders()
        if (key := _read_key(folder)) is not None
    )


def state_folders() -> Iterator[str]:
    """The folders that may hold the key: the user's own for state, then one for temporary files."""
    given = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(given):
        given = os.path.expanduser("~/.local/state")
        if sys.platform == "win32":
            given = os.environ.get("LOCALAPPDATA") or given
    if os.path.isabs(given):
        yield os.path.join(given, "piptools-clone")
    import tempfile  # here, for it is a slow import, and the first folder nearly always does

    yield os.path.join(tempfile.gettempdir(), f"piptools-clone-{_user()}")


def _find_key() -> bytes:
    for folder in state_folders():
        key = _read_key(folder) or _make_key(folder)
        if key is not None:
            return key
    raise SettingsError(
        f"No private folder can be made to keep a key in, neither {' nor '.join(state_folders())}.",
        hint="name one with the variable XDG_STATE_HOME",
    )


def _name() -> str:
    """Root may work in the home of a user, so each has a file of its own."""
    return f"journal-key-{_user()}"


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else -1


def _read_key(folder: str) -> bytes | None:
    """Read the key; None where there is none that only this user could have written."""
    try:
        with open(open_own(os.path.join(folder, _name())), "rb") as file:
            key, found = file.read(_LENGTH + 1), os.fstat(file.fileno())
    except OSError:
        return None
    return key if is_own(found, others=0o077) and len(key) == _LENGTH else None


def _make_key(folder: str) -> bytes | None:
    """Make a key as a whole file that is there at once; of two processes, the first one's stays."""
    path = os.path.join(folder, _name())
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
        if not _may_hold_key(os.lstat(folder)):
            return None
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(_LENGTH))
            file.flush()
            os.fsync(descriptor)
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            os.rename(temporary, path)
            return _read_key(folder)
        os.unlink(temporary)
    except OSError:
        return None
    return _read_key(folder)


def _may_hold_key(folder: os.stat_result) -> bool:
    """Root may work in the home of a user, who could take its key away, but neither read nor replace it."""
    return stat.S_ISDIR(folder.st_mode) and (_user() == 0 or is_own(folder))
