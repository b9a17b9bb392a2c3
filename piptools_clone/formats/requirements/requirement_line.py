"""One requirement, as text, to a `Requirement` value.

Understood are dependency specifiers (PEP 508), addresses, paths and repositories, as pip understands them.  The parsers
of `packaging` take long to load, so they are loaded for what is more than a name, extras and versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from piptools_clone.formats.requirements import direct_reference as direct
from piptools_clone.formats.requirements.file_options import SplitLine, split_line
from piptools_clone.formats.requirements.length_bounds import MARKER_DEPTH, REQUIREMENT_LENGTH, VERSION_LENGTH
from piptools_clone.formats.requirements.line_problem import LineProblem
from piptools_clone.formats.requirements.logical_lines import expand_variables
from piptools_clone.formats.requirements.packaging_gaps import marker_of, requirement_of
from piptools_clone.formats.sanitize import harmless, without_credentials
from piptools_clone.formats.schemes import is_url, is_vcs, scheme_of
from piptools_clone.model.artifact import STRONG_HASHES
from piptools_clone.model.requirement import Origin, Requirement

if TYPE_CHECKING:
    from packaging.requirements import Requirement as Specified

_DIRECT = r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*+\s*+(?:\[[^\]]*+\]\s*+)?+)@\s*+(?P<url>\S.*+)"
_OPERATOR = r"~=|==|!=|<=|>=|<|>"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_CLAUSE = r"[<>=!~]=? *[A-Za-z0-9][A-Za-z0-9.*+!_-]*"
_USUAL = re.compile(rf"({_NAME}) *(?:\[ *({_NAME}(?: *, *{_NAME})*) *\] *)?({_CLAUSE}(?: *, *{_CLAUSE})*)?").fullmatch
"""A name, extras and versions, unless `SpecifierSet` refuses them; takes `packaging` ten times as long."""
_USUAL_HASH = re.compile(r"sha256:[0-9a-f]{64}").fullmatch
_COMPARISON = (
    r"((?:os|implementation)_name|sys_platform|platform_(?:machine|python_implementation|release|system|version)"
    r"|python(?:_full)?_version|implementation_version)"
    r"( *(?:[<>=!~]=|[<>]) *| +(?:not )?in +)"
    r"""("[\w .+-]*"|'[\w .+-]*')"""
)
_REPOSITORY = r"(git|hg|svn|bzr):"


def parse_line(
    text: str, origin: Origin, *, working_folder: str = ".", environ: Mapping[str, str] | None = None
) -> Requirement:
    """Read one requirement that does not stand in a file, such as the value of ``--upgrade-package``.

    ``${VAR}`` is replaced from ``environ``; relative paths begin at ``working_folder``.  Raises `InputError`.
    """
    try:
        split = split_line(expand_variables(text.strip(), environ or {}))
        return read_requirement(split, split_line(text.strip()), origin, working_folder=working_folder)
    except LineProblem as problem:
        raise problem.at(origin) from None


def read_requirement(
    split: SplitLine, typed: SplitLine, origin: Origin, *, working_folder: str, is_constraint: bool = False
) -> Requirement:
    """Read the requirement of a split line; ``typed`` is the same line before ``${VAR}`` was replaced.

    ``shown`` becomes the text that a lock repeats for a direct reference, without credentials: for
    ``-e`` the text after it as typed (``./pkg[x]``), for a relative path that path, for an absolute one its ``file:``
    URL, for an address the address as typed less ``#egg=``.  A relative ``file:./pkg`` stays so;
    a lock writes both without a name in front.  Raises `LineProblem`.
    """
    if not split.requirement and split.first("editable") is None:
        raise LineProblem("there is no requirement on this line")
    if split.requirement:
        base = _read_plain(split.requirement, typed.requirement, origin, working_folder)
        base = base._replace(hashes=_hashes(split))
    else:
        if split.stray[:1] == ("@",):
            raise LineProblem("the value of -e has spaces in it", 'put it in quotes: -e "NAME @ URL"')
        text = split.first("editable") or ""
        base = _read_editable(text, typed.first("editable") or text, origin, working_folder)
    requirement = base._replace(config_settings=_config_settings(split))
    return _as_constraint(requirement) if is_constraint else requirement


def parse_specified(text: str) -> Specified:
    """Parse a dependency specifier (PEP 508), remembered by its text.  Raises `LineProblem` with a hint."""
    _check_bounds(text)
    try:
        specified = _specified(text)
    except ValueError as error:
        reason = harmless(str(error).splitlines()[0])
        raise LineProblem(f"'{harmless(text)}' is not a valid requirement: {reason}", _advice(text)) from None
    if any(len(specifier.version) > VERSION_LENGTH for specifier in specified.specifier):
        raise LineProblem(f"a version of '{harmless(specified.name)}' is longer than {VERSION_LENGTH} characters")
    return specified


def parse_marker(text: str) -> str:
    """Spell a marker as `packaging` does, "" for none.  Raises `LineProblem`."""
    text = text.strip()
    if not text:
        return ""
    usual = _usual_marker(text)
    if usual is not None:
        return usual
    _check_bounds(text)
    try:
        return _marker(text)
    except ValueError as error:
        reason = harmless(str(error).splitlines()[0])
        raise LineProblem(f"'{harmless(text)}' is not a valid marker: {reason}") from None


def canonical_extras(extras: str | set[str]) -> tuple[str, ...]:
    """Extras (a set, or text with commas) canonical and sorted.  Raises `LineProblem` for what is no extra."""
    if isinstance(extras, str):
        extras = parse_specified(f"name[{extras}]").extras if extras else set()
    return _extras(extras)


def _extras(extras: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({canonicalize_name(extra.strip()) for extra in extras}))


@lru_cache(maxsize=4096)
def _specified(text: str) -> Specified:
    return requirement_of(text)


@lru_cache(maxsize=4096)
def _marker(text: str) -> str:
    return str(marker_of(text))


def _usual_marker(text: str) -> str | None:
    """What nearly all markers are: comparisons joined by ``and`` or ``or``; None for what `packaging` is to judge."""
    words = []
    for part in re.split("(?<! ) +(and|or) +", text):
        found = re.fullmatch(_COMPARISON, part, re.ASCII)
        if found is None and part not in ("and", "or"):
            return None
        words.append(f'{found[1]} {found[2].strip()} "{found[3][1:-1]}"' if found else part)
    return " ".join(words)


def _read_plain(text: str, typed: str, origin: Origin, working_folder: str) -> Requirement:
    """Read a line that is not editable.  After an address the marker follows a semicolon with a space, as in pip."""
    separator = "; " if ";" in text and is_url(text) else ";"
    head, _, marker_text = text.partition(separator)
    head, typed_head = head.strip(), typed.partition(separator)[0].strip()
    marker = parse_marker(marker_text)
    usual = _usual(head, origin, marker)
    if usual is not None:
        return usual
    if is_url(head):
        reference = direct.read_url(head, typed_head, working_folder)
        return _direct(reference, (), origin, marker)
    named = re.fullmatch(_DIRECT, head)
    if named:
        return _read_named_url(named, re.fullmatch(_DIRECT, typed_head), origin, marker, working_folder)
    path, extras = direct.split_extras(head)
    if direct.is_path(path):
        reference = direct.read_path(path, direct.split_extras(typed_head)[0], working_folder)
        return _direct(reference, canonical_extras(extras), origin, marker)
    return _from_specified(parse_specified(head), origin, marker)


def _usual(text: str, origin: Origin, marker: str) -> Requirement | None:
    """What nearly all requirements are; None for an archive, and for what `packaging` is to judge."""
    found = _USUAL(text) if len(text) <= VERSION_LENGTH else None
    if found is None:
        return None
    name, extras, versions = found.groups()
    if direct.is_archive(text if versions else name):
        return None
    try:
        specifier = SpecifierSet(versions or "")
    except InvalidSpecifier:
        return None
    return Requirement(canonicalize_name(name), _extras(extras.split(",")) if extras else (), specifier, origin, marker)


def _read_named_url(
    found: re.Match[str], typed: re.Match[str] | None, origin: Origin, marker: str, working_folder: str
) -> Requirement:
    named = parse_specified(found["name"].strip())
    url = found["url"].strip()
    if not is_url(url):
        raise LineProblem(
            f"'{harmless(url)}' after '{named.name} @' is not a URL",
            f"write {harmless(url)} alone, or file:{harmless(url)}",
        )
    reference = direct.read_url(url, typed["url"].strip() if typed else url, working_folder)
    reference = reference._replace(name=canonicalize_name(named.name))
    return _direct(reference, canonical_extras(named.extras), origin, marker)


def _read_editable(text: str, typed: str, origin: Origin, working_folder: str) -> Requirement:
    text, typed = text.strip(), typed.strip()
    named = re.fullmatch(_DIRECT, text)
    if named and is_url(named["url"]):
        return _read_named_editable(named, typed, origin, working_folder)
    if re.match(_REPOSITORY, text, re.IGNORECASE):
        return _editable_url(f"{scheme_of(text)}+{text}", typed, origin, working_folder)
    if is_url(text):
        return _editable_url(text, typed, origin, working_folder)
    path, extras = direct.split_extras(text)
    if not path or (scheme_of(path) and ":/" in path):
        raise _not_editable(text)
    reference = direct.read_path(path, typed, working_folder)._replace(shown=typed, name=None)
    return _direct(reference, canonical_extras(extras), origin, "")._replace(editable=True)


def _read_named_editable(found: re.Match[str], typed: str, origin: Origin, working_folder: str) -> Requirement:
    """``-e "name @ git+https://..."``: shown with ``#egg=``, since its spaces would need quotes in a lock."""
    address, _, marker = found["url"].partition(" ;") if " ;" in found["url"] else found["url"].partition("; ")
    typed_found = re.fullmatch(_DIRECT, typed)
    typed_address = typed_found["url"].split(";")[0].strip() if typed_found else address.strip()
    named = parse_specified(found["name"].strip())
    base = _editable_url(direct.with_egg(address.strip(), named.name), typed_address, origin, working_folder)
    return base._replace(
        extras=canonical_extras(named.extras),
        marker=parse_marker(marker),
        shown=direct.with_egg(base.shown, canonicalize_name(named.name)),
    )


