"""Which environment a sync means when none is named."""

from __future__ import annotations

import os
import sys

from piptools_clone.environment.upward import folders_upward, is_trusted
from piptools_clone.errors import EnvironmentFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MARKS = {
    "pipx_metadata.json": "pipx",
    "uv-receipt.toml": "uv",
    ".install_state_v2": "pre-commit",
    ".install_state_v1": "pre-commit",
    ".prek-hook.json": "prek",
}
"""What a program that installs tools leaves in the environment that it makes for each, and its name."""
_CACHE_OF_UV = ("archive-v", "builds-v", "environments-v")
"""Folders of uv's cache in which ``uvx`` and ``uv run --with`` make environments."""
_CACHE_TAG = "CACHEDIR.TAG"
"""Marks a folder as a cache (Cache Directory Tagging Specification)."""
_CONDA_BASE = ("base", "root")
STEERING = frozenset({*MARKS, "pyvenv.cfg", "conda-meta", "condabin"})
"""Names at the root of an environment by which it is told what it is: no package may put one there."""


def choose_interpreter(
    sources: Sequence[str],
    environ: Mapping[str, str],
    *,
    prefix: str = sys.prefix,
    base: str = sys.base_prefix,
    elsewhere: bool = False,
) -> str | None:
    """Name the environment to change, None for that of the running interpreter.

    The tool's own environment comes first, as in pip-tools: a ``pip-sync`` installed in a project's environment (of
    venv, conda, tox, nox ...) changes that one, whatever else is active.  A tool that stands outside of any project
    takes the active environment (``VIRTUAL_ENV``, then ``CONDA_PREFIX``), then the nearest ``.venv`` from the first
    lock upward to the root of the repository.  If there is none, one that is installed for the system takes its own
    Python, as in pip-tools; where the environment was made for the tool alone (by pipx, uv, pre-commit), raises
    `EnvironmentFailure`, unless modules go ``elsewhere`` and only the interpreter is meant.
    """
    maker = maker_of(prefix)
    if not maker and (prefix != base or is_conda_project(prefix, environ)):
        return None
    found = _active(environ) or (_beside(sources[0]) if sources else None)
    if found is None and maker and not elsewhere:
        from piptools_clone.formats.sanitize import inert

        raise EnvironmentFailure(
            f"{maker} made the environment of this tool, {inert(prefix, 500)}, for the tool alone, and no environment "
            f"of a project was found: none is active, and there is no {_named(sources)}.",
            hint="activate the project's environment, make one with `python3 -m venv .venv`, or name one with "
            "--python-executable",
        )
    return found


def usual_interpreters(sources: Sequence[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Name the environment that is changed where none is named, if there is one."""
    try:
        return (choose_interpreter(sources, environ) or sys.executable,)
    except EnvironmentFailure:
        return ()


def check_not_of_tool(prefix: str, word: str) -> None:
    """Refuse an environment that was made for a tool, and that only a name on PATH led to, as in a hook of pre-commit.

    Raises `EnvironmentFailure`.
    """
    maker = maker_of(prefix)
    if maker:
        from piptools_clone.formats.sanitize import inert

        raise EnvironmentFailure(
            f"{inert(word)} leads to {inert(prefix, 500)}, which {maker} made for a tool alone.",
            hint="name the project's environment by its path",
        )


def maker_of(prefix: str) -> str:
    """Name the program that made an environment for one of the tools that it installs; "" for any other."""
    marks = (name for mark, name in MARKS.items() if os.path.exists(os.path.join(prefix, mark)))
    return next(marks, "uv" if _is_cached_by_uv(prefix) else "")


def is_conda_project(folder: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this is an environment of conda, but not the one that conda itself is installed in."""
    if not os.path.isdir(os.path.join(folder, "conda-meta")) or os.path.isdir(os.path.join(folder, "condabin")):
        return False
    return environ.get("CONDA_PREFIX") != folder or environ.get("CONDA_DEFAULT_ENV") not in _CONDA_BASE


def watched_by_choice(
    files: Iterable[str], environ: Mapping[str, str] = os.environ, *, prefix: str = sys.prefix
) -> list[str]:
    """List what `choose_interpreter` looks at for these locks, whether it is there or not."""
    folders = (folder for file in files if _is_file(file) for folder in folders_upward(os.path.dirname(file)))
    names = (os.path.join(".venv", "pyvenv.cfg"), os.path.join(".git", "config"))
    beside = [os.path.join(folder, name) for folder in dict.fromkeys(folders) for name in names]
    known = [place for place in (prefix, environ.get("VIRTUAL_ENV"), environ.get("CONDA_PREFIX")) if place]
    marks = (*MARKS, "pyvenv.cfg", "conda-meta", "condabin")
    return beside + [os.path.join(place, mark) for place in dict.fromkeys(known) for mark in marks]


def spell_environment(place: str) -> str:
    """Say which environment a sync changes."""
    from piptools_clone.formats.sanitize import inert

    return f"The environment is {inert(place, 500)}."


def _active(environ: Mapping[str, str]) -> str | None:
    virtual, conda = environ.get("VIRTUAL_ENV", ""), environ.get("CONDA_PREFIX", "")
    if virtual and _is_virtual(virtual) and not maker_of(virtual):
        return virtual
    return conda if conda and is_conda_project(conda, environ) else None


def _beside(source: str) -> str | None:
    if not _is_file(source):
        return None
    start = os.path.dirname(os.path.abspath(source))
    environments = (os.path.join(folder, ".venv") for folder in folders_upward(start))
    return next((each for each in environments if _is_virtual(each) and is_trusted(each, start)), None)


def _is_file(source: str) -> bool:
    return source != "-" and "://" not in source


def _is_virtual(folder: str) -> bool:
    """Whether this is a virtual environment (PEP 405)."""
    return os.path.isfile(os.path.join(folder, "pyvenv.cfg"))


def _is_cached_by_uv(prefix: str) -> bool:
    folder = os.path.dirname(os.path.abspath(prefix))
    above = os.path.dirname(folder)
    inside = any(os.path.basename(each).startswith(_CACHE_OF_UV) for each in (folder, above))
    caches = (above, os.path.dirname(above))
    return inside and any(os.path.isfile(os.path.join(each, _CACHE_TAG)) for each in caches)


def _named(sources: Sequence[str]) -> str:
    from piptools_clone.formats.sanitize import inert

    beside = f" beside {inert(sources[0], 500)} or above it" if sources and _is_file(sources[0]) else ""
    return f".venv{beside}"
