"""One file on an index."""

from piptools_clone.named_tuple import NamedTuple

HASH_ALGORITHMS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
"""The algorithms by which a file may be named, as in pip, with the digits of their digests."""

STRONG_HASHES = ("sha256", "sha384", "sha512")
"""Those that identify a file: as in pip no other satisfies ``--require-hashes``, or may stand after ``--hash=``."""

Hashes = tuple[tuple[str, str], ...]
"""Pairs of (algorithm, hexadecimal digest), sorted."""


class Artifact(NamedTuple):
    """A file that an index or a find-links place offers (Simple Repository API).

    ``url`` is absolute and holds neither credentials nor a fragment.  ``yanked`` is None for a file in
    good standing, else the reason given (PEP 592), which may be empty.  ``sidecar`` is None when the
    index serves no core metadata beside the file, else the digests of it, which may be none
    (PEP 658, PEP 714).  ``upload_time`` is the text of PEP 700.  ``source`` is the place that offered
    the file, without credentials.
    """

    filename: str
    url: str
    hashes: Hashes = ()
    requires_python: str | None = None
    yanked: str | None = None
    size: int | None = None
    upload_time: str | None = None
    sidecar: Hashes | None = None
    source: str = ""

    @property
    def is_wheel(self) -> bool:
        """Whether the file is a built distribution."""
        return self.filename.endswith(".whl")

    @property
    def identity(self) -> Hashes:
        """The digests that identify the file whatever place it is at; empty where there are weak ones only, or none."""
        return tuple([pair for pair in self.hashes if pair[0] in STRONG_HASHES])

    @property
    def sha256(self) -> str | None:
        """The hexadecimal SHA-256 that the index gives, if it does."""
        for algorithm, digest in self.hashes:
            if algorithm == "sha256":
                return digest
        return None
