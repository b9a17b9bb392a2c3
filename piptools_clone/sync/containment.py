"""Whether a path is inside some folders, wherever links lead."""

from __future__ import annotations

import os
from collections.abc import Iterable


class Bounds:
    """Tells whether a path is inside some folders, following links in its parents but not the last one."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._roots = tuple(os.path.join(os.path.realpath(root), "") for root in roots)
        self._known: dict[str, bool] = {}

    def __call__(self, path: str) -> bool:
        """Whether the path is inside."""
        folder = os.path.dirname(path)
        if folder not in self._known:
            self._known[folder] = os.path.join(os.path.realpath(folder), "").startswith(self._roots)
        return self._known[folder]

    def holds_root(self, path: str) -> bool:
        """Whether the path is one of the folders, or a parent of one, that is not there before something comes."""
        return any(root.startswith(os.path.join(path, "")) for root in self._roots)
