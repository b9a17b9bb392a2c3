"""Puts figures into a page between two marks, which stay: ``<!-- NAME: ... -->`` and ``<!-- end of NAME -->``."""

from __future__ import annotations

import re


def put(page: str, name: str, text: str) -> str:
    """The page with ``text`` between the marks of ``name``; raises ValueError where there are none."""
    marks = re.compile(rf"(<!-- {re.escape(name)}\b[^>]*-->\n).*?(<!-- end of {re.escape(name)} -->)", re.DOTALL)
    done, count = marks.subn(lambda match: f"{match[1]}{text}{match[2]}", page)
    if count != 1:
        raise ValueError(f"the page has {count} places for {name!r}, not one")
    return done
