"""The order of choice: old pins first, then the newest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.version import Version

if TYPE_CHECKING:
    from piptools_clone.resolve.package_versions import PackageVersions


class Preferences:
    """Which version of a package is tried first.

    Old pins are preferences and never constraints: what cannot be kept is passed by without a word.
    """

    def __init__(self, pins: Mapping[str, Version] | None = None, upgraded: Iterable[str] = ()) -> None:
        forgotten = set(upgraded)
        self._pins = {name: pin for name, pin in (pins or {}).items() if name not in forgotten}

    def pinned(self, package: PackageVersions) -> int | None:
        """The state that the old lock holds, if it still exists and is to be kept."""
        pin = self._pins.get(package.name)
        return None if pin is None else package.state_of(pin)

    def pinned_version(self, name: str) -> Version | None:
        """The version that the old lock holds and that is to be kept."""
        return self._pins.get(name)

    def order(
        self, package: PackageVersions, allowed: int, *, pre: bool, ranked: Sequence[int] | None = None
    ) -> Iterator[int]:
        """States to try, the best first: the old pin, the newest down, direct references last.

        Without ``pre`` pre-releases are left out, except a locked one.  ``ranked`` is another order than newest first.
        """
        from piptools_clone.resolve.package_versions import states_down

        pinned = self.pinned(package)
        if pinned is not None and allowed >> pinned & 1:
            yield pinned
            allowed &= ~(1 << pinned)
        listed = allowed & ~package.direct_bits
        if not pre:
            listed &= ~package.pre_releases
        if ranked is None:
            yield from states_down(listed)
        else:
            yield from (state for state in ranked if listed >> state & 1)
        yield from states_down(allowed & package.direct_bits)
