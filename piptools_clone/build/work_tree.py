"""What git knows of a folder on this machine: the files that it ignores, its commit and its tags.

The folder may be a stranger's, so nothing that its configuration names is started (a file system monitor, hooks), no
transport is allowed, and nothing is written.  The user's own configuration holds, for it can name files to ignore.
Where git is missing, slow or refuses the folder, nothing is known of it.
"""

# pathlib is a slow import:
from __future__ import annotations

import os
from collections.abc import Mapping

_PATIENCE = 30.0  # seconds; a large repository on a slow disk takes a few
_ALLOWED = (
    "PATH", "PATHEXT", "SYSTEMROOT", "TEMP", "TMP", "HOME", "USERPROFILE", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL",
)  # fmt: skip
_OWN = {
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_SAFE = ("--no-pager", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "protocol.allow=never")


def is_in_work_tree(folder: str) -> bool:
    """Whether a folder seems to lie in a git work tree; no process is started for that."""
    above = os.path.abspath(folder)
    while not os.path.lexists(os.path.join(above, ".git")):
        folder, above = above, os.path.dirname(above)
        if folder == above:
            return False
    return True


def ignored_paths(folder: str, environ: Mapping[str, str]) -> frozenset[str]:
    """The paths below a folder, relative with ``/``, that git ignores; a folder that it ignores ends with ``/``.

    Empty for a folder that is ignored as a whole: then it is not this repository that it belongs to.
    """
    words = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
    listed = _ask(folder, environ, *words)
    paths = frozenset(os.fsdecode(path) for path in listed.split(b"\0") if path)
    return frozenset() if "./" in paths else paths


def references(folder: str, environ: Mapping[str, str]) -> bytes:
    """The commit that is checked out and all tags: what tools that take a version from git go by."""
    return _ask(folder, environ, "show-ref", "--head", "--tags")


def _ask(folder: str, environ: Mapping[str, str], *words: str) -> bytes:
    """What git prints, empty where it fails."""
    import shutil
    import subprocess

    program = shutil.which("git", path=environ.get("PATH", os.defpath))
    if program is None or not os.path.isabs(program):
        return b""
    bare = {name: value for name, value in environ.items() if name.upper() in _ALLOWED}
    command = [program, *_SAFE, "-C", folder, *words]
    try:
        done = subprocess.run(
            command, env=bare | _OWN, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout if done.returncode == 0 else b""
