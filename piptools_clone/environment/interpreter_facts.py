"""What one interpreter says about itself.  Runs inside *any* Python from 3.8 on: standard library only.

`interpreter.py` runs this file in the interpreter that is asked about (``python -I -S -B``), or calls `facts` when that
is the running one.  The last line printed is a JSON object behind `MARK`; lines before it may be noise from a script
that stands for the interpreter.

With ``-S`` nothing of what is installed is run: neither ``.pth`` files nor ``sitecustomize``.  But up to Python 3.13 it
is the module ``site`` that tells a virtual environment from its base, so `enter_environment` does that here.
"""

from __future__ import annotations

import json
import os
import platform
import struct
import sys


def enter_environment() -> None:
    """Set what ``site.venv`` sets for an interpreter with a ``pyvenv.cfg`` beside it or one folder above (PEP 405)."""
    if sys.prefix != sys.base_prefix:
        return
    executable = sys.executable
    if sys.platform == "darwin":
        executable = os.environ.get("__PYVENV_LAUNCHER__", executable)
    folder = os.path.dirname(os.path.abspath(executable))
    prefix = os.path.dirname(folder)
    for place in (folder, prefix):
        config = os.path.join(place, "pyvenv.cfg")
        if os.path.isfile(config):
            sys._home = _home_of(config)  # type: ignore[attr-defined]  # which sysconfig looks at
            sys.prefix = sys.exec_prefix = prefix
            return


def _home_of(config: str) -> str | None:
    home = None
    with open(config, encoding="utf-8") as lines:
        for line in lines:
            key, equals, value = line.partition("=")
            if equals and key.strip().lower() == "home":
                home = value.strip()
    return home


if __name__ == "__main__":
    enter_environment()

import sysconfig  # noqa: E402 - which takes the prefix for good when it is loaded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MARK = "piptools-clone-facts:"


def facts() -> dict[str, Any]:
    """Everything that is needed for a `Target` and for installing, as JSON can hold it."""
    return {
        "markers": markers(),
        "version": list(sys.version_info[:2]),
        "build": build(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "paths": scheme(None),
        "user_paths": scheme("nt_user" if os.name == "nt" else "posix_user"),
    }


def markers() -> dict[str, str]:
    """Give the marker environment of the dependency specifiers standard (PEP 508), without ``extra``."""
    return {name: find() for name, find in VARIABLES.items()}


def python_full_version() -> str:
    """Give what `platform.python_version` gives, which takes long to find what CPython's version begins with."""
    first = sys.version.partition(" ")[0]
    return first if sys.implementation.name == "cpython" and first.count(".") == 2 else platform.python_version()


def full_version(info: Any) -> str:  # noqa: ANN401 - sys.version_info has no public type
    """Render the version text that the standard prescribes for ``sys.implementation.version``."""
    version = f"{info.major}.{info.minor}.{info.micro}"
    return version if info.releaselevel == "final" else version + info.releaselevel[0] + str(info.serial)


VARIABLES: dict[str, Callable[[], str]] = {
    "implementation_name": lambda: sys.implementation.name,
    "implementation_version": lambda: full_version(sys.implementation.version),
    "os_name": lambda: os.name,
    "platform_machine": platform.machine,
    "platform_release": platform.release,
    "platform_system": platform.system,
    "platform_version": platform.version,
    "python_full_version": python_full_version,
    "platform_python_implementation": platform.python_implementation,
    "python_version": lambda: ".".join(python_full_version().split(".")[:2]),
    "sys_platform": lambda: sys.platform,
}
"""How each variable of a marker is found."""


def build() -> dict[str, Any]:
    """Give what the tags of PEP 425, 600 and 656 derive from."""
    variable = sysconfig.get_config_var
    return {
        "implementation": sys.implementation.name,
        "nodot": variable("py_version_nodot") or "".join(map(str, sys.version_info[:2])),
        "platform": sysconfig.get_platform(),
        "bits": struct.calcsize("P") * 8,
        "ext_suffix": variable("EXT_SUFFIX") or "",
        "debug": bool(variable("Py_DEBUG") or hasattr(sys, "gettotalrefcount")),
        "free_threaded": bool(variable("Py_GIL_DISABLED")),
        "glibc": glibc(),
        "musl": musl(),
        "mac": [platform.mac_ver()[0], platform.mac_ver()[2]] if sys.platform == "darwin" else None,
    }


def glibc() -> str:
    """Such as ``2.36``; empty where the C library is another."""
    try:
        name, version = os.confstr("CS_GNU_LIBC_VERSION").split()  # type: ignore[union-attr]  # None is caught below
    except (AttributeError, OSError, ValueError):
        return ""
    return version if name == "glibc" else ""


def musl() -> str:
    """Such as ``1.2``; empty where the C library is another.  The loader says it when it is called bare."""
    try:
        with open("/proc/self/maps") as maps:
            loaders = {line.split()[-1] for line in maps if "/ld-musl-" in line}
    except OSError:
        return ""
    for loader in sorted(loaders):
        import subprocess

        said = subprocess.run([loader], check=False, stderr=subprocess.PIPE).stderr.decode("utf-8", "replace")
        for line in said.splitlines():
            if line.startswith("Version "):
                return ".".join(line.split()[1].split(".")[:2])
    return ""


def scheme(name: str | None) -> dict[str, str]:
    """Give the folders of one installation scheme, the default one for None (``headers`` lacks the project's name)."""
    paths = sysconfig.get_paths(name) if name else sysconfig.get_paths()
    found = {key: paths[key] for key in ("purelib", "platlib", "scripts", "data", "stdlib")}
    if name is None and sys.prefix != sys.base_prefix:  # a virtual environment: never into the base's headers
        include = os.path.join(sys.prefix, "include", "site", "python%d.%d" % sys.version_info[:2])  # noqa: UP031
    else:
        include = paths["include"]
    found["headers"] = include
    return found


if __name__ == "__main__":
    sys.stdout.write(f"\n{MARK}{json.dumps(facts())}\n")
