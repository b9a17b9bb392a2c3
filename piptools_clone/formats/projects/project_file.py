"""What a ``pyproject.toml`` says by itself, without running the build backend.

``[project]`` is the specification "pyproject.toml" (PEP 621), ``[build-system]`` that of
PEP 518, ``[dependency-groups]`` that of PEP 735.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from piptools_clone.errors import InputError
from piptools_clone.formats.requirements.grammar import VERSION_LENGTH, LineProblem, is_name
from piptools_clone.formats.requirements.include import spelled_path
from piptools_clone.formats.requirements.logical_lines import RESOLVE, conflict_line
from piptools_clone.formats.requirements.requirement_line import parse_specified
from piptools_clone.formats.sanitize import harmless
from piptools_clone.model.names import canonical_name
from piptools_clone.model.requirement import Origin
from piptools_clone.named_tuple import NamedTuple

_TOML_PLACE = re.compile(r" ?\(at line (\d+), column \d+\)")
_EMPTY: Mapping[str, Any] = MappingProxyType({})


class DeclaredProject(NamedTuple):
    """The static parts of a ``pyproject.toml``; texts as written there.

    ``optional_dependencies`` and ``groups`` are keyed by canonical name; a member of a group is a
    requirement, or ``->name`` for the group that it includes.  ``build_requires`` is None where it is not said.
    ``lines`` tells the line of each requirement, by its text.
    """

    path: str
    name: str | None = None
    dependencies: tuple[str, ...] = ()
    optional_dependencies: Mapping[str, tuple[str, ...]] = _EMPTY
    dynamic: frozenset[str] = frozenset()
    requires_python: str | None = None
    build_requires: tuple[str, ...] | None = None
    build_backend: str | None = None
    backend_path: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = _EMPTY
    lines: Mapping[str, int] = _EMPTY

    @property
    def is_static(self) -> bool:
        """Whether the file alone tells the dependencies; if not, only the build backend can."""
        return self.name is not None and not self.dynamic & {"dependencies", "optional-dependencies"}

    def origin(self, requirement: str, annotation: str) -> Origin:
        """Return the place of a requirement in this file."""
        return Origin(self.path, self.lines.get(requirement, 0), annotation)


GROUP_INCLUDE = "->"
"""Marks a member of `DeclaredProject.groups` that names another group: no requirement can begin so."""


def read_project(text: str, path: str) -> DeclaredProject:
    """Read a ``pyproject.toml``; ``path`` is the file as the user gave it.

    Raises `InputError` that names the key (``project.dependencies[2]``) for whatever breaks the specifications.
    """
    table = _Table(_load(text, path), path, "")
    project = table.table("project")
    build = table.table("build-system")
    optional: dict[str, tuple[str, ...]] = {
        canonical_name(extra): project.table("optional-dependencies").requirements(extra)
        for extra in project.table("optional-dependencies").names()
    }
    groups = _read_groups(table.table("dependency-groups"))
    dependencies = project.requirements("dependencies")
    wanted = [*dependencies, *(text for texts in (*optional.values(), *groups.values()) for text in texts)]
    return DeclaredProject(
        path=spelled_path(path),
        name=_read_name(project) if "project" in table.content else None,
        dependencies=dependencies,
        optional_dependencies=MappingProxyType(optional),
        dynamic=frozenset(project.texts("dynamic")),
        requires_python=_requires_python(project),
        build_requires=build.requirements("requires") if "requires" in build.content else None,
        build_backend=build.text("build-backend"),
        backend_path=build.texts("backend-path"),
        groups=MappingProxyType(groups),
        lines=MappingProxyType({requirement: _line_of(requirement, text) for requirement in wanted}),
    )


class _Table:
    """A table of TOML with its place, so that every mistake names its key."""

    __slots__ = ("_key", "_path", "content")

    def __init__(self, content: Mapping[str, Any], path: str, key: str) -> None:
        self.content = content
        self._path = path
        self._key = key

    def names(self) -> tuple[str, ...]:
        """Return the keys; two that are the same when made canonical are a mistake."""
        canonical = [canonical_name(key) for key in self.content]
        for key in self.content:
            if canonical.count(canonical_name(key)) > 1:
                raise self.problem(key, "is defined twice: names that differ in case or in '-_.' are the same")
        return tuple(self.content)

    def problem(self, key: str, words: str, hint: str = "") -> InputError:
        """Make an error about one key."""
        return InputError(f"{harmless(self._path)}: {harmless(self._full(key))} {words}", hint=hint)

    def table(self, key: str) -> _Table:
        """Return a table, an empty one where there is none."""
        return _Table(self._typed(key, dict, {}, "a table"), self._path, self._full(key))

    def text(self, key: str) -> str | None:
        """Return a text, None where there is none."""
        found = self._typed(key, str, None, "a string")
        return None if found is None else str(found)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, an empty one where there is none."""
        found = self.items(key)
        for position, item in enumerate(found):
            if not isinstance(item, str):
                raise self.problem(f"{key}[{position}]", "must be a string")
        return tuple(found)

    def items(self, key: str) -> list[Any]:
        """Return a list of anything, an empty one where there is none."""
        found: list[Any] = self._typed(key, list, [], "a list")
        return found

    def requirements(self, key: str) -> tuple[str, ...]:
        """Return a list of dependency specifiers (PEP 508), each checked."""
        found = self.texts(key)
        for position, item in enumerate(found):
            self.check(f"{key}[{position}]", item)
        return found

    def check(self, key: str, requirement: str) -> None:
        """Refuse what is no dependency specifier."""
        try:
            parse_specified(requirement)
        except LineProblem as problem:
            raise self.problem(key, f"is wrong: {problem.message}", problem.hint) from None

    def _typed(self, key: str, kind: type, default: Any, words: str) -> Any:  # noqa: ANN401 - the type is `kind`
        found = self.content.get(key, default)
        if found is not default and not isinstance(found, kind):
            raise self.problem(key, f"must be {words}")
        return found

    def _full(self, key: str) -> str:
        return f"{self._key}.{key}" if self._key else key


