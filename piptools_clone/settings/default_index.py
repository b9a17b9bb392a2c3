"""The address of the index that pip asks when none is named: the installed pip's own constant.

It is never written in our source.  Importing pip's module costs 20 ms, most of it for logging; the source of
that module says the same in 0.3 ms, and where it does not read as expected the import decides.
"""

from __future__ import annotations

import re
from functools import cache

from piptools_clone.errors import SettingsError

_CONSTANT = r'^PyPI = PackageIndex\(\s*["\'](?P<root>https://[^"\'\s/?#]+/)["\']'
_PATH = r'self\.simple_url = self\._url_for_path\(["\']simple["\']\)'


@cache
def default_index_url() -> str:
    """Return the default of pip's ``--index-url``; raises `SettingsError` when no pip is installed beside us."""
    return parse_default_index(_source_of_constant()) or _imported_constant()


def parse_default_index(source: str) -> str | None:
    """Return the address that the source of pip's module of indexes defines, or None if it is written otherwise."""
    found = re.search(_CONSTANT, source, re.MULTILINE)
    return f"{found['root']}simple" if found and re.search(_PATH, source) else None


def _source_of_constant() -> str:
    from importlib.machinery import PathFinder

    found = PathFinder.find_spec("pip")
    for folder in (found.submodule_search_locations or ()) if found else ():
        try:
            with open(f"{folder}/_internal/models/index.py", encoding="utf-8") as file:
                return file.read()
        except (OSError, UnicodeDecodeError):
            continue
    return ""


def _imported_constant() -> str:
    try:
        from pip._internal.models.index import PyPI
    except ImportError:
        raise SettingsError(
            "no index is named, and the default of pip cannot be read since no pip is installed here",
            hint="name an index with `--index-url`, or install pip beside this tool",
        ) from None
    return str(PyPI.simple_url)
