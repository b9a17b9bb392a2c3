"""Names of projects and extras in their canonical form (PEP 503, PEP 685).

`packaging.utils` has the same function, but loads `packaging.tags`, `logging` and `subprocess` with it.
"""

from __future__ import annotations


def canonical_name(name: str) -> str:
    """The canonical form of a name: lower case, with single hyphens."""
    plain = name.lower().replace("_", "-").replace(".", "-")
    while "--" in plain:
        plain = plain.replace("--", "-")
    return plain
