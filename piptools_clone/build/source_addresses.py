"""What a source needs for its build by an address of its own (``x @ https://...``), past every index.

A build asks the configured indexes only.  A folder of this machine is the word of the user, who may name what they
like; whatever else is built may not.
"""

# pathlib is a slow import:
from __future__ import annotations

import os
from collections.abc import Iterable

from piptools_clone.errors import BuildFailure, MetadataError
from piptools_clone.formats.requirements.direct_reference import is_local, subdirectory_of
from piptools_clone.formats.sanitize import harmless
from piptools_clone.formats.schemes import is_vcs
from piptools_clone.index.metadata.static_project import read_pyproject, read_table

INDEXES_ONLY = "a build asks the configured indexes only"


def is_let_out(url: str, what: str) -> bool:
    """Whether pip may ask whatever the build of the source at ``url`` names: for a folder that names an address.

    Raises BuildFailure for an archive that names one.
    """
    if is_vcs(url) or not is_local(url):
        return False  # what a checkout asks for is not known yet
    from piptools_clone.index.pages.links import local_path

    path = local_path(url.partition("#")[0])
    if os.path.isdir(path):
        return bool(named_addresses(_static_requires(read_pyproject(os.path.join(path, subdirectory_of(url))))))
    named = named_addresses(_static_requires(_read_archive(path, subdirectory_of(url))))
    if named:
        raise BuildFailure(
            f"{what} needs {harmless(named[0])} for its build, and {INDEXES_ONLY}",
            hint="a wheel of the project, or another version, needs no build",
        )
    return False


def named_addresses(requires: Iterable[str]) -> list[str]:
    """Of requirements those that name an address."""
    from packaging.requirements import InvalidRequirement, Requirement

    found = []
    for text in requires:
        try:
            if "@" in text and Requirement(text).url:
                found.append(text)
        except InvalidRequirement:
            continue  # pip has words for that
    return found


def _read_archive(path: str, subdirectory: str) -> bytes:
    from piptools_clone.index.metadata.sdist import read_texts

    try:
        return read_texts(path, path, subdirectory).get("pyproject.toml", b"")
    except MetadataError:
        return b""  # pip has words for that, too


def _static_requires(pyproject: bytes) -> list[str]:
    """``build-system.requires`` (PEP 518), as far as it can be read."""
    requires = (read_table(pyproject, "build-system") or {}).get("requires")
    return [each for each in requires if isinstance(each, str)] if isinstance(requires, list) else []
