"""What the worker of a sync does: it unpacks a wheel into the cache, or writes one from there to where it is staged."""

from __future__ import annotations

from piptools_clone.wheels.pack import DamagedPack
from piptools_clone.wheels.wheel_cache import WheelCache

UNPACK, WRITE = "unpack", "write"

SMALL = 4 << 20  # bytes of a wheel that is unpacked from memory; 19 in 20 are smaller
AT_ONCE = 48  # wheels that may be in memory
WORTH_HELP = 4  # wheels; for fewer a second process is made too late


def key_of(digest: str, *, relaxed: bool = False) -> str:
    """What the unpacking of a wheel goes by: its SHA-256, and whether its RECORD is not held against it."""
    return f"{digest} relaxed" if relaxed else digest


class WheelWork:
    """What a helper process is started for; called as `workers.Task` says, first with the kind of work."""

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
        from piptools_clone.syncing.write.write_wheels import LinkMode, Writer

        pack = self._wheels.open(sha256, relaxed=relaxed)
        if pack is None:
            raise DamagedPack(sha256)
        with pack:
            Writer(LinkMode(mode)).write_plain(pack, pack.manifest.plain, folder)
            if not pack.is_whole():
                raise DamagedPack(sha256)
