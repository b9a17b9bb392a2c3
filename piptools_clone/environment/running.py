"""The target of the Python that runs this program: what most locks are for, without a process and without `pathlib`."""

from __future__ import annotations

from packaging.markers import default_environment
from packaging.tags import sys_tags

from piptools_clone.model.target import Target


def running_target() -> Target:
    """Give the `Target` of the running interpreter, as `packaging` computes it; at 2.5 ms not worth a cache."""
    markers = {key: str(value) for key, value in default_environment().items() if key != "extra"}
    return Target(markers, tuple(dict.fromkeys(map(str, sys_tags()))))
