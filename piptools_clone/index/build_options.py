"""How pip is to build, which is known long before anything is built."""

from piptools_clone.named_tuple import NamedTuple


class BuildOptions(NamedTuple):
    """How pip builds: ``constraints`` are lines that hold for build requirements; ``timeout`` is in seconds.

    ``cache_dir`` is where pip may keep what it fetches for builds, nowhere when empty.  ``offline`` leaves it local
    places only.
    """

    isolation: bool = True
    constraints: tuple[str, ...] = ()
    timeout: float = 1800.0
    cache_dir: str = ""
    offline: bool = False
