"""What a user asked for, and where they wrote it."""

from packaging.specifiers import Specifier, SpecifierSet

from piptools_clone.named_tuple import NamedTuple


class Origin(NamedTuple):
    """The place where a user wrote something.

    ``path`` is the file as the user spelled it ("-" for standard input); ``line`` counts from 1, 0 where
    a file has no lines to speak of.  ``annotation`` is how the lock names the place:
    ``-r requirements.in``, ``-c constraints.txt`` or ``proj (pyproject.toml)``.
    """

    path: str
    line: int
    annotation: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


class Requirement(NamedTuple):
    """A requirement with its origin.

    ``name`` is canonical, or None for a URL or path whose name only its metadata tells.  ``extras`` are canonical and
    sorted.  ``marker`` is spelled as `packaging` spells it, "" for none.  ``url`` is the direct reference as an
    absolute URL with ``${VAR}`` expanded (``file:``, ``https:``, ``git+https:`` ...), None for a requirement that an
    index answers.  ``shown`` is the text that the lock repeats for a direct reference, as the user typed it.
    ``hashes`` are ``algorithm:digest`` texts.
    """

    name: str | None
    extras: tuple[str, ...]
    specifier: SpecifierSet
    origin: Origin
    marker: str = ""
    url: str | None = None
    editable: bool = False
    hashes: tuple[str, ...] = ()
    shown: str = ""
    config_settings: tuple[str, ...] = ()
    is_constraint: bool = False

    @property
    def pinned(self) -> Specifier | None:
        """The one clause that names a single version, with ``==`` or ``===``; None for any other specifier."""
        clauses = list(self.specifier)
        if len(clauses) != 1 or clauses[0].operator not in {"==", "==="} or clauses[0].version.endswith(".*"):
            return None
        return clauses[0]
