"""The start tags of an HTML page, found in linear time as a browser finds them (HTML Standard, section 13.2.5).  Pure.

`html.parser` takes quadratic time for constructs that are begun and never ended, in many versions of Python.  Here such
a construct takes in the rest of the page, as the standard has it, so nothing is read twice.
"""

from __future__ import annotations

import re
from collections.abc import Container

from piptools_clone.index.pages.listing import FILE_LIMIT

Tag = tuple[str, dict[str, str]]
"""The name of a start tag and its attributes, names in lower case, the first of equal names."""

_OPENING = re.compile(r"<(?:!--|[!?/]|[A-Za-z][^\s/>]*+)")
_PART = re.compile(
    r"""[\s/]*+(?:(?P<end>>)|(?P<name>[^\s/>][^\s/>=]*+)"""
    r"""(?:\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<open>["'])|(?P<bare>[^\s>]*+)))?+)"""
)
"""What follows in a start tag: an attribute, or the end of the tag; ``open`` is a quote that nothing closes."""
_OF_TEXT = frozenset(("iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"))
"""Elements in which nothing is a tag but their own end."""


def parse_tags(text: str, wanted: Container[str]) -> list[Tag]:
    """The start tags of some names (lower case), at most one more than a page may have."""
    found: list[Tag] = []
    at = 0
    while at >= 0 and len(found) <= FILE_LIMIT and (opening := _OPENING.search(text, at)):
        if opening[0] == "<!--":
            at = _after(text, "-->", opening.end() - 2)  # "<!-->" is a whole comment
        elif len(opening[0]) == 2 and opening[0][1] in "!?/":
            at = _after(text, ">", opening.end())
        else:
            name = opening[0][1:].lower()
            attributes, at = _read_attributes(text, opening.end())
            if attributes is not None and name in wanted:
                found.append((name, attributes))
            at = _after_content(text, name, at)
    return found


def unescape(text: str) -> str:
    """Replace character references; those of more digits than `int` takes leave the text as it is."""
    if "&" not in text:
        return text
    import html

    try:
        return html.unescape(text)
    except ValueError:
        return text


def _after(text: str, end: str, start: int) -> int:
    """The place after the next ``end``, -1 where there is none."""
    at = text.find(end, start)
    return at if at < 0 else at + len(end)


def _read_attributes(text: str, at: int) -> tuple[dict[str, str] | None, int]:
    """The attributes of a start tag and the place after it; None and -1 for a tag that does not end."""
    found: dict[str, str] = {}
    while part := _PART.match(text, at):
        at = part.end()
        if part["end"]:
            return found, at
        if part["open"]:
            break
        found.setdefault(part["name"].lower(), unescape(part["double"] or part["single"] or part["bare"] or ""))
    return None, -1


def _after_content(text: str, name: str, at: int) -> int:
    """Where tags are looked for after a start tag: at once, or after the content of an element of text."""
    if name == "plaintext":
        return -1
    if at < 0 or name not in _OF_TEXT:
        return at
    end = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, at)
    return end.start() if end else -1
