"""Requirements files that name other files: where each leads, how it is shown, and where a circle closes."""

import os

from piptools_clone.formats.requirements.direct_reference import file_url_to_path
from piptools_clone.formats.requirements.grammar import LineProblem
from piptools_clone.formats.sanitize import harmless, has_control_character, without_credentials
from piptools_clone.formats.schemes import scheme_of
from piptools_clone.model.requirement import Origin
from piptools_clone.named_tuple import NamedTuple

INCLUDE_DEPTH = 100
"""How deep files may include one another."""

STANDARD_INPUT = "-"

_OUTSIDE = frozenset({"http", "https"})
_REMOTE = _OUTSIDE | {"file"}


class Source(NamedTuple):
    """A requirements file: what tells it from others, what to read, how to show it, and in which role it is read.

    ``identity`` is an absolute path, a URL, or ``-``.  ``read_as`` is a path (relative to the working folder or
    absolute), an http(s) URL, or ``-``.  ``absolute`` says that the user gave an absolute path, so files named
    inside are shown absolute, too.
    """

    identity: str
    read_as: str
    shown: str
    is_constraint: bool
    absolute: bool

    def origin(self, line: int) -> Origin:
        """Return a place in this file, named in a lock as ``-r file`` or ``-c file``."""
        return Origin(self.shown, line, f"{'-c' if self.is_constraint else '-r'} {self.shown}")

    @property
    def is_from_outside(self) -> bool:
        """Whether another machine says what stands in this file."""
        return scheme_of(self.identity) in _OUTSIDE

    @property
    def is_remote(self) -> bool:
        """Whether names inside this file are relative to a URL."""
        return scheme_of(self.identity) in _REMOTE


def root_source(path: str, working_folder: str, *, is_constraint: bool) -> Source:
    """Locate the source that the user named: a path, a URL, or ``-``."""
    check_file_name(path)
    if path == STANDARD_INPUT:
        return Source(path, path, path, is_constraint, absolute=False)
    if scheme_of(path) in _REMOTE:
        return _remote(path, path, is_constraint=is_constraint)
    shown = spelled_path(path)
    absolute = os.path.isabs(path)
    return Source(_absolute(path, working_folder), shown, shown, is_constraint, absolute)


def nested_source(parent: Source, target: str, typed: str, working_folder: str, *, is_constraint: bool) -> Source:
    """Locate the file that ``-r target`` or ``-c target`` inside ``parent`` means, as pip finds it.

    A file is relative to the one that names it, inside a URL to that URL, inside standard input to the
    working folder.  ``typed`` is the target before ``${VAR}`` was replaced.  Raises `LineProblem`.
    """
    check_file_name(target)
    if parent.is_remote:
        from urllib.parse import urljoin

        url = urljoin(parent.identity, target)
        _check_from_outside(parent, url)
        return _remote(url, typed if url == target else url, is_constraint=is_constraint)
    if scheme_of(target) in _REMOTE:
        return _remote(target, typed, is_constraint=is_constraint)
    folder = working_folder if parent.identity == STANDARD_INPUT else _folder(parent.identity)
    identity = _absolute(target, folder)
    shown = _posix(identity) if parent.absolute else shown_path(identity, working_folder)
    return Source(identity, shown, shown, is_constraint, parent.absolute)


def _check_from_outside(parent: Source, url: str) -> None:
    """Refuse what a file of another machine has no say in: files of this one, and to leave https."""
    if not parent.is_from_outside or scheme_of(url) in {"https", scheme_of(parent.identity)}:
        return
    raise LineProblem(
        f"'{harmless(without_credentials(url))}' is refused: a file that is read by {scheme_of(parent.identity)} "
        "includes what is read by https, or as it was",
        "include it in a file of your own",
    )


def spelled_path(path: str) -> str:
    """Return a path as given, less what says nothing: ``./x.in`` is ``x.in``, while ``a/../x.in`` stays."""
    parts = [part for part in _posix(path).split("/") if part not in {"", "."}]
    return ("/" if _posix(path).startswith("/") else "") + "/".join(parts)


def shown_path(path: str, working_folder: str) -> str:
    """Return a path as a lock shows it: relative to the working folder, climbing with ``..``, with forward slashes."""
    folder = os.path.normpath(working_folder)
    try:
        return _posix(os.path.relpath(_absolute(path, folder), folder))
    except ValueError:  # another drive
        return _posix(path)


def place_beside(value: str, source: Source, working_folder: str) -> tuple[str, str]:
    """Return a path written in a file as (absolute beside that file, the same relative to the working folder)."""
    beside = _absolute(value, _folder(source.identity))
    return beside, _posix(beside) if source.absolute else shown_path(beside, working_folder)


def check_file_name(name: str) -> None:
    """Refuse a file name with a control character, which could write lines of its own into a lock."""
    if has_control_character(name):
        raise LineProblem(f"the file name '{harmless(name)}' holds a control character", "rename the file")


def circle(stack: tuple[Source, ...], again: Source) -> str | None:
    """Return ``a.in -> b.in -> a.in`` if reading ``again`` closes a circle."""
    for position, source in enumerate(stack):
        if source.identity == again.identity:
            return " -> ".join(harmless(member.shown) for member in (*stack[position:], again))
    return None


def _remote(url: str, typed: str, *, is_constraint: bool) -> Source:
    read_as = file_url_to_path(url) if url.lower().startswith("file:") else url
    return Source(url, read_as, without_credentials(typed), is_constraint, absolute=False)


def _absolute(path: str, folder: str) -> str:
    return os.path.normpath(os.path.join(folder, path))


def _folder(path: str) -> str:
    return os.path.dirname(path)


def _posix(path: str) -> str:
    return path.replace(os.sep, "/")
