"""The shapes of stored values: what a value must be made of to be used.

A right digest does not tell that a value is of the form that is read: another release may have written it under the
same layout by mistake.  So each reader says once what it can use, and everything else is a miss.  A shape is

    object               any value
    str                  text that UTF-8 can hold
    another type         a value of exactly this type
    None                 None
    (shape, shape)       a tuple of exactly these
    (shape, ...)         a tuple of any length, which can be hashed if its values can
    [shape]              a tuple or list of any length
    {str: shape}         a dictionary of texts
    {"name": shape}      a dictionary with exactly these keys
    Either(shape, ...)   a value of one of them
    a function           a value for which it is true

Texts in sequences are checked by loops of the interpreter's own: a page of a thousand versions takes some 20 us.
"""

from __future__ import annotations

import marshal
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Shape = Any


class Either:
    """A value of one of some shapes."""

    __slots__ = ("shapes",)

    def __init__(self, *shapes: Shape) -> None:
        self.shapes = shapes


def matches(value: object, shape: Shape) -> bool:
    """Whether a value is of a shape."""
    if shape is None or isinstance(shape, type):
        return _is_of_type(value, shape)
    if isinstance(shape, Either):
        return any(matches(value, each) for each in shape.shapes)
    if isinstance(shape, tuple):
        return type(value) is tuple and _match_tuple(value, shape)
    if isinstance(shape, list):
        return isinstance(value, (tuple, list)) and _all_match(value, shape[0])
    if isinstance(shape, dict):
        return isinstance(value, dict) and _match_items(value, shape)
    return bool(shape(value))


def load_plain(data: bytes | memoryview, shape: Shape) -> Any:  # noqa: ANN401 - as the shape says
    """What `marshal` wrote, None where it is not whole or not of the shape; only for data of this user's own files."""
    try:
        value = marshal.loads(data)  # noqa: S302 - from an entry of the cache, which is this user's own
    except (ValueError, EOFError, TypeError, MemoryError):
        return None
    return value if matches(value, shape) else None


def is_sha256(value: object) -> bool:
    """Whether a value is a SHA-256 in hexadecimal digits."""
    return type(value) is str and len(value) == 64 and not value.strip("0123456789abcdef")


def is_path(value: object) -> bool:
    """Whether a value is text that may name a file."""
    if type(value) is not str or not value or "\0" in value:
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def is_header(value: object) -> bool:
    """Whether a value is text that may stand in a header of a request (RFC 9110, section 5.5)."""
    return type(value) is str and value.isprintable() and max(value, default="") < "\u0100"


def _is_of_type(value: object, shape: type | None) -> bool:
    if shape is None or shape is object:
        return shape is object or value is None
    return type(value) is shape and (type(value) is not str or is_encodable(value))


def _match_tuple(value: tuple[object, ...], shape: tuple[Shape, ...]) -> bool:
    if shape[1:] == (...,):
        return _all_match(value, shape[0])
    return len(value) == len(shape) and all(map(matches, value, shape))


def _all_match(values: Sequence[object], shape: Shape) -> bool:
    if shape is str:
        return set(map(type, values)) <= {str} and is_encodable("".join(values))  # type: ignore[arg-type]  # texts
    return all(matches(each, shape) for each in values)


def _match_items(value: dict[object, object], shape: dict[Any, Shape]) -> bool:
    if str in shape:
        return _all_match([*value], str) and _all_match([*value.values()], shape[str])
    return value.keys() == shape.keys() and all(matches(value[key], each) for key, each in shape.items())


def is_encodable(text: str) -> bool:
    """Whether a text has no half characters, which no stream and no file takes."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