def _editable_url(text: str, typed: str, origin: Origin, working_folder: str) -> Requirement:
    is_file = scheme_of(text) == "file"
    if not is_file and not is_vcs(text):
        raise _not_editable(text)
    address, extras = direct.split_extras(text) if is_file else (text, "")
    reference = direct.read_url(address, typed, working_folder)._replace(shown=typed)
    if reference.name is None and not is_file:
        raise LineProblem(
            f"'{harmless(without_credentials(typed))}' does not tell the name of its project",
            'write -e "NAME @ URL", or append #egg=NAME',
        )
    return _direct(reference, canonical_extras(extras), origin, "")._replace(editable=True)


def _not_editable(text: str) -> LineProblem:
    return LineProblem(
        f"'{harmless(without_credentials(text))}' cannot be editable",
        "-e takes the path of a project or the address of a repository, such as git+https://...",
    )


def _direct(reference: direct.Reference, extras: tuple[str, ...], origin: Origin, marker: str) -> Requirement:
    return Requirement(
        name=reference.name,
        extras=extras,
        specifier=SpecifierSet(),
        origin=origin,
        marker=marker,
        url=reference.url,
        shown=without_credentials(reference.shown),
    )


def _from_specified(specified: Specified, origin: Origin, marker: str) -> Requirement:
    return Requirement(
        name=canonicalize_name(specified.name),
        extras=canonical_extras(specified.extras),
        specifier=specified.specifier,
        origin=origin,
        marker=marker,
    )


