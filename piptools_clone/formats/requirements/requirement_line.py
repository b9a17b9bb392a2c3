"""One requirement, as text, to a `Requirement` value.

Understood are dependency specifiers (PEP 508), addresses, paths and repositories, as pip understands them.  The parsers
of `packaging` take long to load, so they are loaded for what is more than a name, extras and versions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from piptools_clone.formats.requirements import direct_reference as direct
from piptools_clone.formats.requirements.file_options import SplitLine, split_line
from piptools_clone.formats.requirements.grammar import (
    VERSION_LENGTH,
    LineProblem,
    parse_hash,
    parse_with_packaging,
    split_named_address,
    split_plain,
    split_plain_line,
)
from piptools_clone.formats.requirements.logical_lines import expand_variables
from piptools_clone.formats.requirements.markers import parse_marker
from piptools_clone.formats.sanitize import harmless, inert, without_credentials
from piptools_clone.formats.schemes import is_url, is_vcs, scheme_of
from piptools_clone.model.requirement import Origin, Requirement

if TYPE_CHECKING:
    from packaging.requirements import Requirement as Specified

_OPERATOR = r"~=|==|!=|<=|>=|<|>"
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
    """Parse a dependency specifier (PEP 508) with `packaging`.  Raises `LineProblem` with a hint."""
    try:
        return parse_with_packaging(text)
    except LineProblem:
        raise
    except ValueError as error:
        reason = harmless(str(error).splitlines()[0])
        raise LineProblem(f"'{harmless(text)}' is not a valid requirement: {reason}", _advice(text)) from None


def parse_extras(extras: str) -> tuple[str, ...]:
    """Extras as text with commas, canonical and sorted.  Raises `LineProblem` for what is no extra."""
    return _name_and_extras(f"name[{extras}]")[1] if extras else ()


def canonical_extras(extras: set[str]) -> tuple[str, ...]:
    """Extras that `packaging` has read, canonical and sorted."""
    return tuple(sorted(set(map(canonicalize_name, extras))))


def _name_and_extras(text: str) -> tuple[str, tuple[str, ...]]:
    """Name and extras of what stands before an address.  Raises `LineProblem`."""
    plain = split_plain(text)
    if plain is not None:
        return plain.name, plain.extras
    specified = parse_specified(text)
    return canonicalize_name(specified.name), canonical_extras(specified.extras)


def refuse_variables(text: str) -> None:
    """Raise `LineProblem` for a text that holds the beginning of a variable, ``${``, which no honest one does."""
    if "${" in text:
        raise LineProblem(
            f"'{harmless(text)}' holds a variable, which an installer would fill in from its environment",
            "only files of your own may hold variables: leave this version out",
        )


def check_reference(name: str, url: str) -> None:
    """Raise `LineProblem` for a direct reference that a lock cannot repeat as it is, or that holds a variable."""
    refuse_variables(url)
    if inert(url, len(url)) != url or any(char.isspace() or char in "\\;" for char in url):
        raise LineProblem(f"'{harmless(url)}' holds a character that a lock cannot hold in an address")
    read = parse_line(f"{name} @ {url}", Origin(name, 0, ""))
    if read != read._replace(name=name, extras=(), marker="", hashes=()) or _address(read.shown) != _address(url):
        raise LineProblem(f"'{harmless(url)}' would be read from a lock as another address")


def _address(url: str) -> str:
    return without_credentials(url).partition("#")[0]


def _read_plain(text: str, typed: str, origin: Origin, working_folder: str) -> Requirement:
    """Read a line that is not editable.  After an address the marker follows a semicolon with a space, as in pip."""
    separator = "; " if ";" in text and is_url(text) else ";"
    head, _, marker_text = text.partition(separator)
    head, typed_head = head.strip(), typed.partition(separator)[0].strip()
    marker = parse_marker(marker_text)
    plain = _plain(head, origin, marker)
    if plain is not None:
        return plain
    if is_url(head):
        reference = direct.read_url(head, typed_head, working_folder)
        return _direct(reference, (), origin, marker)
    named = split_named_address(head)
    if named:
        _, typed_url = split_named_address(typed_head) or named
        name, extras, reference = _read_named_url(*named, typed_url, working_folder)
        return _direct(reference._replace(name=name), extras, origin, marker)
    path, words = direct.split_extras(head)
    if direct.is_path(path):
        reference = direct.read_path(path, direct.split_extras(typed_head)[0], working_folder)
        return _direct(reference, parse_extras(words), origin, marker)
    specified = parse_specified(head)
    return Requirement(
        canonicalize_name(specified.name), canonical_extras(specified.extras), specified.specifier, origin, marker
    )


def _plain(text: str, origin: Origin, marker: str) -> Requirement | None:
    """What nearly all requirements are; None for an archive, and for what `packaging` is to judge."""
    found = split_plain_line(text) if len(text) <= VERSION_LENGTH else None
    if found is None:
        return None
    try:
        return Requirement(found.name, found.extras, SpecifierSet(found.specifier), origin, marker)
    except InvalidSpecifier:
        return None


def _read_named_url(
    named: str, url: str, typed: str, working_folder: str
) -> tuple[str, tuple[str, ...], direct.Reference]:
    name, extras = _name_and_extras(named)
    if not is_url(url):
        raise LineProblem(
            f"'{harmless(url)}' after '{named.partition('[')[0].rstrip()} @' is not a URL",
            f"write {harmless(url)} alone, or file:{harmless(url)}",
        )
    return name, extras, direct.read_url(url, typed, working_folder)


def _read_editable(text: str, typed: str, origin: Origin, working_folder: str) -> Requirement:
    text, typed = text.strip(), typed.strip()
    named = split_named_address(text)
    if named and is_url(named[1]):
        return _read_named_editable(*named, typed, origin, working_folder)
    if re.match(_REPOSITORY, text, re.IGNORECASE):
        return _editable_url(f"{scheme_of(text)}+{text}", typed, origin, working_folder)
    if is_url(text):
        return _editable_url(text, typed, origin, working_folder)
    path, extras = direct.split_extras(text)
    if not path or (scheme_of(path) and ":/" in path):
        raise _not_editable(text)
    reference = direct.read_path(path, typed, working_folder)._replace(shown=typed, name=None)
    return _direct(reference, parse_extras(extras), origin, "")._replace(editable=True)


def _read_named_editable(named: str, url: str, typed: str, origin: Origin, working_folder: str) -> Requirement:
    """``-e "name @ git+https://..."``: shown with ``#egg=``, since its spaces would need quotes in a lock."""
    address, _, marker = url.partition(" ;") if " ;" in url else url.partition("; ")
    typed_named = split_named_address(typed)
    typed_address = typed_named[1].split(";")[0].strip() if typed_named else address.strip()
    name, extras = _name_and_extras(named)
    base = _editable_url(direct.with_egg(address.strip(), name), typed_address, origin, working_folder)
    return base._replace(extras=extras, marker=parse_marker(marker), shown=direct.with_egg(base.shown, name))


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
    return _direct(reference, parse_extras(extras), origin, "")._replace(editable=True)


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
    return tuple(sorted(set(map(parse_hash, split.values("hash")))))


def _config_settings(split: SplitLine) -> tuple[str, ...]:
    settings = split.values("config_settings")
    for setting in settings:
        if "=" not in setting:
            raise LineProblem(f"'{harmless(setting)}' is not of the form KEY=VALUE")
    return settings


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
