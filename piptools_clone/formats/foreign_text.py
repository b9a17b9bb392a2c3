"""Texts that packages and builds wrote, before they become lines of a lock: what could mean more there is refused.

pip, and a sync, fill in ``${NAME}`` wherever it stands in a lock, and send what an address then holds.  So no text from
outside may bring one along, and an address must be read from a lock as what it was.
"""

from __future__ import annotations

from piptools_clone.formats.requirements.line_problem import LineProblem
from piptools_clone.formats.sanitize import harmless, inert, without_credentials
from piptools_clone.model.requirement import Origin


def refuse_variables(text: str) -> None:
    """Raise `LineProblem` for a text that holds the beginning of a variable, ``${``, which no honest one does."""
    if "${" in text:
        raise LineProblem(
            f"'{harmless(text)}' holds a variable, which an installer would fill in from its environment",
            "only files of your own may hold variables: leave this version out",
        )


def check_reference(name: str, url: str) -> None:
    """Raise `LineProblem` for a direct reference that a lock cannot repeat as it is, or that holds a variable."""
    refuse_variables(url)
    if inert(url, len(url)) != url or any(char.isspace() or char in "\\;" for char in url):
        raise LineProblem(f"'{harmless(url)}' holds a character that a lock cannot hold in an address")
    from piptools_clone.formats.requirements.requirement_line import parse_line

    read = parse_line(f"{name} @ {url}", Origin(name, 0, ""))
    if read != read._replace(name=name, extras=(), marker="", hashes=()) or _plain(read.shown) != _plain(url):
        raise LineProblem(f"'{harmless(url)}' would be read from a lock as another address")


def _plain(url: str) -> str:
    return without_credentials(url).partition("#")[0]
