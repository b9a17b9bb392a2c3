"""Says why requirements contradict each other in some of the environments: a refutation about parts, as of packages.

In an environment that sees all facts of a refutation each package has one part.  So what is derived about these parts
is derived about their packages, and the words are those of a conflict on one target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from piptools_clone.named_tuple import NamedTuple
from piptools_clone.resolve.explain.explanation import explain_failure
from piptools_clone.resolve.incompatibility_builder import NeededPackage, PassedOver, UserRequirement
from piptools_clone.resolve.parts.labels import Labels, NeededIn, PassedOverIn, RequiredIn, said_by
from piptools_clone.solver.incompatibility import Derived, Fact, Incompatibility

if TYPE_CHECKING:
    from piptools_clone.errors import NoSolution
    from piptools_clone.resolve.parts.releases_by_part import ReleasesByPart


class Conflicts(NamedTuple):
    """Where requirements contradict each other, as ``where MARKER`` or ``for TARGET``.

    ``explained`` is where the conflict is that is explained, "" for all environments, ``others`` where further ones
    are, "" for none; ``elsewhere`` says how it is in all other ones, and ``hint`` how to lock for these alone.
    """

    explained: str
    others: str = ""
    elsewhere: str = ""
    hint: str = ""


def explain_conflict(
    refutation: Incompatibility, cells: int, releases: ReleasesByPart, conflicts: Conflicts
) -> NoSolution:
    """The error for a refutation that is true in some environments, ``cells``."""
    error = explain_failure(_of_packages(refutation, cells, releases.labels), releases.by_name, releases.reader)
    if not conflicts.explained:
        return error
    elsewhere = conflicts.elsewhere
    if conflicts.hint and conflicts.others:
        elsewhere = f"nor is there one {conflicts.others}; {elsewhere}"
    head, _, text = error.message.partition("\n")
    error.message = f"{head}, {conflicts.explained}; {elsewhere}\n{text}"
    if conflicts.hint:
        error.hint = f"{error.hint}; or {conflicts.hint}" if error.hint else conflicts.hint
    return error


def _of_packages(refutation: Incompatibility, cells: int, labels: Labels) -> Incompatibility:
    """The same derivation about packages, in some environments that see all of it."""
    done: dict[int, Incompatibility] = {}
    waiting = [refutation]
    while waiting:
        current = waiting[-1]
        cause = current.cause
        before = [cause.left, cause.right] if isinstance(cause, Derived) else []
        unknown = [each for each in before if id(each) not in done]
        if unknown:
            waiting += unknown
            continue
        waiting.pop()
        terms = {key.partition("#")[0]: states for key, states in current.terms.items()}
        mapped = Derived(*(done[id(each)] for each in before)) if before else _fact(current, cells, labels)
        done[id(current)] = Incompatibility(terms, mapped)
    return done[id(refutation)]


def _fact(fact: Incompatibility, cells: int, labels: Labels) -> Fact:
    assert isinstance(fact.cause, Fact)
    kind = fact.cause.kind
    said = next((each for each in said_by(fact) if labels.cells_of(each) & cells), None)
    if isinstance(said, RequiredIn):
        return Fact(kind, UserRequirement(said.requirement))
    if isinstance(said, NeededIn):
        return Fact(kind, NeededPackage(said.part.name, said.extra, said.dependency))
    return Fact(kind, PassedOver(said.part.name, said.rejection)) if isinstance(said, PassedOverIn) else Fact(kind)
