"""Any JSON value at any place of a document: what a page, a file of settings or a stored entry may hold."""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Path = tuple[Any, ...]

_TEXTS = st.sampled_from(
    ("", "0", "-1", "1.0", "\ud800", "\x00\x1b[2J", "a" * 5000, "9" * 5000, "http://[", "../..", "((")
) | st.text(max_size=8)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from((10**400, -(10**18), 1e308, float("inf"), float("nan")))
    | _TEXTS
)
VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3), max_leaves=5
)
"""What JSON can hold, and Python reads: also what is no number, and half a character."""
PLAIN_VALUES = st.recursive(
    _SCALARS | st.binary(max_size=5) | st.just(marshal.dumps({"a": 1}, 4)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(_TEXTS, inner, max_size=3)
    ),
    max_leaves=5,
)
"""What the cache can hold besides: bytes and tuples."""


def deep(depth: int = 5000) -> str:
    """A value of JSON that is nested deeper than any reader can follow, as text."""
    return "[" * depth + "]" * depth


def places(document: object, path: Path = ()) -> Iterator[Path]:
    """Every place of a document, the whole first."""
    yield path
    if isinstance(document, dict):
        for key in document:
            yield from places(document[key], (*path, key))
    elif isinstance(document, (list, tuple)):
        for number, each in enumerate(document):
            yield from places(each, (*path, number))


def replaced(document: Any, path: Path, value: object) -> Any:
    """A copy of a document with another value at a place."""
    if not path:
        return value
    inner = replaced(document[path[0]], path[1:], value)
    if isinstance(document, dict):
        return {**document, path[0]: inner}
    made = [*document]
    made[path[0]] = inner
    return type(document)(made)


@st.composite
def changed(draw: st.DrawFn, document: Any, values: st.SearchStrategy[object] = VALUES) -> Any:
    """A document in which something stands in another's place, once or twice."""
    for _ in range(draw(st.integers(1, 2))):
        document = replaced(document, draw(st.sampled_from(list(places(document)))), draw(values))
    return document
