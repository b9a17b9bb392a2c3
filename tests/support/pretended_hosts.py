"""Machines that this one pretends to be: what it says of itself, and the tags of wheels that it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from packaging import tags

from piptools_clone.environment import targets
from piptools_clone.environment.interpreter_facts import VARIABLES

HOSTS: Mapping[str, Mapping[str, str]] = {
    "windows": {
        "implementation_name": "cpython",
        "implementation_version": "3.13.1",
        "os_name": "nt",
        "platform_machine": "AMD64",
        "platform_release": "11",
        "platform_system": "Windows",
        "platform_version": "10.0.26100",
        "python_full_version": "3.13.1",
        "platform_python_implementation": "CPython",
        "python_version": "3.13",
        "sys_platform": "win32",
    },
    "macos pypy": {
        "implementation_name": "pypy",
        "implementation_version": "7.3.17",
        "os_name": "posix",
        "platform_machine": "arm64",
        "platform_release": "24.1.0",
        "platform_system": "Darwin",
        "platform_version": "Darwin Kernel Version 24.1.0",
        "python_full_version": "3.10.14",
        "platform_python_implementation": "PyPy",
        "python_version": "3.10",
        "sys_platform": "darwin",
    },
    "old linux": {
        "implementation_name": "cpython",
        "implementation_version": "3.9.2",
        "os_name": "posix",
        "platform_machine": "aarch64",
        "platform_release": "4.18.0",
        "platform_system": "Linux",
        "platform_version": "#1 SMP",
        "python_full_version": "3.9.2",
        "platform_python_implementation": "CPython",
        "python_version": "3.9",
        "sys_platform": "linux",
    },
}
TAGS = {
    "windows": tags.cpython_tags((3, 13), ["cp313"], ["win_amd64"]),
    "macos pypy": tags.generic_tags("pp310", ["pypy310_pp73"], ["macosx_15_0_arm64"]),
    "old linux": tags.cpython_tags((3, 9), ["cp39"], ["manylinux_2_17_aarch64"]),
}
LISTED = {host: [*each, tags.Tag("py3", "none", "any")] for host, each in TAGS.items()}


@contextmanager
def pretended_host(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Be another machine in this process, one of `HOSTS`; with "" be what it is."""
    with monkeypatch.context() as patch:
        if name:
            for variable, value in HOSTS[name].items():
                patch.setitem(VARIABLES, variable, lambda value=value: value)
            patch.setattr(targets, "tags_key", lambda: "")
            patch.setattr(tags, "sys_tags", lambda: iter(LISTED[name]))
        targets.running_target.cache_clear()
        try:
            yield
        finally:
            targets.running_target.cache_clear()
