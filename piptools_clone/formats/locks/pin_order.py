"""The order in which a lock holds its pins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from packaging.version import InvalidVersion, Version

from piptools_clone.model.lock import Pin


def sorted_pins(pins: Iterable[Pin]) -> tuple[Pin, ...]:
    """Sort pins by name, those of one name from the newest version to the oldest.

    Direct references, which have no version in a text, come last, by their address.  The order is a total one of what
    the text of a lock holds, whatever the order of ``pins`` was.
    """
    ordered = sorted(
        pins, key=lambda pin: (pin.name, pin.url, pin.marker, pin.extras, pin.operator, pin.hashes, pin.via)
    )
    repeated = {name for name, times in Counter(pin.name for pin in ordered).items() if times > 1 and name}
    if not repeated:  # as in every lock for one environment
        return tuple(ordered)
    ordered.sort(key=_newness, reverse=True)  # which keeps the order of equal ones
    ordered.sort(key=lambda pin: pin.name)
    return tuple(ordered)


def version_order(text: str) -> tuple[bool, Version, str]:
    """What the text of a version is sorted by (PEP 440); what is none, which ``===`` may hold, comes first."""
    try:
        return True, Version(text), text
    except InvalidVersion:
        return False, Version("0"), text


def _newness(pin: Pin) -> tuple[bool, bool, Version, str]:
    return (not pin.url, *version_order("" if pin.url else pin.version))
