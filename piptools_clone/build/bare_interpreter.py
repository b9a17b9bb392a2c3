"""An interpreter without its environment, for builds in isolation.

Pip starts the interpreter that it builds for, and that runs the ``.pth`` files and the ``sitecustomize`` of its
environment.  These may do anything to what is built, which other environments are given later.  Isolation promises a
build that sees nothing of the environment, so it gets the same interpreter without it: a virtual environment of the
base, in which nothing is installed (PEP 405).
"""

# pathlib is a slow import:
from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from piptools_clone.build.build_folder import BuildFolder


def bare_folder(work: BuildFolder) -> str:
    """Where the bare environment of a build is."""
    return os.path.join(os.path.dirname(work.home), "bare")


def make_bare(folder: str, python: str) -> str:
    """Make the bare environment in a folder that is not there yet; return its interpreter.

    Returns ``python`` itself, where it is not known how to make one: on Windows, where a link will not do, for a script
    that stands for an interpreter, and for others than CPython.
    """
    base = _base_of(os.path.abspath(python))
    if os.name == "nt" or not _is_cpython(base):
        return python
    made = os.path.join(folder, "bin", os.path.basename(base))
    os.makedirs(os.path.dirname(made))
    os.symlink(base, made)
    with open(os.path.join(folder, "pyvenv.cfg"), "w", encoding="utf-8") as file:
        file.write(f"home = {os.path.dirname(base)}\ninclude-system-site-packages = false\n")
    return made


def _base_of(python: str) -> str:
    """The executable of the base of an environment, which is linked to, or copied from where ``home`` says."""
    prefix, real = os.path.dirname(os.path.dirname(python)), os.path.realpath(python)
    config = os.path.join(prefix, "pyvenv.cfg")
    if not os.path.isfile(config) or not real.startswith(os.path.join(os.path.realpath(prefix), "")):
        return real
    with open(config, encoding="utf-8", errors="replace") as file:
        settings = {key.strip().lower(): value.strip() for key, _, value in (line.partition("=") for line in file)}
    names = (os.path.basename(python), "python3")
    found = (os.path.join(settings.get("home", ""), name) for name in names)
    return os.path.realpath(next(filter(os.path.isfile, found), ""))


def _is_cpython(path: str) -> bool:
    if not os.path.basename(path).startswith("python"):
        return False
    try:
        with open(path, "rb") as file:
            return file.read(2) != b"#!"
    except OSError:
        return False
