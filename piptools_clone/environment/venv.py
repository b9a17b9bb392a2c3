"""Virtual environments of which everything is known once another of the same base has been asked.

What an interpreter in a virtual environment says of itself follows from its base and from ``pyvenv.cfg`` (PEP 405);
only the folder differs.  Strictly: its executable is a link to the base's, and it sees no packages of the system.  Of
the file, Python heeds ``home`` and ``include-system-site-packages``; all else is for people.
"""

# pathlib is a slow import, and this module stands on the way of every run:
from __future__ import annotations

import os

from piptools_clone.environment.plain_file import read_plain

MAX_CONFIGURATION = 1 << 20
"""Bytes of a ``pyvenv.cfg``, which has a few lines."""


def read_traits(executable: str) -> tuple[object, ...] | None:
    """What decides all that the interpreter of a virtual environment says of itself, but for the folder.

    That is its base, how it was made, and the system.  None for anything but a plain virtual environment.
    """
    folder = os.path.dirname(executable)
    prefix = os.path.dirname(folder)
    base = os.path.realpath(executable)
    if os.path.basename(folder) != "bin" or base.startswith(os.path.realpath(prefix) + os.sep):
        return None
    if os.path.exists(os.path.join(folder, "pyvenv.cfg")):
        return None
    try:
        text = read_plain(os.path.join(prefix, "pyvenv.cfg"), MAX_CONFIGURATION).decode("utf-8")
        settings = dict(_setting(line) for line in text.splitlines())
        found = os.stat(base)
    except (OSError, ValueError):
        return None
    if settings.get("include-system-site-packages") != "false" or not os.path.isabs(settings.get("home", "")):
        return None
    return (settings["home"], base, found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, *_system())


def _setting(line: str) -> tuple[str, str]:
    name, equals, value = line.partition("=")
    if not equals and line.strip():
        raise ValueError(line)
    return name.strip().lower(), value.strip()


def _system() -> tuple[object, ...]:
    """The kernel, the C library, and what says where the user's folders are."""
    try:
        library = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, OSError, ValueError):
        library = ""
    variables = tuple(os.environ.get(name) for name in ("HOME", "USERPROFILE", "PYTHONUSERBASE", "APPDATA"))
    return (tuple(getattr(os, "uname", tuple)()[2:]), library, variables)
