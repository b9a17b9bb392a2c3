"""What a helper does for a sync: it unpacks a wheel into the cache, or writes one from there to where it is staged."""

from __future__ import annotations

from piptools_clone.wheels.pack import DamagedPack
from piptools_clone.wheels.wheel_cache import WheelCache

UNPACK, WRITE = "unpack", "write"


class WheelWork:
    """A callable; after the kind of work come the arguments of the methods, as `helper.Helper.give` passes them on."""

    def __init__(self, wheels: WheelCache) -> None:
        self._wheels = wheels

    def __call__(self, content: bytes, kind: str, *about: str | bool) -> None:
        """Do it, or raise anything."""
        if kind == UNPACK:
            self.unpack(content, *about)  # type: ignore[arg-type]  # as it was given
        else:
            self.write(*about)  # type: ignore[arg-type]  # as above

    def unpack(self, content: bytes, filename: str, sha256: str, relaxed: bool) -> None:
        """Check and unpack a wheel; as `WheelCache.add_content`."""
        self._wheels.add_content(content, filename, sha256, relaxed=relaxed)

    def write(self, sha256: str, relaxed: bool, folder: str, mode: str) -> None:
        """Write the plain files of a wheel below a folder, and check that its pack is whole."""
        from piptools_clone.sync.write.write_wheels import LinkMode, Writer

        pack = self._wheels.open(sha256, relaxed=relaxed)
        if pack is None:
            raise DamagedPack(sha256)
        with pack:
            Writer(LinkMode(mode)).write_plain(pack, pack.manifest.plain, folder)
            if not pack.is_whole():
                raise DamagedPack(sha256)
