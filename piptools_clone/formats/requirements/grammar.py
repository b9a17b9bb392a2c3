"""What one requirement is made of: the expressions, the bounds, and what can be read without a parser.

Dependency specifiers (PEP 508), names (PEP 503), versions (PEP 440) and hashes (pip's requirements-file format).
Lines of files, ``Requires-Dist`` of metadata and the early reader all ask `split_plain`, which answers as `packaging`
does or says "not sure"; then `parse_specified` has `packaging` decide.

For speed: the parser of `packaging` takes 59 ms to load, which most runs need not (``tox -e bench``, all rows).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from piptools_clone.errors import InputError
from piptools_clone.formats.sanitize import harmless
from piptools_clone.model.artifact import HASH_ALGORITHMS, STRONG_HASHES
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from packaging.requirements import Requirement as Specified

    from piptools_clone.model.requirement import Origin

VERSION_LENGTH = 512
"""Characters of a version; the longest seen on a public index has 60, and `int` refuses 4,300 digits."""

REQUIREMENT_LENGTH = 16 * 1024
"""Characters of a requirement with its marker; the longest seen have about 2,000."""

MARKER_DEPTH = 200
"""Parentheses of a marker, whose parser is recursive: far more than anyone writes, far less than fills the stack."""

OPTIONS_LENGTH = 64 * 1024
"""Characters of the options of a line that are to be unquoted as in a shell, which takes quadratic time."""

ARCHIVES = (
    ".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma",
)  # fmt: skip
"""Endings by which pip knows a file of a distribution."""

NAME = r"(?>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
"""The name of a project or of an extra."""
_CLAUSE = r"(?:===?|[<>!~]=|[<>])[ \t]*+[A-Za-z0-9][A-Za-z0-9.*+!_-]*+"
_CLAUSES = rf"{_CLAUSE}(?:[ \t]*+,[ \t]*+{_CLAUSE})*+[ \t]*+"
_PLAIN = re.compile(
    rf"[ \t]*+({NAME})[ \t]*+(?:\[[ \t]*+((?:{NAME}(?:[ \t]*+,[ \t]*+{NAME})*+[ \t]*+)?+)\][ \t]*+)?+"
    rf"(\([ \t]*+)?+((?:{_CLAUSES})?+)(?(3)\)[ \t]*+)(?:;[ \t]*+(\S.*+))?+"
)
"""Name, extras, versions with or without parentheses, marker: nearly every requirement there is."""
_NAMED_ADDRESS = r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*+\s*+(?:\[[^\]]*+\]\s*+)?+)@\s*+(?P<url>\S.*+)"
SHA256 = r"sha256:[0-9a-f]{64}"
_USUAL_HASH = re.compile(SHA256).fullmatch
_HEXADECIMAL = frozenset("0123456789ABCDEFabcdef")


class LineProblem(ValueError):
    """What is wrong with a line, before it is known which file it stands in: harmless words, and a hint."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def at(self, origin: Origin) -> InputError:
        """Make the error for the user, beginning with ``file:line``."""
        return InputError(f"{harmless(str(origin))}: {self.message}", hint=self.hint)


class PlainRequirement(NamedTuple):
    """A requirement in its parts: canonical name, canonical extras, versions and marker as written."""

    name: str
    extras: tuple[str, ...]
    specifier: str
    marker: str


def canonical_name(name: str) -> str:
    """The canonical form of a name (PEP 503), as `packaging.utils` has it."""
    plain = name.lower().replace("_", "-").replace(".", "-")
    while "--" in plain:
        plain = plain.replace("--", "-")
    return plain


def is_name(text: str) -> bool:
    """Whether a text is the name of a project."""
    return re.fullmatch(NAME, text) is not None


def is_archive(text: str) -> bool:
    """Whether a path or address ends as a wheel or a source archive does."""
    return text.lower().endswith(ARCHIVES)


