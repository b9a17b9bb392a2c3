"""How a short run deals with its memory: it ends soon, so to be tidy is a waste of its time.

Saves 7 % of a compile from a full cache (``tox -e bench``, "edited"), and 3 % of a cold one near an index ("near").
"""

from __future__ import annotations

import gc

BLOCK = 8 << 20  # bytes; nearly all pages of indexes are smaller, and larger blocks saved no more page faults


def be_generous(objects: int) -> None:
    """Look for garbage after so many new objects only, and keep freed memory for what comes next.

    Next to nothing goes in circles here, and to look for it touches all memory.  And glibc has the system give every
    large block anew, and clear it page by page, until a block as large was freed once: from then on it takes such
    blocks from memory that it has (mallopt(3), M_MMAP_THRESHOLD).  This one is never touched, so it costs nothing.
    """
    gc.set_threshold(objects, 50, 1_000)
    bytes(BLOCK)
