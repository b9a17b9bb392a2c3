"""The states of a package as one ``int``.

A package with n versions has n + 1 states: bit 0 is "absent", bit i is version i, ascending.  A set of
states is an ``int``, so there is no "not": the complement of ``allowed`` is ``all_states(n) ^ allowed``.

    >>> bin(all_states(3))
    '0b1111'
    >>> runs(0b1110110)
    [(1, 2), (4, 6)]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

ABSENT = 1
"""The set that holds only the state "absent"."""


def all_states(count: int) -> int:
    """Every state of a package with ``count`` versions, "absent" among them."""
    return (1 << (count + 1)) - 1


def state_set(indexes: Iterable[int], count: int) -> int:
    """The set of the states with these bit indexes, of a package with ``count`` versions, in linear time."""
    digits = bytearray(b"0" * (count + 1))
    for index in indexes:
        digits[count - index] = ord("1")
    return int(digits, 2)


def newest_first(states: int) -> Iterator[int]:
    """The bit indexes of a set, descending, without "absent"."""
    states &= ~ABSENT
    while states:
        index = newest(states)
        yield index
        states ^= 1 << index


def newest(states: int) -> int:
    """The highest bit index of a set, -1 for the empty set."""
    return states.bit_length() - 1


def oldest(states: int) -> int:
    """The lowest bit index of a set, -1 for the empty set."""
    return (states & -states).bit_length() - 1


def runs(states: int) -> list[tuple[int, int]]:
    """The maximal runs of neighbouring states, as (first, last) bit indexes, ascending."""
    found = []
    start = 0
    while states:
        gap = oldest(states)
        states >>= gap
        length = oldest(states + 1)  # the ones at the low end, ended by the first zero
        found.append((start + gap, start + gap + length - 1))
        states >>= length
        start += gap + length
    return found
