"""Shows tox the interpreters that pyenv keeps, which its shims hide from a project that chose none of them."""

from __future__ import annotations

import os
from pathlib import Path


def interpreters() -> list[str]:
    """Every interpreter of the pyenv that ``PYENV_ROOT`` or a folder of shims on PATH tells of."""
    entries = map(Path, os.environ.get("PATH", "").split(os.pathsep))
    roots = [os.environ.get("PYENV_ROOT"), *(entry.parent for entry in entries if entry.name == "shims")]
    found = (python for root in roots if root for python in Path(root, "versions").glob("3.*/bin/python"))
    return list(dict.fromkeys(map(str, sorted(found))))


os.environ.setdefault("TOX_DISCOVER", os.pathsep.join(interpreters()))
