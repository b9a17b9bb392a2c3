"""Times in HTTP headers (RFC 9110, sections 5.6.7 and 10.2.3), without the locale and without `email`."""

from __future__ import annotations

import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_IMF = r"[A-Za-z]{3}, (\d\d) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT"


def parse_http_date(text: str | None) -> float | None:
    """Seconds since the epoch, or None for anything but the one date form that servers must send."""
    found = re.fullmatch(_IMF, text.strip()) if text else None
    if not found or found[2].lower() not in _MONTHS:
        return None
    from calendar import timegm

    month = _MONTHS.index(found[2].lower()) + 1
    return float(timegm((int(found[3]), month, int(found[1]), int(found[4]), int(found[5]), int(found[6]))))


def parse_retry_after(text: str | None, now: float) -> float | None:
    """Seconds to wait: a number, or a date held against ``now`` (seconds since the epoch); None for anything else."""
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    date = parse_http_date(text)
    return None if date is None else max(0.0, date - now)
