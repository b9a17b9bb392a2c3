"""The folders of an environment as texts, since thousands of paths are made from them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from piptools_clone.environment.interpreter import Interpreter


class Scheme(NamedTuple):
    """The folders of an environment as texts (see `environment.interpreter.Paths`), and its interpreter."""

    executable: str
    purelib: str
    platlib: str
    scripts: str
    data: str
    headers: str
    stdlib: str

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that wheels are written to."""
        return (self.purelib, self.platlib, self.scripts, self.headers, self.data)


def scheme_of(interpreter: Interpreter) -> Scheme:
    """Spell the folders of an interpreter as texts."""
    paths = {key: os.fspath(value) for key, value in interpreter.paths._asdict().items()}
    return Scheme(os.fspath(interpreter.executable), **paths)
