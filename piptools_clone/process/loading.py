"""Loads parts of the program while something else is under way: up to 3 % of a cold compile near an index.

Seen by ``tox -e bench``, "near".
"""

from collections.abc import Callable, Iterable
from importlib import import_module


def load(parts: Iterable[str], between: Callable[[], object] | None) -> None:
    """Import modules one after the other, and look after something else after each."""
    for part in parts:
        import_module(part)
        if between is not None:
            between()
