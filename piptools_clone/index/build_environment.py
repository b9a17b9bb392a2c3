"""What a build may see: an allow-listed environment and a configuration file of pip's.  Pure, the working folder aside.

A build runs code of strangers.  It gets no variable that might hold a secret, an empty home, and the index
settings through a file that only pip needs to read, never through arguments or variables.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from piptools_clone.index.settings import IndexSettings

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # a single letter is a drive

_ALLOWED = frozenset(
    [
        "PATH",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TERM",
        "TEMP",
        "TMP",
        "SYSTEMROOT",
        "SYSTEMDRIVE",
        "WINDIR",
        "COMSPEC",
        "PATHEXT",
        "PROGRAMFILES",
        "PROGRAMFILES(X86)",
        "PROGRAMDATA",
        "NUMBER_OF_PROCESSORS",
        "PROCESSOR_ARCHITECTURE",
        "SOURCE_DATE_EPOCH",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "CC",
        "CXX",
        "CPP",
        "LD",
        "AR",
        "CFLAGS",
        "CXXFLAGS",
        "CPPFLAGS",
        "LDFLAGS",
        "ARCHFLAGS",
        "MAKEFLAGS",
        "CMAKE_PREFIX_PATH",
        "PKG_CONFIG_PATH",
        "PKG_CONFIG",
        "MACOSX_DEPLOYMENT_TARGET",
        "SDKROOT",
        "DEVELOPER_DIR",
        "JAVA_HOME",
        "CUDA_HOME",
        "CUDA_PATH",
        "RUSTUP_HOME",
        "CARGO_HOME",
        "RUSTUP_TOOLCHAIN",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "INCLUDE",
        "LIB",
        "LIBPATH",
        "VCINSTALLDIR",
    ]
)
"""What compilers and interpreters need."""

_ALLOWED_FOR_VCS = frozenset({"SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "HGRCPATH"})
"""What a checkout needs to reach a private repository; a build from a checkout sees it too.  See also `checkout`."""


def build_environment(environ: Mapping[str, str], *, home: str, config: str, is_vcs: bool = False) -> dict[str, str]:
    """The environment of a build whose home is ``home`` and whose pip reads ``config``."""
    allowed = _ALLOWED | _ALLOWED_FOR_VCS if is_vcs else _ALLOWED
    kept = {
        name: value
        for name, value in environ.items()
        if (name.upper() in allowed or name.upper().startswith("LC_")) and "://" not in value
    }
    own = {
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home,
        "LOCALAPPDATA": home,
        "XDG_CONFIG_HOME": home,
        "XDG_CACHE_HOME": home,
        "TMPDIR": home,
        "TEMP": home,
        "TMP": home,
        "PIP_CONFIG_FILE": config,
        "PYTHONIOENCODING": "utf-8",
        "PYTHONNOUSERSITE": "",
        "GIT_TERMINAL_PROMPT": "0",
    }
    return kept | own


def with_absolute_paths(settings: IndexSettings) -> IndexSettings:
    """The settings with every path made absolute, for a process that works in another folder."""
    return settings._replace(
        indexes=tuple(map(_absolute, settings.indexes)),
        find_links=tuple(map(_absolute, settings.find_links)),
        cert=settings.cert and _absolute(settings.cert),
        client_cert=settings.client_cert and _absolute(settings.client_cert),
    )


def _absolute(place: str) -> str:
    return place if _SCHEME.match(place) else os.path.abspath(place)  # noqa: PTH100 - pathlib is a slow import


def render_pip_config(settings: IndexSettings, *, build_constraint: str = "", constraint: str = "") -> str:
    """A configuration file that gives pip these settings, and nothing that other files of the machine say.

    The section is ``[install]``, which outranks ``[global]`` in every file.
    """
    indexes = settings.indexes
    control = settings.format_control
    values: dict[str, Sequence[str]] = {
        "no-index": [] if indexes else ["true"],
        "index-url": indexes[:1],
        "extra-index-url": indexes[1:],
        "find-links": settings.find_links,
        "trusted-host": settings.trusted_hosts,
        "no-binary": [",".join(sorted(control.no_binary)) or ":none:"],
        "only-binary": [",".join(sorted(control.only_binary)) or ":none:"],
        "prefer-binary": ["true"] if settings.prefer_binary else [],
        "pre": ["true"] if settings.pre else [],
        "cert": _given(settings.cert),
        "client-cert": _given(settings.client_cert),
        "proxy": _given(settings.proxy),
        "timeout": _given(settings.timeout),
        "retries": _given(settings.retries),
        "build-constraint": _given(build_constraint),
        "constraint": _given(constraint),
        "require-hashes": ["false"],
    }
    lines = ["[install]"]
    lines += [_render(key, value) for key, value in values.items() if value or key in _ALWAYS]
    return "\n".join([*lines, ""])


_ALWAYS = frozenset({"extra-index-url", "find-links", "trusted-host"})
"""Lists that a file of the machine must not add to."""


def _render(key: str, values: Sequence[str]) -> str:
    lines = [value for value in values if "\n" not in value and "\r" not in value]
    return f"{key} = {lines[0]}" if len(lines) == 1 else "\n    ".join([f"{key} =", *lines])


def _given(value: object) -> list[str]:
    return [] if value is None or value == "" else [str(value)]
