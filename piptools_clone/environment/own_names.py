"""The names under which this program keeps what is its own in an environment; no package may use them.

Law: nothing that a package ships steers a sync.  A journal, a note or a staged file is control data, so no file of a
wheel may have a path on which one of these names stands, under whatever scheme and in whatever spelling a file system
may take for it.
"""

# light: this module stands on the way of every run
from __future__ import annotations

FOLDER = ".piptools-clone"
"""The folder of a sync, in the folder of modules: its lock, its journal, and what is staged."""

NOTE = ".piptools-clone-unflushed"
"""The note of a sync that left the disk to the system (see `durability`), in the folder of modules."""

PART = ".piptools-clone-part"
"""What a file is called while it is copied from one file system to another."""

_SHORT = "piptoo~"
"""How the names begin that FAT and NTFS make up for ours, beside the long ones."""


def folded(name: str) -> str:
    """Spell a name so that all spellings which some file system takes for the same one are equal.

    Letter case, compatible and composed forms of characters (NFKC), and characters that are ignored (HFS+) make no
    difference.
    """
    if name.isascii():
        return name.lower()
    import unicodedata  # here, for nearly all names are ASCII

    visible = "".join(char for char in name if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())


def is_own_name(name: str) -> bool:
    """Whether a file system could take the name of a file or folder for one of ours."""
    spelled = folded(name)
    return FOLDER in spelled or spelled.startswith(_SHORT)