def _as_constraint(requirement: Requirement) -> Requirement:
    """Apply pip's rules: a constraint has a name and is not editable; its extras mean nothing."""
    if requirement.editable:
        raise LineProblem(
            f"'-e {harmless(requirement.shown)}' is editable, which a constraint cannot be",
            "move the line to a requirements file",
        )
    if requirement.name is None:
        raise LineProblem(f"'{harmless(requirement.shown)}' has no name, which a constraint needs", "write NAME @ URL")
    return requirement._replace(extras=(), is_constraint=True)


def _hashes(split: SplitLine) -> tuple[str, ...]:
    return tuple(sorted({_hash(value) for value in split.values("hash")}))


def _hash(value: str) -> str:
    if _USUAL_HASH(value):
        return value
    algorithm, colon, digest = value.partition(":")
    if not colon:
        raise LineProblem(f"'{harmless(value)}' is not a hash", "write --hash=sha256:DIGEST, as `pip hash FILE` does")
    if algorithm not in STRONG_HASHES:
        raise LineProblem(f"hash algorithm '{harmless(algorithm)}' is not one of {', '.join(STRONG_HASHES)}")
    direct.check_digest(algorithm, digest)
    return f"{algorithm}:{digest.lower()}"


def _config_settings(split: SplitLine) -> tuple[str, ...]:
    settings = split.values("config_settings")
    for setting in settings:
        if "=" not in setting:
            raise LineProblem(f"'{harmless(setting)}' is not of the form KEY=VALUE")
    return settings


def _check_bounds(text: str) -> None:
    if len(text) > REQUIREMENT_LENGTH:
        raise LineProblem(f"the requirement '{harmless(text, 60)}' is longer than {REQUIREMENT_LENGTH:,} characters")
    if text.count("(") > MARKER_DEPTH:
        raise LineProblem(f"a marker holds more than {MARKER_DEPTH} parentheses")


def _advice(text: str) -> str:
    if "://" in text:
        return "an address begins with http, https, file, ftp, or a repository's scheme such as git+https"
    if direct.is_path(text):
        return "it looks like a path; does it exist?"
    if "=" in text and not re.search(_OPERATOR, text):
        return "= is not an operator; did you mean == ?"
    if " " in text and not re.search(_OPERATOR, text):
        return "write one requirement per line, a comment after ' #'"
    return ""
