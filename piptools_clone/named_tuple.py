"""`typing.NamedTuple`, made in a sixth of the time.

A run makes some seventy kinds of values while it is loaded.  `typing.NamedTuple` takes 0.15 ms for each, for it checks
the annotations, which the type checker has done, compiles a constructor, and makes each class twice.  Here one
constructor is compiled for each number of fields, and gets their names.  What comes of it is the same.  Saves 4 % of a
compile from a full cache (``tox -e bench``, "edited").
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self

if TYPE_CHECKING or sys.version_info >= (3, 14):  # where annotations are no longer there to be seen (PEP 649)
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414 - it is passed on
else:
    from functools import cache
    from types import CodeType, FunctionType

    try:
        from _collections import _tuplegetter as getter
    except ImportError:  # an interpreter that has no such shortcut

        def getter(index: int, text: str) -> property:
            """A property that gives an item."""
            return property(lambda values: values[index], doc=text)

    class _Values(tuple):
        """What all of them can do."""

        __slots__ = ()

        @classmethod
        def _make(cls, values: Iterable[Any]) -> Self:
            """Make one of a sequence of values."""
            return cls(*values)

        def _replace(self, /, **changes: Any) -> Self:  # noqa: ANN401 - as the fields are
            """The same with other values in some fields; raises ValueError for a name that is none."""
            made = tuple.__new__(type(self), map(changes.pop, self._fields, self))
            if changes:
                raise ValueError(f"Got unexpected field names: {list(changes)!r}")
            return made

        def _asdict(self) -> dict[str, Any]:
            """Values by the names of their fields."""
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            values = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({values})"

    class _Maker(type):
        """Makes a class of named values of what a class statement says."""

        def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(mcs, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body[field] for field in fields if field in body}
            if tuple(defaults) != fields[len(fields) - len(defaults) :]:
                raise TypeError(f"{name}: a field without a default follows one that has a default")
            body.update((field, getter(index, f"Alias for field number {index}")) for index, field in enumerate(fields))
            code = _constructor(len(fields)).replace(co_varnames=("_cls", *fields), co_qualname=f"{name}.__new__")
            made = FunctionType(code, {"new": tuple.__new__}, "__new__", tuple(defaults.values()))
            body.update(__new__=made, __slots__=(), __match_args__=fields, _fields=fields, _field_defaults=defaults)
            return type(name, (_Values,), body)

    @cache
    def _constructor(number: int) -> CodeType:
        """Code that takes a class and so many values, and makes a tuple."""
        values = "".join(f"v{index}, " for index in range(number))
        return eval(f"lambda _cls, {values}: new(_cls, ({values}))").__code__  # noqa: S307 - nothing foreign

    class NamedTuple(metaclass=_Maker):
        """The base of a class of values: see `typing.NamedTuple`."""
