"""What is wrong with one line, before it is known which file the line stands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from piptools_clone.errors import InputError
from piptools_clone.formats.sanitize import harmless

if TYPE_CHECKING:
    from piptools_clone.model.requirement import Origin


class LineProblem(ValueError):
    """A line that cannot be understood: a message in words, foreign text in it already inert, and a hint."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def at(self, origin: Origin) -> InputError:
        """Make the error for the user, beginning with ``file:line``."""
        return InputError(f"{harmless(str(origin))}: {self.message}", hint=self.hint)