def _load(text: str, path: str) -> Mapping[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = _TOML_PLACE.search(str(error))
        where = f"{harmless(path)}:{place[1]}" if place else harmless(path)
        hint = f"the file is in a merge conflict: {RESOLVE}" if conflict_line(text) else ""
        raise InputError(f"{where}: not valid TOML: {harmless(_TOML_PLACE.sub('', str(error)))}", hint=hint) from None


def _read_name(project: _Table) -> str:
    name = project.text("name")
    if name is None:
        raise project.problem("name", "is missing", "every [project] table has a name")
    if not is_name(name):
        raise project.problem("name", f"is wrong: '{harmless(name)}' is not the name of a project")
    return name


def _requires_python(project: _Table) -> str | None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    text = project.text("requires-python")
    try:
        SpecifierSet(text or "")
    except InvalidSpecifier:
        raise project.problem(
            "requires-python", f"is wrong: '{harmless(text or '')}' is not a version specifier"
        ) from None
    if len(text or "") > VERSION_LENGTH:
        raise project.problem("requires-python", f"is longer than {VERSION_LENGTH} characters")
    return text


def _read_groups(table: _Table) -> dict[str, tuple[str, ...]]:
    return {
        canonical_name(group): tuple(
            _group_member(table, f"{group}[{position}]", item) for position, item in enumerate(table.items(group))
        )
        for group in table.names()
    }


def _group_member(table: _Table, key: str, item: object) -> str:
    if isinstance(item, str):
        table.check(key, item)
        return item
    if isinstance(item, dict) and set(item) == {"include-group"} and isinstance(item["include-group"], str):
        return GROUP_INCLUDE + canonical_name(item["include-group"])
    raise table.problem(key, 'must be a requirement, or {include-group = "NAME"}')


def _line_of(requirement: str, text: str) -> int:
    """Find the first line that holds the requirement in quotes, 0 if it is written with escapes."""
    for quoted in (f'"{requirement}"', f"'{requirement}'"):
        position = text.find(quoted)
        if position >= 0:
            return text.count("\n", 0, position) + 1
    return 0
