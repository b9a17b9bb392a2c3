"""Whether what was written is sure to be there: by the boot of the machine in which it was written.

To wait until new files have reached the disk takes longer than to make them.  It is needed when old files are given
up for them: then a power cut must not cost both.  A sync that only adds gives nothing up, so it leaves a note in the
environment instead, which names the boot of the kernel and what was added.  As long as that boot goes on nothing can be
lost, whatever becomes of processes, for files live in the memory of the kernel until they are on the disk.  A pip-sync
that finds the note of another boot compares the files with their RECORDs, takes away all that was added if any of them
differs (see `recovery`), and removes the note.  The next sync that must wait for the disk anyway removes it too.

The note is the journal of that sync, renamed: it has reached the disk before the first file came, and it appears in the
same instant in which the sync is complete.  Where a kernel does not name its boots, every sync waits for the disk.
"""

# pathlib is a slow import, and this module stands on the way of every run:
from __future__ import annotations

import os

from piptools_clone.environment.own_names import FOLDER, NOTE
from piptools_clone.environment.plain_file import open_plain

_BOOT_ID = "/proc/sys/kernel/random/boot_id"  # Linux: random, made anew at each boot
_HEAD = 512  # bytes of a note that hold its signature, its version and its boot; the steps follow


def boot_id(path: str = _BOOT_ID) -> str:
    """Name this boot of the kernel; "" where that is not known."""
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, ValueError):
        return ""


def is_sure(site: str, boot: str) -> bool:
    """Whether nothing in a folder of modules waits for the disk since an earlier boot than this one."""
    try:
        with open(open_plain(os.path.join(site, NOTE)), "rb") as file:
            return bool(boot) and f'"boot": "{boot}"'.encode() in file.read(_HEAD)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def is_settled(site: str) -> bool:
    """Whether no sync is at work in a folder of modules, was killed there, or has left something to be looked after."""
    return not os.path.lexists(os.path.join(site, FOLDER)) and is_sure(site, boot_id())
