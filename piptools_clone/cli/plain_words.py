"""Sorts the words of a plain command line by a table of options, without click, which takes long to load.

Plain is what click would surely take, and take as it is taken here: whole names, values that are no options, one word
for each.  Whatever else there is, is left to click, and so are all words about what is wrong.
"""

from __future__ import annotations

import sys

from piptools_clone.named_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LOUDNESS = {"--quiet": -1, "--verbose": 1}
"""Flags that count."""
SHORT_OF_BOTH = {"-i": "--index-url", "-n": "--dry-run", "-q": "--quiet", "-v": "--verbose"}
MANNERS = {"--color": ("color", True), "--no-color": ("color", False), "--no-config": ("no_config", True)}
"""Flags of both commands that no field of a request holds."""


class Table(NamedTuple):
    """Options by their long names: what a command takes in a plain command line.

    ``flags`` have no value, and say which field gets which; the value of one of ``values`` is that of a field; one of
    ``lists`` may be repeated, and all its values are that of a field.  ``short`` are short names of any of them, and
    ``choices`` what values there are, where not any.
    """

    flags: Mapping[str, tuple[str, bool]]
    values: Mapping[str, str]
    lists: Mapping[str, str]
    short: Mapping[str, str]
    choices: Mapping[str, Sequence[str]]


def may_be_plain(environ: Mapping[str, str], *variables: str) -> bool:
    """Whether click would look for no more in words than they say; some ``variables`` would have it do so."""
    return sys.platform != "win32" and not any(name in environ for name in variables)


class NotPlainError(Exception):
    """The command line is not plain."""


class Words:
    """The words of a command line in their places; raises `NotPlainError`.

    ``others`` are no options.  ``fields`` has what flags and values say, ``lists`` has every field that may be
    repeated.  ``loudness`` is above 0 for a command that is to say more.  ``spelled`` has what was given by its field,
    in the order in which it was: the long name as it was given, and the value.
    """

    __slots__ = ("_table", "fields", "lists", "loudness", "others", "spelled")

    def __init__(self, table: Table, arguments: Sequence[str]) -> None:
        self._table = table
        self.others: list[str] = []
        self.fields: dict[str, object] = {}
        self.lists: dict[str, list[str]] = {field: [] for field in table.lists.values()}
        self.loudness = 0
        self.spelled: dict[str, tuple[str, object]] = {}
        rest = iter(arguments)
        for argument in rest:
            if argument.startswith("-"):
                self._take(table.short.get(argument, argument), rest)
            else:
                self.others.append(argument)

    @property
    def color(self) -> bool | None:
        """Whether output is to be in color; None where nothing is said about that."""
        color = self.fields.get("color")
        return color if isinstance(color, bool) else None

    def only(self, fields: Sequence[str]) -> dict[str, object]:
        """What is said about some fields."""
        return {field: self.fields[field] for field in fields if field in self.fields}

    def without(self, *others: Sequence[str]) -> dict[str, object]:
        """What is said about all fields but some."""
        return {field: value for field, value in self.fields.items() if not any(field in each for each in others)}

    def _take(self, argument: str, rest: Iterator[str]) -> None:
        name, equals, value = argument.partition("=")
        if argument in self._table.flags:
            self._set(argument, *self._table.flags[argument])
        elif argument in LOUDNESS:
            self.loudness += LOUDNESS[argument]
        elif equals and name.startswith("--"):
            self._take_value(name, value)
        else:
            self._take_value(argument, next(rest, "-"))

    def _take_value(self, name: str, value: str) -> None:
        table = self._table
        if not value or value.startswith("-") or value not in table.choices.get(name, (value,)):
            raise NotPlainError
        if name in table.values:
            self._set(name, table.values[name], value)
        elif name in table.lists:
            values = self.lists[table.lists[name]]
            values.append(value)
            self.spelled[table.lists[name]] = name, values
        else:
            raise NotPlainError

    def _set(self, name: str, field: str, value: object) -> None:
        self.fields[field] = value
        self.spelled[field] = name, value


def format_rules(given: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Put what holds for all packages before what names some: click does not tell the order across options."""
    pairs = [(kind, value) for kind in ("no_binary", "only_binary") for value in given[kind]]
    return tuple(sorted(pairs, key=lambda pair: not pair[1].startswith(":")))
