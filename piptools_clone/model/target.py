"""For whom a lock is made."""

from collections.abc import Mapping

from piptools_clone.named_tuple import NamedTuple


class Target(NamedTuple):
    """An interpreter on a platform, as far as resolution and installation can see it.

    ``markers`` is the environment of PEP 508 (without ``extra``); ``tags`` are the compatible tags as text
    (``cp312-cp312-manylinux_2_28_x86_64``), the best first (PEP 425).
    """

    markers: Mapping[str, str]
    tags: tuple[str, ...]

    @property
    def python_full_version(self) -> str:
        """Such as ``3.12.1``: what Requires-Python is held against."""
        return self.markers["python_full_version"]

    @property
    def python_version(self) -> str:
        """Such as ``3.12``: what the header of a lock names."""
        return self.markers["python_version"]
