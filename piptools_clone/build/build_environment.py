"""What a build may see: an allow-listed environment, in which pip's settings are variables.  Pure, folders aside.

A build runs foreign code.  It gets no variable that might hold a secret, and an empty home.  Pip reads no
configuration file of the machine in it: such a file could add an index, in a section or under an alias that a file of
ours does not override.  What was configured is said in ``PIP_*`` variables instead, which hold for every command of
pip's, in every process that a build starts.  The address of an index in them is that of the index proxy, without
the password, which pip reads from a private file in the format of netrc.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from piptools_clone.index.pages.links import path_to_url

if TYPE_CHECKING:
    from piptools_clone.settings.index_settings import IndexSettings

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # a single letter is a drive

_ALLOWED = frozenset((
    "PATH", "LANG", "LANGUAGE", "TZ", "TERM", "TEMP", "TMP", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC",
    "PATHEXT", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMDATA", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
    "SOURCE_DATE_EPOCH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CC", "CXX", "CPP", "LD", "AR", "CFLAGS", "CXXFLAGS",
    "CPPFLAGS", "LDFLAGS", "ARCHFLAGS", "MAKEFLAGS", "CMAKE_PREFIX_PATH", "PKG_CONFIG_PATH", "PKG_CONFIG",
    "MACOSX_DEPLOYMENT_TARGET", "SDKROOT", "DEVELOPER_DIR", "JAVA_HOME", "CUDA_HOME", "CUDA_PATH", "RUSTUP_HOME",
    "CARGO_HOME", "RUSTUP_TOOLCHAIN", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "VIRTUAL_ENV",
    "CONDA_PREFIX", "INCLUDE", "LIB", "LIBPATH", "VCINSTALLDIR",
))  # fmt: skip
"""What compilers and interpreters need."""

_WITHOUT_EFFECT = frozenset(
    ["LANG", "LANGUAGE", "TERM", "TEMP", "TMP", "NUMBER_OF_PROCESSORS", "SSL_CERT_FILE", "SSL_CERT_DIR"]
) | {"REQUESTS_CA_BUNDLE"}
"""Of these what changes nothing in what is built."""

_ALLOWED_FOR_VCS = frozenset({"SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "HGRCPATH"})
"""What a checkout needs to reach a private repository; a build from a checkout sees it too.  See also `checkout`."""


def build_environment(environ: Mapping[str, str], *, home: str, netrc: str, is_vcs: bool = False) -> dict[str, str]:
    """The environment of a build whose home is ``home``, and whose pip reads its passwords from the file ``netrc``."""
    kept = _allowed(environ, _ALLOWED | _ALLOWED_FOR_VCS if is_vcs else _ALLOWED)
    kept |= {name: value for name, value in environ.items() if name.upper().startswith("LC_") and "://" not in value}
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
        "NETRC": netrc,
        "NO_PROXY": "127.0.0.1",  # a proxy that the system names is none for the index proxy
        "PIP_CONFIG_FILE": os.devnull,  # of which pip's documentation says that then no file is read
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONNOUSERSITE": "",
        "GIT_TERMINAL_PROMPT": "0",
    }
    return kept | own


def build_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of a user that reach a build and can change what is built, such as ``CFLAGS``."""
    return _allowed(environ, _ALLOWED - _WITHOUT_EFFECT)


def _allowed(environ: Mapping[str, str], names: frozenset[str]) -> dict[str, str]:
    """Of some variables those that hold no address, which may have a password."""
    return {name: value for name, value in environ.items() if name.upper() in names and "://" not in value}


def with_absolute_places(settings: IndexSettings) -> IndexSettings:
    """The settings with every path made absolute, for a process that works in another folder; places are addresses."""
    return settings._replace(
        indexes=tuple(map(_address, settings.indexes)),
        find_links=tuple(map(_address, settings.find_links)),
        cert=settings.cert and _absolute(settings.cert),
        client_cert=settings.client_cert and _absolute(settings.client_cert),
    )


def _address(place: str) -> str:
    """A place without blanks, at which pip splits its lists."""
    if _SCHEME.match(place):
        return re.sub(r"\s", lambda blank: f"%{ord(blank[0]):02X}", place)
    return path_to_url(_absolute(place))


def _absolute(path: str) -> str:
    return os.path.abspath(path)


def pip_variables(settings: IndexSettings, *, build_constraint: str = "", constraint: str = "") -> dict[str, str]:
    """The variables that give pip these settings, whose places are addresses; constraints are paths."""
    control = settings.format_control
    values = {
        "NO_INDEX": "" if settings.indexes else "1",
        "INDEX_URL": " ".join(settings.indexes[:1]),
        "EXTRA_INDEX_URL": " ".join(settings.indexes[1:]),
        "FIND_LINKS": " ".join(settings.find_links),
        "TRUSTED_HOST": " ".join(settings.trusted_hosts),
        "NO_BINARY": ",".join(sorted(control.no_binary)),
        "ONLY_BINARY": ",".join(sorted(control.only_binary)),
        "PREFER_BINARY": "1" if settings.prefer_binary else "",
        "PRE": "1" if settings.pre else "",
        "CERT": settings.cert or "",
        "CLIENT_CERT": settings.client_cert or "",
        "PROXY": settings.proxy or "",
        "TIMEOUT": str(settings.timeout),
        "RETRIES": str(settings.retries),
        "BUILD_CONSTRAINT": build_constraint and path_to_url(build_constraint),
        "CONSTRAINT": constraint and path_to_url(constraint),
    }
    return {f"PIP_{name}": value for name, value in values.items() if value}
