"""The target of the Python that runs this program: what most locks are for, without a process and without `pathlib`."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache

from packaging.tags import sys_tags

from piptools_clone.model.target import Target


class _Markers(Mapping[str, str]):
    """The marker environment as `packaging` computes it, which takes its parser of markers to be loaded.

    The version is needed long before the rest, and is the same word of the standard library.
    """

    def __getitem__(self, key: str) -> str:
        return platform.python_version() if key == "python_full_version" else self._all[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @cached_property
    def _all(self) -> dict[str, str]:
        from packaging.markers import default_environment

        return {key: str(value) for key, value in default_environment().items() if key != "extra"}


@lru_cache
def running_target() -> Target:
    """Give the `Target` of the running interpreter, as `packaging` computes it."""
    return Target(_Markers(), tuple(dict.fromkeys(map(str, sys_tags()))))
