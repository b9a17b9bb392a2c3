"""Plain command lines, made of what the table of a command lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click
from hypothesis import strategies as st

from piptools_clone.cli.plain_words import LOUDNESS, Table


class Lines:
    """Lines of options: ``alone`` have no value, ``with_value`` have one, of ``texts`` where those say which."""

    def __init__(self, table: Table, texts: Mapping[str, Sequence[str]]) -> None:
        self.alone = sorted({*table.flags, *LOUDNESS})
        self.with_value = sorted({*table.values, *table.lists})
        self._short = {long: short for short, long in table.short.items()}
        self._texts = {**texts, **table.choices}

    def options(self) -> st.SearchStrategy[list[list[str]]]:
        """Any options, each as its words."""
        alone = st.builds(
            lambda option, short: [self._short.get(option, option) if short else option],
            st.sampled_from(self.alone),
            st.booleans(),
        )
        with_value = st.builds(self._spelled, st.sampled_from(self.with_value), st.integers(0, 9), st.integers(0, 2))
        return st.lists(alone | with_value, max_size=7)

    def _spelled(self, option: str, number: int, way: int) -> list[str]:
        texts = self._texts.get(option, ["x", "a b", "x=y"])
        value = texts[number % len(texts)]
        return [[f"{option}={value}"], [option, value], [self._short.get(option, option), value]][way]

    def is_of(self, parameters: Sequence[click.Parameter], option: str) -> bool:
        """Whether an option is one of the command, by its short name also, and has a value there as well."""
        owner = next(each for each in parameters if option in (*each.opts, *each.secondary_opts))
        stands_alone = bool(getattr(owner, "is_flag", False) or getattr(owner, "count", False))
        names = (*owner.opts, *owner.secondary_opts)
        return stands_alone == (option in self.alone) and self._short.get(option, option) in names
