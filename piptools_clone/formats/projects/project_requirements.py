"""What a project requires for chosen extras and groups, as its ``pyproject.toml`` or its build backend says.

No reference of the project to itself is left in them.  The file is read by `read_project`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType

from packaging.markers import Marker

from piptools_clone.errors import InputError, UsageError
from piptools_clone.formats.projects.project_file import GROUP_INCLUDE, DeclaredProject
from piptools_clone.formats.requirements.direct_reference import Reference, read_url
from piptools_clone.formats.requirements.grammar import LineProblem
from piptools_clone.formats.requirements.include import spelled_path
from piptools_clone.formats.requirements.marker_algebra import Truth, conjunction, drop_extras
from piptools_clone.formats.requirements.requirement_line import canonical_extras, parse_specified, refuse_variables
from piptools_clone.formats.sanitize import harmless, without_credentials
from piptools_clone.formats.schemes import is_url
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.names import canonical_name
from piptools_clone.model.requirement import Requirement

DEPTH = 100
"""How deep dependency groups may include one another, and extras of a project name others of its own."""


def project_requirements(
    project: DeclaredProject,
    extras: Iterable[str] = (),
    groups: Iterable[str] = (),
    *,
    all_extras: bool = False,
    with_dependencies: bool = True,
) -> list[Requirement]:
    """List what a static project requires with some of its extras, and of its dependency groups.

    Their annotation is ``proj (sub/pyproject.toml)``, for a group ``proj (sub/pyproject.toml:group)``.  A
    reference to the project itself (``all = ["me[dev]"]``) stands for the dependencies of those extras, with its marker
    on each.  A marker has its comparisons with ``extra`` answered; what never holds is left out.  With
    ``with_dependencies`` False only groups count.

    Raises `UsageError` for an extra or group that the project does not define, and `InputError` for mistakes inside.
    """
    chosen = _chosen_extras(project, extras, all_extras=all_extras)
    walk = _Walk(project)
    if with_dependencies:
        walk.extras |= set(walk.closure(chosen))
        walk.add(project.dependencies, True, project.path)
        for extra in chosen:
            walk.add_extra(extra, True, project.path)
    for group in groups:
        name = _known(project, group, project.groups, "group", "--group")
        walk.add_group(name, f"{project.path}:{name}")
    return list(dict.fromkeys(walk.found))


def built_project(metadata: CoreMetadata, path: str) -> DeclaredProject:
    """Sort the ``Requires-Dist`` lines of a project by the extras that bring them in.

    ``path`` is the file that the user gave.  Raises `LineProblem` for a line that is no requirement.
    """
    extras = sorted(map(canonical_name, metadata.provides_extra))
    optional: dict[str, list[str]] = {extra: [] for extra in extras}
    dependencies = []
    for text in metadata.requires_dist:
        refuse_variables(text)
        marker = parse_specified(text).marker
        if drop_extras(marker, ()) is not False:
            dependencies.append(text)
            continue
        for extra in extras:
            if drop_extras(marker, (extra,)) is not False:
                optional[extra].append(text)
    return DeclaredProject(
        path=spelled_path(path),
        name=metadata.name,
        dependencies=tuple(dependencies),
        optional_dependencies=MappingProxyType({extra: tuple(texts) for extra, texts in optional.items()}),
        requires_python=metadata.requires_python,
    )


class _Walk:
    """Gathers requirements; ``extras`` are all extras that hold, chosen or named by the project itself."""

    __slots__ = ("_depth", "_project", "_self", "_visited", "extras", "found")

    def __init__(self, project: DeclaredProject) -> None:
        self.extras: set[str] = set()
        self.found: list[Requirement] = []
        self._project = project
        self._self = canonical_name(project.name or "")
        self._visited: set[tuple[str, str]] = set()
        self._depth = 0

    def closure(self, chosen: Iterable[str]) -> Iterator[str]:
        """Yield the chosen extras and those that they reach through references of the project to itself."""
        seen: set[str] = set()
        queue = [("", self._project.dependencies)]
        queue += [(extra, self._project.optional_dependencies[extra]) for extra in chosen]
        for extra, texts in queue:
            if extra in seen:
                continue
            seen.add(extra)
            for name in self._self_extras(texts):
                queue.append((name, self._project.optional_dependencies.get(name, ())))
        yield from seen - {""}

    def add(self, texts: Sequence[str], condition: Truth, place: str) -> None:
        """Add requirements under a condition."""
        for text in texts:
            specified = parse_specified(text)
            truth = conjunction([condition, drop_extras(specified.marker, self.extras)])
            if truth is False:
                continue
            if canonical_name(specified.name) == self._self:
                self._add_itself(text, truth, place)
            else:
                self.found.append(self._requirement(text, truth, place))

    def add_extra(self, extra: str, condition: Truth, place: str) -> None:
        """Add the dependencies of one extra; a circle of extras ends where it closes."""
        if (extra, str(condition)) not in self._visited:
            self._visited.add((extra, str(condition)))
            self._depth += 1
            if self._depth > DEPTH:
                raise self._problem(f"more than {DEPTH} extras name one another")
            self.add(self._project.optional_dependencies[extra], condition, place)
            self._depth -= 1

    def add_group(self, group: str, place: str, above: tuple[str, ...] = ()) -> None:
        """Add a dependency group with the groups that it includes (PEP 735)."""
        if group in above:
            chain = " -> ".join((*above[above.index(group) :], group))
            raise self._problem(f"dependency-groups.{group} includes itself: {chain}")
        if len(above) >= DEPTH:
            raise self._problem(f"more than {DEPTH} dependency groups include one another")
        for member in self._project.groups[group]:
            if not member.startswith(GROUP_INCLUDE):
                self.add((member,), True, place)
                continue
            included = member.removeprefix(GROUP_INCLUDE)
            if included not in self._project.groups:
                raise self._problem(f"dependency-groups.{group} includes '{harmless(included)}', which is not defined")
            self.add_group(included, place, (*above, group))

    def _self_extras(self, texts: Iterable[str]) -> Iterator[str]:
        for text in texts:
            specified = parse_specified(text)
            if canonical_name(specified.name) == self._self:
                yield from canonical_extras(specified.extras)

    def _add_itself(self, text: str, condition: Truth, place: str) -> None:
        for extra in canonical_extras(parse_specified(text).extras):
            if extra not in self._project.optional_dependencies:
                words = f"'{harmless(text)}' names the extra '{harmless(extra)}', which is not defined"
                raise self._problem(words, line=self._project.lines.get(text, 0))
            self.add_extra(extra, condition, place)

    def _requirement(self, text: str, truth: Truth, place: str) -> Requirement:
        specified = parse_specified(text)
        reference = self._reference(text, specified.url) if specified.url else None
        name = self._project.name
        return Requirement(
            name=canonical_name(specified.name),
            extras=canonical_extras(specified.extras),
            specifier=specified.specifier,
            origin=self._project.origin(text, f"{name} ({place})" if name else f"({place})"),
            marker=str(truth) if isinstance(truth, Marker) else "",
            url=reference.url if reference else None,
            shown=without_credentials(reference.shown) if reference else "",
        )

    def _reference(self, text: str, url: str) -> Reference:
        line = self._project.lines.get(text, 0)
        if not is_url(url):
            raise self._problem(f"'{harmless(text)}' does not name a URL after '@'", line)
        try:
            return read_url(url, url, working_folder=".")
        except LineProblem as problem:
            raise self._problem(problem.message, line) from None

    def _problem(self, words: str, line: int = 0) -> InputError:
        where = harmless(self._project.path) + (f":{line}" if line else "")
        return InputError(f"{where}: {words}")


def _chosen_extras(project: DeclaredProject, extras: Iterable[str], *, all_extras: bool) -> list[str]:
    if all_extras:
        return sorted(project.optional_dependencies)
    chosen = (_known(project, extra, project.optional_dependencies, "extra", "--extra") for extra in extras)
    return list(dict.fromkeys(chosen))


def _known(project: DeclaredProject, name: str, known: Iterable[str], kind: str, option: str) -> str:
    """Return a name made canonical.  Raises `UsageError` if it is not known, with the nearest one."""
    canonical, names = canonical_name(name), sorted(known)
    if canonical in names:
        return canonical
    import difflib

    near = difflib.get_close_matches(canonical, names, n=1)
    listed = harmless(", ".join(names)) if names else "none"
    hint = f"did you mean {option} {near[0]}?" if near else f"known {kind}s: {listed}"
    raise UsageError(
        f"{harmless(project.path)} defines no {kind} '{harmless(name)}'" + (f"; it has {listed}" if near else ""),
        hint=hint,
    )
