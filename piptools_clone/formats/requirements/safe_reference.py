"""What the address of one project may not say, wherever it stands: in an input, a lock, metadata, or on its way to pip.

Pip hands parts of an address to the programs that check repositories out, as words of their command lines: one that
begins with a dash would be an option, such as ``--upload-pack=COMMAND``.  And it joins a subdirectory to the folder of
what it has fetched, wherever that leads.
"""

from __future__ import annotations

import re

from piptools_clone.formats.sanitize import inert
from piptools_clone.formats.schemes import is_vcs, scheme_of

_LONGEST = 4096  # characters of a path: more is none on any system, and each level of quoting is read once more
_SUBDIRECTORY = r"[#?&]subdirectory=([^&#]*)"  # as pip looks for it: anywhere, the first one


def why_refused(url: str) -> str:
    """What is wrong with an address, "" where it is safe.  In words that hold nothing secret and are inert."""
    for text in re.findall(_SUBDIRECTORY, url):
        if _leads_out(text):
            return f"its subdirectory {inert(text, 100)!r} leads out of it"
    return _why_no_repository(url) if is_vcs(url) else ""


def subdirectory_of(url: str) -> str:
    """The subdirectory that the fragment of a safe address names, "" for none."""
    found = re.search(r"(?:\A|&)subdirectory=([^&]*)", url.partition("#")[2])
    return found[1].strip("/") if found else ""


def is_local(url: str) -> bool:
    """Whether an address leads to something on this machine: a file, a folder, a repository."""
    return scheme_of(url).rpartition("+")[2] == "file"


def _leads_out(text: str) -> bool:
    """Whether a path is absolute or goes up, however it is spelled, on any system."""
    from urllib.parse import unquote

    if len(text) > _LONGEST:
        return True
    while (plain := unquote(text)) != text:
        text = plain
    return text.startswith(("/", "\\")) or text[1:2] == ":" or ".." in re.split(r"[/\\]", text)


def _why_no_repository(url: str) -> str:
    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        return "its host cannot be read"
    user_info, _, host = unquote(parts.netloc).rpartition("@")
    if user_info.startswith("-") or host.startswith("-"):
        return "its host begins with a dash"
    revision = unquote(parts.path.rpartition("@")[2]) if "@" in parts.path else ""
    if revision.strip().startswith("-"):
        return f"its revision {inert(revision, 100)!r} begins with a dash"
    return ""
