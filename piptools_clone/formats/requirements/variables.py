"""The values that variables of requirements files stood for, so that none is written where its name can stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from piptools_clone.errors import PiptoolsCloneError

SHORTEST = 6
"""Characters of a value that is looked for: a shorter one is no secret, and may stand in any text by chance."""


class Variables:
    """Variables by name, and what replaced them."""

    __slots__ = ("_names",)

    def __init__(self, names: Iterable[str], environ: Mapping[str, str]) -> None:
        known = {environ.get(name, ""): name for name in sorted(names)}
        self._names = {value: name for value, name in known.items() if len(value) >= SHORTEST}

    def hide(self, text: str) -> str:
        """The text with ``${NAME}`` wherever the value of a variable stands in it, quoted for an address or not."""
        if not self._names:
            return text
        from urllib.parse import quote

        spelled = {form: name for value, name in self._names.items() for form in (value, quote(value, safe=""))}
        longest_first = sorted(spelled, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest_first)), lambda found: f"${{{spelled[found[0]]}}}", text)

    def hide_in(self, error: BaseException | None) -> None:
        """Hide the values in every text of a failure that a user can meet."""
        if not self._names or not isinstance(error, PiptoolsCloneError):
            return
        for name, value in vars(error).items():
            if isinstance(value, str):
                setattr(error, name, self.hide(value))
        error.args = tuple(self.hide(each) if isinstance(each, str) else each for each in error.args)
