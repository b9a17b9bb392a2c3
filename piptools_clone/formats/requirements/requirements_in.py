"""pip's requirements-file format in full, to values: requirements, constraints and options, each with its place.

The format is the one of pip's documentation, "Requirements File Format"; where that is silent pip 26.3
decides.  Nothing is read here: the caller passes a function that does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from piptools_clone.errors import InputError, PiptoolsCloneError
from piptools_clone.formats.requirements.direct_reference import file_url_to_path
from piptools_clone.formats.requirements.file_options import (
    OF_A_REQUIREMENT,
    OF_ANY_LINE,
    CollectedOptions,
    SplitLine,
    split_line,
)
from piptools_clone.formats.requirements.grammar import LineProblem
from piptools_clone.formats.requirements.include import (
    INCLUDE_DEPTH,
    STANDARD_INPUT,
    Source,
    circle,
    nested_source,
    place_beside,
    root_source,
)
from piptools_clone.formats.requirements.logical_lines import (
    RESOLVE,
    LogicalLine,
    Variables,
    conflict_line,
    decode_requirements,
    logical_lines,
    replaced_variables,
    unset_variables,
)
from piptools_clone.formats.requirements.requirement_line import read_requirement
from piptools_clone.formats.sanitize import harmless, inert, without_credentials
from piptools_clone.formats.schemes import scheme_of
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.requirement import Origin, Requirement
from piptools_clone.named_tuple import NamedTuple

Read = Callable[[str], bytes]


class Wanted(NamedTuple):
    """What requirements files ask for.

    ``typed`` maps an address of ``options`` to the text that the user typed for it, where ``${VAR}`` stood in it
    (see `written_address`).  ``files`` are the names of all files read, as shown.  ``notes`` say what pip, too,
    passes over in silence, ``warnings`` what is hardly meant: one harmless line each, beginning with ``file:line``.
    ``variables`` are the names of those that were replaced (see `formats.variables`).
    """

    requirements: tuple[Requirement, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    options: IndexOptions = IndexOptions()
    typed: Mapping[str, str] = MappingProxyType({})
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()


def parse_requirements(
    path: str,
    read: Read,
    *,
    environ: Mapping[str, str],
    working_folder: str,
    constraint: bool = False,
    exists: Callable[[str], bool] | None = None,
) -> Wanted:
    """Read one requirements file, or with ``constraint`` one constraints file, and all that it includes.

    See `parse_all_requirements`.
    """
    return parse_all_requirements(
        [(path, constraint)], read, environ=environ, working_folder=working_folder, exists=exists
    )


def parse_all_requirements(
    sources: Iterable[tuple[str, bool]],
    read: Read,
    *,
    environ: Mapping[str, str],
    working_folder: str,
    exists: Callable[[str], bool] | None = None,
) -> Wanted:
    """Read several (path, is a constraints file) sources in their order, as one input.

    A path is a path, an http(s) or file URL, or ``-``.  ``read`` gets a path (relative to ``working_folder`` or
    absolute), an http(s) URL, or ``-``, and returns the bytes; an `OSError` of it becomes an `InputError` that
    names the line which includes the file.  ``working_folder`` is absolute.  ``exists`` says whether an absolute
    path is there: a relative find-links folder is looked for beside its file first, as in pip, and a
    requirement that is the path of nothing is refused; without it neither is done.  A file is read once in each role; a
    circle, or more than `INCLUDE_DEPTH` files in one another, is an error.

    Raises `InputError` for every mistake in the files.
    """
    reader = _Reader(read, environ, working_folder, exists)
    for path, constraint in sources:
        reader.read_root(path, is_constraint=constraint)
    return reader.wanted()


def written_address(address: str, typed: Mapping[str, str]) -> str:
    """How an address is written to a file: as typed where it held ``${VAR}``, and never with credentials."""
    return without_credentials(typed.get(address, address))


def lines_left_out(requirements: Iterable[Requirement], holds: Callable[[str], bool]) -> Iterator[str]:
    """Name the requirements that a marker leaves out, one harmless line each; ``holds`` is asked about each marker."""
    for each in requirements:
        if each.marker and not holds(each.marker):
            name = inert(each.name or each.shown, 200)
            yield f"{inert(str(each.origin))}: {name} is left out, for its marker does not hold: {inert(each.marker)}"


class _Reader:
    """One walk over files; state is what was found so far."""

    __slots__ = (
        "_collected",
        "_constraints",
        "_environ",
        "_exists",
        "_folder",
        "_notes",
        "_read",
        "_requirements",
        "_seen",
        "_unset",
        "_variables",
    )

    def __init__(
        self, read: Read, environ: Mapping[str, str], folder: str, exists: Callable[[str], bool] | None
    ) -> None:
        self._read = read
        self._environ = environ
        self._folder = folder
        self._exists = exists
        self._seen: dict[Source, None] = {}
        self._requirements: list[Requirement] = []
        self._constraints: list[Requirement] = []
        self._collected = CollectedOptions()
        self._notes: list[str] = []
        self._unset: dict[str, Origin] = {}
        self._variables: set[str] = set()

    def wanted(self) -> Wanted:
        return Wanted(
            tuple(self._requirements),
            tuple(self._constraints),
            self._collected.options(),
            MappingProxyType(self._collected.typed),
            tuple(dict.fromkeys(source.shown for source in self._seen)),
            tuple(self._notes),
            tuple(_unset(name, origin) for name, origin in self._unset.items()),
            frozenset(self._variables),
        )

    def read_root(self, path: str, *, is_constraint: bool) -> None:
        try:
            source = root_source(path, self._folder, is_constraint=is_constraint)
        except LineProblem as problem:
            raise InputError(problem.message, hint=problem.hint) from None
        self._read_source(source, (), source.origin(0))

    def _read_source(self, source: Source, stack: tuple[Source, ...], named_at: Origin) -> None:
        if source in self._seen:
            return
        self._seen[source] = None
        text = self._text(source, named_at)
        for line in logical_lines(text, self._environ):
            origin = source.origin(line.number)
            _check_variables(line, source, origin)
            for name in unset_variables(line.typed, self._environ):
                self._unset.setdefault(name, origin)
            self._variables.update(replaced_variables(line.typed, self._environ))
            try:
                self._take(line, source, (*stack, source), origin)
            except LineProblem as problem:
                raise self._hidden(problem.at(origin)) from None
            except PiptoolsCloneError as error:
                raise self._hidden(error) from None

    def _hidden(self, error: PiptoolsCloneError) -> PiptoolsCloneError:
        Variables(self._variables, self._environ).hide_in(error)
        return error

    def _text(self, source: Source, named_at: Origin) -> str:
        kind = "constraints" if source.is_constraint else "requirements"
        try:
            content = self._read(source.read_as)
            _check_kind(source, named_at)
            text = decode_requirements(content)
        except LineProblem as problem:
            raise problem.at(source.origin(0)) from None
        except OSError as error:
            where = f"{harmless(str(named_at))}: " if named_at.line else ""
            reason = harmless(error.strerror or str(error))
            raise InputError(f"{where}cannot open {kind} file '{harmless(source.shown)}': {reason}") from None
        in_conflict = conflict_line(text)
        if in_conflict:
            words = "the file is in a merge conflict: this line is one of its marks"
            raise LineProblem(words, RESOLVE).at(source.origin(in_conflict))
        return text

    def _take(self, line: LogicalLine, source: Source, stack: tuple[Source, ...], origin: Origin) -> None:
        split = split_line(line.text)
        typed = _split_typed(line, split)
        self._collected.add_of_any_line(split)
        if split.requirement or split.first("editable") is not None:
            self._take_requirement(split, typed, source, origin)
        elif split.first("requirement") is not None or split.first("constraint") is not None:
            self._take_include(split, typed, stack, origin)
        else:
            self._note_unused(split, origin, OF_A_REQUIREMENT)
            self._collected.add(split, typed, lambda value: self._placed(value, source))

    def _take_requirement(self, split: SplitLine, typed: SplitLine, source: Source, origin: Origin) -> None:
        requirement = read_requirement(
            split, typed, origin, working_folder=self._folder, is_constraint=source.is_constraint
        )
        self._check_path(requirement, typed)
        used = {"config_settings", "editable"} if requirement.editable else OF_A_REQUIREMENT
        self._note_unused(split, origin, {name for name, _ in split.options} - used - OF_ANY_LINE)
        (self._constraints if source.is_constraint else self._requirements).append(requirement)

    def _take_include(self, split: SplitLine, typed: SplitLine, stack: tuple[Source, ...], origin: Origin) -> None:
        """Follow ``-r`` or ``-c``.  As in pip an ``-r`` inside a constraints file names requirements again."""
        role = "requirement" if split.first("requirement") is not None else "constraint"
        self._note_unused(split, origin, {name for name, _ in split.options} - {role} - OF_ANY_LINE)
        target, raw = split.first(role) or "", typed.first(role) or ""
        source = nested_source(stack[-1], target, raw, self._folder, is_constraint=role == "constraint")
        chain = circle(stack, source)
        if chain:
            raise LineProblem(f"'{harmless(source.shown)}' includes itself: {chain}", "remove one of these lines")
        if len(stack) >= INCLUDE_DEPTH:
            raise LineProblem(f"more than {INCLUDE_DEPTH} files include one another")
        self._read_source(source, stack, origin)

    def _check_path(self, requirement: Requirement, typed: SplitLine) -> None:
        """Refuse the path of nothing, unless a marker may make it unwanted."""
        if not self._exists or requirement.marker or not (requirement.url or "").startswith("file:"):
            return
        path = file_url_to_path(requirement.url or "")
        if self._exists(path):
            return
        hint = "a relative path begins at the working folder, not at the file that holds it"
        raise LineProblem(
            f"'{harmless(typed.requirement or requirement.shown)}' does not exist: there is no {harmless(path)}", hint
        )

    def _placed(self, value: str, source: Source) -> str:
        """Return a find-links value, made relative to the working folder where it stands beside its file."""
        if scheme_of(value) or source.is_remote or source.identity == STANDARD_INPUT:
            return value
        beside, placed = place_beside(value, source, self._folder)
        in_folder, _ = place_beside(value, source._replace(identity=f"{self._folder}/-"), self._folder)
        return placed if beside != in_folder and self._exists and self._exists(beside) else value

    def _note_unused(self, split: SplitLine, origin: Origin, unused: Iterable[str]) -> None:
        words = [f"--{name.replace('_', '-')}" for name, _ in dict(split.options).items() if name in unused]
        for word in (*words, *split.stray):
            self._notes.append(f"{harmless(str(origin))}: '{harmless(word)}' has no effect on this line and is ignored")


def _check_kind(source: Source, named_at: Origin) -> None:
    """Refuse what another tool wrote, before its first line is taken for a requirement with a slip of the pen."""
    if source.identity == STANDARD_INPUT or source.identity.endswith((".txt", ".in")):
        return
    from piptools_clone.formats.requirements.foreign_files import foreign

    problem = foreign(source.identity.replace("\\", "/").rpartition("/")[2])
    if problem:
        raise problem.at(named_at)


def _check_variables(line: LogicalLine, source: Source, origin: Origin) -> None:
    """Refuse variables in what another machine says: it would be told their values, or a lock would hold them."""
    if source.is_from_outside and unset_variables(line.typed, {}):
        raise LineProblem(
            f"'{harmless(line.typed)}' holds a variable, and the file comes from another machine",
            "only files of your own may hold variables: keep a copy of it, and include that",
        ).at(origin)


def _unset(name: str, origin: Origin) -> str:
    return f"{harmless(str(origin))}: the variable {name} is not set or empty: ${{{name}}} stays as it is, as in pip"


def _split_typed(line: LogicalLine, split: SplitLine) -> SplitLine:
    """Split the line as typed; where a variable held more than one part, take the line as it is read."""
    if line.typed == line.text:
        return split
    try:
        typed = split_line(line.typed)
    except LineProblem:
        return split
    same = [name for name, _ in typed.options] == [name for name, _ in split.options]
    return typed if same and bool(typed.requirement) == bool(split.requirement) else split
