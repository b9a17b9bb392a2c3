"""Ask a Python interpreter for its `Target` and its folders; the one place that reads the host's environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from piptools_clone.environment.lookup import find_executable, is_program
from piptools_clone.environment.plain_file import read_plain
from piptools_clone.environment.venv import MAX_CONFIGURATION, read_traits
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.model.target import Target
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.store.cache import FACTS, Cache
from piptools_clone.store.shapes import Either, is_path, matches

_PROBE_SECONDS = 60  # a slow network file system needs several seconds; more is a hang
_ANY_PREFIX = "{prefix}"
_FACTS_VERSION = 4  # part of every cache key: raise it when `interpreter_facts.facts` changes


_ALONE = ("-I", "-S")
"""Whatever is started in a target runs without what is installed there: no ``.pth`` file, no ``sitecustomize``."""
_NEEDED = frozenset(
    (
        *("PATH", "LANG", "LANGUAGE", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
        *("DYLD_FRAMEWORK_PATH", "LOCALE_ARCHIVE", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT"),
        # where the folders of a user are
        *("HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PYTHONUSERBASE"),
        # what sysconfig of CPython, Debian and Fedora heeds
        *("_PYTHON_HOST_PLATFORM", "_PYTHON_PROJECT_BASE", "_PYTHON_SYSCONFIGDATA_NAME", "MACOSX_DEPLOYMENT_TARGET"),
        *("ARCHFLAGS", "DEB_PYTHON_INSTALL_LAYOUT", "RPM_BUILD_ROOT"),
        # what scripts that stand for an interpreter find it by
        *("PYENV_ROOT", "PYENV_VERSION", "PYENV_DIR", "ASDF_DIR", "ASDF_DATA_DIR", "ASDF_CONFIG_FILE"),
        *("ASDF_PYTHON_VERSION", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"),
        *("MISE_DATA_DIR", "MISE_CONFIG_DIR", "MISE_PYTHON_VERSION"),
    )
)


class Paths(NamedTuple):
    """Where the parts of a wheel go (the keys of the wheel specification's ``.data`` folder, and ``stdlib``).

    ``headers`` is the parent of the folder that is named like the project.  All are free of links, so that two
    spellings of one folder (``lib64``) compare equal.
    """

    purelib: Path
    platlib: Path
    scripts: Path
    data: Path
    headers: Path
    stdlib: Path


class Interpreter(NamedTuple):
    """An interpreter and the environment that it serves.

    ``executable`` is the path that scripts will name, unresolved: in a virtual environment it is a link.
    ``user_paths`` is the scheme of ``--user``.
    """

    executable: Path
    prefix: Path
    base_prefix: Path
    paths: Paths
    user_paths: Paths
    target: Target

    @property
    def is_virtual(self) -> bool:
        """Whether this is a virtual environment (PEP 405)."""
        return self.prefix != self.base_prefix

    @property
    def includes_system_site(self) -> bool:
        """Whether the virtual environment also sees what is installed for its base (``pyvenv.cfg``)."""
        return self.is_virtual and _venv_setting(self.prefix, "include-system-site-packages") == "true"


def running_interpreter() -> Interpreter:
    """Describe the running interpreter without starting a process."""
    return _interpreter(Path(sys.executable), _own_facts())


def probe_interpreter(executable: str | Path, *, cache: Cache | None = None) -> Interpreter:
    """Ask an interpreter for its target and folders, by running it once in isolated mode.

    ``executable`` is a path, or a name to be looked up on PATH.  The answer is kept in ``cache``
    under the path, size and modification times of the interpreter and its ``pyvenv.cfg``; that of a plain virtual
    environment holds for all others of the same base, and where the running one is of that base, none is asked.
    Raises `EnvironmentFailure` when it is missing or is no working Python of at least 3.8.
    """
    path = Path(find_executable(os.fspath(executable)))
    traits = read_traits(os.fspath(path))
    prefix = "" if traits is None else os.fspath(path.parent.parent)
    if traits is not None and traits == read_traits(sys.executable):
        general = _in_any_folder(_own_facts(), sys.prefix)
        if general is not None:
            return _interpreter(path, _moved(general, _ANY_PREFIX, prefix), cache)
    if cache is None:
        return _interpreter(path, _run_probe(path))
    key = f"interpreter {_cache_parts(path) if traits is None else [_FACTS_VERSION, *traits]!r}"
    stored: dict[str, Any] | None = cache.read(FACTS, key, _shape())
    if stored is not None:
        with suppress(EnvironmentFailure):  # it is not understood
            return _interpreter(path, _moved(stored, _ANY_PREFIX, prefix) if prefix else stored, cache)
    facts = _run_probe(path)
    general = _in_any_folder(facts, prefix) if prefix else facts
    if general is not None:
        cache.write(FACTS, key, general)
    return _interpreter(path, facts, cache)


def ask_launcher(launcher: str, version: str) -> str | None:
    """Ask the launcher ``py`` (PEP 397) for the interpreter of a version such as ``3.12``; None where it knows none."""
    import subprocess

    command = [launcher, f"-{version}", "-I", "-c", "import sys; print(sys.executable)"]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PROBE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    path = os.fsdecode(done.stdout).strip()
    return path if done.returncode == 0 and os.path.isabs(path) and is_program(path) else None


def compile_modules(interpreter: Interpreter, folder: str, place: str) -> None:
    """Byte-compile the modules below a staged folder, which is to be moved to ``place``, on all cores.

    Nothing of them is run.  Raises `EnvironmentFailure` when the compiler cannot be run; modules that do not
    compile are left alone, as in pip.
    """
    import subprocess

    words = [*_ALONE, "-m", "compileall", "-qq", "-j", "0", "-s", folder, "-p", place, folder]
    command, environment = [os.fspath(interpreter.executable), *words], target_environment(os.environ)
    try:
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL, env=environment)
    except OSError as error:
        raise EnvironmentFailure(f"The interpreter {interpreter.executable} could not be run: {error}") from error


def externally_managed(interpreter: Interpreter) -> str | None:
    """Tell what a Python of the system says to those who want to change it (PEP 668); None if it is not one."""
    marker = interpreter.paths.stdlib / "EXTERNALLY-MANAGED"
    if interpreter.is_virtual or not marker.is_file():
        return None
    import configparser

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(marker, encoding="utf-8")
        return parser.get("externally-managed", "Error").strip()
    except (configparser.Error, OSError, UnicodeDecodeError):
        return "It gives no further reason."


def _own_facts() -> dict[str, Any]:
    from piptools_clone.environment.interpreter_facts import facts

    return facts()


def _shape() -> dict[str, Any]:
    """What must be stored of an interpreter for `_interpreter` to use it."""
    from piptools_clone.environment.interpreter_facts import VARIABLES

    paths = dict.fromkeys(Paths._fields, _is_place)
    build = {
        **dict.fromkeys(("implementation", "nodot", "platform", "ext_suffix"), str),
        "bits": int,
        "debug": bool,
        "free_threaded": bool,
        "glibc": _is_release,
        "musl": _is_release,
        "mac": Either(None, [str]),
    }
    return {
        "markers": dict.fromkeys(VARIABLES, str),
        "version": _is_version,
        "build": build,
        **dict.fromkeys(("executable", "prefix", "base_prefix"), str),
        "paths": paths,
        "user_paths": paths,
    }


def _is_place(value: object) -> bool:
    return is_path(value) and (os.path.isabs(str(value)) or str(value).startswith(_ANY_PREFIX))


def _is_version(value: object) -> bool:
    """Whether this is the version of a Python, such as ``[3, 12]``: tags are made for all that are less."""
    return (
        isinstance(value, list) and matches(value, [int]) and len(value) == 2 and 0 <= min(value) <= max(value) < 1000
    )


def _is_release(value: object) -> bool:
    """Whether this is the release of a C library, such as ``2.36``, or empty."""
    parts = value.split(".") if type(value) is str and value else ["0", "0"] if value == "" else []
    return len(parts) == 2 and all(part.isdecimal() and part.isascii() and len(part) < 4 for part in parts)


def _interpreter(path: Path, facts: dict[str, Any], cache: Cache | None = None) -> Interpreter:
    from piptools_clone.environment.targets import derive_tags

    try:
        target = Target(facts["markers"], derive_tags(tuple(facts["version"]), facts["build"], cache))
        return Interpreter(
            path,
            Path(facts["prefix"]),
            Path(facts["base_prefix"]),
            _paths(facts["paths"]),
            _paths(facts["user_paths"]),
            target,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise EnvironmentFailure(f"The interpreter {path} describes itself in a way that is not understood.") from error


def _paths(texts: dict[str, str]) -> Paths:
    return Paths(**{key: Path(os.path.realpath(value)) for key, value in texts.items()})


def _venv_setting(prefix: Path, name: str) -> str:
    try:
        content = read_plain(os.fspath(prefix / "pyvenv.cfg"), MAX_CONFIGURATION)
    except OSError:
        return ""
    lines = content.decode("utf-8", "replace").splitlines()
    pairs = (line.partition("=") for line in lines)
    return next((value.strip().lower() for key, _, value in pairs if key.strip().lower() == name), "")


def target_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that a process in a target sees: what it needs to run and to tell its folders, and no secret."""
    kept = {name: value for name, value in environ.items() if name in _NEEDED or name.startswith("LC_")}
    return kept | {"SYSTEM_VERSION_COMPAT": "0"}  # else macOS 11 and later call themselves 10.16


def _run_probe(path: Path) -> dict[str, Any]:
    import subprocess

    script = Path(__file__).with_name("interpreter_facts.py")
    environment = target_environment(os.environ)
    command = [str(path), *_ALONE, "-B", str(script)]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PROBE_SECONDS, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnvironmentFailure(f"The interpreter {path} could not be run: {error}") from error
    return _parse_answer(path, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def _parse_answer(path: Path, output: str, errors: str) -> dict[str, Any]:
    import json

    from piptools_clone.environment.interpreter_facts import MARK

    for line in reversed(output.splitlines()):
        if line.startswith(MARK):
            try:
                answer = json.loads(line[len(MARK) :])
            except ValueError:
                break
            if isinstance(answer, dict):
                return answer
    said = (errors.strip().splitlines() or ["it printed nothing"])[-1]
    raise EnvironmentFailure(
        f"{path} is not a working Python interpreter: {said!a}",
        hint="name an interpreter of Python 3.8 or later",
    )


def _cache_parts(path: Path) -> list[object]:
    """List what changes with the interpreter, its virtual environment, kernel, C library and user folder."""
    from piptools_clone.environment.interpreter_facts import glibc

    parts: list[object] = [_FACTS_VERSION, path]
    for file in (path, path.parent.parent / "pyvenv.cfg"):
        try:
            status = file.stat()
            parts += [status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino]
        except OSError:
            parts.append(None)
    parts += [getattr(os, "uname", tuple)()[2:], glibc()]
    parts += [os.environ.get(name) for name in ("HOME", "USERPROFILE", "PYTHONUSERBASE", "APPDATA")]
    return parts


def _moved(facts: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """Give the same facts for a virtual environment in another folder."""
    paths = {
        key: new + text[len(old) :] if f"{text}/".startswith(f"{old}/") else text
        for key, text in facts["paths"].items()
    }
    return facts | {"prefix": new, "executable": "", "paths": paths}


def _in_any_folder(facts: dict[str, Any], prefix: str) -> dict[str, Any] | None:
    """Give facts that hold for a virtual environment in any folder; None for an odd scheme, which says more."""
    if facts.get("prefix") != prefix:
        return None
    found = _moved(facts, prefix, _ANY_PREFIX)
    inside = (text.startswith(_ANY_PREFIX) for key, text in found["paths"].items() if key != "stdlib")
    return found if all(inside) else None
