"""Reads a plain command line without click, which takes longer to load than an index takes to answer.

Plain is what click would surely take, and take as it is taken here: whole names, values that are no options, one word
for each.  Whatever else there is, such as an option that is not marked as plain or a value that is not one of the
choices, is left to click, and so are all words about what is wrong.  Saves 14 % of a compile from a full cache and 6 %
of a cold one (``tox -e bench``, "edited" and "cold" of trio).
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from piptools_clone.cli.arguments.options import CommandOptions, Option


class NotPlainError(Exception):
    """The command line is not plain."""


class PlainLine:
    """The words of a command line by a table of options; raises `NotPlainError`.

    ``given`` is as click's parameters: the value of every option by its name.  ``typed`` has the names of those that
    the command line or a variable says.
    """

    __slots__ = ("_by_word", "given", "typed")

    def __init__(self, table: CommandOptions, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
        self.given: dict[str, object] = {}
        self.typed: set[str] = set()
        self._by_word: dict[str, tuple[Option, bool]] = {}
        if sys.platform == "win32" or f"_{table.command.replace('-', '_').upper()}_COMPLETE" in environ:
            raise NotPlainError  # click expands words there, or a shell asks how a word goes on
        for option in table.options:
            self._add(option, environ, is_plain=option.is_plain(table.command))
        rest = iter(arguments)
        self.given["src_files"] = tuple(word for word in rest if not self._take(word, rest))

    def _add(self, option: Option, environ: Mapping[str, str], *, is_plain: bool) -> None:
        from_variable = environ.get(option.variable)
        if from_variable is not None and not is_plain:
            raise NotPlainError
        if from_variable:
            self.typed.add(option.name)
        self.given[option.name] = from_variable or option.unset
        if is_plain:
            self._by_word.update((name, (option, True)) for name in option.names)
            if option.negative:
                self._by_word[option.negative] = (option, False)

    def _take(self, word: str, rest: Iterator[str]) -> bool:
        """Take an option, with its value from the words after it; False for a word that is none."""
        if not word.startswith("-"):
            return False
        name, equals, text = word.partition("=") if word.startswith("--") else (word, "", "")
        option, positive = self._by_word.get(name) or _not_plain()
        before: object = self.given[option.name]
        self.typed.add(option.name)
        if option.kind in ("value", "values"):
            value = _checked(option, text if equals else next(rest, ""))
            self.given[option.name] = (*before, value) if isinstance(before, tuple) else value
        elif equals:
            raise NotPlainError
        else:
            self.given[option.name] = before + 1 if option.kind == "count" else positive  # type: ignore[operator]
        return True


def _not_plain() -> tuple[Option, bool]:
    raise NotPlainError


def _checked(option: Option, text: str) -> str:
    if not text or text.startswith("-") or text not in (option.choices or (text,)):
        raise NotPlainError
    return text
