"""What the name of a distribution file says: binary distribution format and PEP 625, and what came before it.

Pure.  A page of a big project has thousands of names, so nothing here is parsed twice.
"""

import re
from functools import lru_cache

from packaging.version import InvalidVersion, Version

from piptools_clone.formats.requirements.grammar import ARCHIVES, VERSION_LENGTH
from piptools_clone.model.names import canonical_name, is_name
from piptools_clone.named_tuple import NamedTuple

SDIST_SUFFIXES = tuple(suffix for suffix in ARCHIVES if suffix != ".whl")
"""What pip takes for a source distribution."""

_WHEEL = re.compile(r"([^\s-]+)-([^\s-]+)(?:-(\d[^\s-]*))?-([^\s-]+-[^\s-]+-[^\s-]+)\.whl", re.ASCII)
NAME_LENGTH = 240  # bytes of a file name: nearly all file systems take 255, and a suffix may be added
_SAFE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+"
_SEPARATORS = frozenset("/\\:")
_DEVICES = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{kind}{i}" for kind in ("COM", "LPT") for i in "123456789¹²³")})
"""What Windows takes for a device, whatever its suffix."""


class WheelName(NamedTuple):
    """The parts of a wheel's name; ``tags`` is the triple as written, which may be compressed (PEP 425)."""

    name: str
    version: str
    build: str
    tags: str


def split_wheel(filename: str) -> WheelName | None:
    """The parts of a wheel's name as written, or None when it has no such shape."""
    match = _WHEEL.fullmatch(filename)
    return WheelName(match[1], match[2], match[3] or "", match[4]) if match else None


def read_wheel_name(filename: str) -> tuple[str, Version] | None:
    """The canonical name of the project and the version that a wheel's name speaks of; None where it is none."""
    wheel = split_wheel(filename)
    version = parse_version(wheel.version) if wheel and is_name(wheel.name) else None
    return (canonical_name(wheel.name), version) if wheel and version else None


def sdist_stem(filename: str) -> str | None:
    """The name without the suffix of a source distribution, or None when it has none."""
    for suffix in SDIST_SUFFIXES:
        if filename.endswith(suffix):
            return filename[: -len(suffix)]
    return None


def looks_like_distribution(filename: str) -> bool:
    """Whether this may be a distribution of any kind, those of formats that are no longer installed too."""
    return filename.endswith((".whl", *SDIST_SUFFIXES, ".egg", ".exe", ".msi", ".rpm", ".deb", ".dmg"))


def build_number(build: str) -> tuple[int, str]:
    """The order of build tags: digits as a number, then the rest; no build tag comes first."""
    if not build:
        return (-1, "")
    digits = re.match(r"\d*", build)
    number = digits[0] if digits else ""
    return (int(number[:20]) if number else -1, build[len(number) :])


def is_safe(filename: str) -> bool:
    """Whether a file name from outside may name a file, on any system: the one check of it.

    It holds no separator (on Windows a colon leads to another drive or stream), no control or direction character, is
    no device, and names the same file everywhere (Windows drops dots and spaces at the end).  A leading dot or dash
    is harmless: such a file lies in a folder of ours, and goes to no command by its bare name.
    """
    if not filename or filename[-1] in ". " or not _SEPARATORS.isdisjoint(filename):
        return False
    if filename.partition(".")[0].rstrip(" ").upper() in _DEVICES:
        return False
    if filename.isascii():
        return filename.isprintable() and len(filename) <= NAME_LENGTH
    # a set of characters as odd takes long to compile
    return re.fullmatch(_SAFE, filename) is not None and len(filename.encode()) <= NAME_LENGTH


class Filenames:
    """Reads the versions that file names of one project speak of.

    ``name`` is canonical.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._prefixes: dict[str, bool] = {}

    def version(self, filename: str) -> Version | str:
        """The version of a file of this project, or the reason, in words, why there is none."""
        if not is_safe(filename):
            return "an unsafe file name"
        if filename.endswith(".whl"):
            wheel = split_wheel(filename)
            if wheel is None:
                return "not the name of a wheel"
            if not self._is_own(wheel.name):
                return "of another project"
            return self._parse(wheel.version)
        stem = sdist_stem(filename)
        if stem is None:
            return "not a format that can be installed"
        text = self._after_name(stem)
        return "of another project" if text is None else self._parse(text)

    def read(self, name: str, text: str) -> Version | str:
        """The version that a file name speaks of whose parts are known to be safe, or why there is none."""
        return self._parse(text) if self._is_own(name) else "of another project"

    def _after_name(self, stem: str) -> str | None:
        """What follows the project's name: old names may hold dashes, so the first split that fits is taken."""
        at = stem.find("-", len(self.name))  # no name is longer in its canonical form than it was
        while at > 0:
            if stem[at - 1] not in "-_.":  # as no name ends: so a run of them costs one look
                found = canonical_name(stem[:at])
                if found == self.name:
                    return stem[at + 1 :]
                if len(found) > len(self.name):
                    return None
            at = stem.find("-", at + 1)
        return None

    def _is_own(self, prefix: str) -> bool:
        known = self._prefixes.get(prefix)
        if known is None:
            known = self._prefixes[prefix] = canonical_name(prefix) == self.name
        return known

    def _parse(self, text: str) -> Version | str:
        return parse_version(text) or "an invalid version"


@lru_cache(maxsize=1 << 15)
def parse_version(text: str) -> Version | None:
    """The version of a text (PEP 440), or None when it is none or longer than `VERSION_LENGTH`.

    Projects have many versions in common, and a version that was compared once is compared faster.
    """
    if len(text) > VERSION_LENGTH:
        return None
    try:
        return Version(text)
    except (InvalidVersion, ValueError):  # ValueError: more digits than int() takes
        return None


def belongs(filename: str, name: str, version: str) -> bool:
    """Whether a file name agrees with the Name and Version of the file's metadata."""
    spoken = Filenames(canonical_name(name)).version(filename)
    return isinstance(spoken, Version) and spoken == parse_version(version)
