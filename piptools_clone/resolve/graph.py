"""From a solution to the pins of a lock: who is there, who requires whom, under which marker."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from piptools_clone.formats.sanitize import without_credentials
from piptools_clone.model.candidate import Candidate
from piptools_clone.model.lock import Pin
from piptools_clone.model.requirement import Requirement
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.resolve.resolution import Resolution

if TYPE_CHECKING:
    from piptools_clone.index.metadata.directs import DirectCandidate


class ChosenPackage(NamedTuple):
    """A pin without hashes, and where its files are: a candidate of an index, or a direct reference."""

    pin: Pin
    candidate: Candidate | None
    direct: "DirectCandidate | None"


class RequirementGraph(NamedTuple):
    """Who requires whom in a solution: canonical names, and the extras asked of each."""

    extras: dict[str, set[str]]
    requirers: dict[str, set[str]]


def chosen_packages(resolution: Resolution) -> list[ChosenPackage]:
    """Everything that is reachable from the user's requirements, sorted by name."""
    graph = _walk(resolution)
    roots: dict[str, list[Requirement]] = {}
    for root in resolution.roots:
        roots.setdefault(str(root.name), []).append(root)
    return [_choose(name, resolution, graph, roots.get(name, [])) for name in sorted(graph.extras)]


def _walk(resolution: Resolution) -> RequirementGraph:
    graph = RequirementGraph({}, {})
    queue = [(str(root.name), extra) for root in resolution.roots for extra in ("", *root.extras)]
    seen = set()
    while queue:
        name, extra = queue.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        extras = graph.extras.setdefault(name, set())
        if extra:
            extras.add(extra)
        for dependency in resolution.known.releases.needs(name, resolution.decisions[name], extra):
            if dependency.name != name:
                graph.requirers.setdefault(dependency.name, set()).add(name)
            queue += [(dependency.name, each) for each in ("", *dependency.extras)]
    return graph


def _choose(name: str, resolution: Resolution, graph: RequirementGraph, roots: Sequence[Requirement]) -> ChosenPackage:
    package = resolution.known.by_name[name]
    state = resolution.decisions[name]
    direct, version = package.direct(state), str(package.version(state))
    typed = [*roots, *resolution.known.constraints_of(name)]
    pin = Pin(
        name=name,
        version=version,
        extras=tuple(sorted(graph.extras[name])),
        operator="===" if is_arbitrary(roots, version) else "==",
        marker=_marker(roots, required=bool(graph.requirers.get(name))),
        via=annotations_of(typed, graph.requirers.get(name, set())),
    )
    if direct is not None:
        return ChosenPackage(direct_pin(pin, direct, typed), None, direct)
    return ChosenPackage(pin, resolution.selection.candidates.candidate(package, state), None)


def direct_pin(pin: Pin, direct: "DirectCandidate", requirements: Sequence[Requirement]) -> Pin:
    """A pin of a direct reference, spelled as the user typed it where they did."""
    typed = next((each for each in requirements if each.url is not None), None)
    shown = (typed.shown or str(typed.url)) if typed else without_credentials(direct.url)
    unhashable = direct.editable or direct.is_folder or direct.is_vcs
    return pin._replace(url=shown, editable=bool(typed and typed.editable), unhashable=unhashable)


def is_arbitrary(roots: Sequence[Requirement], version: str) -> bool:
    """Whether the user wrote ``===`` for a version."""
    return any(f"==={version}" == str(each) for root in roots for each in root.specifier)


def _marker(roots: Sequence[Requirement], *, required: bool) -> str:
    """The marker of a line: those of all direct requirements, or-ed; none where another package requires it."""
    texts = sorted({root.marker for root in roots})
    if required or not roots or not all(texts):
        return ""
    if len(texts) == 1:
        return texts[0]
    from packaging.markers import Marker

    return str(Marker(" or ".join(f"({text})" for text in texts)))


def annotations_of(typed: Iterable[Requirement], requirers: set[str]) -> tuple[str, ...]:
    """Who requires a pin: lines of the user, and names of packages."""
    return tuple(sorted({each.origin.annotation for each in typed if each.origin.annotation} | requirers))
