"""The target of the Python that runs this program: what most locks are for, without a process and without `pathlib`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from packaging.tags import sys_tags

from piptools_clone.environment.interpreter_facts import VARIABLES
from piptools_clone.formats.requirements.packaging_gaps import in_todays_order
from piptools_clone.model.target import Target


class _Markers(Mapping[str, str]):
    """The marker environment, each variable of which is found when it is asked for."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def __getitem__(self, key: str) -> str:
        if key not in self._found:
            self._found[key] = VARIABLES[key]()
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(VARIABLES)

    def __len__(self) -> int:
        return len(VARIABLES)


@lru_cache
def running_target() -> Target:
    """Give the `Target` of the running interpreter, as `packaging` computes it."""
    return Target(_Markers(), tuple(dict.fromkeys(in_todays_order(map(str, sys_tags())))))