@lru_cache(maxsize=1 << 12)
def split_plain(text: str) -> PlainRequirement | None:
    """Take a requirement apart; None where only `packaging` knows whether it is one, or what it says.

    It is a requirement if its versions are a `SpecifierSet` and its marker is a marker, which is not looked at here.
    """
    found = _PLAIN.fullmatch(text) if len(text) <= REQUIREMENT_LENGTH else None
    if found is None:
        return None
    name, extras, _, specifier, marker = found.groups()
    words = {canonical_name(extra.strip()) for extra in extras.split(",")} if extras else ()
    return PlainRequirement(canonical_name(name), tuple(sorted(words)), specifier.rstrip(), (marker or "").rstrip())


def split_plain_line(text: str) -> PlainRequirement | None:
    """`split_plain` for a line of a file, without its marker: there, what ends as an archive does is a path."""
    path = text.partition("[")[0].rstrip() if text.endswith("]") else text
    return None if is_archive(path) else split_plain(text)


def split_named_address(text: str) -> tuple[str, str] | None:
    """``name[extras] @ url`` as name with extras, and address; None for anything else."""
    found = re.fullmatch(_NAMED_ADDRESS, text)
    return (found["name"].strip(), found["url"].strip()) if found else None


def check_bounds(text: str) -> None:
    """Raise `LineProblem` for a requirement or marker that is too long or too deep for its parser."""
    if len(text) > REQUIREMENT_LENGTH:
        raise LineProblem(f"the requirement '{harmless(text, 60)}' is longer than {REQUIREMENT_LENGTH:,} characters")
    if text.count("(") > MARKER_DEPTH:
        raise LineProblem(f"a marker holds more than {MARKER_DEPTH} parentheses")


def parse_with_packaging(text: str) -> Specified:
    """Parse any requirement, remembered by its text.  Raises `LineProblem` past a bound, else InvalidRequirement."""
    check_bounds(text)
    specified = _specified(text)
    if any(len(specifier.version) > VERSION_LENGTH for specifier in specified.specifier):
        raise LineProblem(f"a version of '{harmless(specified.name)}' is longer than {VERSION_LENGTH} characters")
    return specified


@lru_cache(maxsize=1 << 12)
def _specified(text: str) -> Specified:
    from piptools_clone.formats.requirements.packaging_gaps import requirement_of

    return requirement_of(text)


def is_usual_hash(value: str) -> bool:
    """Whether the value of ``--hash`` is surely one: a SHA-256 in lower case."""
    return _USUAL_HASH(value) is not None


def parse_hash(value: str) -> str:
    """``algorithm:digest`` as locks spell it.  Raises `LineProblem` for what no file could meet, or is too weak."""
    if is_usual_hash(value):
        return value
    algorithm, colon, digest = value.partition(":")
    if not colon:
        raise LineProblem(f"'{harmless(value)}' is not a hash", "write --hash=sha256:DIGEST, as `pip hash FILE` does")
    if algorithm not in STRONG_HASHES:
        raise LineProblem(f"hash algorithm '{harmless(algorithm)}' is not one of {', '.join(STRONG_HASHES)}")
    check_digest(algorithm, digest)
    return f"{algorithm}:{digest.lower()}"


def check_digest(algorithm: str, digest: str) -> None:
    """Raise `LineProblem` for what is the digest of no file: a slip of the pen, which no file could ever meet."""
    wanted = HASH_ALGORITHMS[algorithm]
    is_hexadecimal = _HEXADECIMAL.issuperset(digest)
    if is_hexadecimal and len(digest) == wanted:
        return
    shown = f"'{harmless(digest, 140)}' is no {algorithm} digest"
    if not is_hexadecimal:
        raise LineProblem(f"{shown}: it is not hexadecimal", "`pip hash FILE` prints the hash of a file")
    raise LineProblem(f"{shown}: it has {len(digest)} digits, not {wanted}", "is it cut off, or of another kind?")
