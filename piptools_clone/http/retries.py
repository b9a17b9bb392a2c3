"""When to try again, and how long to wait first."""

import re

from piptools_clone.http.dates import parse_http_date
from piptools_clone.named_tuple import NamedTuple

PASSING_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that mean "not now": the request may be sent again unchanged."""

LONGEST_RETRY_AFTER = 60.0
"""Seconds of a Retry-After header that are honoured; a server that asks for more is asked again earlier."""


class Retries(NamedTuple):
    """How often a request is sent (``tries``), and the first pause in seconds, which doubles each time."""

    tries: int = 4
    first_pause: float = 0.2

    def pause(self, attempt: int, jitter: float, retry_after: float | None = None) -> float:
        """Seconds before the try after ``attempt`` (from 0).

        ``jitter`` from 0 to 1 spreads clients that failed together over the upper half of the pause.
        """
        own = float(self.first_pause * 2**attempt) * (0.5 + jitter / 2)
        return own if retry_after is None else max(own, min(retry_after, LONGEST_RETRY_AFTER))


def parse_retry_after(text: str | None, now: float) -> float | None:
    """Seconds to wait: a number, or a date held against ``now`` (seconds since the epoch) (RFC 9110, 10.2.3)."""
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    date = parse_http_date(text)
    return None if date is None else max(0.0, date - now)
