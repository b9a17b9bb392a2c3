"""Who installed which file: by what distributions recorded, compared by final paths (see `places`)."""

from __future__ import annotations

import os
from collections.abc import Iterable

from piptools_clone.environment.installed import Distribution
from piptools_clone.environment.own_names import folded
from piptools_clone.sync.transaction.final_paths import Places


class Owners:
    """The owners of files, as they recorded them; of two that recorded the same file, the last one."""

    def __init__(self, distributions: Iterable[Distribution], places: Places) -> None:
        self._by_path = {places.real(path): each for each in distributions for path in each.files() or ()}
        self._by_spelling: dict[str, str] | None = None

    def __contains__(self, path: str) -> bool:
        return path in self._by_path

    def of(self, path: str) -> Distribution | None:
        """Tell who recorded a file that is there, under whatever spelling its file system takes for the same."""
        found = self._by_path.get(path)
        if found is not None:
            return found
        if self._by_spelling is None:
            self._by_spelling = {folded(known): known for known in self._by_path}
        known = self._by_spelling.get(folded(path))
        return self._by_path[known] if known is not None and _is_same_file(known, path) else None


def _is_same_file(first: str, second: str) -> bool:
    try:
        return os.path.samestat(os.lstat(first), os.lstat(second))
    except OSError:
        return False
