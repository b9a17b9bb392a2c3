"""Command lines made of what the table of a command lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from piptools_clone.cli.arguments.options import CommandOptions, Option


class Lines:
    """Lines of options of a command, in all their spellings; values are of ``texts`` where those say which.

    ``plain`` are made of what its fast reader takes, ``any`` of all options and odd words.
    """

    def __init__(self, table: CommandOptions, texts: Mapping[str, Sequence[str]], odd: Sequence[Sequence[str]]) -> None:
        self._texts = texts
        options = [option for option in table.options if option.kind != "argument"]
        plain = [option for option in options if option.is_plain(table.command)]
        self.plain = st.lists(st.sampled_from(plain).flatmap(self._words), max_size=7)
        self.any = st.lists(st.sampled_from(options).flatmap(self._words) | st.sampled_from(odd), max_size=5)

    def _words(self, option: Option) -> st.SearchStrategy[list[str]]:
        """One option as the words for it."""
        if option.kind in ("flag", "count"):
            return st.sampled_from([[name] for name in (*option.names, option.negative) if name])
        texts = self._texts.get(option.names[-1]) or option.choices or ["x", "a b", "x=y"]
        long = st.builds(
            lambda name, text: [f"{name}={text}"], st.sampled_from(option.long_names), st.sampled_from(texts)
        )
        apart = st.builds(lambda name, text: [name, text], st.sampled_from(option.names), st.sampled_from(texts))
        return long | apart
