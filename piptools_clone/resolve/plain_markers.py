"""Markers as nearly everybody writes them (PEP 508): comparisons joined by ``and``, one of which names an extra.

A release has many that differ in the extra alone, and `packaging` takes 60 us to parse and evaluate each.
"""

import re

from packaging.utils import canonicalize_name

_COMPARISON = (
    r"(?:python_(?:full_)?version|os_name|sys_platform|platform_(?:machine|python_implementation|release|system|version)"
    r"|implementation_(?:name|version)|extra)\s*(?:===?|[~!<>]=|[<>]|(?:not\s+)?in)\s*"
    r"(?:\"[^\"'\\]*\"|'[^\"'\\]*')"
)
_find_all = re.compile(_COMPARISON).findall
_is_conjunction = re.compile(rf"\s*{_COMPARISON}(?:\s+and\s+{_COMPARISON})*\s*").fullmatch
_names_extra = re.compile(r"extra\s*==\s*[\"']([A-Za-z0-9._-]+)[\"']").fullmatch


def comparisons(marker: str) -> list[str]:
    """The comparisons that must all hold; none where the marker is anything else than that."""
    return _find_all(marker) if _is_conjunction(marker) else []


def is_extra(marker: str, extra: str) -> bool | None:
    """Whether a marker that asks for one extra, and nothing else, asks for this; None for any other marker.

    Names are compared as PEP 685 has it.
    """
    found = _names_extra(marker)
    return canonicalize_name(found[1]) == canonicalize_name(extra) if found else None
