"""Files that are no requirements files, and are often given as one: locks and lists of other tools, project files.

They are known by their names, which their tools fix.
"""

from __future__ import annotations

import re

from piptools_clone.formats.requirements.grammar import LineProblem

_PROJECT = "or lock anew from its pyproject.toml: pip-compile pyproject.toml"
_OTHERS = {
    "poetry.lock": ("a lock of Poetry", f"poetry export --output requirements.txt writes one; {_PROJECT}"),
    "uv.lock": ("a lock of uv", f"uv export --output-file requirements.txt writes one; {_PROJECT}"),
    "pdm.lock": ("a lock of PDM", f"pdm export --format requirements --output requirements.txt writes one; {_PROJECT}"),
    "pipfile": ("a file of Pipenv", "pipenv requirements > requirements.in writes one from its lock"),
    "pipfile.lock": ("a lock of Pipenv", "pipenv requirements > requirements.txt writes one"),
}
_CONDA = "conda's packages are not those of an index of Python; put what stands below 'pip:' into a requirements file"
_PYLOCK = (
    "a lock in the format of PEP 751",
    "pip install -r reads it (since pip 26.1); to lock anew, name what it was made from, such as pyproject.toml",
)
_PROJECTS = ("a project file", "name it as an input of its own: pip-compile pyproject.toml requirements.in")


def foreign(filename: str) -> LineProblem | None:
    """What is to be said of a file of this name (without its folder); None where it may be a requirements file.

    >>> foreign("poetry.lock").message
    'poetry.lock is a lock of Poetry, and no requirements file'
    """
    found = _kind(filename.lower())
    return LineProblem(f"{filename} is {found[0]}, and no requirements file", found[1]) if found else None


def _kind(name: str) -> tuple[str, str] | None:
    if name in _OTHERS:
        return _OTHERS[name]
    if name in {"pyproject.toml", "setup.py", "setup.cfg"}:
        return _PROJECTS
    if re.fullmatch(r"pylock(\.[^.]+)?\.toml", name):
        return _PYLOCK
    if re.fullmatch(r"(.+\.)?conda-lock\.ya?ml", name):
        return "a lock of conda-lock", _CONDA
    if re.fullmatch(r"environment(-.+|\..+)?\.ya?ml", name):
        return "an environment of conda", _CONDA
    return None
