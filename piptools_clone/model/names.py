"""Names of projects and extras in their canonical form (PEP 503, PEP 685).

`packaging.utils` has the same function, but loads `packaging.tags`, `logging` and `subprocess` with it.
"""

from __future__ import annotations

from functools import lru_cache


def canonical_name(name: str) -> str:
    """The canonical form of a name: lower case, with single hyphens."""
    plain = name.lower().replace("_", "-").replace(".", "-")
    while "--" in plain:
        plain = plain.replace("--", "-")
    return plain


@lru_cache(100)  # the releases of a project have one name
def is_name(text: str) -> bool:
    """Whether this may name a project: ASCII letters, digits, and between them dots, dashes and underscores."""
    letters = text.replace("-", "").replace("_", "").replace(".", "")
    return text.isascii() and letters.isalnum() and text[0].isalnum() and text[-1].isalnum()
