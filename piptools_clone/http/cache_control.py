"""How long an answer stays fresh (RFC 9111, for a private cache, without heuristics)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from piptools_clone.http.http1 import parse_http_date

_LONGEST = 366 * 24 * 3600.0
"""Seconds; a longer lifetime is cut to it (RFC 9111, section 1.2.2 allows for overflow)."""
_DIGITS = 15  # of a number of seconds: more is no number, but an attack
_DIRECTIVE = re.compile(r'([!#$%&\'*+.^_`|~0-9A-Za-z-]+)(?:=(?:"([^"]*)"|([^,\s"]*)))?')


@lru_cache(maxsize=64)  # an index says the same of all of its pages
def parse_directives(text: str) -> Mapping[str, str]:
    """Directives of a Cache-Control header, lower case, with their arguments or empty texts."""
    return {found[1].lower(): found[2] or found[3] or "" for found in _DIRECTIVE.finditer(text)}


def may_store(headers: Mapping[str, str]) -> bool:
    """Whether an answer may be kept at all (section 3); the Accept header is part of our key, so Vary may name it."""
    return "no-store" not in parse_directives(headers.get("cache-control", "")) and headers.get("vary") != "*"


def fresh_for(headers: Mapping[str, str], received: float) -> float:
    """Seconds after ``received`` (since the epoch) for which an answer may be used without asking (section 4.2).

    0 where the server does not say: then every use asks whether it is still current.
    """
    directives = parse_directives(headers.get("cache-control", ""))
    if "no-cache" in directives:
        return 0.0
    lifetime = _lifetime(directives, headers, received)
    return max(0.0, min(lifetime, _LONGEST) - _age(headers, received))


def _lifetime(directives: Mapping[str, str], headers: Mapping[str, str], received: float) -> float:
    if "max-age" in directives:
        return _seconds(directives["max-age"])
    expires = parse_http_date(headers.get("expires"))
    if expires is None:
        return 0.0
    return expires - (parse_http_date(headers.get("date")) or received)


def _age(headers: Mapping[str, str], received: float) -> float:
    """How old the answer was when it came: what caches on the way say, or its date (section 4.2.3)."""
    date = parse_http_date(headers.get("date"))
    apparent = 0.0 if date is None else max(0.0, received - date)
    return max(apparent, _seconds(headers.get("age", "")))


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0.0
